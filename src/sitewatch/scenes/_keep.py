"""Our own copy of every scene's files: what is not held cannot be checked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.model import Asset, Kept, Progress, Refusal, RemoteSource, Scene, Scenes, Source
from sitewatch.scenes._pace import paced

__all__ = ["Keep", "keep_scenes"]

Keep = Callable[[Scene, Asset, Iterable[bytes]], Kept]
"""Writes the blocks of one asset to the store and says what was kept; supplied by whoever owns the store."""


def keep_scenes(scenes: Scenes, sources: Mapping[str, Source], keep: Keep,
                progress: Progress | None = None) -> Scenes:
    """Fetch every asset that is not kept yet; a scene whose files do not arrive whole is refused.

    Nothing is tried twice: a later call asks again for what is missing. A scene whose image is byte for
    byte that of an earlier scene is refused too. Of a source across a network several scenes are opened at once, and
    kept in their order. Raises UsageError when a scene's source is not among ``sources``, InputError when not one
    scene could be kept, ProviderError when that is the providers' fault; the store's own SitewatchErrors pass through.
    """
    held: list[Scene] = []
    refused: list[Refusal] = []
    first_with: dict[str, str] = {}
    for done, (scene, opened) in enumerate(_opened(scenes.scenes, sources)):
        if progress is not None:
            progress(f"keeping {scene.id}", done, len(scenes.scenes))
        offer = _kept(scene, opened, keep)
        if isinstance(offer, Refusal):
            refused.append(offer)
            continue
        sha256 = _image_hash(offer)
        if sha256 in first_with:
            refused.append(Refusal(what=scene.id, source=scene.source, why=(
                f"the same image as {first_with[sha256]}, byte for byte: one of the two dates is wrong. "
                "Remove one of the files")))
            continue
        if sha256 is not None:
            first_with[sha256] = scene.id
        held.append(offer)
    if progress is not None:
        progress("kept all scenes", len(scenes.scenes), len(scenes.scenes))
    if not held:
        raise _nothing_kept(scenes, sources, refused)
    return replace(scenes, scenes=tuple(held), refusals=(*scenes.refusals, *refused))


Opened = Sequence[Iterable[bytes] | OSError | ProviderError]


def _opened(scenes: Sequence[Scene], sources: Mapping[str, Source]) -> Iterator[tuple[Scene, Opened]]:
    """Each scene with its missing assets' blocks, in order; those of remote sources are under way meanwhile."""
    remote = {name: source for name, source in sources.items() if isinstance(source, RemoteSource)}
    with paced(_begun, remote) as ask:
        coming = {scene.id: ask(scene) for scene in scenes if scene.source in remote}
        for scene in scenes:
            yield scene, coming[scene.id].result() if scene.id in coming else _at_hand(scene, sources)


def _at_hand(scene: Scene, sources: Mapping[str, Source]) -> Opened:
    """The missing assets' blocks of a source that delivers while it is read."""
    if _missing(scene) and scene.source not in sources:
        raise UsageError(f"{scene.id} comes from the source {scene.source!r}, which is not given. "
                         f"Known: {', '.join(sources) or 'none'}")
    return [sources[scene.source].open(asset) for asset in _missing(scene)]


def _begun(scene: Scene, source: Source) -> Opened:
    """The missing assets' blocks, the first of which has come, so that the rest is at hand; or why it has not."""
    found: list[Iterable[bytes] | OSError | ProviderError] = []
    for asset in _missing(scene):
        blocks = iter(source.open(asset))
        try:
            found.append(chain([next(blocks, b"")], blocks))
        except (OSError, ProviderError) as error:
            return [*found, error]  # the scene is lost, and the rest of it need not come
    return found


def _missing(scene: Scene) -> list[Asset]:
    return [asset for asset in scene.assets if asset.kept is None]


def _kept(scene: Scene, opened: Opened, keep: Keep) -> Scene | Refusal:
    """The scene with all its assets kept, or why one of them did not arrive."""
    arrived: dict[Asset, Kept] = {}
    for asset, blocks in zip(_missing(scene), opened, strict=False):
        try:
            if isinstance(blocks, Exception):
                raise blocks
            arrived[asset] = keep(scene, asset, blocks)
        except (OSError, ProviderError) as error:
            return Refusal(what=scene.id, source=scene.source,
                           why=f"its {asset.role} {asset.href} could not be fetched: {error}")
    return replace(scene, assets=tuple(replace(asset, kept=arrived[asset]) if asset in arrived else asset
                                       for asset in scene.assets))


def _nothing_kept(scenes: Scenes, sources: Mapping[str, Source], refused: list[Refusal]) -> Exception:
    reasons = "\n".join(f"  {refusal.what}: {refusal.why}" for refusal in refused[:5])
    told = f"not one of {len(scenes.scenes)} scenes could be kept:\n{reasons}\n"
    if all(isinstance(sources.get(scene.source), RemoteSource) for scene in scenes.scenes):
        return ProviderError(f"{told}Fetch again later")
    return InputError(f"{told}Make the images readable, then run the scenes stage again")


def _image_hash(scene: Scene) -> str | None:
    image = scene.asset("image")
    return image.kept.sha256 if image is not None and image.kept is not None else None
