package ec2

import (
	"maps"
	"slices"
)

func (s *Service) describeTags(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	out := &describeTagsReply{}
	for _, t := range s.allTags(c) {
		chosen, err := selects(filters, t.property)
		if err != nil {
			return nil, err
		}
		if chosen {
			out.Tags.Item = append(out.Tags.Item, t)
		}
	}
	return out, nil
}

func (s *Service) allTags(c call) []tagDescriptionXML {
	var every []tagDescriptionXML
	add := func(kind, id string, tags map[string]string) {
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			every = append(every, tagDescriptionXML{ResourceID: id, ResourceType: kind, Key: key, Value: tags[key]})
		}
	}
	for _, g := range s.sorted(c) {
		tags, _ := g.life.at(c.view)
		add("security-group", g.id, tags)
		for _, r := range g.rulesAt(c.view) {
			add("security-group-rule", r.id, r.tags)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.lists)) {
		add("prefix-list", id, s.lists[id].Tags)
	}
	return every
}

func (t tagDescriptionXML) property(name string) ([]string, bool) {
	switch name {
	case "resource-id":
		return []string{t.ResourceID}, true
	case "resource-type":
		return []string{t.ResourceType}, true
	case "key":
		return []string{t.Key}, true
	case "value":
		return []string{t.Value}, true
	}
	return tagProperty(name, map[string]string{t.Key: t.Value})
}
