"""The operator on a real API server: rights on Leases for Pods that were injected, and what else it sees to."""
import json
import time

import pytest
from injected import ENDING, LABEL, OURS, Space, annotated, reference, rules
from waiting import eventually

# In which something that should not happen would have happened.
A_WHILE = 2


def owners(thing):
    return [{key: owner[key] for key in ("apiVersion", "kind", "name", "uid")} for owner in thing["metadata"]["ownerReferences"]]


def test_rights_come_with_the_first_pod_and_go_with_the_last(operators, space):
    operators.start("a")
    replicas, deployment = space.workload("web")
    eventually("rights", lambda: space.binding("web"))
    role, binding = space.role("web"), space.binding("web")
    assert role["rules"] == rules("web")
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "leader-elector:web"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "web", "namespace": space.name}]
    for thing in (role, binding):
        assert thing["metadata"]["labels"] == {LABEL: OURS}
        assert owners(thing) == [reference(deployment)]
    version = role["metadata"]["resourceVersion"]
    space.pod("web-2", "web", replicas, account="web")
    space.remove("pod", "web-1")
    time.sleep(A_WHILE)
    assert space.role("web")["metadata"]["resourceVersion"] == version, "written though nothing changed"
    space.remove("pod", "web-2")
    eventually("no rights", lambda: not space.role("web") and not space.binding("web"))
    space.pod("web-3", "web", replicas, account="web")
    eventually("rights again", lambda: space.binding("web"))


def test_rights_are_those_of_the_service_accounts_of_live_pods(operators, space):
    operators.start("a")
    replicas, deployment = space.deployment("web", account="old")
    space.account("old")
    space.account("new")
    space.pod("web-1", "web", replicas, account="old")
    space.pod("web-2", "web", space.replicas("web-6f8", deployment, "new"), account="new")
    eventually("both", lambda: space.accounts("web") == ["new", "old"])
    space.kubectl("patch", "pod", "web-1", "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Succeeded"}}')
    eventually("the one that lives", lambda: space.accounts("web") == ["new"])


def test_a_pod_without_our_container_gets_no_rights_whatever_its_annotations_say(operators, space):
    operators.start("a")
    space.pod("bare", "bare", sidecar=False)
    space.pod("proper", "proper")
    eventually("the proper one's rights", lambda: space.binding("proper"))
    assert space.role("bare") is None


@pytest.mark.parametrize("kind", ["bare", "StatefulSet", "CronJob", "Rollout"])
def test_rights_belong_to_what_made_the_pods(operators, space, kind):
    operators.start("a")
    if kind == "bare":
        expected = [reference(space.pod("web", "web"))]
    elif kind == "StatefulSet":
        owner = space.create("StatefulSet", "web")
        space.pod("web-0", "web", owner)
        expected = [reference(owner)]
    elif kind == "CronJob":
        owner = space.create("CronJob", "web")
        space.pod("web-1", "web", space.create("Job", "web-28000000", owner=owner))
        expected = [reference(owner)]
    else:  # of a kind that nobody here knows
        owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
                 "metadata": {"name": "web", "uid": "11111111-2222-3333-4444-555555555555"}}
        space.pod("web-1", "web", space.create("ReplicaSet", "web-1", owner=owner))
        expected = [reference(owner)]
    eventually("rights", lambda: space.binding("web"))
    assert owners(space.role("web")) == owners(space.binding("web")) == expected


def test_a_second_workload_gets_no_rights_on_the_lease_and_an_event_until_the_first_is_gone(operators, space):
    operators.start("a")
    first, _ = space.workload("first", "both")
    eventually("the first one's rights", lambda: space.accounts("both") == ["first"])
    space.workload("second", "both")
    events = eventually("the Event", lambda: space.events("LeaseConflict"))
    assert events == {"Deployment/second": (
        'Deployment "second" gets no rights on the Lease "both", for which Deployment "first" campaigns: give it another '
        'leader-elector.io/lease-name, or annotate both with leader-elector.io/shared: "true"')}
    assert space.accounts("both") == ["first"]
    # Whoever has the rights keeps them over a restart of the operator, though its Pods are younger.
    space.remove("pod", "first-1")
    eventually("the second one's turn", lambda: space.accounts("both") == ["second"])
    space.pod("first-2", "both", first, account="first")
    operators.terminate("a")
    operators.start("b")
    time.sleep(A_WHILE)
    assert space.accounts("both") == ["second"]


