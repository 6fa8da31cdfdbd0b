package report

import (
	"fmt"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

var quotaNames = [4]string{"ingress IPv4", "ingress IPv6", "egress IPv4", "egress IPv6"}

// quota is one quota of a group and its use.
type quota struct {
	name        string
	used, limit int
}

// quotas returns a group's quotas, or nil if the limit is unknown.
func (v groupView) quotas() (quotas []quota) {
	if v.Limit == 0 {
		return nil
	}
	for i, used := range v.Used {
		quotas = append(quotas, quota{quotaNames[i], used, v.Limit})
	}
	return quotas
}

// most shows the most used quota: "55/60".
func (v groupView) most() string {
	if v.Limit == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", max(v.Used[0], v.Used[1], v.Used[2], v.Used[3]), v.Limit)
}

func (q quota) String() string { return fmt.Sprintf("%s: %d of %d", q.name, q.used, q.limit) }

// class returns the color's class: ok, near or over the limit.
func (q quota) class() string {
	switch {
	case q.used > q.limit:
		return "over"
	case q.used*100 >= q.limit*drift.DefaultThreshold:
		return "near"
	}
	return "ok"
}

// percent returns the used share of the limit, rounded up, at most 100.
func (q quota) percent() int { return min(100, (q.used*100+q.limit-1)/q.limit) }

func (q quota) item() g.Node { return h.Li(h.Class(q.class()), g.Text(q.String())) }

// quotaBars draws a bar for each quota. A full bar means that the limit is reached.
func quotaBars(quotas []quota) g.Node {
	var bars g.Group
	for i, q := range quotas {
		y := float64(5 * i)
		bars = append(bars, titled(q.String(), rect("track", 0, y, 100, 3),
			rect(q.class(), 0, y, float64(q.percent()), 3)))
	}
	return drawing(100, 20, h.Class("bars"), stretched(), unspoken(), bars,
		rect("mark", drift.DefaultThreshold, 0, 1, 19))
}
