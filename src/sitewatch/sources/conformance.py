"""What any source must keep to, as a check for those who write one: see docs/sources.md.

    from sitewatch.sources.conformance import broken_rules

    assert broken_rules(MySource(...), site) == []
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sitewatch.errors import ImageError, ProviderError, SitewatchError
from sitewatch.geo import common_footprint, describe, square_around, utm_grid
from sitewatch.model import SENSORS, Asset, Refusal, RemoteSource, Scene, Site, Source, Span, Weight
from sitewatch.sources._guard import without_secrets

__all__ = ["broken_rules"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_OPENED = 2          # scenes whose files are opened: enough to see, and little to fetch
_FAR_AWAY = square_around(-48.9, -123.4, 1000)   # the point of the ocean that is farthest from land


def broken_rules(source: Source, site: Site, span: Span | None = None) -> list[str]:
    """Which rules a source breaks for a site that it has scenes of, each in a sentence; empty when it keeps to all.

    It is searched several times, and the files of two scenes are opened twice.
    """
    span = span or Span()
    offers = list(source.find(site, span))
    scenes = [offer for offer in offers if isinstance(offer, Scene)]
    broken = [*_of_name(source), *_of_offers(offers, span)]
    if not scenes:
        return [*broken, "it offers no scene of the site, so that little can be checked: name a site that it has"]
    broken += _of_searching(source, site, span, scenes)
    list(source.find(site, span))  # so that the files of this search can be opened again
    for scene in scenes[:_OPENED]:
        broken += _of_files(source, scene, site)
    broken += _of_strangers(source)
    return broken + (_of_remote(source, scenes[0]) if isinstance(source, RemoteSource) else [])


def _of_name(source: Source) -> Iterator[str]:
    if not source.name or not source.name.isprintable() or source.name != source.name.strip():
        yield f"its name {source.name!r} is not a short printable word"


def _of_offers(offers: list[Scene | Refusal], span: Span) -> Iterator[str]:
    ids = [offer.id for offer in offers if isinstance(offer, Scene)]
    if len({one.casefold() for one in ids}) < len(ids):
        yield "two of its scenes have one id, or ids that differ in upper and lower case only"
    for offer in offers:
        if isinstance(offer, Refusal):
            if not offer.what.strip() or not offer.why.strip():
                yield "a refusal does not say what is refused, or why"
            continue
        if not isinstance(offer, Scene):
            yield f"it offers a {type(offer).__name__}, which is neither a Scene nor a Refusal"
            continue
        yield from (f"{offer.id}: {rule}" for rule in _of_scene(offer, span))


def _of_scene(scene: Scene, span: Span) -> Iterator[str]:
    if not _ID.fullmatch(scene.id):
        yield "its id cannot name a file of a case"
    if scene.taken.utcoffset() != timedelta(0):
        yield "its time is not in UTC"
    elif scene.taken not in span:
        yield "it was taken outside the time that was asked for"
    if scene.sensor not in SENSORS:
        yield f"its sensor {scene.sensor!r} is not among SENSORS"
    if [asset.role for asset in scene.assets].count("image") != 1:
        yield "it has not exactly one image"
    if len({asset.href for asset in scene.assets}) < len(scene.assets):
        yield "two of its files have one address"
    if any("://" in asset.href and without_secrets(asset.href) != asset.href for asset in scene.assets):
        yield "an address holds a signature or a password, and would be kept in the case"


def _of_searching(source: Source, site: Site, span: Span, scenes: list[Scene]) -> Iterator[str]:
    if [offer for offer in source.find(site, span) if isinstance(offer, Scene)] != scenes:
        yield "a second search gives other scenes, or another order"
    middle = sorted(scene.taken for scene in scenes)[len(scenes) // 2]
    later = {offer.id for offer in source.find(site, Span(start=middle, end=span.end)) if isinstance(offer, Scene)}
    if later != {scene.id for scene in scenes if scene.taken >= middle}:
        yield "a search from a later day on does not give exactly the scenes from that day on"
    if any(isinstance(offer, Scene) for offer in source.find(_moved(site), span)):
        yield "it offers scenes of a place where it has none"


def _moved(site: Site) -> Site:
    """A site of the same kind of pixels in the ocean, which no picture without georeference can show either."""
    return replace(site, area=_FAR_AWAY, grid=utm_grid(_FAR_AWAY, site.gsd_m), references=(), controls=())


def _of_files(source: Source, scene: Scene, site: Site) -> Iterator[str]:
    for asset in scene.assets:
        try:
            data = b"".join(source.open(asset))
            again = b"".join(source.open(asset))
        except SitewatchError as error:
            yield f"{scene.id}: its {asset.role} cannot be opened twice ({error})"
            continue
        if not data or data != again:
            yield f"{scene.id}: its {asset.role} is empty, or other bytes when it is opened again"
        elif asset.role == "image":
            yield from (f"{scene.id}: {rule}" for rule in _of_image(data, scene, site))


def _of_image(data: bytes, scene: Scene, site: Site) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        path.write_bytes(data)
        try:
            info = describe(path)
        except ImageError as error:
            yield f"its image cannot be read ({error})"
            return
    wanted = len(SENSORS[scene.sensor].bands) if scene.sensor in SENSORS else info.bands
    if info.bands - info.has_alpha != wanted:
        yield f"its image has {info.bands - info.has_alpha} bands, its sensor {wanted}"
    if (info.grid.crs is not None) != site.is_georeferenced:
        yield "its image lies on the Earth and the site does not, or the other way round"
    elif info.grid.crs is not None and not common_footprint([info.grid]).intersects(site.area):
        yield "its image shows nothing of the site"


def _of_strangers(source: Source) -> Iterator[str]:
    try:
        list(source.open(Asset(role="image", href="../no-such-thing")))
    except ProviderError:
        return
    except Exception as error:
        yield f"for an asset that it never offered it raises {type(error).__name__}, not ProviderError"
    else:
        yield "it opens an asset that it never offered"


def _of_remote(source: RemoteSource, scene: Scene) -> list[str]:
    before, weight = source.received, source.weigh(scene)
    broken = [] if isinstance(weight, Weight) and (weight.hidden is None or 0 <= weight.hidden <= 1) else [
        "what it weighs a scene by is no Weight with a share from 0 to 1"]
    if source.received < before or source.received == 0:
        broken.append("it does not count what it receives")
    if source.at_once < 1:
        broken.append("it allows less than one request at once")
    return broken
