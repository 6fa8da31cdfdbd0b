package dynamo

import (
	"cmp"
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// A release writes only the pages that change, so that its cost grows with its additions and
// not with the ledger. A reader reads all pages, so any line may be on any page:
//
//   - A page stays unchanged while the ledger has all its lines. Otherwise its remaining
//     lines move to other pages.
//   - New lines fill up a page of less than 4 KB, and then go to new pages.
//   - Recently revoked rules have pages of their own. Their lines never change, and they
//     expire in the order in which they came. Such a page stays until all have expired.
//   - If there are too many pages of a kind, the smallest are merged. So any release fits
//     a transaction.
const (
	pageSize    = 4 << 10   // in bytes: a page of this size or more takes no further lines
	maxPageSize = 300 << 10 // below DynamoDB's 400 KB an item

	// maxRevoked and maxLasting bound the pages of each kind. With the head and the item
	// LEDGER, they are fewer than the 100 items of a transaction (DynamoDB,
	// TransactWriteItems).
	maxRevoked = 64
	maxLasting = 28

	// maxMerged is how many pages one merge takes.
	maxMerged = 8
	// maxExpired is how many expired pages a release deletes, besides those with numbers that
	// it reuses. DynamoDB's TTL deletes the rest.
	maxExpired = 4
)

// arrangement assigns the lines of a ledger to pages.
type arrangement struct {
	changed []claim.Page // to write, or to delete if they have no lines
	count   int          // the pages that count have lower numbers
}

// sheet is a page after the release.
type sheet struct {
	number int // of an existing page that stays; unplaced: it is written
	lines  []string
}

const unplaced = -1

// size returns the length of the lines in bytes.
func (s sheet) size() (n int) {
	for _, line := range s.lines {
		n += len(line)
	}
	return n
}

// arrange puts the lines of a ledger on pages. It may change the slice of lines.
func arrange(old []claim.Page, lines []string) arrangement {
	loose := make(map[string]bool, len(lines))
	for _, line := range lines {
		loose[line] = true
	}
	var revoked, lasting []sheet
	var vacated, expired []int // the numbers of pages with lines that moved, or expired
	for _, p := range old {
		live, stays := remaining(p.Lines, loose)
		switch {
		case len(live) == 0 && stays:
			expired = append(expired, p.Number)
		case !stays:
			vacated = append(vacated, p.Number)
		case slices.ContainsFunc(live, lasts):
			lasting = append(lasting, sheet{p.Number, live})
		default:
			revoked = append(revoked, sheet{p.Number, live})
		}
		if stays {
			for _, line := range live {
				delete(loose, line)
			}
		}
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return !loose[line] })
	revoked, vacated = fill(revoked, vacated, slices.DeleteFunc(slices.Clone(lines), lasts), maxRevoked)
	lasting, vacated = fill(lasting, vacated, slices.DeleteFunc(lines, func(l string) bool { return !lasts(l) }),
		maxLasting)
	return place(slices.Concat(revoked, lasting), vacated, expired)
}

// remaining returns the lines of a page that the ledger still has. The page stays unless the
// ledger dropped a line that does not expire by itself.
func remaining(lines []string, have map[string]bool) (live []string, stays bool) {
	stays = true
	for _, line := range lines {
		if have[line] {
			live = append(live, line)
		} else if lasts(line) {
			stays = false
		}
	}
	return live, stays
}

// fill adds lines to the pages of one kind, and merges pages if there are too many. It adds
// the numbers of emptied pages to vacated.
func fill(pages []sheet, vacated []int, lines []string, most int) ([]sheet, []int) {
	if len(lines) == 0 {
		return pages, vacated
	}
	if i := slices.IndexFunc(pages, func(s sheet) bool { return s.size() < pageSize }); i >= 0 {
		lines = slices.Concat(pages[i].lines, lines)
		vacated = append(vacated, pages[i].number)
		pages = slices.Delete(pages, i, i+1)
	}
	pages = append(pages, packed(lines)...)
	for len(pages) > most {
		slices.SortStableFunc(pages, func(a, b sheet) int { return cmp.Compare(a.size(), b.size()) })
		one, n := sheet{number: unplaced}, 0
		for ; n < maxMerged && (n < 2 || one.size()+pages[n].size() <= maxPageSize); n++ {
			one.lines = append(one.lines, pages[n].lines...)
			if pages[n].number != unplaced {
				vacated = append(vacated, pages[n].number)
			}
		}
		pages = append(pages[n:], one)
	}
	return pages, vacated
}

// packed returns pages of the lines. Each has at least 4 KB, except the last.
func packed(lines []string) (pages []sheet) {
	one := sheet{number: unplaced}
	size := 0
	for _, line := range lines {
		one.lines = append(one.lines, line)
		if size += len(line); size >= pageSize {
			pages, one, size = append(pages, one), sheet{number: unplaced}, 0
		}
	}
	if len(one.lines) > 0 {
		pages = append(pages, one)
	}
	return pages
}

// place numbers the pages to write: it reuses the numbers of unneeded pages first, and then
// takes new ones. All vacated pages are reused or deleted, because their lines are elsewhere.
func place(pages []sheet, vacated, expired []int) (a arrangement) {
	used := make(map[int]bool)
	for _, p := range pages {
		used[p.number] = true
	}
	free := slices.Concat(slices.Sorted(slices.Values(vacated)), slices.Sorted(slices.Values(expired)))
	next := 0
	for _, p := range pages {
		if p.number == unplaced {
			if len(free) > 0 {
				p.number, free = free[0], free[1:]
			} else {
				for ; used[next]; next++ {
				}
				p.number = next
			}
			used[p.number] = true
			slices.Sort(p.lines)
			a.changed = append(a.changed, claim.Page{Number: p.number, Lines: p.lines})
		}
		a.count = max(a.count, p.number+1)
	}
	must := max(0, len(free)-len(expired), len(pages)+len(free)-maxRevoked-maxLasting)
	for _, n := range free[:min(len(free), must+maxExpired)] {
		a.changed = append(a.changed, claim.Page{Number: n})
	}
	return a
}
