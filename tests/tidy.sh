#!/usr/bin/env bash
# Runs clang-tidy over our sources, in parallel, and writes one JUnit file with a case for each source.
#
#   tests/tidy.sh BUILD_DIR RESULTS_DIR
#
# A source that was clean is not looked at again until something that could change the verdict has changed
# (tests/tidy_keys.py).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1 results=$2
export clean=${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector/tidy
mkdir -p "$clean" "$results"

export build
tidy() { # tidy SOURCE KEY LOG
    if [ -e "$clean/$2" ]; then return; fi
    if clang-tidy-19 --quiet -p "$build" "$1" >"$3" 2>/dev/null; then
        touch "$clean/$2"
        rm "$3"
    fi
}
export -f tidy

logs=$(mktemp -d)
trap 'rm -r "$logs"' EXIT
/usr/bin/python3 tests/tidy_keys.py "$build/compile_commands.json" >"$logs/keys"
xargs -P "$(nproc)" -L 1 bash -c 'tidy "$0" "$1" '"$logs"'/"${0//\//,}.log"' <"$logs/keys"
{
    echo '<testsuite name="tidy">'
    while IFS=$'\t' read -r source _; do
        if [ -e "$logs/${source//\//,}.log" ]; then
            echo "<testcase name=\"$source\"><failure/></testcase>"
        else
            echo "<testcase name=\"$source\"/>"
        fi
    done <"$logs/keys"
    echo '</testsuite>'
} >"$results/tidy.xml"
if ls "$logs"/*.log >/dev/null 2>&1; then
    head -n 200 -q "$logs"/*.log
    exit 1
fi
