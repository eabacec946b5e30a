"""The arithmetic of the figures."""
import pytest
from figures import Figure, percentile
from table import BEGIN, END, render, replace_in


def figure(**fields):
    return Figure(**{"suite": "s", "case": "c", "what": "w", "unit": "ms", "ours": [1.0], "peer": [2.0], **fields})


@pytest.mark.parametrize("share, expected", [(0, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.991, 100), (1, 100)])
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(share, expected):
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_of_few_values_the_p99_is_the_largest():
    assert percentile([3, 9, 5], 0.99) == 9


def test_nothing_has_no_percentile():
    with pytest.raises(ValueError):
        percentile([], 0.5)


def test_the_ratio_is_that_of_the_statistics_not_of_the_pairs():
    assert figure(ours=[1, 2, 9], peer=[4, 4, 4]).compared == 0.5
    assert figure(ours=[1, 2, 9], peer=[4, 4, 4], statistic="max").compared == 2.25
    assert figure(ours=[1, 2, 9], peer=[4, 4, 4], statistic="mean").compared == 1


def test_the_spread_is_that_of_what_was_measured_side_by_side():
    assert figure(ours=[1, 2, 9], peer=[2, 8, 3]).spread == (0.25, 3)


def test_one_pair_has_no_spread():
    assert figure().spread is None


def test_a_peer_without_the_thing_gives_no_ratio():
    assert figure(peer=[]).compared is None
    assert figure(peer=[0]).compared is None


@pytest.mark.parametrize("goal, ratio, reached", [
    ("at most", 0.5, True), ("at most", 0.49, False), ("at least", 0.5, True), ("at least", 0.51, False),
    (None, None, None)])
def test_a_goal_is_reached_up_to_and_with_its_bound(goal, ratio, reached):
    assert figure(goal=goal, ratio=ratio).reached is reached


def test_a_limit_is_of_ours_alone():
    assert figure(peer=[], goal="at most", limit=1.0).reached is True
    assert figure(ours=[1.1], goal="at most", limit=1.0).reached is False


def test_what_was_not_measured_is_an_error():
    with pytest.raises(ValueError):
        figure(ours=[])


def test_a_figure_survives_its_file():
    one = figure(ours=[1, 2], peer=[3, 4], goal="at most", ratio=0.5)
    assert Figure.from_json(one.to_json()) == one


def test_the_table_shows_what_was_missed():
    text = render([figure(goal="at most", ratio=0.1), figure(what="x", goal="at most", ratio=0.9)])
    missed, reached = text.splitlines()[2:4]
    assert "MISSED" in missed and "0.50" in missed
    assert "MISSED" not in reached and "yes" in reached


def test_the_table_of_a_page_is_replaced_and_the_rest_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n| old |\n{END}\nafter\n", encoding="utf-8")
    replace_in(page, [figure()])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "old" not in text and render([figure()]) in text


def test_a_page_without_a_place_for_the_table_is_an_error(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no place\n", encoding="utf-8")
    with pytest.raises(ValueError):
        replace_in(page, [figure()])
