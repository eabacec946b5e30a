"""The NetworkPolicy for sidecars: what it closes, and what it leaves open. The rules are read here as Kubernetes defines them,
since the network of these tests enforces none."""
import pytest
import yaml

from chart import HERE, LOADER, nested, render

MONITORING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
INJECTED = {"leader-elector.io/injected": "true"}
BY_HAND = HERE.parent.parent / "docs" / "manifests" / "network-policy" / "networkpolicy.yaml"


def selects(policy, labels):
    selector = policy["spec"]["podSelector"]
    assert all(each["operator"] == "DoesNotExist" for each in selector.get("matchExpressions", []))
    return (selector.get("matchLabels", {}).items() <= labels.items()
            and not any(each["key"] in labels for each in selector.get("matchExpressions", [])))


def lets(policy, port, protocol="TCP", peer=None):
    """Whether somebody may call a port of a Pod that the policy selects: who is none of its peers, or one of them."""
    def covers(rule):
        return any(each.get("protocol", "TCP") == protocol
                   and (each["port"] == port or isinstance(port, int) and isinstance(each["port"], int)
                        and each["port"] <= port <= each.get("endPort", each["port"])) for each in rule["ports"])
    return any(covers(rule) and ("from" not in rule or peer in rule["from"]) for rule in policy["spec"]["ingress"])


@pytest.fixture(name="policy")
def fixture_policy():
    return render(nested("networkPolicy.sidecars", {"namespaces": ["shop"], "from": [MONITORING]})).the("NetworkPolicy", "-sidecars")


def test_there_is_none_by_default_and_one_for_each_namespace_that_is_named():
    assert render().names("NetworkPolicy") == []
    named = render(nested("networkPolicy.sidecars.namespaces", ["shop", "bank", "shop"]))
    assert [each["metadata"]["namespace"] for each in named.objects if each["kind"] == "NetworkPolicy"] == ["shop", "bank"]


def test_nobody_but_those_named_reaches_the_sidecars(policy):
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert not lets(policy, 4040) and lets(policy, 4040, peer=MONITORING)
    nobody = render(nested("networkPolicy.sidecars.namespaces", ["shop"])).the("NetworkPolicy", "-sidecars")
    assert not lets(nobody, 4040) and not lets(nobody, 4040, peer=MONITORING)


@pytest.mark.parametrize("protocol", ["TCP", "UDP", "SCTP"])
def test_every_other_port_of_the_pods_stays_open_to_all(policy, protocol):
    closed = [port for port in range(1, 65536) if not lets(policy, port, protocol)]
    assert closed == ([4040] if protocol == "TCP" else [])


def test_a_policy_of_the_usual_form_would_close_the_programs_ports():
    """So that the test above can fail: the one to be written by hand names the program's port, 8080, and closes the rest."""
    usual = yaml.load(BY_HAND.read_text(encoding="utf-8"), LOADER)
    assert lets(usual, 8080) and not lets(usual, 9090) and not lets(usual, "leader-elector")


def test_it_is_for_pods_whose_sidecar_has_that_port(policy):
    assert selects(policy, {**INJECTED, "app": "web"})
    assert not selects(policy, {"app": "web"})
    assert not selects(policy, {**INJECTED, "leader-elector.io/port": "5050"})
