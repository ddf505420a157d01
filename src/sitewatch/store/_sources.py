"""The sources that case.yaml names, made ready to be asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from sitewatch.model import Source, Table, construct

__all__ = ["open_sources", "sources_plain"]


def open_sources(tables: Sequence[Table], folder: Path) -> tuple[dict[str, Source], list[str]]:
    """The sources by name, and the folders of images that are not there any more.

    Paths are relative to ``folder``. Raises CaseFileError for an unknown kind or key.
    """
    sources: dict[str, Source] = {}
    gone: list[str] = []
    for table in tables:
        entry = table.copy()
        kind = entry.take("kind", str)
        make = _source_class(kind, table)
        if entry.has("path") and not (path := folder / os.path.expanduser(entry.copy().take("path", str))).exists():
            gone.append(str(path))
            continue
        source = construct(make, entry, folder)
        name = source.name if source.name not in sources else f"{source.name}-{len(sources) + 1}"
        sources[name] = source
    return sources, gone


def sources_plain(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """The sources as case.yaml names them."""
    return [dict(sorted(table.plain_values().items())) for table in tables]


def _source_class(kind: str, table: Table) -> Callable[..., Source]:
    """The class of a kind of source, from the entry points of the group sitewatch.sources."""
    known = _kinds()
    if kind not in known:
        raise table.wrong("kind", f"no source is called {kind[:60]!r}", f"Use one of: {', '.join(sorted(known))}")
    return cast(Callable[..., Source], known[kind].load())


@cache
def _kinds() -> Mapping[str, EntryPoint]:
    """Looked for once: that reads the metadata of every installed package."""
    return {point.name: point for point in entry_points(group="sitewatch.sources")}
