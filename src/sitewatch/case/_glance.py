"""What new images show beside those of the last whole computation, for a watch that asks whether anything is new."""

from __future__ import annotations

import warnings
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sitewatch.case._stages import STAGES, scenes_id
from sitewatch.model import Changes, Progress, SceneFit, Stack, Structures
from sitewatch.stack import lay_beside

if TYPE_CHECKING:
    from sitewatch.case._case import Case

__all__ = ["Glance", "glance"]

_MOST, _SHARE = 6, 0.25   # new images, and their share of the looks, that may lie beside; then all is computed anew
_YOUNG = 10               # looks: what came or went before them is as certain as it gets, and is not read again


class Glance(NamedTuple):
    """How every image lies, the new ones beside the others; the structures that came or went ``since``, None where no
    new image shows the site; and how many more images may lie beside."""

    fits: tuple[SceneFit, ...]
    structures: Structures | None
    since: datetime
    left: int


def glance(case: Case, progress: Progress | None = None) -> Glance | None:
    """New images laid beside the last whole stack, and what came or went of late by both together; nothing is written.

    The ground is searched and read as ever, but nothing of the earlier looks is moved, what chance alone does is taken
    from the last whole search, and neither sizes nor claims are told. None where there is no new image, where too many
    came since, where a claim or a mark asks for more, or where only a whole computation can place the image.
    """
    if case.quoted is not None or case.site.marks:
        return None
    stack, before = _whole(case)
    if stack is None or before is None:
        return None
    new = len(case.scenes().scenes) - len(stack.scenes.scenes)
    left = int(min(_MOST, _SHARE * len(stack.used))) - new
    longer = lay_beside(stack, case.scenes(), case.options["stack"]) if new and left >= 0 else None
    if longer is None:
        return None
    since = longer.used[-_YOUNG:][0].taken
    if len(longer.used) == len(stack.used):
        return Glance(longer.fits, None, since, left)
    changes = STAGES["changes"].function(longer, case.options["changes"], progress, threshold=before.threshold,
                                         since=since)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the run that tells of it warns
        return Glance(longer.fits, case._call("structures", [changes, longer], "", progress, without=("detect",)),
                      since, left)


def _whole(case: Case) -> tuple[Stack | None, Changes | None]:
    """The last stack of all images that there were then, and its changes; None where anything but the images is
    another now, or the pixels are gone."""
    held = case._store
    if held.last_whole("stack") is None:
        return None, None
    known = {fit.scene for fit in held.latest("stack", case.site)}
    found = case.scenes()
    earlier = replace(found, scenes=tuple(scene for scene in found.scenes if scene.id in known))
    then = type(case)(case.folder, case.file)
    then._ids["scenes"] = scenes_id(earlier)
    if not all(held.stored(then._id(stage)).is_whole for stage in ("stack", "changes")):
        return None, None
    return held.load("stack", then._id("stack"), case.site, earlier), held.latest("changes", case.site)
