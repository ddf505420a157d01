"""Our own copy of every scene's files: what is not held cannot be checked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sitewatch.errors import InputError, ProviderError, UsageError
from sitewatch.model import Asset, Kept, Progress, Refusal, Scene, Scenes, Source

__all__ = ["Keep", "keep_scenes"]

Keep = Callable[[Scene, Asset, Iterable[bytes]], Kept]
"""Writes the blocks of one asset to the store and says what was kept; supplied by whoever owns the store."""


def keep_scenes(scenes: Scenes, sources: Mapping[str, Source], keep: Keep,
                progress: Progress | None = None) -> Scenes:
    """Fetch every asset that is not kept yet; a scene whose files do not arrive whole is refused.

    Nothing is tried twice: a later call asks again for what is missing. A scene whose image is byte for
    byte that of an earlier scene is refused too. Raises UsageError when a scene's source is not among
    ``sources``, InputError when not one scene could be kept; the store's own SitewatchErrors pass through.
    """
    held: list[Scene] = []
    refused: list[Refusal] = []
    first_with: dict[str, str] = {}
    for done, scene in enumerate(scenes.scenes):
        if progress is not None:
            progress(f"keeping {scene.id}", done, len(scenes.scenes))
        offer = _kept(scene, sources, keep)
        if isinstance(offer, Refusal):
            refused.append(offer)
            continue
        sha256 = _image_hash(offer)
        if sha256 in first_with:
            refused.append(Refusal(what=scene.id, why=f"the same image as {first_with[sha256]}, byte for byte: "
                                                      "one of the two dates is wrong. Remove one of the files"))
            continue
        if sha256 is not None:
            first_with[sha256] = scene.id
        held.append(offer)
    if progress is not None:
        progress("kept all scenes", len(scenes.scenes), len(scenes.scenes))
    if not held:
        reasons = "\n".join(f"  {refusal.what}: {refusal.why}" for refusal in refused[:5])
        raise InputError(f"not one of {len(scenes.scenes)} scenes could be kept:\n{reasons}\n"
                         "Make the images readable, then run the scenes stage again")
    return replace(scenes, scenes=tuple(held), refusals=(*scenes.refusals, *refused))


def _kept(scene: Scene, sources: Mapping[str, Source], keep: Keep) -> Scene | Refusal:
    """The scene with all its assets kept, or why one of them did not arrive."""
    source = sources.get(scene.source)
    missing = [asset for asset in scene.assets if asset.kept is None]
    if missing and source is None:
        raise UsageError(f"{scene.id} comes from the source {scene.source!r}, which is not given. "
                         f"Known: {', '.join(sources) or 'none'}")
    assets: list[Asset] = []
    for asset in scene.assets:
        try:
            assets.append(asset if asset.kept is not None or source is None
                          else replace(asset, kept=keep(scene, asset, source.open(asset))))
        except (OSError, ProviderError) as error:
            return Refusal(what=scene.id, why=f"its {asset.role} {asset.href} could not be fetched: {error}")
    return replace(scene, assets=tuple(assets))


def _image_hash(scene: Scene) -> str | None:
    image = scene.asset("image")
    return image.kept.sha256 if image is not None and image.kept is not None else None
