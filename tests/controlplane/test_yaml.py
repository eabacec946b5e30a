"""`inject` reads YAML as kubectl does: what kubectl refuses it refuses, and what it prints means to kubectl what it was
given, but for the sidecar. Judge is kubectl's own reader (tests/kubectl-reader); no cluster is asked."""
import base64
import json
import random
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from yaml_inputs import INPUTS

TESTS = Path(__file__).resolve().parents[1]
READER = TESTS / "kubectl-reader"
GO = TESTS / "cluster" / "tools" / "go"
PREFIX = "leader-elector.io/"
ADDED_NAMES = ("leader-elector", "leader-elector-token", "leader-elector-status", "leader-elector-health",
               "LEADER_ELECTOR_URL", "ELECTOR_PATH", "ELECTOR_GET_URL", "ELECTOR_SSE_URL")
ADDED_KEYS = ("annotations", "containers", "env", "initContainers", "labels", "metadata", "volumeMounts", "volumes")
POD = f"""apiVersion: v1
kind: Pod
metadata: {{name: p, annotations: {{{PREFIX}inject: "true", {PREFIX}lease-name: l}}}}
spec: {{containers: [{{name: c, image: x}}]}}
"""


def in_a_pod(text):
    """`text` below a key of a Pod that gets a sidecar: behind all else, and before it."""
    value = "x:\n" + "".join(f"  {line}" for line in text.splitlines(keepends=True))
    return [POD + value, value + ("" if value.endswith("\n") else "\n") + POD]


@pytest.fixture(scope="session")
def kubectl_reads(tmp_path_factory):
    """Says of each file what kubectl reads in it: a list of objects, or the text of its refusal."""
    program = tmp_path_factory.mktemp("kubectl-reader") / "kubectl-reader"
    subprocess.run([GO, "build", "-trimpath", "-buildvcs=false", "-o", program, "."], cwd=READER, check=True)

    def read(files):
        lines = b"".join(base64.b64encode(file) + b"\n" for file in files)
        answers = subprocess.run([program], input=lines, capture_output=True, check=True).stdout.splitlines()
        assert len(answers) == len(files)
        return [json.loads(answer) for answer in answers]

    return read


@pytest.fixture(scope="session")
def suite():
    """The inputs of the YAML test suite (github.com/yaml/yaml-test-suite), as a Go module brings them along."""
    module = "github.com/goccy/go-yaml"
    subprocess.run([GO, "mod", "download", module], cwd=READER, check=True)
    folder = subprocess.run([GO, "list", "-m", "-f", "{{.Dir}}", module], cwd=READER, capture_output=True, text=True,
                            check=True).stdout.strip()
    texts = [path.read_bytes().decode() for path in sorted(Path(folder, "testdata/yaml-test-suite").rglob("in.yaml"))]
    assert len(texts) == 402
    return texts


