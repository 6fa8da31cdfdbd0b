package assumerole

import "strings"

// partitions maps prefixes of Regions to partitions. All other Regions are in aws.
var partitions = []struct{ region, name string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
}

// partition returns a Region's partition. Members' roles are in the installation's partition,
// because no role can be assumed from another one.
func partition(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.region) {
			return p.name
		}
	}
	return "aws"
}
