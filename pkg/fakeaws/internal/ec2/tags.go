package ec2

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// tagSpecifications reads the tags for one kind of resource. It refuses tags for another kind,
// because the operation creates none.
func tagSpecifications(p params, kind string) (map[string]string, error) {
	var tags map[string]string
	for _, spec := range p.list("TagSpecification") {
		if got := spec.text("ResourceType"); got != kind {
			return nil, failf("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.",
				got)
		}
		more, err := readTags(spec)
		if err != nil {
			return nil, err
		}
		tags = merge(tags, more)
	}
	return tags, checkTags(tags)
}

func readTags(p params) (map[string]string, error) {
	tags := map[string]string{}
	for _, t := range p.list("Tag") {
		key := t.text("Key")
		if _, twice := tags[key]; twice {
			return nil, failf("InvalidParameterValue", "Duplicate tag key '%s' specified.", key)
		}
		tags[key] = t.text("Value")
	}
	return tags, nil
}

func checkTags(tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128:
			return failf("InvalidParameterValue", "Tag key '%s' must be between 1 and 128 characters long.", key)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return failf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case utf8.RuneCountInString(tags[key]) > 256:
			return failf("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		}
	}
	if len(tags) > 50 {
		return failf("TagLimitExceeded", "More than 50 tags specified")
	}
	return nil
}

// merge returns old with new over it. It changes neither.
func merge(old, new map[string]string) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, old)
	maps.Copy(tags, new)
	return tags
}

func (s *Service) createTags(c call) (reply, error) {
	tags, err := readTags(c.params)
	if err != nil {
		return nil, err
	}
	return s.retag(c, func(old map[string]string) (map[string]string, error) {
		both := merge(old, tags)
		return both, checkTags(both)
	})
}

// deleteTags removes the tags with the given keys. If a value is given, it removes only that
// value. Without any tag, it removes all.
func (s *Service) deleteTags(c call) (reply, error) {
	wanted := c.list("Tag")
	return s.retag(c, func(old map[string]string) (map[string]string, error) {
		tags := merge(old, nil)
		if len(wanted) == 0 {
			clear(tags)
		}
		for _, t := range wanted {
			key := t.text("Key")
			if value, ok := tags[key]; ok && (!t.has("Value") || t.text("Value") == value) {
				delete(tags, key)
			}
		}
		return tags, nil
	})
}

// retag changes the tags of all named resources, or of none.
func (s *Service) retag(c call, change func(map[string]string) (map[string]string, error)) (reply, error) {
	ids := c.texts("ResourceId")
	if len(ids) == 0 {
		return nil, missing("resourceIdSet")
	}
	var stores []func()
	for _, id := range ids {
		old, store, err := s.taggable(c, id)
		if err != nil {
			return nil, err
		}
		tags, err := change(old)
		if err != nil {
			return nil, err
		}
		stores = append(stores, func() { store(tags) })
	}
	for _, store := range stores {
		store()
	}
	return &plainReply{Return: true}, nil
}

// taggable returns the tags of a resource, and a function that replaces them.
func (s *Service) taggable(c call, id string) (map[string]string, func(map[string]string), error) {
	switch {
	case isID("sg", id):
		g, err := s.group(c, id)
		if err != nil {
			return nil, nil, err
		}
		tags, _ := g.life.current()
		return tags, func(t map[string]string) { g.life.set(c.now, t) }, nil
	case isID("sgr", id):
		g, r, err := s.anyRule(c, id)
		return r.tags, func(t map[string]string) { r.tags = t; g.put(c.now, r) }, err
	case isID("i", id):
		i, err := s.instance(id)
		if err != nil {
			return nil, nil, err
		}
		return i.tags, func(t map[string]string) { i.tags = t }, nil
	case isID("pl", id):
		l, err := s.prefixList(id)
		return l.Tags, func(t map[string]string) { l.Tags = t; s.lists[id] = l }, err
	}
	return nil, nil, failf("InvalidID", "The ID '%s' is not valid", id)
}

// anyRule finds a rule by id in any group.
func (s *Service) anyRule(c call, id string) (*group, rule, error) {
	for _, g := range s.sorted(call{now: c.now, view: c.now}) {
		if r, ok := g.rule(id); ok {
			return g, r, nil
		}
	}
	return nil, rule{}, ruleNotFound(id)
}