def test_workloads_that_both_share_a_lease_get_rights_on_it(operators, space):
    operators.start("a")
    _, deployment = space.workload("first", "both", shared=True)
    _, other = space.workload("second", "both", shared=True)
    eventually("rights of both", lambda: space.accounts("both") == ["first", "second"])
    assert sorted(owner["uid"] for owner in owners(space.role("both"))) == sorted(
        owner["metadata"]["uid"] for owner in (deployment, other))
    assert space.events("LeaseConflict") == {}
    space.workload("third", "both")
    eventually("the third one's Event", lambda: "Deployment/third" in space.events("LeaseConflict"))
    assert space.accounts("both") == ["first", "second"]


def test_somebody_elses_role_is_left_alone(operators, space):
    operators.start("a")
    space.kubectl("create", "role", "leader-elector:web", "--verb=get", "--resource=pods")
    before = space.role("web")
    space.pod("web", "web")
    events = eventually("the Event", lambda: space.events("ForeignRole"))
    assert events == {"Pod/web": (
        'no rights on the Lease "web" are given: the Role "leader-elector:web" is there and is not ours, as it lacks the label '
        'app.kubernetes.io/managed-by: leader-elector-injector; remove it, or use another leader-elector.io/lease-name')}
    assert space.binding("web") is None
    space.remove("pod", "web")
    time.sleep(A_WHILE)
    assert space.role("web") == before


def test_what_is_edited_by_hand_is_put_right(operators, space):
    operators.start("a")
    space.pod("web", "web")
    eventually("rights", lambda: space.binding("web"))
    name = "leader-elector:web"
    space.kubectl("patch", "role", name, "--type=json", "-p",
                  '[{"op": "replace", "path": "/rules/0/resourceNames/0", "value": "other"}]')
    eventually("its rules", lambda: space.role("web")["rules"] == rules("web"))
    space.kubectl("patch", "rolebinding", name, "--type=json", "-p",
                  '[{"op": "replace", "path": "/subjects/0/name", "value": "other"}]')
    eventually("its subjects", lambda: space.accounts("web") == ["default"])
    space.kubectl("delete", "role", name)
    eventually("the Role", lambda: space.role("web"))
    space.kubectl("delete", "rolebinding", name)
    eventually("the binding", lambda: space.binding("web"))


def test_rights_outlive_the_workload_with_its_pods_and_are_owned_by_these_then(operators, space):
    operators.start("a")
    replicas, deployment = space.deployment("web")
    pod = space.pod("web-1", "web", replicas)
    eventually("rights", lambda: space.binding("web"))
    assert owners(space.role("web")) == [reference(deployment)]
    # As the garbage collector, of which there is none here, does it: what the Deployment owned goes, while its Pods still end.
    space.kubectl("delete", "deployment", "web", "--cascade=background")
    space.kubectl("delete", "role,rolebinding", "leader-elector:web")
    eventually("rights again", lambda: space.binding("web"))
    assert owners(space.role("web")) == owners(space.binding("web")) == [reference(pod)]
    space.remove("pod", "web-1")
    eventually("no rights", lambda: not space.role("web") and not space.binding("web"))


def test_what_happens_while_the_api_server_is_away_is_seen_to_when_it_is_back(operators, space, control_plane):
    operators.start("a")
    space.pod("old", "old")
    eventually("rights", lambda: space.binding("old"))
    control_plane.tool("stop", "apiserver")
    time.sleep(A_WHILE)
    control_plane.tool("start", "apiserver")
    space.remove("pod", "old")
    space.pod("new", "new")
    space.create("Deployment", "web", annotations=annotated(inject="true"))
    eventually("the new one's rights", lambda: space.binding("new"), 40)
    eventually("the old one's are gone", lambda: not space.role("old") and not space.binding("old"), 40)
    eventually("the copy", lambda: space.template("Deployment", "web") == annotated(inject="true"), 40)


