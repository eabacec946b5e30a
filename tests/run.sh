#!/usr/bin/env bash
# Builds the project and runs its tests.
#
#   tests/run.sh [TIER...]      these tiers, or all of them, in this order:
#
#   format         clang-format on every C++ file
#   tidy           clang-tidy on every source of the programs
#   unit           one class or function at a time
#   contract       every kind of Lease store keeps the same promises
#   simulation     whole elections on a fake clock, under every fault, by seeds
#   soak           five minutes of renewals and take-overs on a real kube-apiserver: what an elector occupies stays flat
#                  (needs root; runs beside the next tiers, up to the demo)
#   mutations      each rule of the election broken in turn, and noticed by the tests
#   model          a formal model of the election, searched exhaustively; each rule broken in turn
#   fuzz           whatever reads foreign bytes: its corpus, and half a minute of new ones each
#   demo           what tests/demo.sh shows
#   integration    whole programs against an API server that misbehaves
#   sanitizers     unit, contract and integration under the sanitizers of addresses, undefined behaviour and threads, and a
#                  tenth of the simulation under the first two
#   controlplane   whole programs against a real etcd and kube-apiserver (needs root)
#   interop        a client-go elector and ours compete for one Lease (needs root)
#   chart          what helm renders, installs and refuses, and its policies, on a real kube-apiserver (needs root)
#   cluster        the image on a real cluster of two nodes, with faults (needs root)
#
# Installs the Debian packages that are missing (tests/setup.sh). The last line is "N passed, N failed, N skipped", the
# exit code 0 if nothing failed. With CI=true nothing may be skipped, and a tier that runs fewer tests than
# tests/expected says fails.
# With KUBECONFIG and E2E_IMAGE set, the tier "cluster" runs against that cluster, with that image.
# Logs stay in build/results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
all_tiers=(format tidy unit contract simulation soak mutations model fuzz demo integration sanitizers controlplane
    interop chart cluster)
