package ec2

import (
	"bytes"
	"encoding/xml"
)

// namespace is the API version of all current clients.
const namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

// reply is the body of a reply: a struct that embeds head.
type reply interface{ setRequestID(string) }

type head struct {
	RequestID string `xml:"requestId"`
}

func (h *head) setRequestID(id string) { h.RequestID = id }

// list writes its element even if empty, because clients distinguish [] from absent.
type list[T any] struct {
	Item []T `xml:"item"`
}

func encode(r Request, out reply) ([]byte, error) {
	out.setRequestID(r.ID)
	var b bytes.Buffer
	b.WriteString(xml.Header)
	start := xml.StartElement{
		Name: xml.Name{Local: r.Op + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}},
	}
	err := xml.NewEncoder(&b).EncodeElement(out, start)
	return b.Bytes(), err
}

type plainReply struct {
	head
	Return bool `xml:"return"`
}

type createGroupReply struct {
	head
	GroupID string       `xml:"groupId"`
	ARN     string       `xml:"securityGroupArn"`
	Tags    list[tagXML] `xml:"tagSet"`
}

type deleteGroupReply struct {
	head
	Return  bool   `xml:"return"`
	GroupID string `xml:"groupId"`
}

type authorizeReply struct {
	head
	Return bool          `xml:"return"`
	Rules  list[ruleXML] `xml:"securityGroupRuleSet"`
}

type revokeReply struct {
	head
	Return  bool                 `xml:"return"`
	Revoked list[revokedRuleXML] `xml:"revokedSecurityGroupRuleSet"`
	Unknown *list[permissionXML] `xml:"unknownIpPermissionSet"`
}

type describeRulesReply struct {
	head
	Rules     list[ruleXML] `xml:"securityGroupRuleSet"`
	NextToken string        `xml:"nextToken,omitempty"`
}

type describeGroupsReply struct {
	head
	Groups    list[groupXML] `xml:"securityGroupInfo"`
	NextToken string         `xml:"nextToken,omitempty"`
}

type describeTagsReply struct {
	head
	Tags list[tagDescriptionXML] `xml:"tagSet"`
}

type createPrefixListReply struct {
	head
	List prefixListXML `xml:"prefixList"`
}

type describePrefixListsReply struct {
	head
	Lists list[prefixListXML] `xml:"prefixListSet"`
}

type prefixListEntriesReply struct {
	head
	Entries   list[entryXML] `xml:"entrySet"`
	NextToken string         `xml:"nextToken,omitempty"`
}