def test_a_labelled_binding_to_another_role_is_replaced(operators, space):
    name = "leader-elector:web"
    space.kubectl("create", "rolebinding", name, "--role=admin", f"--serviceaccount={space.name}:default")
    space.kubectl("label", "rolebinding", name, f"{LABEL}={OURS}")
    space.pod("web", "web")
    operators.start("a")
    eventually("our binding", lambda: (space.binding("web") or {}).get("roleRef", {}).get("name") == name)


def test_what_is_left_over_is_removed_and_what_is_missing_made_at_a_restart(operators, space):
    operators.start("a")
    space.pod("old", "old")
    eventually("rights", lambda: space.binding("old"))
    operators.kill("a")
    space.remove("pod", "old")
    space.pod("new", "new")
    operators.start("b")
    eventually("the new one's rights", lambda: space.binding("new"))
    eventually("the old one's are gone", lambda: not space.role("old") and not space.binding("old"))


def test_only_the_replica_that_leads_works_and_the_other_follows_it(operators, space):
    operators.start("a")
    operators.start("b", waits=False)
    space.pod("web", "web")
    eventually("rights", lambda: space.binding("web"))
    time.sleep(A_WHILE)
    looked = 'reconciles_total{kind="pod",outcome="settled"}'
    assert operators.metric("a", looked) > 0
    assert operators.metric("b", looked) == 0
    operators.terminate("a")
    space.pod("other", "other")
    eventually("the other replica", lambda: space.binding("other"))


def test_nothing_is_done_in_the_namespaces_of_the_system(operators, space, control_plane):
    operators.start("a")
    pod = {"apiVersion": "v1", "kind": "Pod",
           "metadata": {"name": "web", "namespace": "kube-system", "annotations": annotated(inject="true", lease_name="web"),
                        "labels": annotated(injected="true")},
           "spec": {"containers": [{"name": "app", "image": "app"}, {"name": "leader-elector", "image": "x"}]}}
    control_plane.apply(json.dumps({"apiVersion": "v1", "kind": "ServiceAccount",
                                    "metadata": {"name": "default", "namespace": "kube-system"}}))
    control_plane.apply(json.dumps(pod))
    space.pod("web", "web")
    eventually("rights elsewhere", lambda: space.binding("web"))
    assert control_plane.get("roles", "-n", "kube-system", "-l", f"{LABEL}={OURS}")["items"] == []


def test_pods_without_a_sidecar_are_told_and_counted(operators, space):
    operators.start("a")
    before = operators.metric("a", "uninjected_pods")
    replicas, _ = space.deployment("web")
    space.pod("web-1", "web", replicas, sidecar=False, status=None)
    space.pod("web-2", "web", replicas, sidecar=False, status=None)
    events = eventually("the Event", lambda: space.events("InjectionMissed"))
    assert events == {"Deployment/web": (
        'Pod "web-1" asks for a sidecar (leader-elector.io/inject: "true") but came up without one, as the webhook was not asked '
        'when it was made: delete the Pod, and the next one gets it')}
    eventually("the count", lambda: operators.metric("a", "uninjected_pods") == before + 2)
    space.remove("pod", "web-1", "web-2")
    eventually("the count", lambda: operators.metric("a", "uninjected_pods") == before)
    assert space.role("web") is None


def test_pods_that_were_skipped_are_told(operators, space):
    operators.start("a")
    before = operators.metric("a", "uninjected_pods")
    space.pod("web", "web", sidecar=False, status="skipped: the Pod is for Windows")
    events = eventually("the Event", lambda: space.events("InjectionSkipped"))
    assert events == {"Pod/web": 'Pod "web" asks for a sidecar (leader-elector.io/inject: "true") and has none: the Pod is for Windows'}
    assert operators.metric("a", "uninjected_pods") == before


