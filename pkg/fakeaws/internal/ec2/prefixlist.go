package ec2

import (
	"cmp"
	"maps"
	"slices"
)

// PrefixList is a managed prefix list, of the account or of AWS.
type PrefixList struct {
	ID         string
	Name       string
	Owner      string // an account, or AWS; this account if empty
	Family     string // IPv4 (if empty) or IPv6
	MaxEntries int    // the count of a rule with the list; for a list of AWS, its weight
	Entries    []PrefixListEntry
	Tags       map[string]string
	Version    int
}

// PrefixListEntry is one network of a prefix list.
type PrefixListEntry struct {
	CIDR        string
	Description string
}

func prefixListNotFound(id string) error {
	return failf("InvalidPrefixListID.NotFound", "The prefix list ID '%s' does not exist", id)
}

// PutPrefixList adds a prefix list, or the next version of an existing one, and returns its
// id.
func (s *Service) PutPrefixList(l PrefixList) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.ID == "" {
		l.ID = s.newID("pl")
	}
	l.Owner = cmp.Or(l.Owner, s.opts.Account)
	l.Family = cmp.Or(l.Family, "IPv4")
	l.MaxEntries = cmp.Or(l.MaxEntries, max(1, len(l.Entries)))
	l.Version = s.lists[l.ID].Version + 1
	if err := checkID("pl", l.ID); err != nil {
		return "", err
	}
	if err := l.check(); err != nil {
		return "", err
	}
	s.lists[l.ID] = l
	return l.ID, nil
}

func (l PrefixList) check() error {
	switch {
	case l.Name == "":
		return missing("prefixListName")
	case l.Family != "IPv4" && l.Family != "IPv6":
		return failf("InvalidParameterValue", "Value (%s) for parameter addressFamily is invalid.", l.Family)
	case l.MaxEntries < 1:
		return missing("maxEntries")
	case len(l.Entries) > l.MaxEntries:
		return failf("PrefixListMaxEntriesExceeded",
			"You've reached the maximum number of entries for the prefix list.")
	}
	for _, e := range l.Entries {
		if _, err := parseCIDR(e.CIDR, l.Family == "IPv4"); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) createPrefixList(c call) (reply, error) {
	l := PrefixList{
		Name: c.text("PrefixListName"), Family: c.text("AddressFamily"),
		Owner: s.opts.Account, Version: 1,
	}
	var err error
	if l.MaxEntries, _, err = c.number("MaxEntries"); err != nil {
		return nil, err
	}
	if l.Tags, err = tagSpecifications(c.params, "prefix-list"); err != nil {
		return nil, err
	}
	for _, e := range c.list("Entry") {
		l.Entries = append(l.Entries, PrefixListEntry{CIDR: e.text("Cidr"), Description: e.text("Description")})
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	l.ID = s.newID("pl")
	s.lists[l.ID] = l
	return &createPrefixListReply{List: s.prefixListXML(l)}, nil
}

func (s *Service) prefixList(id string) (PrefixList, error) {
	if err := checkID("pl", id); err != nil {
		return PrefixList{}, err
	}
	l, ok := s.lists[id]
	if !ok {
		return PrefixList{}, prefixListNotFound(id)
	}
	return l, nil
}

func (s *Service) describePrefixLists(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	ids := c.texts("PrefixListId")
	for _, id := range ids {
		if _, err := s.prefixList(id); err != nil {
			return nil, err
		}
	}
	out := &describePrefixListsReply{}
	for _, id := range slices.Sorted(maps.Keys(s.lists)) {
		chosen, err := selects(filters, s.lists[id].property)
		if err != nil {
			return nil, err
		}
		if chosen && (len(ids) == 0 || slices.Contains(ids, id)) {
			out.Lists.Item = append(out.Lists.Item, s.prefixListXML(s.lists[id]))
		}
	}
	return out, nil
}

func (l PrefixList) property(name string) ([]string, bool) {
	switch name {
	case "prefix-list-id":
		return []string{l.ID}, true
	case "prefix-list-name":
		return []string{l.Name}, true
	case "owner-id":
		return []string{l.Owner}, true
	}
	return tagProperty(name, l.Tags)
}

func (s *Service) prefixListEntries(c call) (reply, error) {
	l, err := s.prefixList(c.text("PrefixListId"))
	if err != nil {
		return nil, err
	}
	if n, given, err := c.number("TargetVersion"); err != nil || given && n != l.Version {
		return nil, failf("InvalidParameterValue", "The version %s of the prefix list '%s' does not exist",
			c.text("TargetVersion"), l.ID)
	}
	if n, given, err := c.number("MaxResults"); err != nil || given && n > maxListPage {
		return nil, failf("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. "+
			"Expecting a value between 1 and %d.", n, maxListPage)
	}
	rows, next, err := s.entryPages.page(c, func() (rows []entryXML, _ error) {
		for _, e := range l.Entries {
			rows = append(rows, entryXML(e))
		}
		return rows, nil
	})
	return &prefixListEntriesReply{Entries: list[entryXML]{rows}, NextToken: next}, err
}

// maxListPage is smaller than the limit of other pages.
const maxListPage = 100
