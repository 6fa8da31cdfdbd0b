package assumerole

import "strings"

// partitions by how the names of their Regions begin; the others are in aws.
var partitions = []struct{ region, name string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
}

// partition is the one that a Region is in. Members' roles are in that of the
// installation: no role can be assumed from another partition.
func partition(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.region) {
			return p.name
		}
	}
	return "aws"
}
