"""Acts while this replica leads: it is told of changes and renewals, and acts until the deadline in them."""
import json
import os
import time
import urllib.request

URL = os.environ.get("LEADER_ELECTOR_URL", "http://localhost:4040") + "/api/leader/watch?renewals=1"


def act(token):
    print("acted", token, flush=True)  # one short write, to a store that refuses a lower token


while True:
    try:
        for line in urllib.request.urlopen(URL, timeout=60):
            if line.startswith(b"data: "):
                state = json.loads(line[6:])
                if time.monotonic() * 1000 < state["validUntilMonotonicMs"]:
                    act(state["fencingToken"])
    except (OSError, ValueError):
        pass  # nobody says that it leads
    time.sleep(1)
