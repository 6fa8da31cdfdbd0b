// Package awsid knows the forms of AWS's Regions, partitions and external ids. All parts of
// sgkeeper check them here, so that none accepts a Region that another refuses.
package awsid

import (
	"regexp"
	"strings"
)

// WantRegion names the form of a Region, for errors.
const WantRegion = "a Region such as us-east-1"

var region = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)

// IsRegion reports whether s has the form of a Region's name, such as us-east-1, us-gov-west-1,
// us-isob-east-1 or eusc-de-east-1. It knows no list of Regions, because AWS adds to it.
func IsRegion(s string) bool { return region.MatchString(s) }

// partitions maps prefixes of Regions to partitions (AWS SDK, partitions.json). All other
// Regions are in aws.
var partitions = []struct{ region, name string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"eusc-", "aws-eusc"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
}

// Partition returns the partition of a Region, such as aws-cn for cn-north-1. A role can be
// assumed only from its own partition.
func Partition(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.region) {
			return p.name
		}
	}
	return "aws"
}

// Partitions returns all partitions, each once.
func Partitions() []string {
	all := []string{"aws"}
	for _, p := range partitions {
		all = append(all, p.name)
	}
	return all
}

// maxExternalID is the maximum length of an external id in characters (STS, AssumeRole).
const maxExternalID = 1224

// WantExternalID names the form of an external id, for errors.
const WantExternalID = "2 to 1224 of letters, digits and _+=,.@:/-"

var externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]{2,}$`)

// IsExternalID reports whether s may be the external id of a role's trust policy.
func IsExternalID(s string) bool { return len(s) <= maxExternalID && externalID.MatchString(s) }
