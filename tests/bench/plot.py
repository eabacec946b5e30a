"""The figures' ratios as a drawing (SVG): for each a bar from the smallest to the largest, its value, and its goal."""
import math
from html import escape

WIDTH, ROW, TOP, BOTTOM = 900, 22, 56, 34
LABELS = 420  # where the scale begins
MARGIN = 30
FONT = 'font-family="sans-serif" font-size="12"'


def scale_of(ratios):
    """A function from a ratio to where it stands, on a logarithmic scale over whole powers of ten, and these."""
    low = math.floor(math.log10(min(ratios)))
    high = max(math.ceil(math.log10(max(ratios))), low + 1)

    def place(ratio):
        return LABELS + (math.log10(ratio) - low) / (high - low) * (WIDTH - LABELS - MARGIN)

    return place, [10.0 ** power for power in range(low, high + 1)]


def bar_of(figure, y, place):
    middle = y + ROW / 2
    colour = {None: "#777777", True: "#1a7f37", False: "#cf222e"}[figure.reached]
    low, high = figure.spread or (figure.compared, figure.compared)
    label = escape(f"{figure.case}, {figure.what}")
    yield f'<text x="{LABELS - 10}" y="{middle + 4:.0f}" text-anchor="end">{label}</text>'
    if low > 0:
        yield (f'<line x1="{place(low):.1f}" x2="{place(high):.1f}" y1="{middle:.1f}" y2="{middle:.1f}" '
               f'stroke="{colour}" stroke-width="6" stroke-opacity="0.35"/>')
    yield f'<circle cx="{place(figure.compared):.1f}" cy="{middle:.1f}" r="5" fill="{colour}"/>'
    if figure.ratio is not None:
        x = place(figure.ratio)
        yield (f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y + 3:.1f}" y2="{y + ROW - 3:.1f}" stroke="black" '
               'stroke-width="2"/>')


def draw(figures):
    """Those that can be compared; a ratio of 1 means as much as the peer."""
    shown = [figure for figure in figures if figure.compared]
    ends = [value for figure in shown for value in (figure.compared, *(figure.spread or ())) if value > 0]
    place, marks = scale_of(ends + [1])
    height = TOP + ROW * len(shown) + BOTTOM
    title = "Ours as a ratio to the peer, smallest to largest; the tick is the goal"
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" {FONT}>',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             f'<text x="10" y="20" font-size="14">{title}</text>']
    for mark in marks:
        x = place(mark)
        lines += [f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - BOTTOM}" '
                  f'stroke="{"#555555" if mark == 1 else "#dddddd"}"/>',
                  f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle">{mark:g}</text>']
    for index, figure in enumerate(shown):
        lines += bar_of(figure, TOP + ROW * index, place)
    return "\n".join([*lines, "</svg>", ""])
