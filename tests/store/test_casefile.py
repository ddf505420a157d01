"""case.yaml: what is written reads back, and every mistake is named with file, line and key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shapely import LineString, Point, box

from sitewatch.changes import ChangesOptions
from sitewatch.errors import AreaError, CaseFileError, InputError, UsageError
from sitewatch.geo import picture_grid
from sitewatch.measurements import MeasurementsOptions
from sitewatch.model import construct
from sitewatch.report import ReportOptions
from sitewatch.stack import StackOptions
from sitewatch.store import NewCase, folder_source, open_sources, read_case, site_of_plan, write_case

STAGES = ("scenes", "stack", "changes")


@dataclass(frozen=True)
class Options:
    share: float = 0.5
    looks: int = 6
    zero: str = ""
    is_on: bool = True
    bands: tuple[float, ...] = ()
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Survey:
    gsd_m: float
    grid: object
    footprint: object
    is_georeferenced: bool


def test_a_written_case_reads_back_to_the_same_site(case, site):
    write_case(case, site, [{"kind": "folder", "path": "../a b", "sensor": None}], seed=3)
    read = read_case(case, STAGES)
    assert (read.site.slug, read.site.names, read.site.question, read.site.part_of, read.seed) == (
        site.slug, site.names, site.question, site.part_of, 3)
    assert read.site.grid == site.grid
    assert read.site.area.hausdorff_distance(site.area) < 1e-6
    for kind in ("references", "controls"):
        for one, other in zip(getattr(read.site, kind), getattr(site, kind), strict=True):
            assert one.id == other.id
            assert one.outline.hausdorff_distance(other.outline) < 0.02
    assert "#" in (case / "case.yaml").read_text()


def test_a_case_is_never_overwritten(case, earth):
    write_case(case, earth, [])
    before = (case / "case.yaml").read_bytes()
    with pytest.raises(InputError, match="already holds a case"):
        write_case(case, earth, [])
    assert (case / "case.yaml").read_bytes() == before
    (case.parent / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        write_case(case.parent / "file", earth, [])


def _text(case, earth):
    write_case(case, earth, [{"kind": "folder", "path": "images"}])
    return (case / "case.yaml").read_text()


@pytest.mark.parametrize(("old", "new", "key"), [
    ('slug: "hill-1"', 'slug: "Hill 1"', "site.slug"),
    ('slug: "hill-1"', "slug: 3", "site.slug"),
    ('  slug: "hill-1"\n', "", "site.slug"),
    ("  part_of:", "  part_off:", "site.part_off"),
    ("  part_of:", "  slug: a\n  part_of:", "site.slug"),
    ('- {text: "Hill 1",', '- {txt: "Hill 1",', "site.names[0].text"),
    ("gsd_m: 3.0", "gsd_m: 0", "site.grid.gsd_m"),
    ("gsd_m: 3.0", "gsd_m: .nan", "site.grid.gsd_m"),
    ("gsd_m: 3.0", "gsd_m: three", "site.grid.gsd_m"),
    ("gsd_m: 3.0, ", "", "site.grid.gsd_m"),
    ("width_px: 31", "width_px: 3.5", "site.grid.width_px"),
    ("width_px: 31", "width_px: 99999999", "site.grid.width_px"),
    ('"EPSG:32652"', '"EPSG:4326"', "site.grid.crs"),
    ('"EPSG:32652"', '"nonsense"', "site.grid.crs"),
    ('{id: "old hall", outline: {type: "Polygon"', '{id: "old hall", outline: {type: "Point"',
     "site.references[0].outline"),
    ('{id: "old hall"', '{id: "old hall", x: 1', "site.references[0].x"),
    ('area: {type: "Polygon"', 'area: {type: "Blob"', "site.area"),
    ('area: {type: "Polygon", coordinates: [[[12', 'area: {type: "Polygon", coordinates: [[[912', "site.area"),
    ("start: null", "start: yesterday", "scenes.start"),
    ("start: null", "start: 2024-13-01", "scenes.start"),
    ("end: null", "end: [1]", "scenes.end"),
    ("sources:\n", "sources: none\n#", "scenes.sources"),
    ("seed: 0", "seed: true", "seed"),
    ("seed: 0", "sed: 0", "sed"),
    ("seed: 0", "stack: 3", "stack"),
    ("seed: 0", "seed: 0\n\tx: 1", "file"),
    ("seed: 0", "seed: !!python/name:os.system x", "seed"),
    ("seed: 0", "seed: " + "9" * 5000, "seed"),
    ("seed: 0", "seed: " + "[" * 60, "file"),
    ("seed: 0", "seed: !!bool perhaps", "seed"),
    ("seed: 0", "seed: -1", "seed"),
    ("width_px: 31", "width_px: 7", "site.grid.width_px"),
])
def test_a_mistake_is_named_with_its_file_line_and_key(case, earth, old, new, key):
    text = _text(case, earth)
    assert old in text
    wrong = text.replace(old, new, 1)
    (case / "case.yaml").write_text(wrong)
    with pytest.raises(CaseFileError) as caught:
        read_case(case, STAGES)
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{case / 'case.yaml'}:{caught.value.line}: {key}: ")
    if not key.startswith("file"):
        name = re.sub(r"\[\d+\]", "", key).split(".")[-1]
        near = "\n".join(wrong.splitlines()[caught.value.line - 1:caught.value.line + 1])
        assert name in near or name in ("slug", "text", "gsd_m")


def test_the_line_of_an_unknown_key_is_its_own(case, earth):
    lines = _text(case, earth).splitlines()
    lines.insert(4, "  colour: red")
    (case / "case.yaml").write_text("\n".join(lines))
    with pytest.raises(CaseFileError, match=r"case\.yaml:5: site\.colour: is not known here"):
        read_case(case, STAGES)


def test_a_bomb_of_aliases_or_a_huge_file_is_refused_before_it_grows(case):
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    for text, says in ((bomb, "aliases"), ("#" * 1_000_001, "larger"), ("- 1", "not a table"), ("\xff", "UTF-8"),
                       ("", "not a table")):
        (case / "case.yaml").write_bytes(text.encode("latin-1"))
        with pytest.raises(CaseFileError, match=says):
            read_case(case, STAGES)


def test_a_folder_without_case_yaml_is_no_case(case):
    with pytest.raises(CaseFileError, match="no case"):
        read_case(case, STAGES)


def test_days_are_utc_and_the_end_lies_after_the_start(case, earth):
    text = _text(case, earth)
    (case / "case.yaml").write_text(text.replace("start: null", "start: 2024-06-01").replace(
        "end: null", "end: 2024-06-02T09:00:00+09:00"))
    span = read_case(case, STAGES).span
    assert (span.start, span.end) == (datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC))
    (case / "case.yaml").write_text(text.replace(": null  ", ": 2024-06-01  "))
    with pytest.raises(CaseFileError, match=r"scenes\.end"):
        read_case(case, STAGES)


@pytest.mark.parametrize(("table", "key"), [
    ("{shares: 1}", "stack.shares"), ("{share: much}", "stack.share"), ("{looks: 1.5}", "stack.looks"),
    ("{looks: true}", "stack.looks"), ("{is_on: 1}", "stack.is_on"), ("{bands: [1, x]}", "stack.bands"),
    ("{zero: [a]}", "stack.zero"), ("{share: .inf}", "stack.share"), ("{share: null}", "stack.share")])
def test_an_option_of_the_wrong_kind_is_named(case, earth, table, key):
    (case / "case.yaml").write_text(_text(case, earth).replace("seed: 0", f"stack: {table}\nseed: 0"))
    with pytest.raises(CaseFileError) as caught:
        read_case(case, STAGES).options_of("stack", Options)
    assert caught.value.key == key
    assert caught.value.line == (case / "case.yaml").read_text().splitlines().index(f"stack: {table}") + 1


def test_options_take_their_values_and_the_seed_of_the_case(case, earth):
    text = _text(case, earth).replace("seed: 0", "seed: 7\nstack:\n  share: 1\n  bands: [1, 2.5]\n  is_on: false")
    (case / "case.yaml").write_text(text)
    assert read_case(case, STAGES).options_of("stack", Options) == Options(
        share=1.0, bands=(1.0, 2.5), is_on=False, seed=7)
    (case / "case.yaml").write_text(text + "\n  seed: 9\n")
    assert read_case(case, STAGES).options_of("stack", Options).seed == 9


def test_a_source_gets_paths_relative_to_the_case(case, earth):
    def make(path: Path, sensor: str | None = None, gsd_m: float | None = None) -> tuple:
        return path, sensor, gsd_m
    write_case(case, earth, [{"kind": "folder", "path": "../images", "gsd_m": 3}])
    table = read_case(case, STAGES).sources[0].copy()
    assert table.take("kind", str) == "folder"
    assert construct(make, table, case) == (case / "../images", None, 3.0)


@pytest.mark.parametrize(("entry", "problem"), [
    ({"path": "~nobody-of-that-name/images"}, "no home"), ({"gsd_m": 3}, r"sources\[0\].path: is missing. Add `path:`"),
    ({"path": "x", "gsd_m": -1}, "refused")])
def test_a_source_that_cannot_be_made_is_named_with_its_line(case, earth, entry, problem):
    def make(path: Path, gsd_m: float | None = None) -> None:
        raise UsageError("refused" if gsd_m else "no home" if "nobody" in str(path) else "")
    write_case(case, earth, [entry])
    table = read_case(case, STAGES).sources[0]
    with pytest.raises(CaseFileError, match=problem) as caught:
        construct(make, table, case)
    assert caught.value.line == table.line


def test_a_folder_in_the_home_of_nobody_counts_as_gone(case, earth):
    write_case(case, earth, [{"kind": "folder", "path": "~nobody-of-that-name/images"}])
    sources, gone = open_sources(read_case(case, STAGES).sources, case)
    assert (sources, gone) == ({}, [str(case / "~nobody-of-that-name/images")])


def _picture_survey():
    return Survey(gsd_m=0.5, grid=picture_grid(40, 30, 1.0), footprint=None, is_georeferenced=False)


def _earth_survey(earth):
    return Survey(gsd_m=3.0, grid=earth.grid, footprint=earth.area, is_georeferenced=True)


def test_a_new_site_lies_on_the_pixels_of_its_images(case, earth):
    site = site_of_plan(case, NewCase(name="Hill 1: the \x1b[31mnorth\nend"), _earth_survey(earth))
    assert (site.grid.affine.c - earth.grid.affine.c) % 3.0 == pytest.approx(0, abs=1e-6)
    assert (site.grid.crs, site.slug) == (earth.grid.crs, "hill-1-the-31mnorth-end")
    assert site.name == "Hill 1: the [31mnorth end"
    assert site_of_plan(case, NewCase(name="언덕"), _earth_survey(earth)).slug == "site"


def test_pictures_without_georeference_have_a_site_in_their_own_frame(case, tmp_path):
    references = tmp_path / "r.geojson"
    references.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "A"},'
                          '"geometry": {"type": "Polygon", "coordinates": [[[0,0],[10,0],[10,5],[0,5],[0,0]]]}}]}')
    site = site_of_plan(case, NewCase(references=references), _picture_survey())
    assert (site.grid.crs, site.gsd_m, site.area.area) == (None, 0.5, 40 * 30 * 0.25)
    assert site.references[0].outline.bounds == (0.0, -2.5, 5.0, 0.0)
    write_case(case, site, [])
    assert read_case(case, STAGES).site == site
    with pytest.raises(AreaError, match="no georeference"):
        site_of_plan(case, NewCase(area=site.area), _picture_survey())


@pytest.mark.parametrize(("geometry", "says"), [
    ('{"type": "Point", "coordinates": [1, 1]}', "not one Polygon"),
    ('{"type": "Polygon", "coordinates": [[[900,900],[910,900],[910,905],[900,900]]]}', "outside the site"),
    ("nonsense", "GeoJSON")])
def test_a_reference_that_cannot_be_used_is_refused(case, tmp_path, geometry, says):
    file = tmp_path / "r.geojson"
    file.write_text(geometry)
    with pytest.raises(AreaError, match=says):
        site_of_plan(case, NewCase(references=file), _picture_survey())
    with pytest.raises(InputError, match="nothing"):
        site_of_plan(case, NewCase(controls=tmp_path / "nothing.geojson"), _picture_survey())


def test_an_area_far_from_the_images_is_refused(case, earth):
    with pytest.raises(AreaError, match="no ground in common"):
        site_of_plan(case, NewCase(area=box(10, 50, 10.01, 50.01)), _earth_survey(earth))


@pytest.mark.parametrize(("area", "says"), [
    (LineString([(129, 39.7), (129.001, 39.8)]), "encloses no ground"),
    (Point(129.0005, 39.7502), "encloses no ground"), (Point(129.0005, 39.7502).buffer(1e-5), "at least 8 to a side")])
def test_an_area_without_ground_is_refused_before_anything_is_made(case, earth, area, says):
    assert area.intersects(earth.area)
    with pytest.raises(AreaError, match=says):
        site_of_plan(case, NewCase(area=area), _earth_survey(earth))


def test_the_images_path_is_relative_only_near_the_case(case, tmp_path):
    assert folder_source(case, NewCase(images=case / "in"))["path"] == "in"
    assert folder_source(case, NewCase(images=tmp_path / "images"))["path"] == "../images"
    far = Path(tmp_path.anchor) / "somewhere" / "else"
    assert folder_source(case, NewCase(images=far))["path"] == str(far)
    with pytest.raises(InputError, match="needs images"):
        folder_source(case, NewCase())
    with pytest.raises(InputError, match="no file"):
        folder_source(case, NewCase(images=case, dates=case / "dates.csv"))


@pytest.mark.parametrize(("stage", "table", "problem"), [
    ("changes", "{false_alarms_per_year: 0}", "above 0"), ("changes", "{shuffles: 0}", "above 0"),
    ("changes", "{min_looks: 0}", "above 0"), ("changes", "{max_return: 20}", "between 0 and 1"),
    ("stack", "{min_looks: 0}", "above 0"), ("stack", "{min_clear_share: 30}", "between 0 and 1"),
    ("measurements", "{level: 90}", "between 0 and 1"), ("report", "{enlarge: bicubicc}", "bicubicc"),
    ("report", "{figure_width_px: 0}", "above 0"), ("report", "{low_percentile: 100}", "below high_percentile")])
def test_an_option_that_means_nothing_is_refused_with_its_line(case, earth, stage, table, problem):
    (case / "case.yaml").write_text(_text(case, earth).replace("seed: 0", f"{stage}: {table}\nseed: 0"))
    line = (case / "case.yaml").read_text().splitlines().index(f"{stage}: {table}") + 1
    kind = {"changes": ChangesOptions, "measurements": MeasurementsOptions, "report": ReportOptions,
            "stack": StackOptions}[stage]
    with pytest.raises(CaseFileError, match=problem) as caught:
        read_case(case, (*STAGES, "measurements", "report")).options_of(stage, kind)
    assert caught.value.line == line


@pytest.mark.parametrize(("crs", "left", "top"), [("EPSG:3857", 14_204_000, 4_852_000), ("EPSG:32652", 9e7, 4_400_000)])
def test_a_grid_whose_metres_are_not_those_of_the_ground_is_refused(case, earth, crs, left, top):
    grid = f'grid: {{crs: "{crs}", gsd_m: 3.0, left: {left}, top: {top}, width_px: 30, height_px: 20}}'
    (case / "case.yaml").write_text(re.sub("grid: {.*}", grid, _text(case, earth)))
    with pytest.raises(CaseFileError, match=r"site\.grid\.crs: its metres are not those of the ground"):
        read_case(case, STAGES)
