"""The document at /openapi.json and the elector's routes name the same paths and methods."""
import json
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
ROUTE = re.compile(r'router\.answer\(\s*([^,]+),\s*"(/[^"]*)"')
LOOP = re.compile(r'for \(const char\* (\w+) : \{([^}]*)\}')


def routes():
    """(method, path) of each, as the sources have them."""
    found = set()
    for source in (TOP / "elector").glob("*.cpp"):
        text = source.read_text(encoding="utf-8")
        for route in ROUTE.finditer(text):
            method, path = route.groups()
            loops = [loop for loop in LOOP.finditer(text, 0, route.start()) if loop.group(1) == method]
            written = loops[-1].group(2) if loops else method
            found |= {(name, path) for name in re.findall(r'"(\w+)"', written)}
    return found


def test_all_routes_are_documented_and_nothing_else_is():
    document = json.loads((TOP / "elector" / "openapi.json").read_text(encoding="utf-8"))
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert len(routes()) > 5
    assert documented == routes(), "elector/openapi.json has to tell of each route"


def test_a_route_is_found_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("test_openapi.TOP", tmp_path)
    (tmp_path / "elector").mkdir()
    (tmp_path / "elector" / "some_api.cpp").write_text(
        'router.answer("GET", "/a", [] {});\nrouter.answer(\n    "POST", "/b",\n    [] {});\n'
        'for (const char* method : {"GET", "PUT"}) {\n    router.answer(method, "/c", [] {});\n}\n', encoding="utf-8")
    assert routes() == {("GET", "/a"), ("POST", "/b"), ("GET", "/c"), ("PUT", "/c")}
