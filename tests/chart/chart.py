"""The chart as its users meet it: what helm renders of it, or says against it."""
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
# mutants.py gives a copy.
CHART = Path(os.environ.get("CHART", HERE.parent.parent / "charts" / "leader-elector"))
sys.path[:0] = [str(HERE.parent / part) for part in ("cluster", "lib")]

from machine import TOOL, run  # noqa: E402

NAMESPACE = "election"
RELEASE = "leader-elector"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def default_values():
    return yaml.load((CHART / "values.yaml").read_text(encoding="utf-8"), LOADER)


def leaves(values, path=()):
    """Paths of the values that have no values below them; an empty map is one."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def nested(path, value):
    """{"a": {"b": value}} for "a.b"."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def merged(*maps):
    """One map of several; where two say something of one key, both are maps or the later one wins."""
    result = {}
    for each in maps:
        for key, value in each.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def helm(*arguments, values=None):
    program = Path(run([TOOL, "bin"]).strip(), "helm")
    return subprocess.run([program, *arguments, "-f", "-"], input=json.dumps(values or {}), capture_output=True,
                          text=True,
                          timeout=60, check=False)


class Rendered:
    """The objects of a release."""

    def __init__(self, text):
        self.objects = [each for each in yaml.load_all(text, LOADER) if each]

    def names(self, kind):
        return [each["metadata"]["name"] for each in self.objects if each["kind"] == kind]

    def the(self, kind, suffix=""):
        """The only object of a kind whose name ends so."""
        found = [each for each in self.objects if each["kind"] == kind and each["metadata"]["name"].endswith(suffix)]
        assert len(found) == 1, f"{len(found)} of kind {kind} named ...{suffix}"
        return found[0]

    def without_hooks(self):
        return [each for each in self.objects if "helm.sh/hook" not in each["metadata"].get("annotations", {})]


def render(values=None, namespace=NAMESPACE, release=RELEASE, *flags):
    done = helm("template", release, str(CHART), "--namespace", namespace, *flags, values=values)
    assert done.returncode == 0, done.stderr
    return Rendered(done.stdout)


def notes(values=None):
    """What helm says when it has installed."""
    done = helm("install", RELEASE, str(CHART), "--namespace", NAMESPACE, "--dry-run=client", values=values)
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("NOTES:\n")[2]


def refusal(values=None, namespace=NAMESPACE):
    """What helm says against these values."""
    done = helm("template", RELEASE, str(CHART), "--namespace", namespace, values=values)
    assert done.returncode != 0, f"{values} are taken"
    return done.stderr


def at(thing, path):
    """What stands at "a.b[0].c" or "a.b[name].c" (the entry of that name); None where nothing does. "a>b.c"
    where keys have dots."""
    for part in path.split(">" if ">" in path else "."):
        key, _, index = part.rstrip("]").partition("[")
        thing = thing.get(key) if isinstance(thing, dict) else None
        if index and thing is not None:
            thing = (thing[int(index)] if index.isdigit()
                     else next((each for each in thing if each["name"] == index), None))
    return thing
