"""What stands on the page, in which order, and that it is safe to open."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.report.yard import (
    BRACKET,
    hall,
    site_in_a_picture,
    site_on_earth,
    stack_of,
    structure_at,
    text_of,
    world_of,
)

from sitewatch.model import Findings, Measurements, Name
from sitewatch.report import ReportOptions

_SMALL = ReportOptions(figures=2, figure_width_px=120, map_width_px=120)


class _Tags(HTMLParser):
    """Every tag with its attributes, every heading's text, and which tags were left open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.mismatched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "input", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mismatched.append(tag)


def test_every_tag_that_is_opened_is_closed(page):
    tags = _Tags(page)
    assert tags.mismatched == []
    assert tags.open == []


def test_the_page_begins_with_the_finding_and_tells_things_in_their_order(page):
    headings = re.findall(r"<h[12][^>]*>(.*?)</h[12]>", page)
    assert text_of(headings[0]).startswith("New structure at Yard")
    assert headings[1:] == ["The place", "What was found", "When it was seen", "How big it is",
                            "What the images cannot tell", "Looked at and set aside", "How it was done",
                            "How it was aligned", "The images", "Check it yourself", "Words"]


def test_the_bottom_line_has_three_sentences_and_the_inference_comes_last(page):
    line = page[page.index('class="bottom-line"'):page.index('class="reviewed"')]
    assert re.findall(r'class="layer">([a-z ]+)<', line) == ["seen", "measured", "inferred"]


def test_the_page_says_what_was_done_to_the_pictures_and_promises_no_sure_find(page):
    assert "resampled once, brought to the scale of the other looks by one line per band, and enlarged" in page
    assert "for sure" not in page


