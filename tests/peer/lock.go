package main

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// recordingLock is client-go's lock, and writes down when each renewal was sent and answered.
type recordingLock struct {
	resourcelock.Interface
	belief        *belief
	renewDeadline time.Duration
	shutdown      context.Context // done once this process was told to end
}

var errNotShuttingDown = errors.New("released only on SIGTERM")

func (l *recordingLock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.renew(func() error { return l.Interface.Create(ctx, record) })
}

func (l *recordingLock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity != "" {
		return l.renew(func() error { return l.Interface.Update(ctx, record) })
	}
	// Since v0.34, a client-go that lost its Lease while it was paused reads the new record and then
	// blanks it, trusting its old belief. That forges another's record, after which no elector can
	// promise anything, so it is kept out of a test of how electors get along.
	if l.shutdown.Err() == nil {
		return errNotShuttingDown
	}
	l.belief.end()
	l.belief.history.write(map[string]any{"kind": "release", "by": l.Identity(), "at": boottime()})
	return l.Interface.Update(ctx, record)
}

func (l *recordingLock) renew(send func() error) error {
	sent := boottime()
	if err := send(); err != nil {
		return err
	}
	answered := boottime()
	l.belief.history.write(map[string]any{
		"kind": "renewal", "by": l.Identity(), "sent": sent, "answered": answered,
		"validFor": l.renewDeadline.Nanoseconds(),
	})
	l.belief.begin()
	return nil
}
