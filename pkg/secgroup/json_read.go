package secgroup

import "fmt"

// UnmarshalJSON reads an element of EC2's SecurityGroupRules in whatever form
// EC2 or the AWS CLI prints it: keys that are no part of a rule are passed over.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var e Entry
	if err := e.UnmarshalJSON(data); err != nil {
		return err
	}
	*r = e.Rule
	return nil
}

// UnmarshalJSON reads an element of EC2's SecurityGroupRules in whatever form
// EC2 or the AWS CLI prints it: keys that are no part of an entry are passed
// over. Tags is nil if the element has none, not even an empty list.
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
