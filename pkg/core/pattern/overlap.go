package pattern

// Overlap reports whether some text matches both patterns. For example, team-* and *.ci
// overlap in team-a.ci.
func Overlap(p, q string) bool {
	// reached[j] reports whether some text matches both p[:i] and q[:j].
	reached := make([]bool, len(q)+1)
	for i := range len(p) + 1 {
		next := make([]bool, len(q)+1)
		for j := range len(q) + 1 {
			switch {
			case i == 0 && j == 0:
				next[j] = true
			case i > 0 && p[i-1] == '*':
				next[j] = reached[j] || j > 0 && next[j-1]
			case j > 0 && q[j-1] == '*':
				next[j] = next[j-1] || i > 0 && reached[j]
			default:
				next[j] = i > 0 && j > 0 && p[i-1] == q[j-1] && reached[j-1]
			}
		}
		reached = next
	}
	return reached[len(q)]
}
