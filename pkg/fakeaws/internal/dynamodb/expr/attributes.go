package expr

// Attributes returns the names of the attributes that a condition reads.
func Attributes(c Condition) []string {
	switch c := c.(type) {
	case and:
		return append(Attributes(c.left), Attributes(c.right)...)
	case or:
		return append(Attributes(c.left), Attributes(c.right)...)
	case not:
		return Attributes(c.of)
	case comparison:
		return attributesOf(c.left, c.right)
	case between:
		return attributesOf(c.of, c.low, c.high)
	case in:
		return attributesOf(append(c.list, c.of)...)
	case exists:
		return attributesOf(c.path)
	case typeIs:
		return attributesOf(c.of, c.name)
	case beginsWith:
		return attributesOf(c.of, c.prefix)
	case contains:
		return attributesOf(c.of, c.part)
	}
	return nil
}

func attributesOf(operands ...operand) []string {
	var names []string
	for _, o := range operands {
		switch o := o.(type) {
		case Path:
			names = append(names, o.Attribute())
		case sizeOf:
			names = append(names, attributesOf(o.of)...)
		}
	}
	return names
}