def differences(old, new, where=""):
    """What `new` says otherwise than `old`, beside what belongs to a sidecar."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key not in new:
                yield f"{where}.{key} is lost"
            elif not key.startswith(PREFIX) and not (value is None and key in ADDED_KEYS):
                yield from differences(value, new[key], f"{where}.{key}")
        yield from (f"{where}.{key} is new" for key in new if key not in old and key not in ADDED_KEYS and
                    not key.startswith(PREFIX))
    elif isinstance(old, list) and isinstance(new, list):
        if len(new) > len(old):
            new = [each for each in new if not (isinstance(each, dict) and each.get("name") in ADDED_NAMES)]
            old = [each for each in old if not (isinstance(each, dict) and each.get("name") in ADDED_NAMES)]
        if len(old) != len(new):
            yield f"{where} has {len(new)} elements, and had {len(old)}"
        for index, (before, after) in enumerate(zip(old, new)):
            yield from differences(before, after, f"{where}[{index}]")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield f"{where} is {new!r}, and was {old!r}"


def judge(injector, kubectl_reads, files, at_least):
    """Checks each file, and that so many got a sidecar: to refuse all would be safe, too."""
    def inject(file):
        return subprocess.run([injector, "inject", "-f", "-", "--image=i"], input=file, capture_output=True, check=False)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(inject, files))
    wrong, injected = [], 0
    for file, result, old, new in zip(files, done, kubectl_reads(files), kubectl_reads([each.stdout for each in done])):
        said = result.stderr.decode()
        if result.returncode != 0:
            refusal = next((line for line in said.splitlines() if not line.startswith("note: ")), "")
            if result.returncode != 1 or result.stdout or not re.match(r"standard input: .*\w", refusal):
                wrong.append((file, f"status {result.returncode} and {said!r}"))
            continue
        injected += result.stdout != file
        if isinstance(old, str):
            wrong.append((file, f"kubectl refuses it ({old}), and we print {result.stdout!r}"))
        elif isinstance(new, str):
            wrong.append((file, f"kubectl refuses {result.stdout!r}: {new}"))
        elif result.stdout != file and (found := list(differences(old, new))):
            wrong.append((file, f"{found[0]} in {result.stdout!r}"))
    for file, why in wrong[:20]:
        print(f"{file!r}: {why}\n")
    assert not wrong, f"{len(wrong)} of {len(files)} files, the first: {wrong[0]}"
    assert injected >= at_least


def encoded(texts):
    return [text.encode() for text in texts]


def test_inputs_of_every_kind(injector, kubectl_reads):
    texts = [*INPUTS, *(text for each in INPUTS for text in in_a_pod(each))]
    judge(injector, kubectl_reads, encoded(texts), at_least=200)


def test_the_yaml_test_suite(injector, kubectl_reads, suite):
    texts = [*suite, *(text for each in suite for text in in_a_pod(each))]
    judge(injector, kubectl_reads, encoded(texts), at_least=380)


def corpus():
    found = sorted((TESTS / "fuzz" / "corpus" / "manifest").iterdir()) + sorted((TESTS / "golden" / "offline").glob("*.in.*"))
    return [path.read_bytes() for path in found]


def test_the_corpus_of_the_fuzzer(injector, kubectl_reads):
    judge(injector, kubectl_reads, corpus(), at_least=15)


# What YAML, or one of its readers, has a meaning for.
PIECES = [*"-?:,[]{}#&*!|>'\"%@`\\/~= \t\n\r.0<+_x", "\n\n", "\n  ", "\r\n", "---", "\n---\n", "\n...\n", "- ", ": ", " #", "? ", "<<",
          "<<: ", "&a ", "*a", "!!str ", "!x ", "|+\n", ">-\n", "|2\n", "\\_", "\\n", "\\\n", "\\x41", "\\u2028", "\\ud83d", "é",
          "\u0085", "\u00a0", "\u2028", "\u2029", "\ufeff", "\U0001f600", "\x7f", "\ufffe", "0x1F", "1_0", "1e3", "12:30", ".5", "~",
          "yes", ".inf", "2001-01-01", "{a: b}", "[a, b]", "'a'", '"a"', "  ", '{"a":1}', "%YAML 1.1\n", "null"]


def mutant(chance, text):
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(text) + 1)
        match chance.randrange(5):
            case 0 | 1:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[at + chance.choice((1, 1, 2, 5)):]
            case 3:
                text = text[:at] + chance.choice(PIECES) + text[at + 1:]
            case 4:
                text = text[:at] + text[at:at + chance.randrange(1, 30)] * 2 + text[at + 30:]
    return text


def test_what_is_made_of_them_by_chance(injector, kubectl_reads, suite):
    chance = random.Random(1)
    values = [*INPUTS, *suite]
    mutants = [chance.choice(in_a_pod(mutant(chance, chance.choice(values)))) for _ in range(1200)]
    mutants += [mutant(chance, chance.choice(values)) for _ in range(300)]
    mutants += [mutant(chance, chance.choice(corpus()).decode(errors="replace")) for _ in range(300)]
    judge(injector, kubectl_reads, encoded(mutants), at_least=300)
