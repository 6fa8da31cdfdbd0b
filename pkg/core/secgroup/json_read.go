package secgroup

import "fmt"

// UnmarshalJSON reads an element of EC2's SecurityGroupRules as EC2 or the AWS CLI prints it.
// It ignores keys that are no part of a rule.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var e Entry
	if err := e.UnmarshalJSON(data); err != nil {
		return err
	}
	*r = e.Rule
	return nil
}

// UnmarshalJSON reads an element of EC2's SecurityGroupRules as EC2 or the AWS CLI prints it.
// It ignores keys that are no part of an entry. Tags is nil if the element has no list of
// tags.
func (e *Entry) UnmarshalJSON(data []byte) error {
	x, err := decode[element](data)
	if err != nil {
		return fmt.Errorf("security group rule: %w", err)
	}
	entry, err := x.entry()
	if err != nil {
		return fmt.Errorf("security group rule: %w", err)
	}
	*e = entry
	return nil
}
