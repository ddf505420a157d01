"""Scenes of one pass joined where the site straddles them: PlanetScope's frames are 8 to 20 km long."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from odc.geo.geobox import GeoBox

from sitewatch.errors import AreaError, ImageError, ProviderError
from sitewatch.geo import Piece, joined, read_delivered, shares_lattice, window_on, write_geotiff
from sitewatch.model import Scene

__all__ = ["join_files"]

_BLOCK_BYTES = 1 << 20


def join_files(scene: Scene, site: GeoBox, files: Sequence[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """One GeoTIFF out of the files of a pass, on the pixels of the first, which says in its tags what it is made of.

    Raises ProviderError where one does not arrive or they do not fit each other.
    """
    with tempfile.TemporaryDirectory(prefix="sitewatch-") as name:
        pieces: list[Piece] = []
        nodata: float | None = None
        for number, (_, blocks) in enumerate(files):
            path = Path(name) / f"{number}.tif"
            with path.open("wb") as part:
                part.writelines(blocks)
            try:
                pixels, grid, nodata = read_delivered(path)
            except ImageError as error:
                raise ProviderError(f"{files[number][0]}: {error}") from error
            pieces.append(Piece(pixels=pixels, grid=grid))
        try:
            grid = window_on(pieces[0].grid, site)
            whole = joined(pieces, grid, nodata or 0)
        except (ImageError, AreaError) as error:
            raise ProviderError(f"{scene.id}: {error}") from error
        made_of = [{"file": file, **({} if shares_lattice(grid, piece.grid) else {"laid": "nearest"})}
                   for (file, _), piece in zip(files, pieces, strict=True)]
        out = Path(name) / "joined.tif"
        write_geotiff(out, whole, grid, {"TIFFTAG_DATETIME": f"{scene.taken:%Y:%m:%d %H:%M:%S}",
                                         "SITEWATCH_JOINED_FROM": json.dumps(made_of),
                                         "TIFFTAG_COPYRIGHT": scene.attribution or ""}, nodata)
        with out.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                yield block
