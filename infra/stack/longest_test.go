package stack

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
)

// TestLongestPlaces: no partition, Region or domain is longer than the text that the limits count
// for it.
func TestLongestPlaces(t *testing.T) {
	for name, texts := range map[string][]string{
		"AWS::Partition": awsid.Partitions(),
		"AWS::Region": {"us-gov-west-1", "ap-southeast-1", "cn-northwest-1", "eusc-de-east-1", "us-isob-east-1",
			"us-isof-south-1", "eu-isoe-west-1"},
		// AWS SDK, partitions.json
		"AWS::URLSuffix": {"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov",
			"cloud.adc-e.uk", "csp.hci.ic.gov"},
	} {
		for _, text := range texts {
			if len(text) > len(pseudo[name]) {
				t.Errorf("%s can be %s, longer than %s", name, text, pseudo[name])
			}
		}
	}
}
