package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	coordination "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

// forLife is an elector that holds its Lease for life: a restatement of what others see of nais/elector. Where there is
// no Lease it creates one that its Pod owns, without a duration and without a time of renewal, and leads until that is
// gone; it renews nothing and releases nothing. Where there is a Lease it names its holder, whoever that is.
type forLife struct {
	options options
	client  kubernetes.Interface
	owner   metav1.OwnerReference
	name    atomic.Value // the holder's
}

// campaignForLife runs until the context ends. The candidate's id is its Pod's name.
func campaignForLife(ctx context.Context, o options, client kubernetes.Interface, listener net.Listener) error {
	pod, err := client.CoreV1().Pods(o.namespace).Get(ctx, o.id, metav1.GetOptions{})
	if err != nil {
		return err
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}
	elector := &forLife{options: o, client: client, owner: owner}
	elector.name.Store("")
	go elector.serve(listener)
	for ctx.Err() == nil {
		if err := elector.observe(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "peer:", err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

// observe creates the Lease or reads it, and names its holder for as long as the watch lasts and the Lease is there.
func (e *forLife) observe(ctx context.Context) error {
	leases := e.client.CoordinationV1().Leases(e.options.namespace)
	lease, err := leases.Get(ctx, e.options.leaseName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		now := metav1.NowMicro()
		lease = &coordination.Lease{
			ObjectMeta: metav1.ObjectMeta{
				Name: e.options.leaseName, OwnerReferences: []metav1.OwnerReference{e.owner},
			},
			Spec: coordination.LeaseSpec{HolderIdentity: &e.options.id, AcquireTime: &now},
		}
		lease, err = leases.Create(ctx, lease, metav1.CreateOptions{})
	}
	if err != nil {
		return err // another was faster, perhaps: the next look tells
	}
	e.see(lease)
	events, err := leases.Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", e.options.leaseName).String(),
		ResourceVersion: lease.ResourceVersion,
	})
	if err != nil {
		return err
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		lease, isLease := event.Object.(*coordination.Lease)
		if !isLease || event.Type == watch.Deleted {
			return nil
		}
		e.see(lease)
	}
	return nil
}

func (e *forLife) see(lease *coordination.Lease) {
	name := ""
	if lease.Spec.HolderIdentity != nil {
		name = *lease.Spec.HolderIdentity
	}
	e.name.Store(name)
}

// serve answers each GET with the name of the leader.
func (e *forLife) serve(listener net.Listener) {
	err := http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"name": e.name.Load(), "last_update": time.Now().UTC().Format(time.RFC3339),
		})
	}))
	fmt.Fprintln(os.Stderr, "peer: cannot serve:", err)
	os.Exit(1)
}
