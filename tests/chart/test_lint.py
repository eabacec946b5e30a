"""The chart's files agree with each other and with the project."""
import json
import re

import readme
from chart import CHART, HERE, at, default_values, helm, leaves, render
from value_sets import VALUE_SETS

ROOT = HERE.parent.parent


def test_helm_lint_finds_nothing_wrong():
    done = helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout


def test_the_version_is_that_of_the_project():
    version = re.search(r"^project\(leader-elector VERSION (\S+)",
                        (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)[1]
    chart = (CHART / "Chart.yaml").read_text(encoding="utf-8")
    assert re.findall(r'^(?:version|appVersion): "?([^"\n]+)', chart, re.M) == [version, version]


def test_the_table_of_values_is_that_of_values_yaml():
    """Else: tests/chart/readme.py writes it anew."""
    assert readme.parts(readme.README.read_text(encoding="utf-8"))[1] == readme.table()


def test_every_value_is_described():
    paths = [path for path, _ in readme.described()]
    bare = [".".join(leaf) for leaf in leaves(default_values())
            if not any(".".join(leaf[:length]) in paths for length in range(1, len(leaf) + 1))]
    assert not bare
    assert len(paths) == len(set(paths))


def test_descriptions_are_sentences():
    assert [text for _, text in readme.described() if not re.fullmatch(r"[A-Z`].*[.)]", text)] == []


def schema_at(path):
    """What the schema says of a value."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    node = schema
    for key in path:
        node = node["properties"][key]
        if "$ref" in node:
            node = {**schema["definitions"][node["$ref"].rsplit("/", 1)[1]], "description": node.get("description")}
    return node


def test_the_schema_knows_every_value_and_says_what_it_is():
    described = [tuple(path.split(".")) for path, _ in readme.described()]
    assert [path for path in described if not schema_at(path).get("description")] == []


def test_the_schema_knows_no_value_that_is_not_there():
    """But "enabled", by which a chart that depends on this one switches it on and off."""
    def unknown(schema, values, path):
        for key, below in schema.get("properties", {}).items():
            if key not in values:
                yield f"{path}{key}"
            elif isinstance(values[key], dict) and values[key]:
                yield from unknown(below, values[key], f"{path}{key}.")
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert list(unknown(schema, default_values(), "")) == ["enabled"]


def test_every_map_of_named_values_is_closed():
    def is_open(schema, path):
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield path
        for key, below in schema.get("properties", {}).items():
            yield from is_open(below, f"{path}.{key}")
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert list(is_open(schema, "")) == [".global"]


def test_the_program_knows_every_flag_that_is_rendered():
    """The tables of flags are read from the sources: this tier builds nothing."""
    flags, options = ((ROOT / name).read_text(encoding="utf-8")
                      for name in ("injector/config/flags.cpp", "elector/config/options.cpp"))
    known = set(re.findall(r'(?:\.name = |ownFlag\()"([a-z-]+)"', flags) +
                re.findall(r'\.releaseFlag = "([a-z-]+)"', options))
    assert len(known) > 30
    rendered = {argument.partition("=")[0].removeprefix("--") for values in VALUE_SETS.values()
                for each in render(values).objects if each["kind"] == "Deployment"
                for container in at(each, "spec.template.spec.containers") for argument in container["args"][1:]}
    assert rendered - known == set()


def test_names_are_those_of_the_program():
    """Labels and annotations that both sides must write alike."""
    header = (ROOT / "elector" / "names.h").read_text(encoding="utf-8")
    names = dict(re.findall(r'constexpr const char\* (\w+) =\s*"([^"]+)"', header))
    templates = "".join(file.read_text(encoding="utf-8") for file in (CHART / "templates").rglob("*.yaml"))
    for name in ("kInjectorLabel", "kInjectedLabel", "kVacantHolder", "kRolePrefix", "kManagedByLabel", "kOperator",
                 "kWebhook",
                 "kWebhookPath", "kPortLabel", "kInjectAnnotation", "kLeaseNameAnnotation", "kContainer"):
        assert names[name] in templates, name
