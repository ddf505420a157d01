"""Every dated look at the site that the sources offer, in order of time, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from sitewatch.errors import InputError, ProviderError
from sitewatch.model import Progress, Refusal, Scene, Scenes, Site, Source, Span, day

__all__ = ["find_scenes", "without_held"]

# Two frames of one sensor within a second show the same pass over the site, not two looks at it.
_SAME_LOOK = timedelta(seconds=1)
# Archives give one pass of these satellites, which come back after days, the time of the tile or that of the whole
# recording, which lasts up to 25 minutes.
_SAME_PASS, _RARE = timedelta(minutes=30), ("sentinel-2", "landsat")
_REASONS_SHOWN = 5


def find_scenes(site: Site, span: Span, sources: Mapping[str, Source], progress: Progress | None = None) -> Scenes:
    """Ask every source for its scenes of the site within the span; nothing is fetched yet.

    ``sources`` maps the name that a scene's ``source`` will carry to the source. The scenes come in order
    of time, ids unique; second offers of one look are refused, and so is what a source refuses. A source that does
    not answer is a refusal as long as another one has scenes.
    Raises InputError when no scene is left, ProviderError when that is for want of an answer, and what else ``find``
    of a source raises.
    """
    found: list[Scene] = []
    refused: list[Refusal] = []
    silent: list[ProviderError] = []
    for done, (name, source) in enumerate(sources.items()):
        if progress is not None:
            progress(f"looking into {name}", done, len(sources))
        try:
            for offer in source.find(site, span):
                if isinstance(offer, Refusal):
                    refused.append(replace(offer, source=name))
                elif offer.taken not in span:
                    refused.append(Refusal(what=offer.id, source=name,
                                           why=f"taken on {day(offer.taken)}, outside the asked time"))
                else:
                    found.append(replace(offer, source=name))
        except ProviderError as error:
            silent.append(error)
            refused.append(Refusal(what=name, source=name, is_gap=True, why=f"could not be searched: {error}"))
    if progress is not None:
        progress("looked into all sources", len(sources), len(sources))
    kept, double = _each_once(sorted(found, key=lambda scene: (scene.taken, scene.source, scene.id)))
    refused += double
    if not kept and silent:
        raise silent[0]
    if not kept:
        raise InputError(_nothing_found(site, span, sources, refused))
    return Scenes(site=site, scenes=tuple(_with_own_ids(kept)), refusals=tuple(refused))


def without_held(offered: Scenes, held: Scenes | None) -> Scenes:
    """What is offered, but for looks that are held from another source: those are refused, with the reason."""
    kept: list[Scene] = []
    refused: list[Refusal] = []
    for scene in offered.scenes:
        twin = next((one for one in (held.scenes if held else ())
                     if one.source != scene.source and _is_same_look(one, scene)), None)
        if twin is None:
            kept.append(scene)
        else:
            refused.append(Refusal(what=scene.id, source=scene.source,
                                   why=f"the same look as {twin.id} of {twin.source}, which is held"))
    return replace(offered, scenes=tuple(kept), refusals=(*offered.refusals, *refused))


def _is_same_look(one: Scene, other: Scene) -> bool:
    """Whether two offers show the same pass of the same sensor."""
    is_rare = one.source != other.source and one.sensor.startswith(_RARE)
    return one.sensor == other.sensor and abs(one.taken - other.taken) <= (_SAME_PASS if is_rare else _SAME_LOOK)


def _each_once(scenes: list[Scene]) -> tuple[list[Scene], list[Refusal]]:
    """Parts scenes in order of time into first offers and repetitions of the same sensor's same moment."""
    kept: list[Scene] = []
    double: list[Refusal] = []
    latest: dict[str, Scene] = {}
    for scene in scenes:
        before = latest.get(scene.sensor)
        if before is not None and _is_same_look(before, scene):
            double.append(Refusal(what=scene.id, source=scene.source, why=(
                f"taken by {scene.sensor} at the same time as {before.id} of {before.source} "
                f"({before.taken:%Y-%m-%d %H:%M:%S} UTC): one look counts once. "
                "If these are two looks, give their times of day")))
        else:
            kept.append(scene)
            latest[scene.sensor] = scene
    return kept, double


def _with_own_ids(scenes: list[Scene]) -> Iterable[Scene]:
    """The scenes with ids that differ even where letters' case does not count, as in many file systems."""
    taken: set[str] = set()
    for scene in scenes:
        own, number = scene.id, 2
        while own.casefold() in taken:
            own, number = f"{scene.id}-{number}", number + 1
        taken.add(own.casefold())
        yield replace(scene, id=own)


def _nothing_found(site: Site, span: Span, sources: Mapping[str, Source], refused: list[Refusal]) -> str:
    start, end = (day(moment) if moment else "any time" for moment in (span.start, span.end))
    asked = ", ".join(sources) or "no source at all"
    lines = [f"no usable image of {site.name} between {start} and {end} in {asked}."]
    if refused:
        shown = [f"  {refusal.what}: {refusal.why}" for refusal in refused[:_REASONS_SHOWN]]
        more = len(refused) - len(shown)
        lines += [f"{len(refused)} refused:", *shown, *([f"  and {more} more"] if more else [])]
    else:
        lines.append("Give dated images of the site, or ask for another time.")
    return "\n".join(lines)
