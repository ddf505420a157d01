"""Copies with what is drawn over them: each large picture, whole in one file, with its day, scene and credit."""

from __future__ import annotations

import re
from base64 import b64decode
from xml.etree import ElementTree as ET

from tests.report.yard import hall, site_on_earth, stack_of, structure_at, world_of

from sitewatch.report import ReportOptions
from sitewatch.store._compare import difference

_SVG = "{http://www.w3.org/2000/svg}"
_SMALL = ReportOptions(figure_width_px=240, map_width_px=240)


def _copies(world) -> dict[str, bytes]:
    return {name: data for name, data in world.report(_SMALL).files.items() if name.endswith("-annotated.svg")}


def test_every_large_picture_has_a_clean_copy_and_one_with_its_outlines(world):
    files = world.report(_SMALL).files
    page = files["index.html"].decode()
    copies = _copies(world)
    assert set(copies) == {f"pictures/{name}-annotated.svg" for name in
                           ("structure-a-before", "structure-a-after", "map")}
    for name, data in copies.items():
        clean = name.replace("-annotated.svg", ".jpg")
        assert f'href="{name}"' in page
        assert f'href="{clean}"' in page
        assert b64decode(re.search(rb";base64,([^\"]+)", data)[1]) == files[clean]


def test_a_copy_names_its_day_scene_credit_and_licence_and_asks_for_nothing(world):
    for data in _copies(world).values():
        root = ET.fromstring(data)
        text = " ".join("".join(node.itertext()) for node in root.findall(f"{_SVG}text"))
        assert re.search(r"\d{4}-\d\d-\d\d", text)
        assert "Scene scene-" in text
        assert "Image © 2024 Provider. Licence: CC-BY-4.0." in text
        assert [node for node in root.iter() for key, value in node.attrib.items()
                if key.endswith("href") and not value.startswith("data:image/")] == []
        assert {"polygon", "image"} <= {node.tag.removeprefix(_SVG) for node in root.iter()}


def test_a_name_or_a_credit_with_markup_stays_text():
    name = "<script>alert(1)</script>&\u202e홀"
    site = site_on_earth()
    world = world_of(site, (structure_at(hall(site), label=name),), stack_of(site, attribution=name, licence=name))
    for data in _copies(world).values():
        root = ET.fromstring(data)
        assert [node for node in root.iter() if node.tag.endswith("script")] == []
        assert name.replace("\u202e", "") in "".join(root.itertext())   # without the letter that turns its neighbours


def test_a_copy_whose_picture_was_swapped_is_another_copy(world):
    before, after = (data for name, data in sorted(_copies(world).items()) if "structure" in name)
    one, other = (re.search(rb";base64,([^\"]+)", data)[1] for data in (before, after))
    assert difference(before, before.replace(one, other)) == "a picture in it shows something else"
    assert difference(before, replace_text(before)) is not None


def replace_text(data: bytes) -> bytes:
    """The same copy with another name in it."""
    return data.replace(b"Structure A", b"Structure B")
