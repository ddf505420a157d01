"""news.jsonl: what was told of a case, a line each, in the order in which it was told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sitewatch.errors import CaseFileError
from sitewatch.model import AnyNews, News, Site, VerdictNews
from sitewatch.store._files import inside, locked, read_bytes, write_atomically
from sitewatch.store._plain import from_plain, read_json, to_plain

__all__ = ["NEWS_FILE", "add_news", "read_news"]

NEWS_FILE = "news.jsonl"


def read_news(folder: Path, site: Site) -> tuple[AnyNews, ...] | None:
    """All that was told of a case, oldest first; None where it was never watched.

    Raises CaseFileError, with the line, for what is no news.
    """
    path = inside(folder, NEWS_FILE)
    if not path.exists():
        return None
    return tuple(_read(line, number, path, site) for number, line in enumerate(read_bytes(path).splitlines(), start=1))


def add_news(folder: Path, site: Site, news: Sequence[AnyNews]) -> None:
    """Add lines; the file is replaced as a whole, so that a crash leaves all of the new lines or none.

    Raises BusyError while another process writes to the case.
    """
    with locked(folder):
        path = inside(folder, NEWS_FILE)
        before = read_bytes(path) if path.exists() else b""
        lines = [json.dumps(to_plain(one, site.grid), ensure_ascii=False, sort_keys=True) + "\n" for one in news]
        write_atomically(path, before + "".join(lines).encode())


def _read(line: bytes, number: int, path: Path, site: Site) -> AnyNews:
    try:
        plain = read_json(line, path)
        kind: type[AnyNews] = VerdictNews if plain.get("kind") == "verdict" else News
        return from_plain(plain, kind, site.grid, path)
    except CaseFileError as error:
        raise CaseFileError(path, number, error.key, "is not what was told", "Restore the file from a copy, or remove "
                            "it: the watch then begins anew, and what stands now is told to nobody") from error