def test_workloads_of_one_service_account_are_told_that_their_rights_add_up(operators, space):
    operators.start("a")
    space.workload("first", account="default")
    space.workload("second", account="default")
    eventually("both Events", lambda: len(space.events("LeaseShared")) == 2)
    text = ('Pods with the ServiceAccount "default" campaign for the Leases first, second: each of them may write all of these; '
            "give each workload a ServiceAccount of its own to keep them apart")
    assert space.events("LeaseShared") == {"Deployment/first": text, "Deployment/second": text}


def lease_of(space, name, holder, session=None, **spec):
    annotations = {"leader-elector.io/session": session} if session else {}
    return space.create("Lease", name, api="coordination.k8s.io/v1", annotations=annotations,
                        spec={"holderIdentity": holder, "leaseDurationSeconds": 10, **spec})


def is_labelled(lease):
    return lease["metadata"].get("labels", {}).get(LABEL) == OURS


def test_the_lease_is_there_released_and_labelled_before_anybody_has_a_right(operators, space):
    operators.start("a")
    space.pod("web", "web")
    eventually("rights", lambda: space.binding("web"))
    lease = space.lease("web")
    assert is_labelled(lease)
    assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseDurationSeconds"]) == ("", 1)
    assert lease["spec"]["acquireTime"] == lease["spec"]["renewTime"]
    assert int(lease["metadata"]["resourceVersion"]) < int(space.role("web")["metadata"]["resourceVersion"])


def test_a_lease_that_was_deleted_is_made_again_by_those_who_may_have_led(operators, space):
    """They know for how long a leader may not have heard of it; whoever comes first would take a released one at once."""
    operators.start("a")
    replicas, _ = space.workload("web", account="default")
    eventually("rights", lambda: space.binding("web"))
    space.kubectl("delete", "lease", "web")
    space.kubectl("delete", "role", "leader-elector:web")
    eventually("the Role", lambda: space.role("web"))
    space.pod("web-2", "web", replicas)
    operators.terminate("a")
    operators.start("b")
    time.sleep(A_WHILE)
    assert space.lease("web") is None
    lease_of(space, "web", "leader-elector.io/vacant")
    eventually("the label", lambda: is_labelled(space.lease("web")), 60)


def test_an_electors_lease_is_labelled(operators, space):
    lease_of(space, "web", "web", session="1/2")
    operators.start("a")
    space.pod("web", "web")
    lease = eventually("the label", lambda: is_labelled(space.lease("web")) and space.lease("web"))
    assert lease["spec"] == {"holderIdentity": "web", "leaseDurationSeconds": 10}


