package ec2

func (s *Service) describeRules(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	rows, next, err := s.rulePages.page(c, func() ([]ruleXML, error) { return s.listRules(c, filters) })
	if err != nil {
		return nil, err
	}
	return &describeRulesReply{Rules: list[ruleXML]{rows}, NextToken: next}, nil
}

func (s *Service) listRules(c call, filters []filter) ([]ruleXML, error) {
	if _, err := selects(filters, rule{}.property); err != nil {
		return nil, err // even if there is no rule to test
	}
	ids, err := s.ruleIDs(c)
	if err != nil {
		return nil, err
	}
	var rows []ruleXML
	for _, g := range s.sorted(c) {
		if !mayHold(g.id, filters) {
			continue
		}
		for _, r := range g.rulesAt(c.view) {
			chosen, err := selects(filters, r.property)
			if err != nil {
				return nil, err
			}
			if chosen && (ids == nil || ids[r.id]) {
				rows = append(rows, s.ruleXML(r))
			}
		}
	}
	s.order.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows, nil
}

// mayHold reports whether a filter on group ids may accept a rule of the group. If not, the
// describe skips the group.
func mayHold(id string, filters []filter) bool {
	for _, f := range filters {
		if f.name == "group-id" && !f.accepts([]string{id}) {
			return false
		}
	}
	return true
}

// ruleIDs returns the ids that the request names, or nil if it names none. It fails if one of
// them does not exist.
func (s *Service) ruleIDs(c call) (map[string]bool, error) {
	ids := c.texts("SecurityGroupRuleId")
	if len(ids) == 0 {
		return nil, nil
	}
	seen := map[string]bool{}
	for _, g := range s.sorted(c) {
		for _, r := range g.rulesAt(c.view) {
			seen[r.id] = true
		}
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		if err := checkID("sgr", id); err != nil {
			return nil, err
		}
		if !seen[id] {
			return nil, ruleNotFound(id)
		}
		wanted[id] = true
	}
	return wanted, nil
}

func (r rule) property(name string) ([]string, bool) {
	switch name {
	case "group-id":
		return []string{r.group}, true
	case "security-group-rule-id":
		return []string{r.id}, true
	}
	return tagProperty(name, r.tags)
}
