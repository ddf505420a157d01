"""Where a case's images come from: the sources that are near, and what was kept of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from sitewatch import scenes, store
from sitewatch.case._stages import STAGES
from sitewatch.errors import InputError
from sitewatch.model import Progress, RemoteSource, Scenes, fingerprint
from sitewatch.store import FolderStore

__all__ = ["Images", "look_for_images"]


class Images(NamedTuple):
    """The scenes of a case, kept; the fingerprint of the sources that were asked, and whether these are other ones than
    before; and what has to be said of it."""

    found: Scenes
    asked: str
    is_anew: bool
    note: str


def look_for_images(file: store.CaseFile, held: FolderStore, progress: Progress | None = None) -> Images:
    """Find and keep scenes.

    A source that is gone leaves what was kept of it, and so do archives: they are asked by ``fetch`` alone, so that a
    run reaches no network. Raises InputError where there are no images.
    """
    sources, gone = store.open_sources(file.sources, held.folder)
    remote = [name for name, source in sources.items() if isinstance(source, RemoteSource)]
    near = {name: source for name, source in sources.items() if name not in remote}
    asked = fingerprint(str(store.sources_plain(file.sources)))
    is_anew = held.is_asked_anew(asked, file.site) and not gone
    offer, why_not = _offer(file, held, near, progress)
    if offer:
        kept = scenes.keep_scenes(offer, near, partial(held.keep, file.site.grid), progress)
        found = held.with_earlier(kept, file.span, remote, remote if is_anew else None)
    else:
        found = _earlier(file, held, remote, is_anew=is_anew) or Scenes(site=file.site, scenes=())
        if not found.scenes:
            raise InputError(_without_images(file, why_not, gone, bool(remote)))
    note = f"{', '.join(gone)} is gone: what was kept of it is used" if gone else (
        f"what was kept is used: {why_not}" if why_not else "")
    return Images(found, asked, is_anew, note)


def _offer(file: store.CaseFile, held: FolderStore, sources: Mapping[str, Any],
           progress: Progress | None) -> tuple[Scenes | None, str]:
    """The scenes that the sources have now; None where they have none, with the reason."""
    if not sources:
        return None, ""
    try:
        return held.known(STAGES["scenes"].function(file.site, file.span, sources, progress)), ""
    except InputError as error:
        return None, str(error).rstrip(".")


def _earlier(file: store.CaseFile, held: FolderStore, remote: Sequence[str], *, is_anew: bool) -> Scenes | None:
    """What was kept before, as far as it still counts."""
    kept = None if is_anew and not remote else held.scenes(file.site)
    return held.with_earlier(replace(kept, scenes=()), file.span, remote) if kept is not None and remote else kept


def _without_images(file: store.CaseFile, why_not: str, gone: Sequence[str], has_archive: bool) -> str:
    where = why_not or (f"there is no {gone[0]}, so there are no images" if gone else "nothing was fetched yet"
                        if has_archive else "no source is named, so there are no images")
    return f"{where}. " + (f"Fetch images with `sitewatch fetch {file.path.parent}`" if has_archive else
                           f"Correct scenes.sources in {file.path}")
