#!/usr/bin/env bash
# Shows the elector at work on this machine, without a cluster: builds it, starts three, kills the leader, lets the next
# one leave in order. Every line "ok - ..." is something that was checked. Installs the packages that it needs.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
elector=$top/build-demo/elector/leader-elector
state=$(mktemp -d)
declare -A pid port
failures=0

cleanup() {
    local id
    exec 2>/dev/null # bash would report each kill
    for id in "${!pid[@]}"; do kill -9 "${pid[$id]}" || true; done
    wait
    rm -rf "$state"
}
trap cleanup EXIT

check() { # check SENTENCE CMD...
    if "${@:2}"; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        failures=$((failures + 1))
    fi
}

now() { date +%s%3N; }

build() {
    local log=$state/build.log
    # shellcheck disable=SC2086 # options have no spaces
    cmake -S "$top" -B "$top/build-demo" -G Ninja -DBUILD_TESTING=OFF ${DEMO_CMAKE_OPTIONS:-} >"$log" 2>&1 &&
        cmake --build "$top/build-demo" --target leader-elector >>"$log" 2>&1 ||
        { tail -n 40 "$log"; return 1; }
}

free_port() { # free_port FROM: the first that nobody listens on
    local candidate=$1
    while (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; do candidate=$((candidate + 1)); done
    echo "$candidate"
}

start() { # start ID
    "$elector" --store="file:$state/leases" --lease-name=demo --id="$1" --addr="127.0.0.1:${port[$1]}" \
        --lease-duration=4s --lease-renew-duration=2s >"$state/$1.log" 2>&1 &
    pid[$1]=$!
}

answer() { curl -sf --max-time 1 "localhost:${port[$1]}/api/leader"; } # answer ID
answers() { answer "$1" >/dev/null; }
silent() { ! answers "$1"; }

# wait_for_leader ID...: until one of these says that it leads; prints its answer.
wait_for_leader() {
    local id deadline=$((SECONDS + 20)) said
    while [ $SECONDS -lt $deadline ]; do
        for id in "$@"; do
            said=$(answer "$id") || continue
            if jq -e .isLeader >/dev/null <<<"$said"; then
                echo "$said"
                return
            fi
        done
        sleep 0.02
    done
    echo "nobody leads after 20 s; what the electors say:" >&2
    cat "$state"/*.log >&2
    return 1
}

agreed() { # agreed LEADER ID...: within 5 s each of these names LEADER
    local id deadline=$((SECONDS + 5))
    for id in "${@:2}"; do
        until [ "$(answer "$id" | jq -r .leader)" = "$1" ]; do
            [ $SECONDS -lt $deadline ] || return 1
            sleep 0.02
        done
    done
}

greater() { # greater A B: as integers of any length
    [ ${#1} -gt ${#2} ] || { [ ${#1} = ${#2} ] && [[ $1 > $2 ]]; }
}

others() { # others ID: those that still run, without ID
    local id
    for id in "${!pid[@]}"; do [ "$id" = "$1" ] || echo "$id"; done
}

echo "Installing what is missing, and building the elector (once)..."
"$top/tests/setup.sh" demo
build

echo
echo "Three electors, one Lease in a folder:"
next=4040
for id in red green blue; do
    port[$id]=$(free_port $next)
    next=$((port[$id] + 1))
    echo "   leader-elector --store=file:DIR --lease-name=demo --id=$id --addr=127.0.0.1:${port[$id]}"
    start $id
done
said=$(wait_for_leader red green blue)
first=$(jq -r .leader <<<"$said")
first_token=$(jq -r .fencingToken <<<"$said")
echo
echo "\$ curl -s localhost:${port[$first]}/api/leader | jq"
jq . <<<"$said"
check "all three name $first as the leader" agreed "$first" red green blue

echo
echo "Now $first is killed with SIGKILL, so that it can tell nobody:"
killed=$(now)
kill -9 "${pid[$first]}"
wait "${pid[$first]}" 2>/dev/null || true
unset "pid[$first]"
check "$first has stopped answering, $(($(now) - killed)) ms after the kill" silent "$first"
mapfile -t rest < <(others "$first")
check "no other leads yet: its time has to run out first" \
    eval '! { answer "${rest[0]}"; answer "${rest[1]}"; } | jq -e "select(.isLeader)" >/dev/null'
said=$(wait_for_leader "${rest[@]}")
second=$(jq -r .leader <<<"$said")
second_token=$(jq -r .fencingToken <<<"$said")
echo "   $second leads, $(($(now) - killed)) ms after the kill: the 4 s of the lease, from its last renewal on, had to pass"
check "another name leads: $second instead of $first" [ "$second" != "$first" ]
check "the fencing token grew: $second_token after $first_token" greater "$second_token" "$first_token"

echo
echo "Now $second leaves in order, on SIGTERM, and hands over:"
stopped=$(now)
kill -TERM "${pid[$second]}"
third=$(others "$second")
said=$(wait_for_leader "$third")
echo "   $third leads, $(($(now) - stopped)) ms after the SIGTERM"
status=0
wait "${pid[$second]}" || status=$?
unset "pid[$second]"
third_token=$(jq -r .fencingToken <<<"$said")
check "$second ended by itself with exit code $status" [ "$status" = 0 ]
check "the fencing token grew again: $third_token after $second_token" greater "$third_token" "$second_token"

echo
[ $failures = 0 ] || { echo "$failures checks failed"; exit 1; }
echo "Done. Start one yourself: build-demo/elector/leader-elector --help"
