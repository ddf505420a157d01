"""Rows of the checklist about title, place and pictures. Each returns what is missing, empty where it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sitewatch.geo import to_pixels
from sitewatch.model import SENSORS, Scene
from sitewatch.report._draft import Draft, listed
from sitewatch.report._method import is_plain
from sitewatch.report._scenes import local_day

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ENDS = re.compile(r"[.!?](?=[\s”\"]|$)")   # of sentences
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DECIMALS = re.compile(r"\.(\d+)°")
_FINEST_DECIMALS = 5   # of a degree: a metre; finer than any image here is placed


def title_is_dated(draft: Draft) -> str:
    return "" if _DAY.search(draft.findings.title) else "the title names no days"


def bottom_line_is_short(draft: Draft) -> str:
    line = draft.page.said.bottom_line
    layers, count = [finding.layer for finding in line], sum(len(_ENDS.findall(f.text)) or 1 for f in line)
    order = ["seen", "measured", "inferred", "said by others", "unknown"]
    if count > 3:
        return f"the bottom line has {count} sentences"
    return "" if layers == sorted(layers, key=order.index) else "an inference stands before the observation"


def report_is_identified(draft: Draft) -> str:
    stated, known = draft.publication, draft.page.provenance
    missing = [name for name, value in (("version", stated.version), ("date", stated.date),
                                        ("version of sitewatch", known.get("sitewatch")),
                                        ("hash of the case", known.get("case"))) if not value]
    return f"no {', no '.join(missing)}" if missing else ""


def name_is_native(draft: Draft) -> str:
    names = draft.structures.site.names
    local = [name for name in names if not name.language.startswith("en")]
    if not local:
        return "no name in the language of the place"
    romanised = any(name.romanisation for name in local) or all(name.text.isascii() for name in local)
    return "" if romanised else "the romanisation of its name is not stated"


def area_is_shown(draft: Draft) -> str:
    return "" if draft.page.map else "there is no clear look on which the area could be drawn"


def coordinates_are_not_too_fine(draft: Draft) -> str:
    found = _DECIMALS.findall(draft.page.place.coordinates)
    return "more than five decimals of a degree" if any(len(digits) > _FINEST_DECIMALS for digits in found) else ""


def before_is_identified(draft: Draft) -> str:
    return _unidentified(figure.shots[0].scene for figure in draft.pairs)


def after_is_identified(draft: Draft) -> str:
    return _unidentified(figure.shots[1].scene for figure in draft.pairs)


def _unidentified(scenes: Iterator[Scene]) -> str:
    """Of an unknown sensor neither bands nor processing level can be told: the page names those of the known ones."""
    return listed((s.id for s in scenes if s.sensor not in SENSORS or not s.attribution),
                  "its provider, or the sensor and processing level, is not known")


def days_are_local_too(draft: Draft) -> str:
    site = draft.structures.site
    return listed((shot.scene.id for shot in draft.shots if shot.local_day != local_day(shot.scene.taken, site)),
                  "the local day is not printed")


def dates_are_of_acquisition(draft: Draft) -> str:
    """Plain pictures dated by a name or a list may carry the date that a viewer shows: the oldest of a mosaic."""
    used = {fit.scene for fit in draft.stack.used}
    doubtful = (s.id for s in draft.stack.scenes.scenes if s.id in used and s.sensor == "picture"
                and s.taken_from in ("file name", "csv"))
    return "" if draft.publication.dates == "acquisition" else listed(
        doubtful, "whether its date is that of acquisition is not stated")


def pixel_size_is_stated(draft: Draft) -> str:
    return "" if draft.page.place.gsd and all(figure.enlarged for figure in draft.figures) else \
        "the size of a pixel is not stated"


def angles_are_known(draft: Draft) -> str:
    unknown = (shot.scene.id for figure in draft.pairs for shot in figure.shots if None in (
        shot.scene.off_nadir_deg, shot.scene.sun_elevation_deg, shot.scene.sun_azimuth_deg))
    return listed(unknown, "off-nadir angle or position of the sun is not known")


def pairs_compare(draft: Draft) -> str:
    return listed((f"figure {figure.id}" for figure in draft.pairs if figure.compare == "poor"),
                  "before and after compare poorly in season, sun, view or snow")


def alignment_is_known(draft: Draft) -> str:
    return listed((fit.scene for fit in draft.stack.used if fit.shift_sigma_px is None),
                  "its shift has no standard error")


def pairs_are_alike(draft: Draft) -> str:
    shapes = ((figure.id, {round(shot.width / shot.height, 2) for shot in figure.shots}) for figure in draft.pairs)
    return listed((f"figure {name}" for name, found in shapes if len(found) > 1), "the two differ in extent")


def stretch_is_stated(draft: Draft) -> str:
    method, used = draft.page.method, {fit.scene for fit in draft.stack.used}
    if not method.has_plain and any(s.id in used and is_plain(s) for s in draft.stack.scenes.scenes):
        return "whether plain pictures were sharpened is not said"
    return "" if method.bands and method.blacks and method.whites else "bands or stretch are not stated"


def scale_is_drawn(draft: Draft) -> str:
    return listed((f"figure {f.id}" for f in draft.figures if not f.bar.label), "it has no scale bar")


def north_is_drawn(draft: Draft) -> str:
    known = draft.structures.site.is_georeferenced
    return listed((f"figure {f.id}" for f in draft.figures if known and f.north is None), "it has no north arrow")


def marks_are_listed(draft: Draft) -> str:
    signs = {sign.sign for sign in draft.page.signs}
    return listed((mark.sign for figure in draft.figures for mark in figure.marks if mark.sign and
                   mark.sign not in signs), "is drawn but not listed")


def clean_copies_exist(draft: Draft) -> str:
    return listed((shot.path for figure in draft.figures for shot in figure.shots if shot.path not in draft.files),
                  "there is no copy without outlines")


def things_are_not_covered(draft: Draft) -> str:
    """Outlines are lines without filling; the thing itself must lie within its picture."""
    def is_cut(bounds: tuple[float, float, float, float], left: int, top: int, size: tuple[int, int]) -> bool:
        return bounds[0] < left or bounds[1] < top or bounds[2] > left + size[0] or bounds[3] > top + size[1]

    grid = draft.structures.site.grid
    return listed((f"figure {f.id}" for f in draft.pairs if f.sign and is_cut(
        to_pixels(f.sign.outline, grid).bounds, f.window.left, f.window.top, (f.window.width, f.window.height))),
        "its outline leaves the picture")


def credits_are_exact(draft: Draft) -> str:
    def is_wrong(scene: Scene) -> bool:
        years = _YEAR.findall(scene.attribution or "")
        return not scene.attribution or bool(years and str(scene.taken.year) not in years)

    return listed((shot.scene.id for shot in draft.shots if is_wrong(shot.scene)),
                  "no credit line, or one with another year than the image's")


def licences_are_known(draft: Draft) -> str:
    return listed((shot.scene.id for shot in draft.shots if not shot.scene.licence),
                  "is shown, and its licence is not recorded")


def vendors_are_not_mixed(draft: Draft) -> str:
    def vendors(scenes: Iterator[Scene]) -> set[str]:
        return {_YEAR.sub("", scene.attribution or "") for scene in scenes}

    return listed((f"figure {f.id}" for f in draft.pairs if len(vendors(s.scene for s in f.shots)) > 1),
                  "it sets images of two providers side by side, which some licences forbid")


def lean_is_bounded(draft: Draft) -> str:
    scenes = {scene.id: scene for scene in draft.stack.scenes.scenes}
    measured = (name for number in draft.numbers for name in number.scenes if name in scenes)
    return listed((name for name in measured if scenes[name].off_nadir_deg is None),
                  "its off-nadir angle is not known, so a leaning roof is not bounded")