def test_a_lease_by_which_somebody_else_elects_is_left_alone_until_they_have_gone(operators, space):
    def renew():
        space.kubectl("patch", "lease", "web", "--type=merge", "-p", json.dumps({"spec": {"renewTime": time.strftime(
            "%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())}}))

    lease_of(space, "web", "operator-0_5b8f7b4e")
    renew()
    operators.start("a")
    space.pod("web", "web")
    events = eventually("the Event", lambda: renew() or space.events("LeaseConflict"))
    assert events == {"Pod/web": (
        'no rights on the Lease "web" are given: "operator-0_5b8f7b4e" elects by it, and is no elector of ours, as the Lease has '
        "neither the annotation leader-elector.io/session nor the label app.kubernetes.io/managed-by: leader-elector-injector; "
        "use another leader-elector.io/lease-name, or end what uses it")}
    renew()
    assert not is_labelled(space.lease("web")) and space.role("web") is None and space.binding("web") is None
    # Nobody renews it any more: electors may have it, and the label comes with them.
    # It is looked at less and less often: at most twice the time that it took so far, and the half minute.
    eventually("rights", lambda: space.binding("web"), 300)
    assert not is_labelled(space.lease("web"))


def forged(thing, kind=None, **metadata):
    return {**thing, **(kind or {}), "metadata": {**thing["metadata"], **metadata}}


# What the Pod says made it, by the Deployment's ReplicaSet and the Deployment; and its ServiceAccount.
FORGERIES = {
    "a Deployment makes no Pods": (lambda replicas, deployment: deployment, "web"),
    "not under this uid": (lambda replicas, deployment: forged(replicas, uid="00000000-0000-0000-0000-000000000000"), "web"),
    "not under that name": (lambda replicas, deployment: forged(replicas, name="other"), "web"),
    "a name that is a path": (lambda replicas, deployment: forged(replicas, name="../replicasets/" + replicas["metadata"]["name"]),
                              "web"),
    "another version": (lambda replicas, deployment: forged(deployment, {"apiVersion": "apps/v1beta1"}), "web"),
    "not selected": (lambda replicas, deployment: reference(replicas), "web"),
    "of another ServiceAccount": (lambda replicas, deployment: replicas, "evil"),
}


@pytest.mark.parametrize("forgery, account", FORGERIES.values(), ids=FORGERIES.keys())
def test_whoever_only_says_whose_it_is(operators, space, forgery, account):
    operators.start("a")
    replicas, deployment = space.workload("web")
    space.account("evil")
    eventually("rights", lambda: space.accounts("web") == ["web"])
    space.pod("evil", "web", forgery(replicas, deployment), account=account)
    events = eventually("the Event", lambda: space.events("LeaseConflict"))
    assert events == {"Pod/evil": (
        'Pod "evil" gets no rights on the Lease "web", for which Deployment "web" campaigns: give it another '
        'leader-elector.io/lease-name, or annotate both with leader-elector.io/shared: "true"')}
    assert space.accounts("web") == ["web"]


def test_restored_pods_are_told_of_no_conflict_while_nothing_owns_them_yet(operators, space):
    """A backup restores Pods first, without owners and with their labels; their ReplicaSet adopts them when it is there."""
    operators.start("a")
    space.account("web")
    for number in (1, 2, 3):
        thing = space.pod_object(f"web-{number}", "web", account="web")
        thing["metadata"]["labels"] |= {"app": "x", "pod-template-hash": "5d4f8c7b9"}
        space.create_all([thing])
    eventually("rights", lambda: space.accounts("web") == ["web"])
    replicas, deployment = space.deployment("web", account="web")
    for number in (1, 2, 3):
        space.kubectl("patch", "pod", f"web-{number}", "--type=merge", "-p", json.dumps(
            {"metadata": {"ownerReferences": [{**reference(replicas), "controller": True}]}}))
    eventually("the Deployment's", lambda: owners(space.role("web")) == [reference(deployment)])
    assert space.events("LeaseConflict") == {} and space.accounts("web") == ["web"]


def test_a_replica_set_that_only_says_whose_it_is_makes_no_pods_of_the_deployment(operators, space):
    operators.start("a")
    replicas, deployment = space.workload("web")
    space.account("evil")
    eventually("rights", lambda: space.accounts("web") == ["web"])
    forged = space.create("ReplicaSet", "forged", owner=deployment, account="evil")  # which the Deployment does not select
    space.pod("evil", "web", forged, account="evil")
    eventually("the Event", lambda: "ReplicaSet/forged" in space.events("LeaseConflict"))
    assert space.accounts("web") == ["web"]


def test_pods_of_an_earlier_template_keep_their_rights(operators, space):
    """A StatefulSet keeps its earlier templates; its Pods say of which they are."""
    space.account("old")
    owner = space.create("StatefulSet", "web", account="old")
    data = {"spec": {"template": owner["spec"]["template"]}}
    revision = space.object("ControllerRevision", "web-1", api="apps/v1", owner=owner)
    del revision["spec"]
    space.create_all([{**revision, "revision": 1, "data": data}])
    space.kubectl("patch", "statefulset", "web", "--type=merge", "-p", json.dumps(
        {"spec": {"template": {"spec": {"serviceAccountName": "default"}}}}))
    for name, account, label in (("web-1", "old", "web-1"), ("web-0", "default", "web-2")):
        thing = space.pod_object(name, "web", owner, account=account)
        thing["metadata"]["labels"]["controller-revision-hash"] = label
        space.create_all([thing])
    operators.start("a")
    eventually("rights", lambda: space.accounts("web") == ["default", "old"])


@pytest.mark.parametrize("name", ["*", "../..", "web\n", "Web", "x" * 3000], ids=["star", "path", "line-end", "upper", "long"])
def test_what_no_lease_is_called_gets_an_event(operators, space, name):
    operators.start("a")
    thing = space.pod_object("bad", "web")
    thing["spec"]["initContainers"][0]["args"] = [f"--lease-name={name}"]
    space.create_all([thing])
    message = eventually("the Event", lambda: space.events("InvalidLeaseName"))["Pod/bad"]
    assert message.startswith('the sidecar of Pod "bad" is told to campaign for "') and message.endswith(
        "(--lease-name), which cannot be the name of a Lease: it gets no rights; allowed are at most 253 lower-case letters, "
        "digits, '-' and '.'")
    space.pod("good", "good")
    eventually("the good one's rights", lambda: space.binding("good"))
    assert [role["metadata"]["name"] for role in json.loads(space.kubectl("get", "roles", "-o", "json"))["items"]] == [
        "leader-elector:good"]
    assert "reconcile failed" not in operators.log("a")


def test_a_namespace_with_many_pods_delays_no_other_and_has_a_bound(operators, space, control_plane):
    """Each asks for a Lease of its own. Before namespaces took turns, the neighbour waited 135 s for 1,500 and 379 s for 4,000."""
    many, most, other = 1_500, 1_000, Space(control_plane, "z-neighbour")  # which comes later in every list

    def count():
        return len(space.kubectl("get", "rolebindings", "-o", "name").splitlines())

    for begin in range(0, many, 250):
        space.create_all([space.pod_object(f"p{number}", f"l{number}") for number in range(begin, begin + 250)])
    operators.start("a", waits=False)
    eventually("the first rights", count)
    begin = time.monotonic()
    other.pod("web", "web")
    eventually("the neighbour's rights", lambda: other.binding("web"), 30)
    print(f"beside {many} Pods of one namespace another's Pod has its rights within {time.monotonic() - begin:.1f} s")
    assert count() < most / 2
    eventually("as many as one namespace has", lambda: count() == most, 180)
    events = eventually("the Event", lambda: space.events("TooManyLeases"))
    assert all("there are 1000 Leases in the namespace that injected Pods campaign for" in text for text in events.values())
    time.sleep(A_WHILE)
    assert count() == most


def test_a_namespace_gets_a_bounded_number_of_events_and_is_told(operators, space):
    space.create_all([space.pod_object(f"p{number}", "web", sidecar=False, status=None) for number in range(130)])
    operators.start("a")
    eventually("the last Event", lambda: space.events("EventsLeftOut"))
    eventually("all Pods are seen", lambda: operators.metric("a", "uninjected_pods") >= 130)
    assert len(space.events("InjectionMissed")) == 100 and len(space.events("EventsLeftOut")) == 1
    # What is seldom is not hidden by what is frequent.
    space.pod("skipped", "web", sidecar=False, status="skipped: the Pod is for Windows")
    eventually("the first Event of another reason", lambda: space.events("InjectionSkipped"))


def test_leases_of_ours_that_nobody_needs_are_deleted_and_no_others(operators, space):
    old, now = "2020-01-02T03:04:05.000006Z", time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    spec = {"holderIdentity": "x", "leaseDurationSeconds": 10}
    for name, renewed, labels in (("expired", old, {LABEL: OURS}), ("fresh", now, {LABEL: OURS}), ("foreign", old, {}),
                                  ("used", old, {LABEL: OURS})):
        space.create("Lease", name, api="coordination.k8s.io/v1", spec={**spec, "renewTime": renewed}, labels=labels)
    space.pod("used", "used")
    operators.start("a")
    eventually("it is gone", lambda: not space.find("lease", "expired"))
    time.sleep(A_WHILE)
    assert all(space.find("lease", name) for name in ("fresh", "foreign", "used"))


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"])
def test_annotations_go_to_the_template_and_away_again(operators, space, kind):
    operators.start("a")
    space.create(kind, "web")
    space.kubectl("annotate", kind, "web", "leader-elector.io/inject=true", "leader-elector.io/status=x", "example.com/other=x")
    eventually("the copy", lambda: space.template(kind, "web") == annotated(inject="true"))
    generation = space.find(kind, "web")["metadata"].get("generation")
    space.kubectl("annotate", kind, "web", "leader-elector.io/port=5050", "leader-elector.io/inject=false", "--overwrite")
    eventually("the change", lambda: space.template(kind, "web") == annotated(inject="false", port="5050"))
    assert kind == "Job" or space.find(kind, "web")["metadata"]["generation"] > generation
    space.kubectl("annotate", kind, "web", "leader-elector.io/port-", "leader-elector.io/inject-")
    eventually("it is taken away", lambda: space.template(kind, "web") == {})
    assert not [entry for entry in space.find(kind, "web")["metadata"]["managedFields"] if entry["manager"] == OURS]


def test_a_copy_that_was_removed_while_no_operator_ran_is_taken_away_by_the_next(operators, space):
    operators.start("a")
    space.create("Deployment", "web", annotations=annotated(inject="true"))
    eventually("the copy", lambda: space.template("Deployment", "web") == annotated(inject="true"))
    operators.terminate("a")
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject-")
    operators.start("b")
    eventually("it is taken away", lambda: space.template("Deployment", "web") == {})


def test_what_the_template_says_itself_stays(operators, space):
    operators.start("a")
    space.create("Deployment", "web")
    space.kubectl("patch", "deployment", "web", "--type=merge", "-p", json.dumps(
        {"spec": {"template": {"metadata": {"annotations": annotated(lease_name="mine")}}}}))
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject=true", "leader-elector.io/lease-name=other")
    eventually("the rest", lambda: space.template("Deployment", "web") == annotated(inject="true", lease_name="mine"))
    events = eventually("the Event", lambda: space.events("AnnotationsNotCopied"))
    assert events == {"Deployment/web": ("the template has leader-elector.io/lease-name with another value, which stays: "
                                         "what the Deployment itself says is not copied")}
    space.kubectl("annotate", "deployment", "web", "leader-elector.io/inject-", "leader-elector.io/lease-name-")
    eventually("only the copy goes", lambda: space.template("Deployment", "web") == annotated(lease_name="mine"))


def test_a_job_that_runs_is_told_to_be_made_anew(operators, space):
    operators.start("a")
    space.create("Job", "web", annotations=annotated(inject="true"), spec={"template": ENDING})
    events = eventually("the Event", lambda: space.events("AnnotationsNotCopied"))
    assert events == {"Job/web": ("the annotations leader-elector.io/inject have no effect: the template of a Job that is not "
                                  "suspended cannot be changed; annotate spec.template and re-create it")}
    assert space.template("Job", "web") == {}


def test_workloads_with_a_controller_are_never_written_and_told(operators, space):
    operators.start("a")
    cron = space.create("CronJob", "web")
    space.create("Job", "web-1", owner=cron, annotations=annotated(inject="true"))
    space.create("Deployment", "other", annotations=annotated(inject="true"))
    eventually("the other's copy", lambda: space.template("Deployment", "other"))
    events = eventually("the Event", lambda: space.events("AnnotationsNotCopied"))
    assert events == {"Job/web-1": ('the annotations leader-elector.io/inject are not copied to the template, which the CronJob '
                                    '"web" controls and would put back: have that write them into the Pod template')}
    time.sleep(A_WHILE)
    assert space.template("Job", "web-1") == {}


def test_copying_and_rights_can_be_switched_off(operators, space):
    operators.start("a", flags=["--copy-annotations=false", "--manage-rbac=false"])
    space.create("Deployment", "web", annotations=annotated(inject="true"))
    space.pod("web", "web")
    lease_of(space, "web", "web", session="1/2")
    eventually("the label", lambda: is_labelled(space.lease("web")))
    time.sleep(A_WHILE)
    assert space.template("Deployment", "web") == {}
    assert space.role("web") is None and space.binding("web") is None
