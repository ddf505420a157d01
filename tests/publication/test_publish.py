"""What is published: the same bytes everywhere, what licences allow, nothing that is the author's alone."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.publication.conftest import STATED, restated
from tests.publication.edits import members

from sitewatch.case import STAGES, Case
from sitewatch.errors import CaseFileError, InputError
from sitewatch.model import Decision, Structures
from sitewatch.publication import draft, publish, verify_published
from sitewatch.report import LICENCES
from sitewatch.report._checklist import CHECKLIST

_ATOM = "{http://www.w3.org/2005/Atom}"


def _bytes(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_case_published_twice_and_in_another_folder_gives_the_same_bytes(case, tmp_path):
    first = _bytes(publish(case).path)
    assert _bytes(publish(Case.open(case.folder)).path) == first
    shutil.copytree(case.folder, tmp_path / "elsewhere" / "copy")
    assert _bytes(publish(Case.open(tmp_path / "elsewhere" / "copy")).path) == first


def test_the_evidence_tells_nothing_of_the_authors_machine(case, images, tmp_path):
    file = case.folder / "case.yaml"
    file.write_text(file.read_text() + "# my note to myself\n")
    for name, data in members(publish(Case.open(case.folder)).evidence.read_bytes()).items():
        assert str(tmp_path).encode() not in data, name
        assert b"note to myself" not in data, name


def test_an_open_licence_lets_the_images_be_passed_on(case):
    made = publish(case)
    assert {permit.allows for permit in made.permits.values()} == {"pixels"}
    held = members(made.evidence.read_bytes())
    assert {name: data for name, data in held.items() if name.startswith("case/pixels/")} == {
        f"case/{p.relative_to(case.folder).as_posix()}": p.read_bytes() for p in case.folder.glob("pixels/*/*")}


@pytest.mark.parametrize(("scenes", "why"), [
    ('{licence: null, credit: "© A"}', "no licence is recorded"),
    ('{licence: House terms 7, credit: "© A"}', "what the licence House terms 7 allows is not known"),
    ('{licence: CC-BY-NC-4.0, credit: "© A"}', "not commercial")])
def test_what_no_licence_is_known_to_allow_is_withheld_and_said_so(case, scenes, why):
    made = publish(restated(case, STATED.replace('{licence: CC-BY-4.0, credit: "Image © 2024 Hill Air"}', scenes)))
    held = members(made.evidence.read_bytes())
    assert not [name for name in held if name.startswith("case/pixels/")]
    page = held["report/index.html"].decode()
    assert why in page
    assert "withheld, only outlines are shown" in page
    shown = {name: data for name, data in held.items() if name.startswith("report/pictures/")}
    pictures = {data for name, data in shown.items() if not name.endswith(".svg")}
    assert len({len(data) for data in pictures}) <= 2  # one even grey, in the shapes of the windows
    for data in (data for name, data in shown.items() if name.endswith(".svg")):
        assert b64decode(re.search(rb";base64,([^\"]+)", data)[1]) in pictures
        assert b"Image withheld." in data
    crate = json.loads(held["ro-crate-metadata.json"])
    kept = [entry for entry in crate["@graph"] if entry["@id"].startswith("#withheld-")]
    assert len(kept) == 3
    assert why in kept[0]["conditionsOfAccess"]


@pytest.mark.parametrize("allows", ["figure", "reduced"])
def test_an_authors_own_contract_decides_how_much_is_shown(case, allows):
    terms = f'  licences: [{{id: House terms 7, allows: {allows}, source: "contract 7, section 4"}}]\n'
    text = STATED.replace("licence: CC-BY-4.0, credit", "licence: House terms 7, credit") + terms
    full = members(publish(case).evidence.read_bytes())["report/pictures/map.jpg"]
    shutil.rmtree(case.folder / "published")
    held = members(publish(restated(case, text)).evidence.read_bytes())
    assert not [name for name in held if name.startswith("case/pixels/")]
    assert (held["report/pictures/map.jpg"] == full) is (allows == "figure")
    assert "contract 7, section 4" in held["report/index.html"].decode()
    assert ("shown at half its resolution" in held["report/index.html"].decode()) is (allows == "reduced")


def test_a_picture_without_a_credit_line_is_not_published(case):
    with pytest.raises(InputError, match=r"image before: .*publish\.scenes"):
        publish(restated(case, STATED.replace(', credit: "Image © 2024 Hill Air"', "")))
    assert not (case.folder / "published").exists()


def test_the_page_leads_to_what_lies_beside_it(case):
    made = publish(case)
    links = re.findall(r'<a href="([^"#/]+)">', (made.path / "index.html").read_text(encoding="utf-8"))
    assert {"case.gpkg", "case.qgz", "case.kmz", "feed.xml", "evidence.zip"} <= set(links)
    assert "report.pdf" not in links
    assert [name for name in links if not (made.path / name).is_file()] == []


def test_a_case_in_which_nothing_changed_is_published_and_verified_like_any_other(case, monkeypatch):
    def nothing(changes, stack):
        return Structures(site=stack.site, records=())

    monkeypatch.setitem(STAGES, "structures", STAGES["structures"]._replace(function=nothing))
    made = publish(case)
    page = (made.path / "index.html").read_text(encoding="utf-8")
    assert "Nothing was measured" in page
    assert "No structure changed" in page or "So few looks date nothing" in page
    assert [check for check in verify_published(made.path) if check.holds is not True] == []


def test_no_pixels_means_none_whatever_the_licence(case):
    made = publish(case, no_pixels=True)
    assert {permit.allows for permit in made.permits.values()} == {"outline"}
    assert not [name for name in members(made.evidence.read_bytes()) if name.startswith("case/pixels/")]


def test_a_version_is_never_edited_in_silence(case):
    publish(case)
    other = restated(case, STATED.replace("Hill Watch", "Vale Watch"))
    with pytest.raises(InputError, match=r"publish\.version"):
        publish(other)
    told = "  corrections: [{version: 2, date: 2024-05-01, text: The publisher.}]\n"
    publish(restated(case, STATED.replace("version: 1", "version: 2") + told))


def test_a_new_version_says_what_the_one_before_said(case):
    publish(case)
    second = restated(case, STATED.replace("version: 1", "version: 2").replace("2024-04-01", "2024-05-01") + (
        "  corrections: [{version: 2, date: 2024-05-01, text: The name was wrong.}]\n"))
    page = (publish(second).path / "index.html").read_text()
    assert "Version 1 of 2024-04-01" in page.replace('<time datetime="2024-04-01">', "")
    assert "The name was wrong." in page
    assert "It said the same." in page
    feed = ET.parse(second.folder / "published" / "feed.xml").getroot()
    titles = [title.text for title in feed.findall("{*}entry/{*}title")]
    assert titles == ["Version 2: A hall at Hill", "Version 1: A hall at Hill"]
    assert "The name was wrong." in feed.find("{*}entry/{*}content").text
    assert [check for check in verify_published(second.folder / "published") if check.holds is not True] == []
    assert "New in this one" not in page


def test_a_new_version_lists_the_sentences_that_went_and_that_came(case):
    publish(case)
    case.freeze("ana", ["f-1"], text="In 3 looks its roof measures the same")
    second = restated(case, STATED.replace("version: 1", "version: 2") + (
        "  corrections: [{version: 2, date: 2024-05-01, text: The wording.}]\n"))
    page = (publish(second).path / "index.html").read_text(encoding="utf-8")
    section = page[page.index("Since the last report"):]
    gone, came = section.index("It said, and this one does not:"), section.index("New in this one:")
    assert gone < section.index("630.0 m² in 3 looks") < came < section.index("In 3 looks its roof measures the same")
    assert "It said the same." not in section


def test_an_older_version_stays_beside_the_new_one_as_it_was(case):
    first = _bytes(publish(case).path)
    told = "  corrections: [{version: 2, date: 2024-05-01, text: The publisher.}]\n"
    second = restated(case, STATED.replace("version: 1", "version: 2").replace("Hill Watch", "Vale Watch") + told)
    made = publish(second)
    assert _bytes(case.folder / "published-1") == first
    assert not [name for name in members(made.evidence.read_bytes()) if "published" in name]
    again = _bytes(made.path)
    assert _bytes(publish(Case.open(case.folder)).path) == again   # the same version replaces nothing but itself
    assert _bytes(case.folder / "published-1") == first
    shutil.rmtree(made.path)
    with pytest.raises(InputError, match="published-1"):
        publish(restated(case, STATED.replace("Hill Watch", "Dale Watch")))


def test_a_copy_of_the_older_version_that_breaks_off_leaves_it_where_it_was(case, monkeypatch):
    first = _bytes(publish(case).path)
    second = restated(case, STATED.replace("version: 1", "version: 2") + (
        "  corrections: [{version: 2, date: 2024-05-01, text: The name.}]\n"))

    def breaking(source, target, **_):
        shutil.copy(source / "index.html", target)
        raise OSError("no room is left")

    with monkeypatch.context() as broken:
        broken.setattr("shutil.copytree", breaking)
        with pytest.raises(OSError, match="no room"):
            publish(second)
    assert _bytes(case.folder / "published") == first
    assert not (case.folder / "published-1").exists()
    publish(second)
    assert _bytes(case.folder / "published-1") == first
    assert not list(case.folder.glob(".sitewatch-*"))


def test_a_feed_reader_meets_each_version_once(case):
    """RFC 4287: what an entry must hold, and ids that stay."""
    def feed() -> ET.Element:
        return ET.parse(case.folder / "published" / "feed.xml").getroot()

    publish(case)
    first = feed().findtext(f"{_ATOM}entry/{_ATOM}id")
    told = "  corrections: [{version: 2, date: 2024-05-01, text: The name.}]\n"
    publish(restated(case, STATED.replace("version: 1", "version: 2") + told))
    entries = feed().findall(f"{_ATOM}entry")
    ids = [entry.findtext(f"{_ATOM}id") for entry in entries]
    assert ids[1] == first
    assert len({*ids, feed().findtext(f"{_ATOM}id")}) == 3
    for one in (feed(), *entries):
        names = [child.tag.removeprefix(_ATOM) for child in one]
        assert all(names.count(name) == 1 for name in ("id", "title", "updated"))
        assert re.fullmatch(r"[a-z][a-z0-9+.-]*:\S+", one.findtext(f"{_ATOM}id"))
        assert datetime.fromisoformat(one.findtext(f"{_ATOM}updated")).tzinfo
        assert names.count("content") <= 1
        assert {child.get("rel") for child in one.iter(f"{_ATOM}link")} <= {"alternate"}
        assert "content" in names or one is not entries[1]   # without a link to it, an entry is its content
    assert feed().findtext(f"{_ATOM}author/{_ATOM}name")     # of every entry, since none has its own


def test_what_is_missing_stops_publication_and_says_how_to_supply_it(case):
    with pytest.raises(InputError, match=r"harm review: .*publish\.harm_review"):
        publish(restated(case, "\n".join(line for line in STATED.splitlines() if "harm_review" not in line)))
    assert not (case.folder / "published").exists()
    assert 48 in {row.number for row in draft(restated(case, "publish: {version: 1}")) if row.is_open}


@pytest.mark.parametrize(("text", "key"), [
    ("publish: {version: 0}", "version"), ("publish: {date: soon}", "date"), ("publish: {colour: red}", "colour"),
    ("publish: {licences: [{id: a, allows: everything, source: b}]}", "allows"), ("publish: 7", "publish")])
def test_what_cannot_be_stated_names_its_key(case, text, key):
    with pytest.raises(CaseFileError, match=key):
        restated(case, text)


def test_every_row_and_every_licence_is_on_the_page_about_publishing():
    page = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text()
    assert [check.element for check in CHECKLIST if f"{check.number} {check.element}" not in page] == []
    assert [licence.id for licence in LICENCES if f"`{licence.id}`" not in page] == []


def _quoted(case: Case, licence: str) -> Case:
    """The case with an article that says something of it."""
    text = "The hall at Hill is new, officials say."
    (case.folder / "documents").mkdir()
    (case.folder / "documents" / "daily.txt").write_text(text)
    (case.folder / "documents" / "daily.yaml").write_text(
        f"publisher: Daily\nsha256: {hashlib.sha256(text.encode()).hexdigest()}\nlicence: {licence}\n")
    (case.folder / "claims.yaml").write_text(
        "claims:\n  - {id: c1, document: daily, kind: observation, quote: 'hall at Hill is new'}\n")
    return restated(case, STATED + '  state_media: "none"\n')


@pytest.mark.parametrize("licence", ["cc-by-4.0", "All rights reserved"])
def test_the_metadata_of_the_evidence_describe_it_as_ro_crate_asks(case, licence):
    """RO-Crate 1.2, what its validator (roc-validator) requires and recommends; that needs other versions of ours."""
    held = members(publish(_quoted(case, licence)).evidence.read_bytes())
    crate = json.loads(held["ro-crate-metadata.json"])
    assert crate["@context"] == "https://w3id.org/ro/crate/1.2/context"
    of = {entry["@id"]: entry for entry in crate["@graph"]}
    assert len(of) == len(crate["@graph"])
    assert of["ro-crate-metadata.json"] == {
        "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"}}
    assert {"name", "description", "datePublished", "license", "publisher"} <= of["./"].keys()
    files = {name for name, entry in of.items() if entry["@type"] == "File"}
    assert files == held.keys() - {"ro-crate-metadata.json", "SHA256SUMS"} == {p["@id"] for p in of["./"]["hasPart"]}
    assert all(of[name]["description"] and of[name]["encodingFormat"] for name in files)
    named = re.findall(r'\{"@id": "([^"]+)"\}', json.dumps(crate))
    assert set(named) - of.keys() == {"https://w3id.org/ro/crate/1.2"}
    assert of.keys() - set(named) == {"ro-crate-metadata.json"}   # every entity is reached from another
    assert "https://creativecommons.org/licenses/by/4.0/" in of
    assert ("case/documents/daily.txt" in of) is (licence == "cc-by-4.0")


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "All rights reserved"])
def test_a_quoted_document_is_passed_on_only_where_its_licence_lets_it(case, tmp_path, licence):
    made = publish(_quoted(case, licence))
    held = members(made.evidence.read_bytes())
    assert {"case/claims.yaml", "case/documents/daily.yaml"} <= held.keys()
    assert ("case/documents/daily.txt" in held) is (licence == "CC-BY-4.0")
    own = tmp_path / "own"
    own.mkdir()
    shutil.copy(case.folder / "documents" / "daily.txt", own / "my copy.txt")
    checks = {check.what: check.holds for check in verify_published(made.evidence)}
    assert False not in checks.values()
    assert checks["report computed again"] is (True if licence == "CC-BY-4.0" else None)
    assert checks["measurements computed again"] is True
    if licence != "CC-BY-4.0":
        assert {check.holds for check in verify_published(made.evidence, pixels=own)} == {True}


def test_what_people_decided_goes_with_the_evidence_as_it_was_signed(case):
    case.run()
    kept = case.decide(Decision(subject="s-1", what="accept", actor="ana", why="its shadow"))
    held = members(publish(case).evidence.read_bytes())
    assert held[f"case/looks/{kept.id}.yaml"] == (case.folder / "looks" / f"{kept.id}.yaml").read_bytes()
    assert kept.id.encode() in held["case/log/ana.jsonl"]


def test_what_people_reviewed_goes_with_the_evidence_and_its_words_onto_the_page(case):
    case.run()
    review = case.freeze("ana", ["f-1"], text="In 3 looks its roof measures the same")
    made = publish(case)
    assert "In 3 looks its roof measures the same" in (made.path / "index.html").read_text(encoding="utf-8")
    assert f"case/reviewed/{review.id}.yaml" in members(made.evidence.read_bytes())
    assert all(check.holds for check in verify_published(made.path))
