#!/usr/bin/env bash
# Runs clang-tidy over our sources, in parallel, and writes one JUnit file with a case for each source.
#
#   tests/tidy.sh BUILD_DIR RESULTS_DIR
#
# A source that was clean is not looked at again until something that could change the verdict has changed: the source,
# a header of ours that it includes, its command line, .clang-tidy or clang-tidy itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1 results=$2
export clean=${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector/tidy
mkdir -p "$clean" "$results"

# Lines of "SOURCE<tab>KEY": what the verdict on each source depends on.
keys() {
    /usr/bin/python3 - "$build/compile_commands.json" <<'END'
import concurrent.futures, hashlib, json, os, pathlib, shlex, subprocess, sys

settings = pathlib.Path(".clang-tidy").read_bytes()
version = subprocess.run(["clang-tidy-19", "--version"], capture_output=True, check=True).stdout


def without_output(words):
    words = words[1:] if os.path.basename(words[0]) == "ccache" else words
    end = words.index("-o")
    return words[:end] + words[end + 2:]


def key(entry):
    command = [word for word in without_output(shlex.split(entry["command"])) if word != "-c"]
    listed = subprocess.run(command + ["-MM"], cwd=entry["directory"], capture_output=True, check=True, text=True)
    files = listed.stdout.replace("\\\n", " ").split()[1:]
    # Relative, so that another clone finds the verdicts of this one.
    digest = hashlib.sha256(settings + version + " ".join(command).replace(os.getcwd(), ".").encode())
    for file in files:
        digest.update(pathlib.Path(entry["directory"], file).read_bytes())
    return f"{os.path.relpath(entry['file'])}\t{digest.hexdigest()}"


entries = [entry for entry in json.load(open(sys.argv[1]))
           if os.path.relpath(entry["file"]).startswith(("elector/", "injector/"))]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    print(*pool.map(key, entries), sep="\n")
END
}

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
keys >"$logs/keys"
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
