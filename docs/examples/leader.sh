#!/bin/sh
# Acts while this replica leads: it asks before each action, and acts until the answer's deadline at most.
url=${LEADER_ELECTOR_URL:-http://localhost:4040}/api/leader

now() { awk '{printf "%d", $1 * 1000 + 10}' /proc/uptime; } # CLOCK_BOOTTIME, in milliseconds, not too early
member() { printf '%s' "$state" | sed -n "s/.*\"$1\":\"\{0,1\}\([0-9]*\).*/\1/p"; }
act() { echo "acted $1"; } # one short write, to a store that refuses a lower token

while sleep 0.2; do
    state=$(curl -fsS --max-time 1 "$url") || continue # nobody says that it leads
    deadline=$(member validUntilBoottimeMs)
    if [ "$(now)" -lt "${deadline:-0}" ]; then act "$(member fencingToken)"; fi
done
