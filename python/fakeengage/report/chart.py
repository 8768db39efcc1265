"""One metric of one account as a small inline SVG: observed, expected, band, windows in red."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from fakeengage.report.words import count

WIDTH, HEIGHT = 960, 150
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 8, 20
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

MAX_COLUMNS = 420
"""Columns that a longer series is gathered into, each drawn by its lowest and highest value."""

TOLERANCE = 0.7
"""Points that lie closer than this to the line of their neighbours are not drawn (units of the picture)."""

BAND_Z = 1.645
"""Half width of the drawn band in standard deviations: 90 % of ordinary hours lie inside."""

WIDE_RANGE = 30.0
"""A series whose highest value is this many times its typical one is drawn on a logarithmic scale."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """What one chart shows; arrays of one value per step, NaN = missing."""

    metric: str
    moments: NDArray[np.datetime64]
    observed: Floats
    expected: Floats
    log_sd: Floats
    windows: Sequence[tuple[int, int]]
    label: str

    @property
    def band(self) -> tuple[Floats, Floats]:
        """Lower and upper edge between which 90 % of ordinary hours lie."""
        # A count's own spread is in log_sd; the clip only keeps a hopeless fit from overflowing.
        width = np.exp(np.clip(BAND_Z * self.log_sd, 0, 20))
        return self.expected / width, self.expected * width


class _Scale:
    """Counts to picture units: linear, or logarithmic around zero where the range is wide."""

    def __init__(self, series: Series) -> None:
        values = np.concatenate([series.observed, series.expected])
        values = values[np.isfinite(values)]
        self.low = float(min(0.0, values.min(initial=0.0)))
        top = float(values.max(initial=1.0))
        upper = series.band[1]
        upper = upper[np.isfinite(upper)]
        if upper.size:
            # The band may rise above the line, but a hopelessly wide one must not flatten it.
            top = max(top, min(float(np.quantile(upper, 0.98)), 1.5 * top))
        self.high = max(top, 1.0)
        typical = float(np.median(np.abs(values))) if values.size else 1.0
        self.logarithmic = self.high > WIDE_RANGE * max(typical, 1.0)
        self.unit = max(typical / 4, 1.0)
        self._bottom, self._top = self._bend(np.array([self.low, self.high]))

    def _bend(self, values: Floats) -> Floats:
        bent: Floats = np.arcsinh(values / self.unit) if self.logarithmic else values
        return bent

    def y(self, values: Floats) -> Floats:
        """Vertical position, kept inside the picture."""
        share = (self._bend(values) - self._bottom) / (self._top - self._bottom)
        return np.asarray(TOP + PLOT_HEIGHT * (1 - np.clip(share, 0, 1)), dtype=np.float64)

    def ticks(self) -> list[float]:
        """A few round numbers for the axis."""
        if self.logarithmic:
            powers = 10.0 ** np.arange(0, 16)
            above = powers[(powers >= self.unit) & (powers <= self.high)].tolist()
            below = powers[(powers >= self.unit) & (powers <= -self.low)].tolist()
            step = max(1, -(-(len(above) + len(below)) // 4))
            return [*(-x for x in below[::-1][::step]), 0.0, *above[::-1][::step][::-1]]
        rough = max(self.high, -self.low) / 2
        power = 10.0 ** np.floor(np.log10(rough))
        nice = max(m * power for m in (1.0, 2.0, 2.5, 5.0) if m * power <= rough)
        if nice < 1:
            nice = 1.0
        return [nice * k for k in range(-int(-self.low / nice), int(self.high / nice) + 1)]


@dataclass(frozen=True)
class Chart:
    """A drawn chart: its heading and its SVG."""

    heading: str
    svg: Markup


def draw(series: Series) -> Chart:
    """Chart of `series`; text in it is escaped, everything else is numbers."""
    n = len(series.observed)
    scale = _Scale(series)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(series.label)}">',
        *_windows(series, n),
        *_axes(series, scale),
    ]
    low, high = series.band
    parts.append(f'<path class="b" d="{_area(low, high, scale)}"/>')
    parts.append(f'<path class="e" d="{_line(*_columns(series.expected), scale)}"/>')
    parts.append(
        f'<path class="o" d="{_line(*_columns(series.observed, extremes=True), scale, dots=True)}"/>'
    )
    parts.append("</svg>")
    heading = f"{series.metric} (logarithmic scale)" if scale.logarithmic else series.metric
    return Chart(heading, Markup("".join(parts)))


def _x(steps: Floats, n: int) -> Floats:
    return np.asarray(LEFT + steps * (PLOT_WIDTH / max(n, 1)), dtype=np.float64)


def _windows(series: Series, n: int) -> list[str]:
    out = []
    for start, end in series.windows:
        x0, x1 = _x(np.array([max(start, 0), min(end, n)], dtype=float), n)
        # A window of one hour in a year must still be seen.
        width = max(x1 - x0, 2.5)
        out.append(f'<rect class="w" x="{x0:.1f}" y="{TOP}" width="{width:.1f}" height="{PLOT_HEIGHT}"/>')
    return out


def _axes(series: Series, scale: _Scale) -> list[str]:
    out = []
    for value in scale.ticks():
        y = float(scale.y(np.array([value]))[0])
        out.append(f'<path class="g" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        out.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" text-anchor="end">{count(value)}</text>')
    for step, text in date_ticks(series.moments):
        x = float(_x(np.array([float(step)]), len(series.observed))[0])
        out.append(f'<path class="g" d="M{x:.1f} {TOP + PLOT_HEIGHT}v4"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{escape(text)}</text>')
    return out


def date_ticks(moments: NDArray[np.datetime64], most: int = 8) -> list[tuple[int, str]]:
    """Positions and texts of at most `most` dates (hours of day for a series of under two days)."""
    n = len(moments)
    if n < 2:
        return [(0, str(moments[0].astype("datetime64[D]")))] if n else []
    span_days = float((moments[-1] - moments[0]) / np.timedelta64(1, "D"))
    if span_days <= 2:
        unit, form = "h", "%d %b %H:%M"
    elif span_days <= 120:
        unit, form = "D", "%d %b"
    else:
        unit, form = "M", "%b %Y"
    whole = moments.astype(f"datetime64[{unit}]")
    first = np.flatnonzero(np.r_[True, whole[1:] != whole[:-1]])
    # The first unit is usually cut off by the start of the series; its label would sit on the edge.
    first = first[first > 0.02 * n] if len(first) > 3 else first
    chosen = first[:: max(1, -(-len(first) // most))]
    return [
        (int(i), _strip(moments[i].astype("datetime64[s]").item().strftime(form)))
        for i in chosen
        if i < 0.98 * n
    ]


def _strip(text: str) -> str:
    return text.removeprefix("0")


def _columns(values: Floats, *, extremes: bool = False) -> tuple[Floats, Floats, int]:
    """Steps and values to draw; a long series keeps the lowest and highest value of each column."""
    n = len(values)
    steps = np.arange(n, dtype=float)
    if n <= 2 * MAX_COLUMNS:
        return steps, values, n
    edges = np.linspace(0, n, MAX_COLUMNS + 1).astype(int)
    picked: list[int] = []
    for a, b in itertools.pairwise(edges):
        part = values[a:b]
        known = np.flatnonzero(np.isfinite(part))
        if not known.size:
            picked.append(a)
        elif extremes:
            picked.extend(
                sorted({a + int(known[part[known].argmin()]), a + int(known[part[known].argmax()])})
            )
        else:
            picked.append(a + int(known[known.size // 2]))
    return steps[picked], values[picked], n


def _runs(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, known, False]))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _line(steps: Floats, values: Floats, n: int, scale: _Scale, *, dots: bool = False) -> str:
    """Path of a line that breaks where values are missing; a lone value is a dot (a tiny dash)."""
    x, y = _x(steps + 0.5, n), scale.y(values)
    out = []
    for a, b in _runs(np.isfinite(values)):
        if b - a > 1:
            out.append(_path(*_simplify(x[a:b], y[a:b])))
        elif dots:
            out.append(f"M{x[a] - 0.7:.1f} {y[a]:.1f}h1.4")
    return "".join(out)


def _area(low: Floats, high: Floats, scale: _Scale) -> str:
    steps, upper, n = _columns(high)
    lower = low[steps.astype(int)]
    x = _x(steps + 0.5, n)
    out = []
    for a, b in _runs(np.isfinite(lower) & np.isfinite(upper)):
        if b - a > 1:
            up = _simplify(x[a:b], scale.y(upper[a:b]))
            down = _simplify(x[a:b], scale.y(lower[a:b]))
            out.append(_path(np.r_[up[0], down[0][::-1]], np.r_[up[1], down[1][::-1]]) + "z")
    return "".join(out)


def _simplify(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Fewest points whose line stays within :data:`TOLERANCE` (Ramer 1972; Douglas & Peucker 1973)."""
    keep = np.zeros(len(x), dtype=bool)
    keep[[0, -1]] = True
    todo = [(0, len(x) - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        line = y[a] + (y[b] - y[a]) * (x[a + 1 : b] - x[a]) / (x[b] - x[a])
        off = np.abs(y[a + 1 : b] - line)
        worst = int(off.argmax())
        if off[worst] > TOLERANCE:
            middle = a + 1 + worst
            keep[middle] = True
            todo += [(a, middle), (middle, b)]
    return x[keep], y[keep]


def _path(x: Floats, y: Floats) -> str:
    """Relative path in tenths, rounded before differencing so that errors do not add up."""
    xs, ys = np.rint(x * 10).astype(int), np.rint(y * 10).astype(int)
    dx, dy = np.diff(xs), np.diff(ys)
    # Numbers of successive pairs need a space between them unless the next one has a sign.
    steps = " ".join(f"{a / 10:g}{'' if b < 0 else ' '}{b / 10:g}" for a, b in zip(dx, dy, strict=True))
    return f"M{xs[0] / 10:g} {ys[0] / 10:g}l{steps}" if steps else ""
