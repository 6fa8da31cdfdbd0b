package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// A page holds lines of the ledger. Each begins with a letter that says what it is:
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
	// maxLines keeps a page below 300 KB, and so below DynamoDB's 400 KB an item.
	maxLines = 3000
)

func ledgerKey(pk string) key { return key{pk, ledgerSK} }

func pageSK(n int) string { return pagePrefix + strconv.Itoa(n) }

func isPage(k key) bool { return strings.HasPrefix(k.sk, pagePrefix) }

// encodePages returns the pages that hold the lists of a ledger; none if all are empty.
func encodePages(l claim.Ledger, pk string) []item {
	var pages []item
	for lines := range slices.Chunk(linesOf(l), maxLines) {
		it := key{pk, pageSK(len(pages))}.item()
		it["v"], it["lines"] = number(headVersion), texts(lines...)
		pages = append(pages, it)
	}
	return pages
}

// linesOf returns the lines of a ledger in order, each once.
func linesOf(l claim.Ledger) []string {
	var lines []string
	for _, m := range l.Made {
		lines = append(lines, madeLine(m))
	}
	for _, g := range l.Gone {
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

// decodePage adds what a page holds to a ledger.
func decodePage(page item, l *claim.Ledger) error {
	r := reader{item: page}
	r.version(headVersion)
	for _, line := range r.texts("lines") {
		if err := decodeLine(line, l); err != nil {
			r.fail("line %q: %w", line, err)
		}
	}
	return r.err
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
		l.Gone = append(l.Gone, claim.Gone{ID: id, At: time.UnixMilli(ms).UTC()})
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
		slices.Sort(*marks)
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
