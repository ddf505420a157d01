"""What an author may choose about the page."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ReportOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """``figures``: structures with large pictures of their own; the others get small ones.

    ``context``: width of a crop in longest sides of its structure. ``smallest_crop_px``: no crop is
    narrower, so that a reader can find it on a map. ``enlarge``: "bicubic" or "nearest".
    ``low_percentile`` and ``high_percentile`` bound the stretch; ``reflectance_gamma`` bends that of
    linear images as display pictures are bent already.
    """

    figures: int = 8
    figure_width_px: int = 1200
    map_width_px: int = 1400
    context: float = 3.4
    smallest_crop_px: int = 48
    enlarge: str = "bicubic"
    low_percentile: float = 0.5
    high_percentile: float = 99.7
    reflectance_gamma: float = 1.4
