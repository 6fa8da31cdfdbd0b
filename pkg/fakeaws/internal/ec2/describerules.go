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
		return nil, err // also where there is no rule to try it on
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

// mayHold reports whether a rule of the group can be chosen, as far as its id
// tells: a describe of some groups need not look at all.
func mayHold(id string, filters []filter) bool {
	for _, f := range filters {
		if f.name == "group-id" && !f.accepts([]string{id}) {
			return false
		}
	}
	return true
}

// ruleIDs is the set of ids a request is limited to, nil where it names none;
// each of them must exist.
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