results=$PWD/build/results
# Each commit has an order of its own in which GoogleTest shuffles, and schedules of its own to simulate: every commit tries
# new ones, and the same commit always gets the same verdict.
commit=$((16#$(git rev-parse --short=7 HEAD 2>/dev/null || printf %07x "$RANDOM")))
seed=${SEED:-$((commit % 99999 + 1))}
export SIMULATION_FROM=${SIMULATION_FROM:-$((commit * 100000))}
jobs=$(nproc)
# Paths below the source are hashed relative to it: another clone finds what this one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# ------------------------------------------------------------------------------------------------------ building

# build_in TREE [TARGET...] [-- OPTION...]: configures with the options, then builds the targets. What fails is shown from
# the first error on.
build_in() {
    local tree=$1 log=$results/build.log targets=() options=(-DELECTOR_WERROR=ON -DBUILD_TESTING=ON)
    shift
    while [ $# != 0 ] && [ "$1" != -- ]; do
        targets+=("$1")
        shift
    done
    options+=("${@:2}")
    [ -e "$tree/CMakeCache.txt" ] || options+=(-G Ninja)
    if cmake -S . -B "$tree" "${options[@]}" >"$log" 2>&1 &&
        { [ ${#targets[@]} = 0 ] || cmake --build "$tree" -j "$jobs" --target "${targets[@]}" >>"$log" 2>&1; }; then
        return 0
    fi
    grep -m1 -A60 -iE 'error|FAILED' "$log" || tail -n 60 "$log"
    return 1
}

build() { build_in build "$@"; }

# --------------------------------------------------------------------------------------- kinds of test programs

# programs_of TIER [TREE]: CTest knows the programs of each tier by their label.
programs_of() {
    (cd "${2:-build}" && ctest --show-only=json-v1 -L "^$1\$") | /usr/bin/python3 -c '
import json, sys
for test in json.load(sys.stdin)["tests"]:
    print(test["command"][0])'
}

# run_program OUT PROGRAM [COMMAND...]: a GoogleTest program, run by COMMAND. Its output is shown for failed cases only.
run_program() {
    local out=$1 program=$2 name status=0
    name=$(basename "$program")
    timeout 900 "${@:3}" "$program" --gtest_shuffle --gtest_random_seed="$seed" --gtest_color=no \
        --gtest_output="xml:$out/$name.xml" >"$out/$name.log" 2>&1 </dev/null || status=$?
    [ $status != 0 ] || return 0
    awk '/^\[ RUN  / {text = ""} {text = text $0 "\n"} /^\[  FAILED  \] .*\(/ {printf "%s", text; text = ""}' \
        "$out/$name.log" | head -n 300
    if [ ! -s "$out/$name.xml" ] || ! grep -q '<failure' "$out/$name.xml"; then
        echo "$name ended with status $status without finishing its tests; its last lines:"
        tail -n 40 "$out/$name.log"
        echo "<testsuite><testcase name=\"$name ended well\"><failure/></testcase></testsuite>" >"$out/$name-end.xml"
    fi
    echo "again: $program --gtest_shuffle --gtest_random_seed=$seed"
    return 1
}

run_programs_of() { # run_programs_of TIER OUT [TREE]
    local program status=0
    for program in $(programs_of "$1" "${3:-}"); do
        run_program "$2" "$program" || status=1
    done
    return $status
}

run_pytest() { # run_pytest TIER OUT
    RESULTS=$2 ELECTOR=$PWD/build/elector/leader-elector pytest-3 -p no:cacheprovider -v --tb=short -rs --no-header \
        --junitxml="$2/pytest.xml" "tests/$1" </dev/null
}

# ---------------------------------------------------------------------------------------------------- the tiers

# Each writes JUnit files into the folder it is given, and fails if anything did.

tier_format() {
    local file status=0
    echo '<testsuite name="format">' >"$1/format.xml"
    while read -r file; do
        if clang-format-19 --dry-run -Werror "$file" 2>"$1/format.log"; then
            echo "<testcase name=\"$file\"/>" >>"$1/format.xml"
        else
            head -n 5 "$1/format.log"
            echo "<testcase name=\"$file\"><failure/></testcase>" >>"$1/format.xml"
            status=1
        fi
    done < <(git ls-files '*.cpp' '*.h')
    echo '</testsuite>' >>"$1/format.xml"
    return $status
}

tier_tidy() { build && tests/tidy.sh build "$1"; }
tier_unit() { build unit_tier && run_programs_of unit "$1"; }
tier_contract() { build contract_tier && run_programs_of contract "$1"; }

# Which seeds ran, and how often each event met each state, is printed of a clean run too.
tier_simulation() {
    local status=0
    build simulation_tier || return 1
    run_programs_of simulation "$1" || status=$?
    sed -n '/^seeds [0-9]/,/ten minutes/p' "$1/simulation_tests.log"
    return $status
}

tier_mutations() { build mutants && tests/simulation/mutations.py --build build --junit "$1/mutations.xml"; }
tier_model() { tests/model/run.py "$1"; }

# In two halves at a time: its electors mostly wait.
tier_integration() {
    local half halves=() status=0
    build integration_tier || return 1
    for half in 0 1; do
        mkdir "$1/$half"
        GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$half run_programs_of integration "$1/$half" >"$1/$half.log" &
        halves+=($!)
    done
    for half in 0 1; do
        wait "${halves[half]}" || status=1
        cat "$1/$half.log"
    done
    return $status
}

# clang's: they take a third of the time to build that g++'s take.
build_sanitized() { # build_sanitized SANITIZER TARGET...
    build_in "build/$1" "${@:2}" -- -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_CXX_FLAGS_DEBUG=-gline-tables-only "-DELECTOR_SANITIZE=$1"
}

run_sanitized() { # run_sanitized SANITIZER OUT TIER...
    local tier status=0
    mkdir "$2"
    for tier in "${@:3}"; do
        run_programs_of "$tier" "$2" "build/$1" || status=1
    done
    return $status
}

# Both at a time. To shrink a violation takes thousands of schedules more, which is too long for what it would show; and
# a sanitizer takes several times the memory that a container has.
tier_sanitizers() {
    local status=0 threads
    local -r limited='*WithTheMemoryOfTheChart'
    build_sanitized address {unit,contract,integration,simulation}_tier || return 1
    build_sanitized thread {unit,contract,integration}_tier || return 1
    TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 GTEST_FILTER=-$limited \
        run_sanitized thread "$1/thread" unit contract integration >"$1/thread.log" &
    threads=$!
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        SIMULATION_SCHEDULES=2500 GTEST_FILTER=-SimulationTest.AViolationIsShrunk*:$limited \
        run_sanitized address "$1/address" unit contract integration simulation || status=1
    wait $threads || status=1
    cat "$1/thread.log"
    return $status
}

tier_fuzz() {
    build_in build/fuzz fuzz_tier -- -DCMAKE_CXX_COMPILER=clang++-19 -DELECTOR_SANITIZE=address -DELECTOR_FUZZ=ON &&
        tests/fuzz/run.py --junit "$1/fuzz.xml"
}

tier_soak() {
    local status=0
    run_pytest soak "$1" || status=1
    setpriv --pdeathsig TERM tests/soak/run.py --elector build/elector/leader-elector --minutes 5 --seed "$seed" \
        --keep "$1/kept" --junit "$1/soak.xml" || status=1
    return $status
}

# Every line "ok - ..." or "not ok - ..." of the demo is a check.
tier_demo() {
    local status=0
    tests/demo.sh >"$1/demo.log" 2>&1 </dev/null || status=$?
    sed -nE -e '1i <testsuite name="demo">' -e 's|^ok - .*|<testcase name="demo"/>|p' \
        -e 's|^not ok - .*|<testcase name="demo"><failure/></testcase>|p' -e '$a </testsuite>' \
        "$1/demo.log" >"$1/demo.xml"
    [ $status = 0 ] || cat "$1/demo.log"
    return $status
}

tier_controlplane() {
    build leader-elector leader-elector-injector contract_tier && run_pytest controlplane "$1"
}

# The check of histories is tested first: what it finds, and what it leaves alone.
tier_interop() {
    local status=0
    run_pytest history "$1" || status=1
    build leader-elector || return 1
    tests/interop/run.py --elector build/elector/leader-elector --keep "$1/histories" --junit "$1/interop.xml" ||
        status=1
    return $status
}

tier_chart() { run_pytest chart "$1"; }
# Of the programs only `check` is called from here; the rest comes with the image.
tier_cluster() { build leader-elector-injector && run_pytest cluster "$1"; }

# ------------------------------------------------------------------------------------------------------ counting

passed=0 failed=0 skipped=0

# A tier can fail without a failed test: it did not build, skipped something in CI, or ran too little.
verdict() { # verdict TIER STATUS PASSED FAILED SKIPPED
    local expected
    if [ "$2" != 0 ] && [ "$4" = 0 ]; then
        echo "$1 failed before or between its tests"
    fi
    [ "${CI:-}" = true ] || return 0
    [ "$5" = 0 ] || echo "$1 skipped $5 tests, and in CI nothing may be skipped"
    expected=$(awk -v tier="$1" '$1 == tier {print $2}' tests/expected)
    if [ -z "$expected" ]; then
        echo "$1 has no number in tests/expected"
    elif [ $(($3 + $4)) -lt "$expected" ]; then
        echo "$1 ran $(($3 + $4)) tests, and tests/expected asks for $expected"
    fi
}

# Runs a tier and leaves in its folder what count_tier needs.
run_tier() {
    local out=$results/$1 status=0 started=$SECONDS
    rm -rf "$out"
    mkdir -p "$out"
    "tier_$1" "$out" || status=$?
    echo "$status $((SECONDS - started))" >"$out/end"
}

count_tier() {
    local tier=$1 out=$results/$1 status seconds counts complaints minutes
    read -r status seconds <"$out/end"
    read -ra counts < <(/usr/bin/python3 tests/results.py "$out")
    complaints=$(verdict "$tier" "$status" "${counts[@]}")
    if [ -n "$complaints" ]; then
        echo "$complaints"
        counts[1]=$((counts[1] + $(wc -l <<<"$complaints")))
    fi
    minutes=$(awk -v s="$seconds" 'BEGIN {printf "%.1f", s / 60}')
    echo "   $tier: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped in $minutes minutes"
    passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}

soak='' # the process that runs it

# It mostly waits, and what runs beside it is in no hurry.
start_soak() {
    echo "   runs beside the next tiers"
    build leader-elector || rm -f build/elector/leader-elector
    run_tier soak >"$results/soak.log" 2>&1 &
    soak=$!
    trap 'kill $soak 2>/dev/null || true' EXIT
}

join_soak() {
    [ -n "$soak" ] || return 0
    echo "== soak"
    wait "$soak" || true
    soak=''
    trap - EXIT
    cat "$results/soak.log"
    count_tier soak
}

main() {
    local tier tiers=("$@")
    [ $# != 0 ] || tiers=("${all_tiers[@]}")
    for tier in "${tiers[@]}"; do
        case $tier in
        -h | --help)
            sed -n '2,/^set/p' "$0" | sed '$d;s/^# \{0,1\}//'
            return 0
            ;;
        esac
        if [[ " ${all_tiers[*]} " != *" $tier "* ]]; then
            echo "run.sh: no tier '$tier'; there are: ${all_tiers[*]}" >&2
            return 2
        fi
    done
    tests/setup.sh "${tiers[@]}"
    mkdir -p "$results"
    echo "seed $seed (SEED=$seed repeats the order of the tests)"
    for tier in "${tiers[@]}"; do
        case $tier in
        soak | mutations | model | fuzz | demo) ;;
        *) join_soak ;;
        esac
        echo "== $tier"
        if [ "$tier" = soak ]; then
            start_soak
        else
            run_tier "$tier"
            count_tier "$tier"
        fi
    done
    join_soak
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}

main "$@"
