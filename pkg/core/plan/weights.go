package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// ParseWeights reads the weights of prefix lists in the quota: pl-...=N, separated by commas.
// An empty text gives nil.
func ParseWeights(s string) (map[string]int, error) {
	if s == "" {
		return nil, nil
	}
	weights := make(map[string]int)
	for _, part := range strings.Split(s, ",") {
		list, text, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(text)
		if !isPrefixList(list) || err != nil || n < 1 || n > 1000 {
			return nil, fmt.Errorf("weight %q: want pl-...=N with N from 1 to 1000", part)
		}
		if known, twice := weights[list]; twice && known != n {
			return nil, fmt.Errorf("weight %q: %s was given the weight %d before", part, list, known)
		}
		weights[list] = n
	}
	return weights, nil
}

func isPrefixList(s string) bool {
	peer, err := secgroup.ParsePeer(s)
	_, ok := peer.PrefixList()
	return err == nil && ok
}
