"""A real Sentinel-2 pair whose georeferences disagree by a measured offset, with cloud in one of the two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.windows import from_bounds
from shapely import box
from tests.shared import SHARED, needs

from sitewatch.geo import to_lonlat, write_geotiff
from sitewatch.model import Asset, Kept, Scene, Scenes, Site
from sitewatch.stack import StackOptions, build_stack

_PAIR = SHARED / "data" / "arosics_s2_pair"
_AREA = 341_000, 5_841_000, 349_000, 5_852_000  # EPSG:32633
pytestmark = needs("data/arosics_s2_pair")


def _kept(name: str, folder: Path) -> tuple[Kept, GeoBox]:
    with rasterio.open(next(_PAIR.glob(name))) as image:
        window = from_bounds(*_AREA, image.transform).round_offsets().round_lengths()
        grid = GeoBox((int(window.height), int(window.width)), image.window_transform(window), image.crs.to_wkt())
        path = folder / f"{name[:3]}.tif"
        write_geotiff(path, image.read(window=window), grid)
    return Kept(path=path, sha256="", bytes=path.stat().st_size, fetched_at=datetime.now(UTC), href=""), grid


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """The reference and the other one, as two scenes of one site on the reference's grid."""
    folder = tmp_path_factory.mktemp("pair")
    (reference, grid), (target, _) = (_kept(name, folder) for name in ("ref*.jp2", "tgt*.jp2"))
    site = Site(slug="pair", names=(), area=to_lonlat(box(*grid.boundingbox), grid), grid=grid)
    day = datetime(2016, 5, 29, tzinfo=UTC)
    return Scenes(site=site, scenes=tuple(
        Scene(id=name, source="folder", sensor="grey", taken=day + timedelta(days=days), taken_from="file name",
              assets=(Asset(role="image", href="", kept=kept),))
        for name, kept, days in (("target", target, 0), ("reference", reference, 10))))


def test_the_offset_of_a_real_pair_is_the_measured_one(pair):
    stack = build_stack(pair, StackOptions(zero="reference", min_looks=1))
    target = next(fit for fit in stack.fits if fit.scene == "target")
    # The content must move by +1.8 rows and -0.6 columns, known to 0.15 px, so it lies that far off the other way.
    assert np.hypot(target.shift_x_px - 0.6, target.shift_y_px + 1.8) < 0.2
    assert target.shift_sigma_px < 0.2
