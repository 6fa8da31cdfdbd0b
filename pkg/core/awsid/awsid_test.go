package awsid

import (
	"slices"
	"strings"
	"testing"
)

func TestRegions(t *testing.T) {
	for region, partition := range map[string]string{
		"us-east-1":       "aws",
		"ap-southeast-3":  "aws",
		"mx-central-1":    "aws",
		"cn-northwest-1":  "aws-cn",
		"us-gov-west-1":   "aws-us-gov",
		"us-iso-east-1":   "aws-iso",
		"us-isob-east-1":  "aws-iso-b",
		"us-isof-south-1": "aws-iso-f",
		"eu-isoe-west-1":  "aws-iso-e",
		"eusc-de-east-1":  "aws-eusc",
	} {
		if !IsRegion(region) {
			t.Errorf("%s is refused", region)
		}
		if got := Partition(region); got != partition {
			t.Errorf("%s is in %s, want %s", region, got, partition)
		}
		if !slices.Contains(Partitions(), partition) {
			t.Errorf("the partitions are %v, want %s among them", Partitions(), partition)
		}
	}
	for _, s := range []string{"", "us-east", "US-EAST-1", "us-east-1a", "us-east-1 ", "us_east_1", "-east-1",
		"us-east-100", strings.Repeat("a", 200) + "-b-1"} {
		if IsRegion(s) {
			t.Errorf("%q is accepted as a Region", s)
		}
	}
}

func TestExternalIDs(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "a": false, "ab": true, "sgkeeper:1/x=@-": true, "a b": false, "ä2": false,
		strings.Repeat("x", 1224): true, strings.Repeat("x", 1225): false,
	} {
		if IsExternalID(s) != want {
			t.Errorf("IsExternalID(%.20q, %d characters) = %v, want %v", s, len(s), !want, want)
		}
	}
}
