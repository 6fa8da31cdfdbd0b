package ec2

type stateXML struct {
	Code int    `xml:"code"`
	Name string `xml:"name"`
}

type groupIDXML struct {
	ID   string `xml:"groupId"`
	Name string `xml:"groupName"`
}

type instanceXML struct {
	ID     string           `xml:"instanceId"`
	Image  string           `xml:"imageId"`
	State  stateXML         `xml:"instanceState"`
	Kind   string           `xml:"instanceType"`
	VPC    string           `xml:"vpcId"`
	Groups list[groupIDXML] `xml:"groupSet"`
	Tags   list[tagXML]     `xml:"tagSet"`
}

type reservationXML struct {
	ID        string            `xml:"reservationId"`
	Owner     string            `xml:"ownerId"`
	Instances list[instanceXML] `xml:"instancesSet"`
}

type changeXML struct {
	ID       string   `xml:"instanceId"`
	Current  stateXML `xml:"currentState"`
	Previous stateXML `xml:"previousState"`
}

type runInstancesReply struct {
	head
	ID        string            `xml:"reservationId"`
	Owner     string            `xml:"ownerId"`
	Instances list[instanceXML] `xml:"instancesSet"`
}

type describeInstancesReply struct {
	head
	Reservations list[reservationXML] `xml:"reservationSet"`
	NextToken    string               `xml:"nextToken,omitempty"`
}

type terminateInstancesReply struct {
	head
	Instances list[changeXML] `xml:"instancesSet"`
}

func (s *Service) instanceXML(i *instance) instanceXML {
	x := instanceXML{ID: i.id, Image: i.image, State: i.state(), Kind: i.kind, Tags: tagsXML(i.tags)}
	for _, id := range i.groups {
		g := s.groups[id]
		x.VPC = g.vpc
		x.Groups.Item = append(x.Groups.Item, groupIDXML{ID: id, Name: g.name})
	}
	return x
}
