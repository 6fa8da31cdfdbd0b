package lease_test

// nested makes rule 0 admit rule 1.
var nested = []set{3, 2}

// lives are scenarios in which requests come and go.
var lives = []model{
	{name: "an end that names the group", asks: []int{0}, batches: []set{1}, ends: []end{{0, true}}, sweeper: true,
		allow: one},
	{name: "an end that does not", asks: []int{0}, batches: []set{1}, ends: []end{{0, false}}, sweeper: true,
		allow: one},
	{name: "an end twice", asks: []int{0}, batches: []set{1}, ends: []end{{0, false}, {0, true}}, sweeper: true},
	{name: "an end, and the open twice", asks: []int{0}, batches: []set{1, 1}, ends: []end{{0, false}}, sweeper: true},
	{name: "two rules of a launch that ends", asks: []int{0, 1}, launches: []int{0, 0}, batches: []set{1, 2},
		ends: []end{{0, false}}, sweeper: true},
	{name: "one rule of two launches, one ends", asks: []int{0, 0}, batches: []set{1, 2}, ends: []end{{0, true}},
		sweeper: true},
	{name: "a launch ends, another opens", asks: []int{0, 1}, batches: []set{1, 2}, ends: []end{{0, true}},
		sweeper: true},
	{name: "no message comes again", asks: []int{0, 0}, batches: []set{1, 2}, ends: []end{{0, true}}, direct: 3,
		hourly: true, sweeper: true},
	{name: "15 minutes pass", asks: []int{0, 0}, batches: []set{1, 2}, ends: []end{{0, true}}, ages: true,
		sweeper: true},
	{name: "a bad request", asks: []int{0, 1}, bad: 1, batches: []set{1, 2}, ends: []end{{1, true}}, sweeper: true},

	{name: "expiry", asks: []int{0}, batches: []set{1}, expires: 1, sweeper: true, allow: two},
	{name: "expiry and extension", asks: []int{0, 0}, launches: []int{0, 0}, batches: []set{1, 2}, expires: 1,
		sweeper: true, allow: one},
	{name: "the extension expires too", asks: []int{0, 0}, launches: []int{0, 0}, batches: []set{1, 2}, expires: 3,
		sweeper: true},

	{name: "the wide rule ends", asks: []int{0, 1}, covers: nested, batches: []set{1, 2}, ends: []end{{0, true}},
		sweeper: true},
	{name: "the narrow rule ends", asks: []int{0, 1}, covers: nested, batches: []set{1, 2}, ends: []end{{1, true}},
		sweeper: true},
	{name: "the wide rule expires", asks: []int{0, 1}, covers: nested, batches: []set{1, 2}, expires: 1, sweeper: true},
	{name: "a foreign rule admits ours", asks: []int{1}, covers: nested, foreign: id(0, 0), batches: []set{1},
		ends: []end{{0, true}}, sweeper: true, allow: one},
	{name: "one launch requests a foreign rule", asks: []int{0, 1}, foreign: id(0, 0), batches: []set{1, 2},
		ends: []end{{0, true}}, sweeper: true},

	{name: "quota of two, three opens", asks: []int{0, 1, 2}, batches: []set{1, 2, 4}, quota: 2, sweeper: true},
	{name: "quota of one, an end makes room", asks: []int{0, 1}, batches: []set{1, 2}, quota: 1, ends: []end{{0, true}},
		sweeper: true},
	// no holder is overtaken: see limits
	{name: "quota of one, the wide rule ends", asks: []int{0, 1}, covers: nested, batches: []set{1, 2},
		ends: []end{{0, true}}, quota: 1, sweeper: true, allow: faults{all: 1, stale: 1}},
}

// afterwards are scenarios that begin long after requests were served.
var afterwards = []model{
	{name: "afterwards: an end", asks: []int{0, 1}, served: 3, stands: id(0, 0) | id(1, 0), ends: []end{{0, false}},
		allow: three},
	{name: "afterwards: opened anew", asks: []int{0, 0}, served: 1, stands: id(0, 0), batches: []set{2},
		ends: []end{{0, true}}, allow: one},
	{name: "afterwards: no message comes again", asks: []int{0, 0}, served: 1, stands: id(0, 0), batches: []set{2},
		ends: []end{{0, true}}, direct: 3, allow: one, hourly: true},
	{name: "afterwards: messages come early", asks: []int{0, 0}, served: 1, stands: id(0, 0), batches: []set{2},
		ends: []end{{0, false}}, hasty: true, allow: one},
	{name: "afterwards: expiry and extension", asks: []int{0, 0}, launches: []int{0, 0}, served: 1, stands: id(0, 0),
		expires: 1, batches: []set{2}, allow: two},
	{name: "afterwards: expiry, extension, 15 minutes", asks: []int{0, 0}, launches: []int{0, 0}, served: 1,
		stands: id(0, 0), expires: 3, ages: true, batches: []set{2}, allow: one},
	{name: "afterwards: expiry, another opens", asks: []int{0, 0, 1}, launches: []int{0, 0, 1}, served: 1,
		stands: id(0, 0), expires: 1, batches: []set{2, 4}, allow: calm},

	{name: "afterwards: the wide rule ends", asks: []int{0, 1}, covers: nested, served: 3, stands: id(0, 0),
		ends: []end{{0, true}}, allow: two},
	{name: "afterwards: the wide rule ends, both exist", asks: []int{0, 1}, covers: nested, served: 3,
		stands: id(0, 0) | id(1, 0), ends: []end{{0, true}}, allow: two},
	{name: "afterwards: the narrow rule ends", asks: []int{0, 1}, covers: nested, served: 3,
		stands: id(0, 0) | id(1, 0), ends: []end{{1, true}}, allow: two},
	{name: "afterwards: wide and narrow end", asks: []int{0, 1}, covers: nested, served: 3, stands: id(0, 0),
		ends: []end{{0, true}, {1, true}}, allow: one},
	{name: "afterwards: wide ends, wide anew", asks: []int{0, 1, 0}, covers: nested, served: 3, stands: id(0, 0),
		batches: []set{4}, ends: []end{{0, true}}, allow: one},
	{name: "afterwards: wide ends, narrow anew", asks: []int{0, 1, 1}, covers: nested, served: 3, stands: id(0, 0),
		batches: []set{4}, ends: []end{{0, true}}, allow: one},
	{name: "afterwards: held by quota", asks: []int{0, 1}, covers: nested, served: 3, stands: id(0, 0), quota: 1,
		ends: []end{{0, true}, {1, true}}, allow: one},
	{name: "afterwards: quota of two, an end makes room", asks: []int{0, 1, 2}, served: 3, stands: id(0, 0) | id(1, 0),
		quota: 2, batches: []set{4}, ends: []end{{0, true}}, allow: one},
	{name: "afterwards: a foreign rule admits ours", asks: []int{1, 1}, covers: nested, foreign: id(0, 0), served: 1,
		batches: []set{2}, ends: []end{{0, true}}, allow: one},
}

// swept gives each scenario a sweeper, and adds a variant with late calls. If two faults are
// allowed, the hourly sweep comes as well; see limits.
func swept(scenarios []model) (all []model) {
	for _, md := range scenarios {
		md.sweeper = true
		md.hourly = md.hourly || md.allow.all > 1
		all = append(all, md)
		md.name += ", late calls"
		md.ghosts, md.hourly = true, true
		all = append(all, md)
	}
	return all
}
