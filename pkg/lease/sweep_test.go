package lease_test

// due says when the sweeper is to come to the group. It is kept only where
// there is a sweeper.
type due uint8

const (
	dueLater  due = iota // in an hour, or when something in world.expiry expires
	dueVerify            // in 5 minutes
	dueSoon              // in 30 s
	dueNow               // somebody rang
)

func (w *world) setDue(md *model, d due, expiry set) {
	if md.sweeper {
		w.due, w.expiry = d, expiry
	}
}

// dueAfter is when a round wants the next: soon if it left rules that could not
// go yet. In 5 minutes where a describe that lags may have hidden what is to go:
// a request has just ended or expired, or the holder before died or gave up.
func dueAfter(m *message) due {
	switch {
	case m.later:
		return dueSoon
	case m.unsure:
		return dueVerify
	}
	return dueLater
}

// isDue reports whether message i, the sweeper, takes the group. A sweep that
// finds a living holder, or one dead but not expired, is a ring like others:
// here it comes when it can do something.
func (md *model) isDue(w *world, i int) bool {
	switch {
	case w.due == dueNow && w.past&w.open(w.table) != 0, w.expiry&w.past != 0:
		return true
	case w.own != 0 && md.holder(w, i) == alive:
		return false
	}
	return w.due == dueNow || w.due >= dueVerify && w.young == 0
}

// wake starts the sweeper.
func (md *model) wake(w *world, h how) {
	if w.due == dueVerify {
		w.recent = 0 // 5 minutes have passed
	}
	if h == hourly { // no describe lags so long
		w.look, w.before, w.young = looking, w.group, 0
	}
}

// lookAgain has the hour's look come again, since message i rang.
func (w *world) lookAgain(md *model, i int) {
	if !md.sweeps(i) || w.look != looking {
		w.look = toCome
	}
}

// rest notes that message i's function has come to its end or died. A look
// that died comes again.
func (w *world) rest(i int, md *model, served bool) {
	if !md.sweeps(i) || w.look != looking {
		return
	}
	w.look = toCome
	if served {
		w.look = looked
	}
}

// sweepEvents are how the sweeper can wake.
func (md *model) sweepEvents(w *world, i int) []how {
	switch {
	case md.isDue(w, i):
		return onDue
	case md.look && w.look == toCome && w.want > 0 && w.idle() && !w.inFlight():
		return onLook
	}
	return nil
}

var (
	onDue  = []how{redeliver}
	onLook = []how{hourly}
)
