package plan

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// If tags are denied, a rule's description names its owner. It ends in a seal of the
// installation, the group and the rule, for example
//
//	sgkeeper llama4-7f3a: vLLM [Zx81q-0b]
//
// EC2 stores it with the rule, in the same call. So sgkeeper recognises the rule even if the
// reply is lost and the function dies. Like the tag [TagRule], the seal detects a modified
// rule but not a forged one.
const (
	signatureOpen  = " ["
	signatureClose = "]"
	signatureSize  = len(signatureOpen) + proofSize + len(signatureClose)
)

// maxDescription is EC2's limit in characters. All of them are ASCII.
const maxDescription = 255

// Sign returns the description of a rule that is made without tags. It cuts the text so that
// the signature fits EC2's limit of 255 characters.
func (i Installation) Sign(group string, e secgroup.Entry) string {
	text := e.Description[:min(len(e.Description), maxDescription-signatureSize)]
	return text + i.signature(group, e.Rule)
}

// Signed reports whether the installation made the rule without tags, and nobody changed the
// rule or its description since.
func (i Installation) Signed(group string, e secgroup.Entry) bool {
	return i != "" && strings.HasPrefix(e.Description, "sgkeeper ") && strings.HasSuffix(e.Description, signatureClose) &&
		strings.HasSuffix(e.Description, i.signature(group, e.Rule))
}

// Unsigned returns a description without its signature.
func (i Installation) Unsigned(group string, e secgroup.Entry) string {
	return strings.TrimSuffix(e.Description, i.signature(group, e.Rule))
}

func (i Installation) signature(group string, r secgroup.Rule) string {
	text := string(i) + "\n" + group + "\n" + r.In("", group).WithoutOwner().String()
	return signatureOpen + hashed(text)[:proofSize] + signatureClose
}
