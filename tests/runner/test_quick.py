"""The inner loop runs what a change can break: programs are chosen by what they are made of."""
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import quick  # noqa: E402
import unity  # noqa: E402


@pytest.fixture(scope="module")
def parts():
    tree = quick.Tree("build")
    return {pathlib.PurePath(program).name: tree.parts(program) for program in tree.programs()}


def chosen(parts, *changed):
    return {name for name, part in parts.items() if quick.is_made_of(changed, *part)}


def made_of(parts, *changed):
    """Without those that read the files as data, as one does that reads documents."""
    return {name for name, (files, _) in parts.items() if quick.is_made_of(changed, files, set())}


def files_below(folder):
    return subprocess.run(["git", "ls-files", folder], cwd=TOP, check=True, capture_output=True,
                          text=True).stdout.splitlines()


def test_every_test_of_a_unit_has_a_program(parts):
    tests = {file for file in files_below("tests/unit") if file.endswith("_test.cpp")}
    assert tests == {file for name, (files, _) in parts.items() for file in files
                     if name.startswith("unit_") and file.endswith("_test.cpp")}
    assert {"simulation_tests", "contract"} < parts.keys()


def test_a_change_of_the_election_concerns_the_simulation_the_contract_and_all_that_link_it(parts):
    names = chosen(parts, "elector/election/election.cpp")
    assert {"simulation_tests", "contract", "unit_election", "unit_campaign"} < names


def test_a_change_of_a_test_concerns_its_program_alone(parts):
    for program in ("unit_election", "unit_store"):
        folder = "tests/unit/" + program.removeprefix("unit_")
        for file in files_below(folder):
            assert made_of(parts, file) == {program} <= chosen(parts, file)


def test_each_folder_of_sources_has_a_program_that_its_change_concerns(parts):
    folders = {str(pathlib.PurePath(file).parent) for file in files_below("elector") + files_below("injector")
               if file.endswith(".cpp")}
    # What starts a whole program: the tier "process" is for it.
    untested = {folder for folder in folders
                if not chosen(parts, *(file for file in files_below(folder) if file.endswith((".cpp", ".h"))))}
    assert untested <= {"elector", "injector"}


def test_a_header_concerns_those_that_include_it_though_they_link_nothing_of_its_folder(parts):
    assert chosen(parts, "elector/names.h") > {"unit_election"}


def test_data_concerns_the_programs_that_are_told_of_its_folder(parts):
    golden = next(file for file in files_below("tests/golden") if file.endswith(".json"))
    assert not made_of(parts, golden)
    names = chosen(parts, golden)
    assert {"unit_injector_admission", "unit_injector_offline"} <= names and "unit_election" not in names


def test_a_list_of_sources_concerns_the_programs_with_sources_below_it(parts):
    assert chosen(parts, "CMakeLists.txt") == parts.keys()
    assert made_of(parts, "tests/unit/store/CMakeLists.txt") == {"unit_store"}


def test_a_file_that_is_gone_concerns_the_programs_of_its_folder(parts):
    assert "unit_store" in chosen(parts, "elector/store/no_longer_there.cpp")


def test_documents_concern_no_program(parts):
    assert not made_of(parts, "README.md", "docs/design.md", "tests/run.sh")


# ------------------------------------------------------------------------------- sources that are compiled as one


def groups(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.cpp").write_text(text, encoding="utf-8")
    found = unity.groups_of([str(tmp_path / f"{name}.cpp") for name in texts])
    return [{pathlib.PurePath(path).stem for path in group} for group in found]


HIDDEN = "namespace n {{\nnamespace {{\n\n{}\n\n}}  // namespace\n}}  // namespace n\n"


def hidden(text):
    return HIDDEN.format(text)


@pytest.mark.parametrize("declaration", [
    "constexpr auto kSoon = 3;", "bool kSoon(int value) {\n    return value;\n}", "struct kSoon {\n    int value;\n};",
    "using kSoon = int;", "std::vector<int>\nkSoon(int value);", "MATCHER_P(kSoon, expected, \"\") {", "int kSoon[3];",
    "const std::vector<std::string> kSoon{", "enum class kSoon { A };", "template <class T>\nT kSoon(T value);"])
def test_a_name_of_one_file_keeps_others_that_use_the_word_apart(tmp_path, declaration):
    using = "int f() {\n    int kSoon = 1;\n    return kSoon;\n}\n"
    assert groups(tmp_path, a=hidden(declaration), b=using) == [{"a"}, {"b"}]


def test_files_with_nothing_in_common_are_compiled_as_one(tmp_path):
    # Neither a comment nor a text names anything.
    assert groups(tmp_path, a=hidden("int one() {\n    return 1;\n}"),
                  b='// one\nconst char* other = "one";\n') == [{"a", "b"}]


def test_what_is_declared_for_all_keeps_nobody_apart(tmp_path):
    assert groups(tmp_path, a="namespace n {\n\nint one() {\n    return 1;\n}\n\n}  // namespace n\n",
                  b="int two() {\n    return n::one();\n}\n") == [{"a", "b"}]


def test_a_using_declaration_keeps_apart_who_means_another(tmp_path):
    assert groups(tmp_path, a="using x::one;\n", b="using x::one;\nint v = one();\n", c="int v2 = one();\n") == [
        {"a", "b"}, {"c"}]


def test_a_member_of_the_same_name_keeps_nobody_apart(tmp_path):
    member = "int v = x.kSoon + p->kSoon + n::kSoon;\n"
    assert groups(tmp_path, a=hidden("constexpr int kSoon = 3;"), b=member) == [{"a", "b"}]
    for use in ("1>kSoon", "b?a:kSoon", "f(x, kSoon)", "T<int>kSoon"):
        assert groups(tmp_path, a=hidden("constexpr int kSoon = 3;"), b=f"int v = {use};\n") == [{"a"}, {"b"}]


def test_a_macro_stands_alone(tmp_path):
    assert groups(tmp_path, a="#define ONE 1\n", b="int f();\n") == [{"a"}, {"b"}]


def test_a_function_that_the_standard_has_as_well_is_kept_from_its_header(tmp_path):
    using = "auto f() {\n    return quoted(text);\n}\n"
    assert groups(tmp_path, a="#include <filesystem>\n", b=using) == [{"a"}, {"b"}]


def test_groups_are_bounded(tmp_path):
    many = {f"f{number}": f"int f{number}();\n" for number in range(unity.MOST_FILES + 1)}
    assert [len(group) for group in groups(tmp_path, **many)] == [unity.MOST_FILES, 1]
