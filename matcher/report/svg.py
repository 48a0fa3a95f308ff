"""A small writer of line charts: SVG 1.1, readable without colour, described for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 24, 76, 64
_INK, _GRID, _BLUE, _BAND = "#1a1a1a", "#d9d9d9", "#0b5394", "#cfe2f3"
_DOT = 4.5
_CAP = 5.0

Point = tuple[float, float]


class Style(StrEnum):
    """How a series is drawn."""

    LINE = "line"
    STEPS = "steps"
    DASHED = "dashed"
    DOTS = "dots"


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear axis from low to high, with a tick at each of some values."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]

    def named(self, label: str) -> Axis:
        """The same axis with another label."""
        return replace(self, label=label)


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the axes' units. interval: the lower and the upper end at each point, a band or bars behind it."""

    label: str
    points: tuple[Point, ...]
    style: Style
    interval: tuple[tuple[Point, ...], tuple[Point, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """guides: places on the x axis where a thin dashed line stands."""

    title: str
    subtitle: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    guides: tuple[float, ...] = ()


def svg(chart: Chart) -> str:
    """The chart as an SVG document."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" font-family="Helvetica, Arial, sans-serif" font-size="13">',
        f"<title>{escape(chart.title)}</title><desc>{escape(chart.subtitle)}</desc>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(_LEFT, 26, chart.title, "start", 'font-size="18" font-weight="bold"'),
        _text(_LEFT, 46, chart.subtitle, "start"),
        *_axes(chart),
    ]
    for series in chart.series:
        lines += _series(chart, series)
    lines += [*_legend(chart), "</svg>"]
    return "\n".join(lines) + "\n"


def _axes(chart: Chart) -> list[str]:
    left, right = _at(chart, (chart.x.low, chart.y.low)), _at(chart, (chart.x.high, chart.y.high))
    lines = []
    for tick in chart.x.ticks:
        x, _ = _at(chart, (tick, chart.y.low))
        lines.append(_line((x, left[1]), (x, right[1]), _GRID))
        lines.append(_text(x, left[1] + 20, f"{tick:g}", "middle"))
    for tick in chart.y.ticks:
        _, y = _at(chart, (chart.x.low, tick))
        lines.append(_line((left[0], y), (right[0], y), _GRID))
        lines.append(_text(left[0] - 8, y + 4.5, f"{tick:g}", "end"))
    for guide in chart.guides:
        x, _ = _at(chart, (guide, chart.y.low))
        lines.append(_line((x, left[1]), (x, right[1]), _INK, 'stroke-dasharray="2 4"'))
    lines.append(_line(left, (right[0], left[1]), _INK))
    lines.append(_line(left, (left[0], right[1]), _INK))
    middle = (left[1] + right[1]) / 2
    lines.append(_text((left[0] + right[0]) / 2, HEIGHT - 18, chart.x.label, "middle"))
    lines.append(_text(24, middle, chart.y.label, "middle", f'transform="rotate(-90 24 {middle:.1f})"'))
    return lines


def _series(chart: Chart, series: Series) -> list[str]:
    points = [_at(chart, point) for point in series.points]
    if not points:
        x, y = _at(chart, ((chart.x.low + chart.x.high) / 2, (chart.y.low + chart.y.high) / 2))
        return [_text(x, y, "no candidates were judged", "middle")]
    lines = []
    if series.interval is not None:
        low, high = ([_at(chart, point) for point in end] for end in series.interval)
        if series.style is Style.DOTS:
            for below, above in zip(low, high, strict=True):
                lines += _bar(below, above)
        else:
            around = _drawn(low, series.style) + _drawn(high, series.style)[::-1]
            lines.append(f'<polygon points="{_joined(around)}" fill="{_BAND}"/>')
    if series.style is Style.DOTS:
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_DOT}" fill="{_BLUE}"/>' for x, y in points]
    else:
        lines.append(_polyline(_drawn(points, series.style), series.style))
    return lines


def _drawn(points: list[Point], style: Style) -> list[Point]:
    """A step keeps its height until the next point."""
    if style is not Style.STEPS:
        return points
    corners = [(after[0], before[1]) for before, after in pairwise(points)]
    return [points[0], *(point for pair in zip(corners, points[1:], strict=True) for point in pair)]


def _polyline(points: Sequence[Point], style: Style) -> str:
    look = f'stroke="{_INK}" stroke-dasharray="6 5"' if style is Style.DASHED else f'stroke="{_BLUE}" stroke-width="2"'
    return f'<polyline points="{_joined(points)}" fill="none" {look}/>'


def _bar(below: Point, above: Point) -> list[str]:
    ends = [_line((x - _CAP, y), (x + _CAP, y), _BLUE) for x, y in (below, above)]
    return [_line(below, above, _BLUE), *ends]


def _legend(chart: Chart) -> list[str]:
    lines = []
    x = float(_LEFT)
    for series in chart.series:
        if series.style is Style.DOTS:
            lines.append(f'<circle cx="{x + 12:.1f}" cy="61" r="{_DOT}" fill="{_BLUE}"/>')
        else:
            lines.append(_polyline(((x, 61.0), (x + 24, 61.0)), series.style))
        lines.append(_text(x + 32, 65.5, series.label, "start"))
        x += 60 + 7 * len(series.label)
    return lines


def _at(chart: Chart, point: Point) -> Point:
    """Where a point of the axes' units stands on the page, held within the frame."""
    across = (point[0] - chart.x.low) / (chart.x.high - chart.x.low)
    up = (point[1] - chart.y.low) / (chart.y.high - chart.y.low)
    across, up = min(1.0, max(0.0, across)), min(1.0, max(0.0, up))
    return _LEFT + across * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)


def _line(begin: Point, end: Point, colour: str, more: str = "") -> str:
    return (
        f'<line x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="{colour}" {more}/>'
    )


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}" {more}>{escape(words)}</text>'


def _joined(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
