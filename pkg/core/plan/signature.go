package plan

import (
	"cmp"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// If IAM denies tags, a rule's description proves that sgkeeper made it. It ends in the stamp
// and a seal, for example
//
//	sgkeeper llama4-7f3a: vLLM [12.Q7XK2MZA.Zx81q-0bTy7u]
//
// EC2 stores it with the rule, in the same call. So a rule is recognised even if the
// reply was lost and the function died.
const (
	author         = "sgkeeper"
	signatureOpen  = " ["
	signatureClose = "]"
	signatureSeal  = 12 // characters, 72 bits
)

// Sign returns the description of a rule that is made without tags. It cuts the text so that
// the signature fits EC2's limit of 255 characters. An empty text becomes "sgkeeper".
func (o Owner) Sign(at Stamp, e secgroup.Entry) string {
	signature := signatureOpen + at.String() + "." + o.sealer().seal(signatureSeal, at, "described",
		o.identity(e.Rule)) + signatureClose
	text := cmp.Or(e.Description, author)
	return text[:min(len(text), secgroup.MaxDescription-len(signature))] + signature
}

// signed returns the stamp of a rule of ours by its description.
func (s sealer) signed(e secgroup.Entry) (Stamp, bool) {
	_, signature, ok := cutSignature(e.Description)
	if !ok || !strings.HasPrefix(e.Description, author+" ") {
		return Stamp{}, false
	}
	stamp, seal, _ := cutLast(signature)
	at, ok := parseStamp(stamp)
	return at, ok && equal(seal, s.seal(signatureSeal, at, "described", s.identity(e.Rule)))
}

func cutSignature(description string) (text, signature string, ok bool) {
	i := strings.LastIndex(description, signatureOpen)
	if i < 0 || !strings.HasSuffix(description, signatureClose) {
		return description, "", false
	}
	return description[:i], strings.TrimSuffix(description[i+len(signatureOpen):], signatureClose), true
}

// Unsigned returns the description of a rule of ours without its signature.
func (o Owner) Unsigned(e secgroup.Entry) string {
	if text, _, ok := cutSignature(e.Description); ok && o.Owns(secgroup.Entry{Rule: e.Rule,
		Description: e.Description}) {
		return text
	}
	return e.Description
}
