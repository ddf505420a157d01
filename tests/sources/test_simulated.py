"""The imaginary place: the same bytes every time, and its truth is what its images show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from shapely import box

from sitewatch.errors import ProviderError, UsageError
from sitewatch.geo import area_m2, coverage, describe, read_image, to_lonlat
from sitewatch.model import SENSORS, Asset, Refusal, Scene, Span
from sitewatch.sources import SimulatedSource
from sitewatch.sources.simulated import demo_site, truth

_SITE = demo_site()
_SCENES = [offer for offer in SimulatedSource().find(_SITE, Span()) if isinstance(offer, Scene)]
_VIEWS = truth().views
_OBJECTS = {thing.id: thing for thing in truth().objects}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[np.ndarray, np.ndarray, Path]]:
    """``rendered(number)``: (4, y, x) reflectance, (8, y, x) mask, path of the image; each made once."""
    folder = tmp_path_factory.mktemp("simulated")

    def render(number: int) -> tuple[np.ndarray, np.ndarray, Path]:
        paths = [folder / f"{number}-{asset.role}.tif" for asset in _SCENES[number].assets]
        for path, asset in zip(paths, _SCENES[number].assets, strict=True):
            if not path.exists():
                path.write_bytes(b"".join(SimulatedSource().open(asset)))
        return read_image(paths[0]) * 1e-4, read_image(paths[1]), paths[0]
    return render


def _clear(first: datetime, last: datetime) -> list[int]:
    return [i for i, view in enumerate(_VIEWS) if first <= view.taken < last
            and view.cloud_share + view.cloud_shadow_share + view.outside_swath_share == 0]


def test_there_are_36_looks_in_two_years_in_order_of_time():
    taken = [scene.taken for scene in _SCENES]
    assert len(taken) == 36
    assert taken == sorted(set(taken))
    assert timedelta(days=690) < taken[-1] - taken[0] < timedelta(days=730)


def test_the_images_lie_on_the_sites_grid_and_have_the_bands_of_their_sensor(rendered):
    pixels, mask, path = rendered(0)
    info = describe(path)
    assert (info.grid, info.dtype) == (_SITE.grid, "uint16")
    assert pixels.shape == (len(SENSORS[_SCENES[0].sensor].bands), 200, 200)
    assert mask.shape == (8, 200, 200)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    asset = _SCENES[5].assets[0]
    once, again = (b"".join(SimulatedSource(seed=0).open(asset)) for _ in range(2))
    other = next(o for o in SimulatedSource(seed=1).find(_SITE, Span()) if isinstance(o, Scene))
    assert once == again
    assert b"".join(SimulatedSource(seed=1).open(other.assets[0])) != once


def test_only_looks_within_the_span_are_offered():
    span = Span(start=_SCENES[4].taken, end=_SCENES[9].taken)
    assert [offer.id for offer in SimulatedSource().find(_SITE, span)] == [scene.id for scene in _SCENES[4:9]]


def test_a_real_place_gets_no_simulated_image(site):
    offers = list(SimulatedSource().find(site, Span()))
    assert [isinstance(offer, Refusal) for offer in offers] == [True]


def test_an_asset_that_was_not_offered_is_not_rendered():
    with pytest.raises(ProviderError, match="not an asset"):
        list(SimulatedSource(seed=3).open(_SCENES[0].assets[0]))
    with pytest.raises(ProviderError, match="not an asset"):
        list(SimulatedSource().open(Asset(role="image", href="simulated:demo/0/999/image.tif")))


def test_an_unknown_scenario_is_refused():
    with pytest.raises(UsageError, match="There is: demo"):
        SimulatedSource(scenario="atlantis")


def test_a_new_roof_stays_and_a_removed_one_is_gone(rendered):
    new, gone = (_OBJECTS[name] for name in ("new-hall", "removed-hall"))

    def red(thing: str, numbers: list[int]) -> float:
        inside = coverage(_OBJECTS[thing].on_grid.buffer(-8), _SITE.grid) > 0.99
        return float(np.median([rendered(i)[0][2][inside].mean() for i in numbers]))

    long_ago, later = datetime(2022, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    field = red("new-hall", _clear(long_ago, new.phases[0][1].after))
    assert red("new-hall", _clear(new.happened.by, later)) > field + 0.1
    assert red("removed-hall", _clear(datetime(2023, 9, 5, tzinfo=UTC), later)) < \
        red("removed-hall", _clear(long_ago, gone.happened.after)) - 0.1


def test_controls_stay_as_they_are(rendered):
    clear = _clear(datetime(2022, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    for control in _SITE.controls:
        inside = coverage(control.outline.buffer(-5), _SITE.grid) > 0.99
        levels = np.array([np.median(rendered(i)[0][2][inside]) for i in clear])
        assert levels.std() / levels.mean() < 0.12, control.id


def test_the_true_shifts_are_those_of_the_images(rendered):
    summer = _clear(datetime(2022, 6, 1, tzinfo=UTC), datetime(2022, 8, 10, tzinfo=UTC))
    first, *others = summer
    window = cv2.createHanningWindow((200, 200), cv2.CV_64F)
    for other in others:
        (x, y), _ = cv2.phaseCorrelate(*(rendered(i)[0][2].astype(np.float64) for i in (first, other)), window)
        assert x == pytest.approx(_VIEWS[other].shift_x_px - _VIEWS[first].shift_x_px, abs=0.15)
        assert y == pytest.approx(_VIEWS[other].shift_y_px - _VIEWS[first].shift_y_px, abs=0.15)
    assert others


def test_masks_find_most_of_the_cloud_but_not_everything(rendered):
    number = max((i for i, view in enumerate(_VIEWS) if view.cloud_share < 0.5), key=lambda i: _VIEWS[i].cloud_share)
    pixels, mask, _ = rendered(number)
    bright = pixels[0] > 0.5
    assert bright.mean() > 0.05
    assert mask[0][bright].mean() < 0.02
    assert 0.2 < mask[0].mean() < 0.95


def test_what_the_swath_did_not_reach_is_masked(rendered):
    number = next(i for i, view in enumerate(_VIEWS) if view.outside_swath_share > 0)
    pixels, mask, _ = rendered(number)
    outside = (pixels == 0).all(axis=0)
    assert outside.mean() == pytest.approx(_VIEWS[number].outside_swath_share, abs=0.01)
    assert not mask[0][outside].any()


def test_shadows_are_long_in_winter(rendered):
    hall = next(reference for reference in _SITE.references if reference.id == "old-hall").outline
    moved = box(hall.bounds[0] + 10, hall.bounds[3] - 2, hall.bounds[2] - 10, hall.bounds[3] + 10).difference(hall)
    behind = coverage(moved, _SITE.grid) > 0.9

    def dark(number: int) -> float:
        nir = rendered(number)[0][3]
        return float(np.quantile(nir[behind], 0.25) / np.median(nir))

    winter = _clear(datetime(2023, 12, 1, tzinfo=UTC), datetime(2024, 1, 10, tzinfo=UTC))
    summer = _clear(datetime(2022, 6, 10, tzinfo=UTC), datetime(2022, 8, 1, tzinfo=UTC))
    assert max(map(dark, winter)) < min(map(dark, summer))
    assert _SCENES[winter[0]].sun_elevation_deg < 32
    assert _SCENES[summer[0]].sun_elevation_deg > 60


def test_the_sun_stands_in_the_south_east_before_noon():
    assert all(95 < scene.sun_azimuth_deg < 175 for scene in _SCENES)


def test_true_outlines_have_the_areas_that_were_built():
    assert area_m2(_OBJECTS["new-hall"].on_grid, _SITE.grid) == pytest.approx(72 * 36, rel=2e-3)
    thing = _OBJECTS["removed-hall"]
    assert thing.outline.equals_exact(to_lonlat(thing.on_grid, _SITE.grid), 1e-9)
    assert _SITE.area.contains(thing.outline)


def test_decoys_have_no_class_and_references_do_not_overlap_the_works():
    assert {name for name, thing in _OBJECTS.items() if thing.class_ is None} == {"stockpile", "field-track"}
    for known in (*_SITE.references, *_SITE.controls):
        assert not any(known.outline.intersects(thing.on_grid) for thing in _OBJECTS.values()), known.id


def test_the_place_is_one_where_nobody_lives():
    lon, lat = _SITE.area.centroid.coords[0]
    assert (lon, lat) == (pytest.approx(-40, abs=0.1), pytest.approx(38, abs=0.1))
