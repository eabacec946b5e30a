#!/usr/bin/env bash
# Builds the project and runs its tests.
#
#   tests/run.sh                  lint and fast: they need no Kubernetes, and end within 15 minutes on a fresh machine
#                                 of two cores, with all that has to be installed and compiled
#   tests/run.sh all              every tier, as CI does
#   tests/run.sh NAME...          these tiers, or parts of tiers
#   tests/run.sh quick [PATH...]  the inner loop. The change is these files and folders, or what differs from the last
#                                 commit, or the last commit. Checks its format, and runs the unit tests that are made
#                                 of it; also, if they are made of it, the contract with Leases in memory and in a
#                                 folder, and 2,500 schedules
#
#   tier     part
#   lint     format        clang-format on every C++ file
#            layers        no layer includes one above it
#            tidy          clang-tidy on every source of the programs
#   fast     unit          one class or function at a time
#            contract      every kind of Lease store keeps the same promises
#            schedules     the first 10,000 schedules of the simulation; left out where that runs too
#   proof    simulation    whole elections on a fake clock, under every fault, by seeds
#            mutations     each rule of the election broken in turn, and noticed by the tests
#            model         a formal model of the election, searched exhaustively; each rule broken in turn
#            fuzz          whatever reads foreign bytes: its corpus, and half a minute of new ones each
#   process  demo          what tests/demo.sh shows
#            integration   whole programs against an API server that misbehaves
#            programs      programs beside electors: the examples of docs/examples, stopped and continued, and programs
#                          of other electors; the OpenAPI document
#            sanitizers    unit, contract and integration under the sanitizers of addresses, undefined behaviour and
#                          threads, and a tenth of the simulation under the first two
#   plane    controlplane  whole programs against a real etcd and kube-apiserver (the tier needs root)
#            interop       a client-go elector and ours compete for one Lease; rollouts from one for life
#            chart         what helm renders, installs and refuses, and its policies, on a real kube-apiserver
#            soak          five minutes of renewals and take-overs on a real kube-apiserver: what an elector occupies
#                          stays flat
#   cluster  cluster       the image on a real cluster of two nodes, with faults (needs root)
#
# Installs the Debian packages that are missing (tests/setup.sh). The last line is "N passed, N failed, N skipped", the
# exit code 0 if nothing failed. With CI=true nothing may be skipped, and a part that runs fewer tests than
# tests/expected says fails.
# With KUBECONFIG and E2E_IMAGE set, the tier "cluster" runs against that cluster, with that image.
# What mostly waits (soak, integration, controlplane, cluster, interop, chart, programs) runs beside what works, two such
# parts at a time, and is shown when it has ended. Logs stay in build/results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tiers=(lint fast proof process plane cluster)
declare -A parts_of=([lint]='format layers tidy' [fast]='unit contract schedules' [proof]='simulation mutations model fuzz'
    [process]='demo integration programs sanitizers' [plane]='controlplane interop chart soak' [cluster]=cluster)
declare -A needs=([lint]='clang-format-19, clang-tidy-19' [fast]='g++, GoogleTest' [proof]='clang-19, spin'
    [process]='clang-19' [plane]='root, Kubernetes (built once)' [cluster]='root, Kubernetes (built once), containerd')
# In the order in which they start: what fails soonest comes first, then what waits, and what it runs beside.
all_parts=(format layers tidy unit contract schedules soak integration controlplane cluster interop chart programs
    simulation mutations model fuzz demo sanitizers)
