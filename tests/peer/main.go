// Peer is an elector as client-go makes it, or, with --for-life, one that holds its Lease for life: the other party of
// the interoperability tests.
//
// It competes for a Lease with client-go's own LeaderElector, campaigns again after every loss,
// says over HTTP whether it believes to lead, and writes down, in the format of
// tests/history/README.md, each renewal that it sent and each term in which it believed to lead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

type options struct {
	id, namespace, leaseName, kubeconfig, addr, history string
	leaseDuration, renewDeadline, retryPeriod           time.Duration
	forLife                                             bool
}

func parseOptions() (options, error) {
	var o options
	flag.StringVar(&o.id, "id", "", "identity of this candidate (required)")
	flag.StringVar(&o.namespace, "namespace", "default", "namespace of the Lease")
	flag.StringVar(&o.leaseName, "lease-name", "", "name of the Lease (required)")
	flag.DurationVar(&o.leaseDuration, "lease-duration", 15*time.Second, "client-go's LeaseDuration")
	flag.DurationVar(&o.renewDeadline, "renew-deadline", 10*time.Second, "client-go's RenewDeadline")
	flag.DurationVar(&o.retryPeriod, "retry-period", 2*time.Second, "client-go's RetryPeriod")
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of the kubeconfig (default: in-cluster)")
	flag.StringVar(&o.addr, "addr", ":4040", "address of GET /api/leader")
	flag.StringVar(&o.history, "history", "", "file to append the history to (required)")
	flag.BoolVar(&o.forLife, "for-life", false, "hold the Lease for life, as nais/elector does, instead")
	flag.Parse()
	for name, value := range map[string]string{"id": o.id, "lease-name": o.leaseName, "history": o.history} {
		if value == "" {
			return o, fmt.Errorf("--%s is required", name)
		}
	}
	return o, nil
}

func run() error {
	o, err := parseOptions()
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	if err != nil {
		return err
	}
	// As controller-runtime does: a stalled call must not use up the whole renew deadline.
	config.Timeout = o.renewDeadline / 2
	config.QPS, config.Burst = 50, 50
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(o.history, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if o.forLife {
		return campaignForLife(ctx, o, client, listener)
	}
	lock := &recordingLock{
		Interface: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: o.namespace, Name: o.leaseName},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: o.id},
		},
		belief:        newBelief(history{file}, o.id),
		renewDeadline: o.renewDeadline,
		shutdown:      ctx,
	}
	go serveLeader(listener, lock.belief)
	return campaign(ctx, o, lock)
}

// campaign runs client-go's elector again after each loss: Run itself ends with its first term.
func campaign(ctx context.Context, o options, lock *recordingLock) error {
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock:            lock,
			LeaseDuration:   o.leaseDuration,
			RenewDeadline:   o.renewDeadline,
			RetryPeriod:     o.retryPeriod,
			ReleaseOnCancel: true,
			Name:            o.id,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) {},
				OnStoppedLeading: lock.belief.end,
				OnNewLeader:      lock.belief.observe,
			},
		})
		if err != nil {
			return err
		}
		elector.Run(ctx)
	}
	return nil
}

func main() {
	if err := run(); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(2)
	}
}
