"""What people do on the ground: works that leave something behind, and what only comes and goes."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from sitewatch.sources.simulated._canvas import Canvas
from sitewatch.sources.simulated._scenario import Act, Plot, Scenario, at

__all__ = ["lay_works", "park_lorries"]


def lay_works(canvas: Canvas, scenario: Scenario, moment: datetime, sun_azimuth_deg: float) -> None:
    """Paint the standing halls and every act of every plot as far as it has gone at that moment."""
    for hall in scenario.halls:
        canvas.paint(hall.rect, hall.surface, rough=0.02, height_m=hall.height_m)
        canvas.shade_gable(hall.rect, sun_azimuth_deg)
    for plot in scenario.plots:
        _lay_plot(canvas, plot, moment, sun_azimuth_deg)


def park_lorries(canvas: Canvas, draw: np.random.Generator) -> None:
    """Lorries in two rows on the yards: some other number in other places every time."""
    for along, across, places in ((78, -46, 11), (52, -28, 14)):
        for place in np.flatnonzero(draw.random(places) < draw.uniform(0.1, 0.7)):
            rect = at(along - 2.2 * places + 4.4 * float(place), across, 2.6, draw.uniform(7, 13), 0)
            canvas.paint(rect, str(draw.choice(["lorry", "lorry", "dark roof", "rust roof"])), height_m=3.2)


def _lay_plot(canvas: Canvas, plot: Plot, moment: datetime, sun_azimuth_deg: float) -> None:
    for act in plot.acts:
        share = _share_done(act, moment)
        if share <= 0 or (act.until is not None and moment >= act.until):
            continue
        canvas.paint(act.rect, act.surface, share=share, rough=act.rough, height_m=act.height_m)
        if act.height_m > 6 and share >= 1:
            canvas.shade_gable(act.rect, sun_azimuth_deg)


def _share_done(act: Act, moment: datetime) -> float:
    """How far the act has spread along its rectangle, 0 to 1."""
    return min(1.0, (moment - act.start) / (act.end - act.start))
