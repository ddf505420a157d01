"""What an author may choose about the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sitewatch.report._language import ENGLISH, languages

__all__ = ["ReportOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """``language`` of the page's own words, as an IETF tag: English, or one that has a catalogue in ``page/texts``.

    ``figures``: structures with large pictures of their own; the others get small ones.

    ``context``: width of a crop in longest sides of its structure. ``smallest_crop_px``: no crop is
    narrower, so that a reader can find it on a map. ``enlarge``: "bicubic" or "nearest".
    ``low_percentile`` and ``high_percentile`` bound the stretch; ``reflectance_gamma`` bends that of
    linear images as display pictures are bent already.
    """

    language: str = ENGLISH
    figures: int = 8
    figure_width_px: int = 1200
    map_width_px: int = 1400
    context: float = 3.4
    smallest_crop_px: int = 48
    enlarge: Literal["bicubic", "nearest"] = "bicubic"
    low_percentile: float = 0.5
    high_percentile: float = 99.7
    reflectance_gamma: float = 1.4

    def __post_init__(self) -> None:
        if min(self.figure_width_px, self.map_width_px, self.smallest_crop_px, self.context,
               self.reflectance_gamma) <= 0 or self.figures < 0:
            raise ValueError("widths, context and reflectance_gamma must be above 0, figures not below")
        if self.language not in languages():
            raise ValueError(f"the page is not translated into {self.language}: language is {' or '.join(languages())}")
        if not 0 <= self.low_percentile < self.high_percentile <= 100:
            raise ValueError("low_percentile must lie below high_percentile, both between 0 and 100")
