"""The figures as a table in Markdown, which is read as well in a terminal."""

# Between these lines of a page stands the table of a run.
BEGIN, END = "<!-- figures of tests/bench -->", "<!-- end of figures -->"
COLUMNS = ("what", "ours", "peer", "ratio", "smallest", "largest", "goal", "reached")


def number(value):
    """Three digits that count."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3f}"


def goal_of(figure):
    if figure.goal is None:
        return ""
    sign = "≤" if figure.goal == "at most" else "≥"
    return f"{sign} {figure.wanted:g}" + (f" {figure.unit}" if figure.limit is not None else "")


def row_of(figure):
    unit = f" {figure.unit}" if figure.unit else ""
    spread = figure.spread or (None, None)
    reached = {None: "", True: "yes", False: "MISSED"}[figure.reached]
    peer = number(figure.peer_value) + unit if figure.peer else ""
    return (", ".join(part for part in (figure.case, figure.what) if part), number(figure.our_value) + unit, peer,
            number(figure.compared), number(spread[0]), number(spread[1]), goal_of(figure), reached)


def render(figures):
    rows = [COLUMNS, *map(row_of, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]

    def line(cells):
        return "| " + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                 for i, (cell, width) in enumerate(zip(cells, widths, strict=True))) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ("-" if i == 0 else ":") for i, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def replace_in(page, figures):
    """Puts the table into a page, in place of the one of an earlier run."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page} has no place for a table: '{BEGIN}', '{END}'")
    page.write_text(f"{before}{BEGIN}\n{render(figures)}\n{END}{after}", encoding="utf-8")
