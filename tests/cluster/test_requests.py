"""What a group costs the API server while nothing happens."""
import time
from datetime import datetime, timedelta, timezone

import pytest
from group import LEASE

MINUTE = timedelta(seconds=60)
LIMIT = 34  # a minute, for the whole group


def requests_on_the_lease(cluster, namespace, since, until):
    """Each request once, though a watch is noted when it begins and when it ends."""
    requests = {}
    for event in cluster.audit():
        reference = event.get("objectRef", {})
        received = datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00"))
        if reference.get("namespace") == namespace and since <= received < until:
            requests[event["auditID"]] = f"{event['verb']} {reference.get('name', '')}"
    return requests.values()


@pytest.mark.machine("the API server's audit log")
def test_groups_of_three_and_of_ten_make_at_most_34_requests_a_minute(group, new_group, cluster, tmp_path, capsys):
    ten = new_group("ten")
    ten.apply()
    ten.kubectl("scale", "deployment", "web", "--replicas=10")
    try:
        for each, replicas in ((group, 3), (ten, 10)):
            observation = each.observe(tmp_path / f"history-{replicas}", replicas)
            try:
                observation.agreed()
            finally:
                observation.close()
        time.sleep(5)  # watches of those that came last
        since = datetime.now(timezone.utc)
        time.sleep(MINUTE.total_seconds() + 2)  # the log is written in batches
        for each, replicas in ((group, 3), (ten, 10)):
            made = list(requests_on_the_lease(cluster, each.namespace, since, since + MINUTE))
            with capsys.disabled():
                print(f"{replicas} replicas: {len(made)} requests a minute", end=" ")
            assert f"update {LEASE}" in made, "the log must show the leader's renewals"
            assert len(made) <= LIMIT, sorted(made)
    finally:
        ten.kubectl("scale", "deployment", "web", "--replicas=0")
