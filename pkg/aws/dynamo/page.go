package dynamo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// A page holds lines of the ledger. The first letter of a line is its kind:
//
//	m <id or -> <ms> <flags or -> <rule>   a recently made rule; d: described, l: listed
//	g <id> <ms>                            a recently revoked rule
//	u <id> <seal> <s>                      a rule without tags
//	r <mark>                               a request that was served recently
//	w <mark>                               a request that waits
//
// Times are in base 36, marks in hex. A line has at most some 90 bytes.
const (
	ledgerSK   = "LEDGER"
	pagePrefix = "LEDGER#"
)

func ledgerKey(pk string) key { return key{pk, ledgerSK} }

func pageSK(n int) string { return pagePrefix + strconv.Itoa(n) }

// encodePage returns the item of a page. A page of revoked rules has a TTL, so DynamoDB
// removes it even if no further round runs.
func encodePage(pk string, p claim.Page) item {
	it := key{pk, pageSK(p.Number)}.item()
	it["v"], it["lines"] = number(headVersion), texts(p.Lines...)
	if !slices.ContainsFunc(p.Lines, lasts) {
		it[TTL] = number(lastRevoked(p.Lines).Add(pageKept).Unix())
	}
	return it
}

// pageKept is the minimum time that a page of revoked rules is kept after its last revoke. It
// must be longer than [claim.Lag].
const pageKept = 24 * time.Hour

// lasts reports whether a line counts until a round removes it. Only a recently revoked rule
// expires by itself.
func lasts(line string) bool { return !strings.HasPrefix(line, "g ") }

// lastRevoked returns the time of the latest revoke on some lines of recently revoked rules.
func lastRevoked(lines []string) (last time.Time) {
	for _, line := range lines {
		ms, err := strconv.ParseInt(line[strings.LastIndexByte(line, ' ')+1:], 36, 64)
		if at := time.UnixMilli(ms); err == nil && at.After(last) {
			last = at
		}
	}
	return last
}

// linesOf returns the lines of a ledger, sorted and without duplicates.
func linesOf(l claim.Ledger) []string {
	var lines []string
	for _, m := range l.Made {
		lines = append(lines, madeLine(m))
	}
	for _, g := range l.Revoked {
		lines = append(lines, "g "+g.ID+" "+base36(g.At.UnixMilli()))
	}
	for _, u := range l.Untagged {
		lines = append(lines, "u "+untaggedText(u))
	}
	if manyMarks(l) {
		for _, m := range l.Served.Recent {
			lines = append(lines, "r "+strconv.FormatUint(uint64(m), 16))
		}
		for _, m := range l.Served.Waiting {
			lines = append(lines, "w "+strconv.FormatUint(uint64(m), 16))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func madeLine(m claim.Made) string {
	id, flags := m.ID, ""
	if id == "" {
		id = "-"
	}
	if m.Described {
		flags += "d"
	}
	if m.Listed {
		flags += "l"
	}
	if flags == "" {
		flags = "-"
	}
	return strings.Join([]string{"m", id, base36(m.At.UnixMilli()), flags, m.Rule.String()}, " ")
}

func base36(n int64) string { return strconv.FormatInt(n, 36) }

// decodePages adds the lines of all pages below count to a ledger, and lists the stored pages
// in it. It lists a page beyond the count without lines, so that the next release deletes it.
// A page may be missing if a release stopped using its number.
func decodePages(items map[int]item, count int, l *claim.Ledger) error {
	type origin struct {
		line string
		page item
	}
	var all []origin
	for _, number := range slices.Sorted(maps.Keys(items)) {
		page := claim.Page{Number: number}
		if number < count {
			r := reader{item: items[number]}
			r.version(headVersion)
			if page.Lines = r.texts("lines"); r.err != nil {
				return fmt.Errorf("item %s: %w", keyOf(items[number]), r.err)
			}
		}
		l.Stored.Pages = append(l.Stored.Pages, page)
		for _, line := range page.Lines {
			all = append(all, origin{line, items[number]})
		}
	}
	slices.SortFunc(all, func(a, b origin) int { return strings.Compare(a.line, b.line) })
	for i, o := range all {
		if i > 0 && o.line == all[i-1].line {
			continue // both an older version and this one have put it on a page
		}
		if err := decodeLine(o.line, l); err != nil {
			return fmt.Errorf("item %s: line %q: %w", keyOf(o.page), o.line, err)
		}
	}
	slices.Sort(l.Served.Recent)
	slices.Sort(l.Served.Waiting)
	return nil
}

var errLine = errors.New("it is no line of a ledger")

func decodeLine(line string, l *claim.Ledger) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "m":
		m, err := decodeMadeLine(rest)
		l.Made = append(l.Made, m)
		return err
	case "g":
		id, at, _ := strings.Cut(rest, " ")
		ms, err := strconv.ParseInt(at, 36, 64)
		l.Revoked = append(l.Revoked, claim.Revoked{ID: id, At: time.UnixMilli(ms).UTC()})
		return err
	case "u":
		u, err := parseUntagged(rest)
		l.Untagged = append(l.Untagged, u)
		return err
	case "r", "w":
		mark, err := strconv.ParseUint(rest, 16, 64)
		marks := &l.Served.Recent
		if kind == "w" {
			marks = &l.Served.Waiting
		}
		*marks = append(*marks, claim.Mark(mark))
		return err
	}
	return errLine
}

func decodeMadeLine(text string) (claim.Made, error) {
	part := strings.SplitN(text, " ", 4)
	if len(part) != 4 {
		return claim.Made{}, errLine
	}
	ms, err := strconv.ParseInt(part[1], 36, 64)
	if err != nil {
		return claim.Made{}, err
	}
	rule, err := secgroup.ParseRule(part[3])
	if err != nil {
		return claim.Made{}, fmt.Errorf("rule: %w", err)
	}
	m := claim.Made{
		Rule: rule, ID: strings.TrimPrefix(part[0], "-"), At: time.UnixMilli(ms).UTC(),
		Described: strings.Contains(part[2], "d"), Listed: strings.Contains(part[2], "l"),
	}
	return m, nil
}
