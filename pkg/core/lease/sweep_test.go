package lease_test

// due is the time at which the sweeper comes to the group. It is kept only if there is a
// sweeper.
type due uint8

const (
	dueLater  due = iota // in an hour, or when a request in world.expiry expires
	dueVerify            // in 5 minutes
	dueSoon              // in 30 s
	dueNow               // a function rang
)

func (w *world) setDue(md *model, d due, expiry set) {
	if md.sweeper {
		w.due, w.expiry = d, expiry
	}
}

// dueAfter returns the time of the next round: in 30 s if this one left extra rules to revoke.
// It is 5 minutes if a lagging describe may have hidden extra rules. That is after a request
// ended or expired, or after a holder died or yielded.
func dueAfter(m *message) due {
	switch {
	case m.later:
		return dueSoon
	case m.unsure:
		return dueVerify
	}
	return dueLater
}

// isDue reports whether the sweeper, message i, takes the group. A sweep that finds a live
// holder, or a dead one before its expiry, is a ring like others. So here the sweeper comes
// only if it can do something.
func (md *model) isDue(w *world, i int) bool {
	switch {
	case w.due == dueNow && w.past&w.open(w.table) != 0, w.expiry&w.past != 0:
		return true
	case w.own != 0 && md.holder(w, i) == alive:
		return false
	}
	return w.due == dueNow || w.due >= dueVerify && w.young == 0
}

func (md *model) wake(w *world, h how) {
	if w.due == dueVerify {
		w.recent = 0 // 5 minutes have passed
	}
	if h == hourly { // no describe lags for so long
		w.hour, w.before, w.young = hourRuns, w.group, 0
	}
}

// sweepAgain makes the hourly sweep come again, because message i rang.
func (w *world) sweepAgain(md *model, i int) {
	if !md.sweeps(i) || w.hour != hourRuns {
		w.hour = hourToCome
	}
}

// rest records that message i's function ended or died. An hourly sweep that died comes again.
func (w *world) rest(i int, md *model, served bool) {
	if !md.sweeps(i) || w.hour != hourRuns {
		return
	}
	w.hour = hourToCome
	if served {
		w.hour = hourDone
	}
}

// sweepEvents returns the events that wake the sweeper.
func (md *model) sweepEvents(w *world, i int) []how {
	switch {
	case md.isDue(w, i):
		return onDue
	case md.hourly && w.hour == hourToCome && w.want > 0 && w.idle() && !w.inFlight():
		return onHour
	}
	return nil
}

var (
	onDue  = []how{redeliver}
	onHour = []how{hourly}
)
