package eventbus

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
)

func TestChunks(t *testing.T) {
	rows := []struct {
		name  string
		sizes []int
		want  []int // entries in each chunk
	}{
		{"none", nil, nil},
		{"one", []int{100}, []int{1}},
		{"as many as there may be", make([]int, 10), []int{10}},
		{"one more", make([]int, 11), []int{10, 1}},
		{"large ones", []int{100_000, 100_000, 100_000, 100_000, 100_000}, []int{2, 2, 1}},
		{"small ones beside large", []int{1, 100_000, 100_000, 1, 100_000}, []int{4, 1}},
		{"just under the limit", []int{128_000, 127_999}, []int{2}},
		{"just the limit", []int{128_000, 128_000}, []int{1, 1}},
		{"too large alone", []int{2_000_000, 1, 2_000_000, 1}, []int{1, 1, 1, 1}},
		{"after a count that was cut", append(make([]int, 10), 255_999, 1), []int{10, 1, 1}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var entries, joined []types.PutEventsRequestEntry
			for _, bytes := range row.sizes {
				entries = append(entries, sized(bytes))
			}
			var got []int
			for _, c := range chunks(entries) {
				got = append(got, len(c))
				joined = append(joined, c...)
			}
			if !cmp.Equal(got, row.want) || len(joined) != len(entries) {
				t.Errorf("chunks of %v entries, want %v", got, row.want)
			}
			for i := range joined {
				if joined[i].Detail != entries[i].Detail {
					t.Errorf("entry %d is in another place", i)
				}
			}
		})
	}
}

// sized returns an entry of the given size.
func sized(bytes int) types.PutEventsRequestEntry {
	source := bytes / 3
	return types.PutEventsRequestEntry{
		Source: aws.String(strings.Repeat("s", source)), DetailType: aws.String(strings.Repeat("t", source)),
		Detail: aws.String(strings.Repeat("d", bytes-2*source)),
	}
}