def test_the_page_asks_for_nothing_from_a_network(page):
    tags = _Tags(page).tags
    addresses = [value for _, attributes in tags for name, value in attributes.items()
                 if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href")]
    assert addresses
    assert [address for address in addresses if re.match(r"[a-z]+:|//", address or "")] == []
    assert re.findall(r"https?://|url\(|@import|fetch\(|XMLHttpRequest|sendBeacon|WebSocket", page) == []


def test_the_policy_forbids_all_but_the_pages_own_style_script_and_pictures(page):
    policy = next(a["content"] for tag, a in _Tags(page).tags
                  if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for element in ("style", "script"):
        content = re.findall(f"<{element}>(.*?)</{element}>", page, re.S)
        assert len(content) == 1
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert [a for _, a in _Tags(page).tags if "style" in a or any(name.startswith("on") for name in a)] == []


def test_every_picture_on_the_page_is_in_the_report_and_the_other_way_round(world):
    files = world.report().files
    shown = set(re.findall(r'(?:src|href)="([^"#]+)"', files["index.html"].decode()))
    assert shown == set(files) - {"index.html"}


def test_every_picture_has_an_alternative_text_and_every_drawing_a_name_or_is_hidden(page):
    for tag, attributes in _Tags(page).tags:
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg" and "row" in (attributes.get("class") or "").split():
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"


@pytest.mark.parametrize("name", ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
                                  "{{ 7 * 7 }}{% raw %}", "'; alert(1); //", "</style><script>alert(1)</script>"])
def test_a_name_from_a_case_cannot_run_a_script(name):
    site = replace(site_on_earth(name), part_of=name, question=name,
                   names=(Name(text=name), Name(text=name, language=name, romanisation=name)))
    site = replace(site, references=(replace(site.references[0], id=name),),
                   controls=(replace(site.controls[0], id=name),))
    stack = stack_of(site, attribution=name, licence=name)
    stack = replace(stack, fits=(*stack.fits[:-1], replace(stack.fits[-1], why_not=name)))
    world = world_of(site, (structure_at(hall(site), label=name, reasons=(name,)),), stack, title=name)
    records = tuple(replace(m, why_not=m.why_not and name) for m in world.measurements)
    page = replace(world, measurements=replace(world.measurements, records=records)).page(_SMALL)
    plain = world_of().page(_SMALL)
    tags = _Tags(page)
    assert [tag for tag, _ in tags.tags].count("script") == 1
    assert {tag for tag, _ in tags.tags} <= {tag for tag, _ in _Tags(plain).tags} | {"h3", "p"}
    assert [a for _, a in tags.tags if any(key.startswith("on") for key in a)] == []
    assert tags.mismatched == []
    assert text_of(page).count(name) > 10 or name.startswith(("<script", "</style"))


def test_names_of_another_direction_are_kept_apart_from_the_text_around_them():
    site = site_on_earth("ساحة")
    page = world_of(site, (structure_at(hall(site), label="مبنى"),)).page(_SMALL)
    assert "<bdi lang=\"en\">ساحة</bdi>" in page
    assert len(re.findall("<bdi>مبنى</bdi>", page)) >= 4
    assert re.search(r'<h1 dir="auto">', page)


def test_a_very_long_name_is_shown_whole_and_may_break_anywhere():
    name = "Yard" * 400
    page = world_of(site_on_earth(name)).page(_SMALL)
    assert name in page
    assert "overflow-wrap: anywhere" in page


def test_the_key_number_is_that_of_the_thing_in_the_key_figure(page):
    told = text_of(page[page.index('class="key-number"'):page.index('class="bottom-line"')])
    assert re.search(r"\d+ \[\d+, \d+\] m² footprint of Structure A, with its 90 % interval", told)


def test_without_a_number_or_a_change_there_is_no_key_number(world):
    bare = replace(world, measurements=Measurements(site=world.site, records=()))
    assert 'class="key-number"' not in bare.page(_SMALL)
    assert 'class="key-number"' not in world_of(structures=()).page(_SMALL)


def test_same_inputs_give_the_same_bytes(world):
    again = world_of()
    assert world.report().files == again.report().files


def test_nothing_of_one_machine_and_no_time_of_the_build_is_on_the_page(page):
    text = text_of(page)
    assert "/nowhere" not in page
    kept = world_of().stack.scenes.scenes[0].assets[0].kept
    assert kept is not None
    assert f"{kept.fetched_at:%Y-%m-%d}" not in text


def test_simulated_images_are_called_simulated_at_the_top():
    site = site_on_earth()
    page = world_of(site, stack=stack_of(site, taken_from="simulated")).page(_SMALL)
    assert "The images on this page are simulated." in text_of(page[:page.index("</header>")])
    assert "simulated" not in text_of(world_of(site).page(_SMALL))


def test_a_site_where_nothing_changed_shows_the_whole_site_early_and_late():
    world = world_of(structures=(), title="No new or removed structure seen at Yard")
    report = world.report(_SMALL)
    page = report.files["index.html"].decode()
    assert {"pictures/site-before.jpg", "pictures/site-after.jpg"} <= set(report.files)
    assert "No structure was found that appeared, vanished or was altered." in text_of(page)


def test_without_georeference_the_page_says_what_cannot_be_known():
    site = site_in_a_picture()
    text = text_of(world_of(site).page(_SMALL))
    assert "north is not known" in text
    assert "The images carry no georeference" in text
    assert "° N" not in text
    assert "true north" not in text


def test_a_structure_without_measurements_is_told_all_the_same(world):
    bare = replace(world, measurements=Measurements(site=world.site, records=()))
    text = text_of(bare.page(_SMALL))
    assert "Structure A Not measured." in text


@pytest.mark.parametrize(("count", "most_bytes"), [(40, 15e6), (300, 30e6)])
def test_many_structures_get_a_page_that_can_be_sent(count, most_bytes):
    site = site_on_earth()
    many = tuple(structure_at(hall(site, 2 + 4 * (i % 22), 2 + 4 * (i // 22 % 20), 3, 3), i, f"Hall {i}")
                 for i in range(count))
    files = world_of(site, many).report(ReportOptions()).files
    assert sum(map(len, files.values())) < most_bytes
    page = files["index.html"].decode()
    assert page.count('class="compare"') == ReportOptions().figures
    assert page.count("<article id=") == count
    signs = re.findall(r'<tr><td><span class="letter new">([A-Z]+)</span>', page)
    assert len(set(signs)) == count


def test_the_letters_in_the_pictures_are_those_of_the_sentences():
    site = site_on_earth()
    named = (structure_at(hall(site), 0, "Structure C"), structure_at(hall(site, 60, 10), 1, "Structure A"))
    page = world_of(site, named).page(_SMALL)
    row = r'<tr><td><span class="letter new">([A-Z]+)</span></td><th scope="row">(?:<a[^>]*>)?<bdi>(.*?)</bdi>'
    key = re.findall(row, page)
    assert key == [("C", "Structure C"), ("A", "Structure A")]


def test_every_finding_is_on_the_page(world):
    extra = tuple(replace(f, text=f"{f.text} Number {i}.") for i, f in enumerate([*world.findings] * 3))
    text = text_of(replace(world, findings=Findings(site=world.site, title="T", records=extra)).page(_SMALL))
    assert [f.text for f in extra if f.text.replace("\N{NO-BREAK SPACE}", " ") not in
            text.replace("\N{NO-BREAK SPACE}", " ")] == []


def test_rejected_candidates_are_counted_by_reason_and_listed_with_it(page):
    text = text_of(page)
    assert "2 candidates were rejected" in text
    assert "2 × it went back in … % of the looks" in text
    assert "it went back in 63 % of the looks" in text
    assert "1 place where the ground changed and stayed so" in text


def test_the_way_back_is_on_the_page(world, page):
    text = text_of(page)
    for wanted in ("sitewatch verify .", "0.1.0", "c0ffee", "5ac4", "c4a9", f"{3:064x}"):
        assert wanted in text


def test_scenes_not_used_are_listed_with_their_reason(page):
    text = text_of(page)
    assert "scene-10 haze over all of it" in text
    assert "notes.txt is not an image" in text


def test_each_used_scene_has_its_shift_in_pixels_and_metres_its_licence_and_credit(page):
    row = text_of(page[page.index("Used: day, shift"):])
    assert ("2022-02-10 10:30 scene-0 98 % 0.42, −1.30 ± 0.06 px 1.3, −3.9 ± 0.2 m 44°, 3° "
            "CC-BY-4.0 Image © 2024 Provider") in row


def test_what_placed_a_scene_its_snow_and_how_its_counts_became_units_stand_with_it(world):
    told = [{"placement": "shift", "snow_share": 0.31, "scaling": "reflectance = counts / 10000"},
            {"placement": "affine", "snow_share": None, "scaling": "as <b>told</b> by the file"}]
    fits = tuple(replace(fit, **told[i == 3]) for i, fit in enumerate(world.stack.fits))
    page = replace(world, stack=replace(world.stack, fits=fits)).page(_SMALL)
    text = text_of(page[page.index("Used: day, shift"):])
    assert "scene-0 98 % 31 % 0.42, −1.30 ± 0.06 px 1.3, −3.9 ± 0.2 m 44°" in text
    assert "scene-3 98 % – 0.42, −1.30 ± 0.06 px 1.3, −3.9 ± 0.2 m; affine 44°" in text
    assert "9 scenes: reflectance = counts / 10000" in text
    assert "1 scene (2022-08-09): as <b>told</b> by the file" in text
    alike = tuple(replace(fit, scaling="grey levels as delivered") for fit in world.stack.fits)
    page = replace(world, stack=replace(world.stack, fits=alike)).page(_SMALL)
    assert "How counts became units: grey levels as delivered." in text_of(page)


def test_nothing_moves_unless_a_reader_asks_for_it_and_never_for_one_who_wants_less_motion(page):
    style, script = (re.findall(f"<{name}>(.*?)</{name}>", page, re.S)[0] for name in ("style", "script"))
    moving = re.findall(r"([^{}]+)\{[^{}]*animation: (?!none)", style)
    assert [rule.strip().startswith(".is-flicker >") for rule in moving] == [True]
    assert re.search(r"prefers-reduced-motion: reduce\) \{ \.is-flicker > \.after \{ animation: none", style)
    assert 'choice(still ? "Only after" : "Flicker"' in script
    seconds = float(re.search(r"flicker ([\d.]+)s", style)[1])
    assert 2 / seconds < 3   # flashes per second, WCAG 2.3.1


def test_an_event_has_a_bracket_and_never_a_single_day(page):
    assert str(BRACKET) == "between 2022-10-08 and 2022-12-07"
    assert text_of(page).count(str(BRACKET)) >= 3
    assert not re.search(r"\b(built|appeared|happened) on \d{4}", text_of(page))


def test_a_case_without_any_usable_look_still_has_a_page_that_says_so(world):
    fits = tuple(replace(fit, used=False, why_not="cloud") for fit in world.stack.fits)
    stack = replace(world.stack, fits=fits, data=world.stack.data.isel(time=slice(0, 0)))
    report = replace(world, stack=stack).report(_SMALL)
    assert set(report.files) == {"index.html"}
    text = text_of(report.files["index.html"].decode())
    assert "There are no two clear looks that could be shown side by side." in text
    assert "0 scenes were used; 12 were not." in text


def test_every_word_that_the_page_explains_is_one_of_the_projects_words(page):
    words = (Path(__file__).parents[2] / "docs" / "words.md").read_text()
    terms = [term for dt in re.findall("<dt>(.*?)</dt>", page) for term in dt.split(", ")]
    assert len(terms) > 15
    assert [term for term in terms if f"**{term}**" not in words and f"*{term}*" not in words] == []


def test_every_colour_of_text_has_contrast_enough_on_white(page):
    colours = dict(re.findall(r"--(\w+): #([0-9a-f]{6})", page))
    assert {"ink", "soft", "new", "removed", "altered", "works", "reference", "control"} <= set(colours)
    for name in set(colours) - {"rule", "paper"}:
        assert _contrast_on_white(colours[name]) >= 4.5, name   # WCAG 2.1 AA


def _contrast_on_white(colour: str) -> float:
    parts = [int(colour[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_the_page_says_how_often_roofs_are_missed_as_it_was_measured(page):
    measured = (Path(__file__).parents[2] / "docs" / "uncertainty.md").read_text()
    assert "83 of 154 were missed" in text_of(page)
    assert "83 of the 154 roofs were missed" in measured


def test_of_hundreds_of_structures_a_few_are_shown_at_once_and_none_is_left_out():
    site = site_on_earth()
    halls = [hall(site, 2 + 4 * (n % 20), 2 + 5 * (n // 20), 3, 3) for n in range(300)]
    many = tuple(structure_at(outline, n, f"Hall {n}") for n, outline in enumerate(halls))
    world = world_of(site, many)
    unseen = replace(world.stack, data=world.stack.data.isel(time=slice(0, 0)))   # without pictures, which take long
    page = replace(world, stack=unseen).page()
    closed = re.sub(r'<details class="why">.*?</details>', "", page)
    closed = re.sub(r"<details[^>]*>.*?</details>", "", closed, flags=re.S)
    for start, end in (("found", "when"), ("when", "size"), ("size", "unknown")):
        whole = page[page.index(f'id="{start}"'):page.index(f'id="{end}"')]
        assert [n for n in range(300) if f">Hall {n}<" not in whole] == []
        at_once = closed[closed.index(f'id="{start}"'):closed.index(f'id="{end}"')]
        assert 10 < len(set(re.findall(r">(Hall \d+)<", at_once))) <= 24 + ReportOptions().figures
    heads = [row.count('<th scope="col"') for row in re.findall("<thead>.*?</thead>", page, re.S)]
    assert max(heads) <= 9   # more columns would leave the paper
    assert page.count('<table class="sizes">') == 13   # each with its head
    told = set(re.findall('<article id="(structure-[^"]+)"', page))
    assert set(re.findall('href="#(structure-[^"]+)"', page)) == told
