"""Injected Pods in networks that stand between them and the cluster."""
import itertools
import os
import socket
import threading
import urllib.request
from collections import Counter

import pytest
from observation import enter_network, in_network
from workload import INJECT, RESTRICTED, Space, deployment, endpoints, program, sidecar_of, tools_image
from waiting import eventually

ASK = {INJECT: "true"}
NUMBERS = itertools.count(1)
API = ("-d", "10.99.0.10", "-p", "tcp", "--dport", "6443")


def service(name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}}


# Says that it is there to whoever connects.
SERVER = ("use IO::Socket::INET; my $port = IO::Socket::INET->new(LocalPort => 8080, Listen => 64, ReuseAddr => 1);"
          r'while (my $caller = $port->accept) { print $caller "here\n"; close $caller }')


def served(name, annotations):
    return deployment(name, 2, annotations, container=program(f"perl -e '{SERVER}' & wait"))


class Client:
    """Connects to a Service of one node again and again, until it is told to stop; `outcomes`: how often what came of it."""

    def __init__(self, cluster, space, name):
        self._network = cluster.network("node1")
        self._address = space.find("service", name)["spec"]["clusterIP"]
        self._stops = threading.Event()
        self.outcomes = Counter()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stops.set()
        self._thread.join()

    def _run(self):
        enter_network(self._network)
        while not self._stops.wait(0.05):
            self.outcomes[self._connect()] += 1

    def _connect(self):
        try:
            with socket.create_connection((self._address, 80), timeout=10) as connection:
                return connection.recv(16).decode().strip()
        except OSError as error:
            return type(error).__name__

    def failures(self):
        return self.outcomes.total() - self.outcomes["here"]


@pytest.mark.machine("all Pods cut off from the API server")
def test_programs_stay_in_service_while_their_pods_do_not_reach_the_api_server(space, cluster):
    """Beside each other: with a sidecar, without one, and with one whose state is made the Pod's."""
    names = ("web", "plain", "choosy")
    for name, annotations in zip(names, (ASK, {}, {**ASK, "leader-elector.io/ready": "synced"})):
        space.apply(served(name, annotations), service(name))

    def in_service(name):
        return len(endpoints(cluster, space.name, name))

    for name in ("web", "choosy"):
        space.ready_pods(name, 2)
        space.agreed_leader(name, name)
    for name in names:
        eventually(f"{name} is in service", lambda name=name: in_service(name) == 2)
    with Client(cluster, space, "web") as web, Client(cluster, space, "plain") as plain, Client(cluster, space, "choosy") as choosy:
        for client in (web, plain, choosy):
            eventually("the node knows the Service, and both Pods serve", lambda client=client: client.outcomes["here"] > 50)
            client.outcomes.clear()
        cut_off_and_join(space, cluster, in_service)
    assert web.failures() <= plain.failures(), (web.outcomes, plain.outcomes)
    assert min(web.outcomes["here"], plain.outcomes["here"]) > 100
    assert choosy.failures() > 0, "a Service without Pods refuses nobody: this test notices nothing"


def cut_off_and_join(space, cluster, in_service):
    counts = set()

    def choosy_ones_are_gone():
        counts.add(in_service("web"))
        return in_service("choosy") == 0

    nodes = ("node1", "node2")
    for node in nodes:
        cluster.tool("exec", node, "iptables", "-w", "-I", "FORWARD", *API, "-j", "DROP")
    try:
        # Those that wait for the Lease's state show that it is unknown by now.
        eventually("the state of the Lease takes Pods out of service", choosy_ones_are_gone, 90)
        assert counts == {2}
    finally:
        for node in nodes:
            cluster.tool("exec", node, "iptables", "-w", "-D", "FORWARD", *API, "-j", "DROP")
    eventually("all are back", lambda: in_service("choosy") == 2, 90)
    assert in_service("web") == 2
    space.agreed_leader("web", "web")


@pytest.fixture
def meshed(release):
    """A namespace in which incoming TCP of Pods goes to a proxy's port before their first container runs (redirect)."""
    made = Space(release.cluster, f"meshed-{os.getpid()}-{next(NUMBERS)}")
    yield made
    made.delete()


# Takes connections, and says nothing: as a proxy that insists on TLS does to those who speak plainly.
PROXY = ("use IO::Socket::INET; my $port = IO::Socket::INET->new(LocalPort => 15006, Listen => 5, ReuseAddr => 1);"
         "while (my $caller = $port->accept) { close $caller }")


def native_proxy(name):
    return {"name": name, "image": tools_image(), "command": ["perl", "-e", PROXY], "restartPolicy": "Always",
            "securityContext": RESTRICTED}


def status_over_network(cluster, pod):
    """What a kubelet's request to the sidecar would meet."""
    def ask():
        try:
            with urllib.request.urlopen(f"http://{pod['status']['podIP']}:4040/healthz", timeout=5) as answer:
                return answer.status
        except OSError:
            return None

    return in_network(cluster.network(pod["spec"]["nodeName"]), ask)


@pytest.mark.machine("a network that redirects")
@pytest.mark.parametrize("name,place", [("istio-proxy", 1), ("home-made-proxy", 0)])
def test_a_pod_starts_whose_network_redirects_to_a_native_proxy(meshed, cluster, name, place):
    """The first is known, and starts before the sidecar; behind the sidecar the second starts too."""
    meshed.apply(deployment(name, 1, ASK, initContainers=[native_proxy(name)]))
    pod = meshed.ready_pods(name, 1)[0]
    assert [one["name"] for one in pod["spec"]["initContainers"]].index(sidecar_of(pod)["name"]) == place
    assert meshed.agreed_leader(name, name) == pod["metadata"]["name"]
    assert status_over_network(cluster, pod) is None, "the network does not redirect"