results=$PWD/build/results
# Each commit has an order of its own in which GoogleTest shuffles, and schedules of its own to simulate: every commit
# tries new ones, and the same commit always gets the same verdict.
commit=$((16#$(git rev-parse --short=7 HEAD 2>/dev/null || printf %07x "$RANDOM")))
seed=${SEED:-$((commit % 99999 + 1))}
export SIMULATION_FROM=${SIMULATION_FROM:-$((commit * 100000))}
jobs=$(nproc)
# Paths below the source are hashed relative to it: another clone finds what this one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# ------------------------------------------------------------------------------------------------------ building

# build_in TREE [TARGET...] [-- OPTION...]: configures with the options, then builds the targets. What fails is shown
# from the first error on. Tests of chaos build in the same tree: TREE/.lock is for one at a time.
build_in() {
    local tree=$1 log=$results/build.log apart targets=() options=(-DELECTOR_WERROR=ON -DBUILD_TESTING=ON)
    shift
    while [ $# != 0 ] && [ "$1" != -- ]; do
        targets+=("$1")
        shift
    done
    options+=("${@:2}")
    [ -e "$tree/CMakeCache.txt" ] || options+=(-G Ninja)
    mkdir -p "$tree"
    while ! { flock "$tree/.lock" cmake -S . -B "$tree" "${options[@]}" >"$log" 2>&1 && { [ ${#targets[@]} = 0 ] ||
        flock "$tree/.lock" cmake --build "$tree" -j "$jobs" --target "${targets[@]}" >>"$log" 2>&1; }; }; do
        if ! apart=$(compiled_as_one "$tree"); then
            grep -m1 -A60 -iE 'error|FAILED' "$log" || tail -n 60 "$log"
            return 1
        fi
        options+=("-DELECTOR_APART=$apart")
    done
    # For programs_of, which may run while the tree is configured again.
    (cd "$tree" && ctest --show-only=json-v1 >tests.json.new && mv tests.json.new tests.json)
}

# compiled_as_one TREE: the targets that are to be compiled one by one: those that are already, and those of which sources
# that were compiled as one did not compile just now. Fails if there are none of the latter: the fault is elsewhere.
compiled_as_one() {
    local failed
    failed=$(sed -nE 's|^FAILED: .*/([^/]+)\.dir/Unity/.*|\1|p' "$results/build.log" | sort -u)
    [ -n "$failed" ] || return 1
    echo "not compiled as one, now one by one:" $failed >&2
    { sed -n 's/^ELECTOR_APART:[A-Z]*=//p' "$1/CMakeCache.txt" | tr ';' '\n' && echo "$failed"; } | grep . | sort -u |
        paste -sd ';'
}

# The product's sources are compiled one by one, as for the image.
build() { build_in build "$@" -- -DELECTOR_UNITY=tests; }

# --------------------------------------------------------------------------------------- kinds of test programs

# programs_of TIER [TREE]: CTest knows the programs of each tier by their label.
programs_of() {
    /usr/bin/python3 -c '
import json, sys
for test in json.load(open(sys.argv[1]))["tests"]:
    if {"name": "LABELS", "value": [sys.argv[2]]} in test["properties"]:
        print(test["command"][0])' "${2:-build}/tests.json" "$1"
}

declare -A filters # of programs of which not everything runs

# run_program OUT PROGRAM: a GoogleTest program. Its output is shown for failed cases only.
run_program() {
    local out=$1 program=$2 name status=0
    name=$(basename "$program")
    [ -z "${filters[$name]:-}" ] || local -x GTEST_FILTER=${filters[$name]}
    timeout 900 "$program" --gtest_shuffle --gtest_random_seed="$seed" --gtest_color=no \
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

# run_programs OUT PROGRAM...: as many at a time as $jobs says. In a shell of its own, whose jobs are these alone.
run_programs() (
    out=$1
    for program in "${@:2}"; do
        while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
        { run_program "$out" "$program" >"$out/${program##*/}.said" || touch "$out/failed"; } &
    done
    wait
    for program in "${@:2}"; do cat "$out/${program##*/}.said"; done
    [ ! -e "$out/failed" ]
)

run_programs_of() { # run_programs_of TIER OUT [TREE]
    local programs
    programs=$(programs_of "$1" "${3:-}") || return 1
    # shellcheck disable=SC2086 # paths without spaces
    run_programs "$2" $programs
}

# Gives way to whatever else runs.
yielding() { (renice -n 19 -p "$BASHPID" >/dev/null && "$@"); }

run_pytest() { # run_pytest TIER OUT
    RESULTS=$2 ELECTOR=$PWD/build/elector/leader-elector setpriv --pdeathsig TERM pytest-3 -p no:cacheprovider -v \
        --tb=short -rs --no-header --junitxml="$2/pytest.xml" "tests/$1" </dev/null
}

# ---------------------------------------------------------------------------------------------------- the tiers

# Each writes JUnit files into the folder it is given, and fails if anything did.

check_format() { # check_format OUT; reads the files' names
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
    done
    echo '</testsuite>' >>"$1/format.xml"
    return $status
}

tier_format() { git ls-files '*.cpp' '*.h' | check_format "$1"; }

tier_layers() { cmake -DRESULTS="$1/layers.xml" -P tests/layers.cmake; }
tier_tidy() {
    local status=0
    run_pytest tidy "$1" || status=$?
    build && tests/tidy/tidy.py build "$1" || status=$?
    return $status
}
tier_unit() {
    local status=0
    build unit_tier || return 1
    run_programs_of unit "$1" || status=$?
    run_pytest runner "$1" || status=$?
    return $status
}
tier_contract() { build contract_tier && run_programs_of contract "$1"; }

tier_schedules() {
    build simulation_tier && SIMULATION_SCHEDULES=10000 run_programs_of simulation "$1"
}

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
    local half halves=() status=0 jobs=1
    for half in 0 1; do
        mkdir "$1/$half"
        GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=$half run_programs_of integration "$1/$half" >"$1/$half.log" &
        halves+=($!)
    done
    for half in 0 1; do
        wait "${halves[half]}" || status=1
        cat "$1/$half.log"
    done
    run_pytest exec "$1" || status=1
    return $status
}

# clang's: they take a third of the time to build that g++'s take.
build_sanitized() { # build_sanitized SANITIZER TARGET...
    build_in "build/$1" "${@:2}" -- -DELECTOR_UNITY=all -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_CXX_FLAGS_DEBUG=-gline-tables-only "-DELECTOR_SANITIZE=$1"
}

# One program at a time, and beside it those of the integration, whose electors mostly wait.
run_sanitized() { # run_sanitized SANITIZER OUT TIER...
    local tier integration status=0 jobs=1
    mkdir -p "$2/integration"
    run_programs_of integration "$2/integration" "build/$1" >"$2/integration.log" &
    integration=$!
    for tier in "${@:3}"; do
        ${works[$tier]:+yielding} run_programs_of "$tier" "$2" "build/$1" || status=1
    done
    wait $integration || status=1
    cat "$2/integration.log"
    return $status
}

# Both at a time; the second is built while the first begins to run. To shrink a violation takes thousands of schedules
# more, which is too long for what it would show; a sanitizer takes several times the memory that a container has; and
# what bytes cost is computed by one thread.
tier_sanitizers() {
    local status=0 addresses
    local -r limited='*WithTheMemoryOfTheChart' costs='*/CostTest.*'
    yielding build_sanitized address {unit,contract,integration,simulation}_tier || return 1
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        SIMULATION_SCHEDULES=2500 GTEST_FILTER=-SimulationTest.AViolationIsShrunk*:$limited \
        run_sanitized address "$1/address" unit contract simulation >"$1/address.log" &
    addresses=$!
    if yielding build_sanitized thread {unit,contract,integration}_tier; then
        TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 GTEST_FILTER=-$limited:$costs \
            run_sanitized thread "$1/thread" unit contract || status=1
    else
        status=1
    fi
    wait $addresses || status=1
    cat "$1/address.log"
    return $status
}

tier_fuzz() {
    build_in build/fuzz fuzz_tier -- -DELECTOR_UNITY=all -DCMAKE_CXX_COMPILER=clang++-19 -DELECTOR_SANITIZE=address \
        -DELECTOR_FUZZ=ON &&
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
    # Compiled as the other tiers compile it, so that it is found in ccache.
    DEMO_CMAKE_OPTIONS=-DELECTOR_WERROR=ON tests/demo.sh >"$1/demo.log" 2>&1 </dev/null || status=$?
    sed -nE -e '1i <testsuite name="demo">' -e 's|^ok - .*|<testcase name="demo"/>|p' \
        -e 's|^not ok - .*|<testcase name="demo"><failure/></testcase>|p' -e '$a </testsuite>' \
        "$1/demo.log" >"$1/demo.xml"
    [ $status = 0 ] || cat "$1/demo.log"
    return $status
}

tier_controlplane() { run_pytest controlplane "$1"; }

# The check of histories is tested first: what it finds, and what it leaves alone.
tier_interop() {
    local status=0
    run_pytest history "$1" || status=1
    setpriv --pdeathsig TERM tests/interop/run.py --elector build/elector/leader-elector --keep "$1/histories" \
        --junit "$1/interop.xml" || status=1
    return $status
}

tier_programs() { build leader-elector && run_pytest programs "$1"; }

tier_chart() { run_pytest chart "$1"; }
# Of the programs only `check` is called from here; the rest comes with the image.
tier_cluster() { run_pytest cluster "$1"; }

# ------------------------------------------------------------------------------------------------------ counting

passed=0 failed=0 skipped=0
declare -A counted # of each part: seconds, passed, failed, skipped

minutes() { awk -v s="$1" 'BEGIN {printf "%.1f", s / 60}'; }

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

# The seconds of a processor that the children of a shell have taken, but for those that still run and for daemons.
busy_seconds() { awk -v hz="$(getconf CLK_TCK)" '{print int(($16 + $17) / hz)}' "/proc/$1/stat"; }

# Runs a tier and leaves in its folder what count_tier needs.
run_tier() {
    local out=$results/$1 status=0 started=$SECONDS shell=$BASHPID busy
    busy=$(busy_seconds "$shell")
    rm -rf "$out"
    mkdir -p "$out"
    if [[ $unbuilt == *" $1 "* ]]; then
        echo "it was not built"
        status=1
    else
        ${works[$1]:+yielding} "tier_$1" "$out" || status=$?
    fi
    echo "$status $((SECONDS - started)) $(($(busy_seconds "$shell") - busy))" >"$out/end"
}

count_tier() {
    local tier=$1 out=$results/$1 status seconds busy counts complaints
    read -r status seconds busy <"$out/end"
    read -ra counts < <(/usr/bin/python3 tests/results.py "$out")
    complaints=$(verdict "$tier" "$status" "${counts[@]}")
    if [ -n "$complaints" ]; then
        echo "$complaints"
        counts[1]=$((counts[1] + $(wc -l <<<"$complaints")))
    fi
    counted[$tier]="$seconds ${counts[*]}"
    echo "   $tier: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped in $(minutes "$seconds") minutes," \
        "of which a processor worked $(minutes "$busy")"
    passed=$((passed + counts[0])) failed=$((failed + counts[1])) skipped=$((skipped + counts[2]))
}

# What mostly waits runs beside what works, which gives way to it. What it runs is built before: one build at a time.
declare -A built_for=([soak]=leader-elector [integration]=integration_tier
    [controlplane]='leader-elector leader-elector-injector contract_tier' [cluster]='leader-elector-injector chaos'
    [interop]=leader-elector [chart]='' [programs]=leader-elector)
declare -A works=([simulation]=1 [mutations]=1 [model]=1 [fuzz]=1)
unbuilt='' waiting=()

build_for() { # build_for PART
    # shellcheck disable=SC2086 # words
    [ -z "${built_for[$1]:-}" ] || build ${built_for[$1]} || unbuilt+=" $1 "
}

start_waiting() {
    local part
    echo "== ${waiting[*]}"
    echo "   run beside the next parts"
    for part in "${waiting[@]}"; do
        rm -rf "${results:?}/$part"
        build_for "$part"
    done
    run_waiting &
    # shellcheck disable=SC2064 # this process
    trap "kill $! 2>/dev/null || true" EXIT
}

run_waiting() {
    local part
    trap 'kill $(jobs -rp) 2>/dev/null || true' EXIT
    for part in "${waiting[@]}"; do
        while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
        run_tier "$part" >"$results/$part.log" 2>&1 &
    done
    wait
}

# Shows and counts what has ended since the last time.
show_ended() {
    local part
    for part in "${waiting[@]}"; do
        if [ -z "${counted[$part]:-}" ] && [ -e "$results/$part/end" ]; then
            echo "== $part"
            cat "$results/$part.log"
            count_tier "$part"
        fi
    done
}

join_waiting() {
    local part
    while [ -n "$(jobs -rp)" ]; do
        show_ended
        sleep 1
    done
    for part in "${waiting[@]}"; do # what was killed left no word
        mkdir -p "$results/$part"
        [ -e "$results/$part/end" ] || echo "1 0 0" >"$results/$part/end"
    done
    show_ended
    trap - EXIT
}

# -------------------------------------------------------------------------------------------------- the inner loop

# A tree of its own, in which a header that many include is compiled again in seconds.
build_quick() {
    build_in build/quick "$@" -- -DELECTOR_UNITY=all -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-g1
}

quick() { # quick [PATH...]
    local out=$results/quick chosen status=0 started=$SECONDS changed
    rm -rf "$out"
    mkdir -p "$out"
    chosen=$out/chosen
    build_quick || return 1
    /usr/bin/python3 tests/quick.py build/quick "$@" >"$chosen" || return 1
    mapfile -t changed < <(sed -n 's/^changed //p' "$chosen")
    echo "changed: ${changed[*]:-nothing}"
    sed -n 's/^format //p' "$chosen" | check_format "$out" || status=1
    mapfile -t programs < <(sed -n 's/^program //p' "$chosen")
    if [ ${#programs[@]} = 0 ]; then
        echo "no unit, contract or simulation program is made of that"
    else
        echo "programs: ${programs[*]##*/}"
        build_quick "${programs[@]##*/}" || return 1
        echo "   formatted and built after $((SECONDS - started)) s"
        filters[contract]='*/memory*:*/folder*'
        SIMULATION_SCHEDULES=2500 run_programs "$out" "${programs[@]/#/build/quick/}" || status=1
    fi
    read -ra counts < <(/usr/bin/python3 tests/results.py "$out")
    echo "   quick: $((SECONDS - started)) s"
    echo "${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped"
    return $status
}

# ---------------------------------------------------------------------------------------------------------- choice

# chosen_parts NAME...: the parts of these tiers and these parts, in the order in which they run.
chosen_parts() {
    local name part chosen=' '
    for name in "$@"; do
        if [ "$name" = all ]; then
            chosen+="${all_parts[*]} "
        else
            chosen+="${parts_of[$name]:-$name} "
        fi
    done
    for part in "${all_parts[@]}"; do
        # The simulation begins with these schedules.
        if [ "$part" = schedules ] && [[ $chosen == *' simulation '* ]]; then continue; fi
        if [[ $chosen == *" $part "* ]]; then echo "$part"; fi
    done
}

# What each tier needs, took and gave, as far as it ran.
print_tiers() {
    local tier part row
    echo "== tiers"
    printf '   %-8s %7s  %6s %6s %7s  %s\n' tier minutes passed failed skipped needs
    for tier in "${tiers[@]}"; do
        row=(0 0 0 0)
        for part in ${parts_of[$tier]}; do
            [ -n "${counted[$part]:-}" ] || continue
            read -ra more <<<"${counted[$part]}"
            for column in 0 1 2 3; do row[column]=$((row[column] + more[column])); done
        done
        [ "${row[*]}" = '0 0 0 0' ] ||
            printf '   %-8s %7s  %6s %6s %7s  %s\n' "$tier" "$(minutes "${row[0]}")" "${row[@]:1}" "${needs[$tier]}"
    done
}

set_up() { tests/setup.sh "$@"; }

main() {
    local name part parts
    for name in "$@"; do
        case $name in
        -h | --help)
            sed -n '2,/^set/p' "$0" | sed '$d;s/^# \{0,1\}//'
            return 0
            ;;
        esac
    done
    if [ "${1:-}" = quick ]; then
        set_up format unit contract simulation
        mkdir -p "$results"
        quick "${@:2}"
        return
    fi
    for name in "$@"; do
        if [[ " all ${tiers[*]} ${all_parts[*]} " != *" $name "* ]]; then
            echo "run.sh: no tier '$name'; there are: quick all ${tiers[*]}, and their parts ${all_parts[*]}" >&2
            return 2
        fi
    done
    local names=("$@")
    [ $# != 0 ] || names=(lint fast)
    mapfile -t parts < <(chosen_parts "${names[@]}")
    set_up "${parts[@]}"
    mkdir -p "$results"
    echo "seed $seed (SEED=$seed repeats the order of the tests)"
    # A part alone has nothing to run beside, and is seen at work.
    for part in "${parts[@]}"; do
        if [ ${#parts[@]} != 1 ] && [ -v "built_for[$part]" ]; then waiting+=("$part"); fi
    done
    for part in "${parts[@]}"; do
        if [[ " ${waiting[*]} " == *" $part "* ]]; then
            [ "$part" != "${waiting[0]}" ] || start_waiting
            continue
        fi
        echo "== $part"
        build_for "$part"
        run_tier "$part"
        count_tier "$part"
        show_ended
    done
    join_waiting
    print_tiers
    [ $# != 0 ] || echo "   tests/run.sh all runs the rest: proof, process, plane and cluster"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed = 0 ]
}

# Its tests take its functions.
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
