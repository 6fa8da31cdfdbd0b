package ec2

import (
	"fmt"
	"slices"
	"strings"
)

func (s *Service) describeGroups(c call) (reply, error) {
	filters, err := c.filters()
	if err != nil {
		return nil, err
	}
	if len(c.list("GroupId")) > 0 && c.has("MaxResults") {
		return nil, failf("InvalidParameterCombination", "The parameter GroupIds cannot be used with the "+
			"parameter maxResults")
	}
	rows, next, err := s.groupPages.page(c, func() ([]groupXML, error) { return s.listGroups(c, filters) })
	if err != nil {
		return nil, err
	}
	return &describeGroupsReply{Groups: list[groupXML]{rows}, NextToken: next}, nil
}

func (s *Service) listGroups(c call, filters []filter) ([]groupXML, error) {
	if _, err := selects(filters, (&snapshot{group: &group{}}).property); err != nil {
		return nil, err
	}
	named, err := s.namedGroups(c)
	if err != nil {
		return nil, err
	}
	var rows []groupXML
	for _, g := range named {
		shot := g.snapshot(c)
		if chosen, err := selects(filters, shot.property); err != nil {
			return nil, err
		} else if chosen {
			s.order.Shuffle(len(shot.rules), func(i, j int) {
				shot.rules[i], shot.rules[j] = shot.rules[j],
					shot.rules[i]
			})
			rows = append(rows, s.groupXML(shot))
		}
	}
	s.order.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows, nil
}

// namedGroups returns the groups that a request names by id or name, or every group. It fails
// if a named group does not exist.
func (s *Service) namedGroups(c call) ([]*group, error) {
	seen := s.sorted(c)
	ids, names := c.texts("GroupId"), c.texts("GroupName")
	for _, id := range ids {
		if err := checkID("sg", id); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(seen, func(g *group) bool { return g.id == id }) {
			return nil, groupNotFound(id)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(seen, func(g *group) bool { return g.answersTo(name, s.opts.DefaultVPC) }) {
			return nil, groupNotFound(name)
		}
	}
	if len(ids)+len(names) == 0 {
		return seen, nil
	}
	return slices.DeleteFunc(seen, func(g *group) bool {
		byName := func(name string) bool { return g.answersTo(name, s.opts.DefaultVPC) }
		return !slices.Contains(ids, g.id) && !slices.ContainsFunc(names, byName)
	}), nil
}

// answersTo reports whether GroupNames can name g. A name is valid only in the default VPC.
func (g *group) answersTo(name, vpc string) bool { return g.vpc == vpc && g.name == name }

// snapshot is a group in the state that a describe returns.
type snapshot struct {
	*group
	tags  map[string]string
	rules []rule
}

func (g *group) snapshot(c call) *snapshot {
	tags, _ := g.life.at(c.view)
	return &snapshot{group: g, tags: tags, rules: g.rulesAt(c.view)}
}

func (s *snapshot) property(name string) ([]string, bool) {
	switch name {
	case "group-id":
		return []string{s.id}, true
	case "group-name":
		return []string{s.name}, true
	case "vpc-id":
		return []string{s.vpc}, true
	case "owner-id":
		return []string{s.owner}, true
	case "description":
		return []string{s.description}, true
	}
	egress := strings.HasPrefix(name, "egress.")
	if field, ok := strings.CutPrefix(strings.TrimPrefix(name, "egress."), "ip-permission."); ok {
		return s.permissionProperty(field, egress)
	}
	return tagProperty(name, s.tags)
}

func (s *snapshot) permissionProperty(field string, egress bool) (values []string, known bool) {
	_, known = rule{}.field(field)
	for _, r := range s.rules {
		if v, _ := r.field(field); v != "" && r.egress == egress {
			values = append(values, v)
		}
	}
	return values, known
}

// field returns the value that the filter ip-permission.<name> compares.
func (r rule) field(name string) (value string, known bool) {
	is4 := r.peer.cidr.Addr().Is4()
	switch name {
	case "cidr":
		return textIf(r.peer.cidr.IsValid() && is4, r.peer), true
	case "ipv6-cidr":
		return textIf(r.peer.cidr.IsValid() && !is4, r.peer), true
	case "from-port":
		return textIf(r.hasPorts(), r.from), true
	case "to-port":
		return textIf(r.hasPorts(), r.to), true
	case "protocol":
		return r.protocol, true
	case "group-id":
		return r.peer.group, true
	case "prefix-list-id":
		return r.peer.list, true
	case "user-id":
		return r.owner, true
	}
	return "", false
}

func textIf(cond bool, value any) string {
	if !cond {
		return ""
	}
	return fmt.Sprint(value)
}
