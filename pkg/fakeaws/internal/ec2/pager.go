package ec2

import (
	"fmt"
	"slices"
)

// keptListings is the number of unfinished listings that a pager keeps.
const keptListings = 256

// pager returns listings page by page. A listing keeps its order and content from its first
// page on. A client can request a page again, for example after a lost reply.
type pager[T any] struct {
	listings map[string][]T
	started  []string // tokens of listings, oldest first
	count    int
}

// page returns the requested rows, and the token of the next page, if any.
func (p *pager[T]) page(c call, list func() ([]T, error)) (rows []T, next string, err error) {
	size, limited, err := c.number("MaxResults")
	if err != nil {
		return nil, "", err
	}
	if limited && (size < 5 || size > 1000) {
		return nil, "", failf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. "+
			"Expecting a value between 5 and 1000.", size)
	}
	token, offset, err := p.resume(c.text("NextToken"))
	if err != nil {
		return nil, "", err
	}
	if token == "" {
		if rows, err = list(); err != nil || !limited || len(rows) <= size {
			return rows, "", err
		}
		token = p.start(rows)
	}
	rows = p.listings[token][offset:]
	if limited && len(rows) > size {
		return rows[:size], fmt.Sprintf("%s-%d", token, offset+size), nil
	}
	return rows, "", nil
}

func (p *pager[T]) start(rows []T) (token string) {
	if p.listings == nil {
		p.listings = map[string][]T{}
	}
	p.count++
	token = fmt.Sprintf("listing%d", p.count)
	p.listings[token] = rows
	p.started = append(p.started, token)
	if len(p.started) > keptListings {
		delete(p.listings, p.started[0])
		p.started = slices.Delete(p.started, 0, 1)
	}
	return token
}

func (p *pager[T]) resume(next string) (token string, offset int, err error) {
	if next == "" {
		return "", 0, nil
	}
	var n int
	if _, err := fmt.Sscanf(next, "listing%d-%d", &n, &offset); err == nil {
		token = fmt.Sprintf("listing%d", n)
		if rows, ok := p.listings[token]; ok && offset > 0 && offset < len(rows) {
			return token, offset, nil
		}
	}
	return "", 0, failf("InvalidPaginationToken", "The specified pagination token is not valid or is expired.")
}
