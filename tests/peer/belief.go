package main

import "sync"

// belief is what a program that follows client-go's callbacks holds for true: it leads from the
// answer to its acquiring write until OnStoppedLeading. Safe for concurrent use.
type belief struct {
	history history
	id      string

	mutex   sync.Mutex
	leading bool
	leader  string
}

func newBelief(h history, id string) *belief { return &belief{history: h, id: id} }

// begin starts a term unless one is running.
func (b *belief) begin() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !b.leading {
		b.leading = true
		b.leader = b.id
		b.history.write(map[string]any{"kind": "began", "by": b.id, "at": boottime()})
	}
}

// end ends the running term, if any: client-go calls OnStoppedLeading without one as well. The time
// is read first, so that the belief is never recorded as longer than it was.
func (b *belief) end() {
	at := boottime()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.leading {
		b.leading = false
		b.history.write(map[string]any{"kind": "ended", "by": b.id, "at": at})
	}
}

func (b *belief) observe(leader string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.leader = leader
}

func (b *belief) state() (leader string, leading bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.leader, b.leading
}
