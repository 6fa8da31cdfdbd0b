package ensure_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// meter is a client of an account that counts calls like the bill and the throttles of AWS.
type meter struct {
	account *fakeaws.Account
	begun   time.Time

	mu        sync.Mutex
	throttled int
	read      float64     // read units of DynamoDB
	written   float64     // write units
	reads     map[int]int // read units in each second
	writes    map[int]int // write units in each second
}

func newMeter(account *fakeaws.Account) *meter {
	return &meter{account: account, begun: time.Now(), reads: make(map[int]int), writes: make(map[int]int)}
}

const target = "X-Amz-Target"

// Do sends a request, and asks DynamoDB for the consumed capacity.
func (m *meter) Do(r *http.Request) (*http.Response, error) {
	operation, isTable := strings.CutPrefix(r.Header.Get(target), "DynamoDB_20120810.")
	if isTable {
		if err := askCapacity(r); err != nil {
			return nil, err
		}
	}
	reply, err := m.account.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	reply.Body = io.NopCloser(bytes.NewReader(body))
	m.count(operation, reply.StatusCode, body)
	return reply, nil
}

func askCapacity(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body = append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(body, []byte("{"))...)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

var capacityUnits = regexp.MustCompile(`"CapacityUnits":([0-9.]+)`)

func (m *meter) count(operation string, status int, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if status == http.StatusServiceUnavailable {
		m.throttled++
	}
	second := int(time.Since(m.begun) / time.Second)
	switch units := unitsOf(body); operation {
	case "":
	case "GetItem", "Query":
		m.read += units
		m.reads[second] += int(units)
	default:
		m.written += units
		m.writes[second] += int(units)
	}
}

// unitsOf returns the capacity units of DynamoDB's reply. A write with a failed condition has
// no figure and counts as one unit, the minimum.
func unitsOf(body []byte) (units float64) {
	found := capacityUnits.FindAllSubmatch(body, -1)
	if len(found) == 0 {
		return 1
	}
	for _, match := range found {
		n, _ := strconv.ParseFloat(string(match[1]), 64)
		units += n
	}
	return units
}

// busiest returns the units of the second with the most.
func busiest(seconds map[int]int) (most int) {
	for _, units := range seconds {
		most = max(most, units)
	}
	return most
}
