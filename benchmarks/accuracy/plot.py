"""A scatter plot on logarithmic axes, as SVG: no library is needed for one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["scatter"]

_SIDE, _ROOM = 480, 60
_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)


def scatter(file: Path, points: Sequence[tuple[float, float]], across: str, up: str, times: float) -> None:
    """Points with the lines on which up is as large as across, and so many times as large."""
    low = max(min(min(point) for point in points) * 0.8, 0.1)
    high = max(max(point) for point in points) * 1.25
    body = "".join(_drawn(points, low, high, times))
    size = _SIDE + 2 * _ROOM
    file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-family="sans-serif" '
                    f'font-size="14"><rect width="{size}" height="{size}" fill="#fff"/>{body}'
                    f'<text x="{size / 2}" y="{size - 12}" text-anchor="middle">{across}</text>'
                    f'<text transform="translate(18 {size / 2}) rotate(-90)" text-anchor="middle">{up}</text></svg>\n',
                    encoding="utf-8")


def _drawn(points: Sequence[tuple[float, float]], low: float, high: float, times: float) -> Iterator[str]:
    def at(value: float) -> float:
        return _SIDE * math.log(value / low) / math.log(high / low)

    def x(value: float) -> str:
        return f"{_ROOM + at(value):.1f}"

    def y(value: float) -> str:
        return f"{_ROOM + _SIDE - at(value):.1f}"
    for tick in (tick for tick in _TICKS if low <= tick <= high):
        yield (f'<path d="M{x(tick)} {_ROOM}V{_ROOM + _SIDE}M{_ROOM} {y(tick)}H{_ROOM + _SIDE}" stroke="#ddd"/>'
               f'<text x="{x(tick)}" y="{_ROOM + _SIDE + 18}" text-anchor="middle">{tick:g}</text>'
               f'<text x="{_ROOM - 6}" y="{y(tick)}" text-anchor="end" dy="5">{tick:g}</text>')
    for factor, dash in ((1.0, ""), (times, ' stroke-dasharray="5 4"')):
        yield (f'<path d="M{x(low)} {y(low * factor)}L{x(high / factor)} {y(high)}" stroke="#444"{dash}/>'
               f'<text x="{x(high / factor)}" y="{_ROOM - 6}" text-anchor="middle">×{factor:g}</text>')
    for across, up in points:
        yield f'<circle cx="{x(across)}" cy="{y(up)}" r="3" fill="#1f6fb5" fill-opacity=".6"/>'
