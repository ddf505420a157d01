"""claims.yaml, names.yaml and documents/: what cannot be used is refused with file, line and key."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.claims.said import WORLD, checked, claims_of

from sitewatch.errors import CaseFileError
from sitewatch.model import Span
from sitewatch.store import read_claims
from sitewatch.store._documents import span_of

_TEXT = "The new hall is 60 to 70 percent the size of the old one. It is new."
_CLAIM = {"id": "a", "quote": "60 to 70 percent the size of the old one"}
_HASH = hashlib.sha256(_TEXT.encode()).hexdigest()


def _read(folder, yaml_text, names="", beside=f"publisher: Paper\nsha256: {_HASH}\n"):
    (folder / "documents").mkdir()
    (folder / "documents" / "paper.txt").write_text(_TEXT, encoding="utf-8")
    (folder / "documents" / "paper.yaml").write_text(beside, encoding="utf-8")
    (folder / "claims.yaml").write_text(yaml_text, encoding="utf-8")
    if names:
        (folder / "names.yaml").write_text(names, encoding="utf-8")
    return read_claims(folder, WORLD.site)


_ONE = """claims:
- id: a
  kind: measurement
  triple: [hall, size_ratio_to, old]
  quote: 60 to 70 percent the size of the old one
"""


def test_a_case_without_claims_has_none(tmp_path):
    assert read_claims(tmp_path, WORLD.site) is None


def test_a_claim_is_read_with_its_document_its_place_and_its_publisher(tmp_path):
    claims = _read(tmp_path, _ONE + "  observed: 2024-10-01/2024-10-10\n  checkable_by_imagery: yes\n")
    claim, [document] = claims["a"], claims.documents
    assert _TEXT[claim.place.start:claim.place.end] == claim.quote
    assert (claim.publisher, claim.imagery, document.path) == ("Paper", "yes", "documents/paper.txt")
    assert claim.observed == Span(start=datetime(2024, 10, 1, tzinfo=UTC), end=datetime(2024, 10, 11, tzinfo=UTC))


@pytest.mark.parametrize(("added", "key", "line", "why"), [
    ("  verdict: supported\n", "verdict", 6, "computed, never typed"),
    ("  kimd: x\n", "kimd", 6, "not known here"),
    ("  quantity: {form: of, low: 0.7, high: 0.6}\n", "low", 6, "upside down"),
    ("  quantity: {form: value, low: 3, unit: furlong}\n", "unit", 6, "not known"),
    ("  quantity: {form: off, low: 3}\n", "form", 6, "not known"),
    ("  quantity: {form: of, low: 0.6, high: 0.7,\n    canonical_ratio: [1.55, 1.75]}\n", "canonical_ratio", 7,
     "is not what of 0.6 to 0.7 means"),
    ("  quantity: {form: of, low: 0.6, hedge_tolerance: -0.1}\n", "hedge_tolerance", 6, "below zero"),
    ("  observed: 2020-04-10/2020-01-01\n", "observed", 6, "no time that can be read"),
    ("  observed: 2020-13\n", "observed", 6, "no time that can be read"),
    ("  observed: after 2020-04-10\n", "observed", 6, "no time that can be read"),
    ("  observed: 10/04/2020\n", "observed", 6, "no time that can be read"),
    ("  attribution: [[Paper, publishes], [Agency, says], [paper, says]]\n", "attribution", 6, "in a circle"),
    ("  attribution: Paper\n", "attribution", 6, "not a chain"),
    ("  hedge: about\n", "hedge", 6, "not a list of texts"),
    ("  document: other\n", "document", 6, "no document is called"),
    ("  checkable_by_imagery: perhaps\n", "checkable_by_imagery", 6, "not known"),
    ("- id: a\n  kind: meta\n  quote: It is new\n", "id", 6, "stands here twice"),
    ("- id: b\n  kind: meta\n  quote: It was old\n", "quote", 8, "does not stand in the document"),
    ("- id: b\n  quote: It is new\n", "kind", 6, "is missing"),
    ("relations:\n- {type: rests_on, a: z, b: a}\n", "a", 7, "no claim is called"),
    ("relations:\n- {type: likes, a: a, b: a}\n", "type", 7, "not known"),
    ("relations:\n- {type: rests_on, a: a, b: a}\n", "b", 7, "in a circle"),
    ("variants_of_z:\n- {form: of, low: 0.6, publishers: [x]}\n", "variants_of_z", 7, "no claim is called"),
    ("variants_of_a:\n- {form: of, low: 0.6, publishers: [x], origin: x}\nrelations:\n"
     "- {type: mutually_exclusive, group: variants_of_a,\n   independent_origins: 2}\n", "independent_origins", 10,
     "is not the number of origins, which is 1"),
    ("  note: &x [*x]\n", "x", 6, "aliases are not allowed"),
    ("  note: !!python/object:os.system x\n", "note", 6, "tag"),
])
def test_what_cannot_be_used_is_refused_with_its_line_and_key(tmp_path, added, key, line, why):
    with pytest.raises(CaseFileError) as refused:
        _read(tmp_path, _ONE + added)
    message = str(refused.value)
    assert re.search(rf"claims\.yaml:{line}: \S*{key}", message), message
    assert why in message


def test_where_a_document_came_from_is_kept_and_a_translation_goes_back_to_what_it_translates(tmp_path):
    beside = (f"publisher: Paper\nsha256: {_HASH}\nretrieved: 2024-11-26T08:15:00Z\ntranslation_of: Zeitung\n"
              "archive_url: https://archive.example/1\n")
    claims = _read(tmp_path, _ONE + "  asserted_on: 2024-11-25\n", beside=beside)
    [document] = claims.documents
    assert document.retrieved == datetime(2024, 11, 26, 8, 15, tzinfo=UTC)
    assert (document.archive_url, document.translation_of, document.origin) == (
        "https://archive.example/1", "Zeitung", "Zeitung")
    day = datetime(2024, 11, 25, tzinfo=UTC)
    assert claims["a"].asserted == Span(start=day, end=day + timedelta(days=1))


def test_a_circle_of_relations_is_refused_however_long_it_is(tmp_path):
    more = "".join(f"- {{id: {name}, kind: inference, quote: It is new}}\n" for name in "bc")
    told = "relations:\n" + "".join(f"- {{type: derived_from, a: {a}, b: {b}}}\n" for a, b in ("ab", "bc", "ca"))
    with pytest.raises(CaseFileError, match=r"claims\.yaml:11: .*in a circle"):
        _read(tmp_path, _ONE + more + told)


def _repeating(folder, origins):
    documents = {name: {"text": _TEXT, "origin": origin} for name, origin in origins.items()}
    claims = [{**_CLAIM, "id": name, "document": name, "quantity": {"form": "of", "low": low}}
              for name, low in zip(origins, (0.6, 0.9, 0.2), strict=False)]
    return claims_of(folder, documents, claims)


@pytest.mark.parametrize("origins", [{"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}])
def test_a_circle_of_origins_is_refused(tmp_path, origins):
    with pytest.raises(CaseFileError, match=r"a\.yaml:\d+: origin: runs in a circle: a would repeat itself"):
        _repeating(tmp_path, origins)


def test_a_document_that_names_itself_as_its_origin_repeats_nobody(tmp_path):
    claims = _repeating(tmp_path, {"a": "a", "b": "a"})
    assert [one.origins for one in checked(claims).disagreements] == [1]


@pytest.mark.parametrize(("names", "line", "why"), [
    ("entities:\n- {id: a}\n- {id: a}\n", 3, "stands here twice"),
    ("entities:\n- {id: a, part_of: b}\n- {id: b, part_of: a}\n", 2, "part of itself"),
    ("entities:\n- id: a\n  part_of: b\n", 3, "no entity is called 'b'"),
    ("entities:\n- id: a\n  not_same_as: [b]\n", 3, "no entity is called 'b'"),
    ("entities:\n- {id: a,\n   at: [0, 0]}\n", 3, "does not lie on the site's grid"),
    ("entities:\n- {id: a,\n   area: [[0, 0], [1, 1]]}\n", 3, "not a GeoJSON Polygon"),
    ("entities:\n- id: a\n  area: {type: LineString, coordinates: [[0, 0], [1, 1]]}\n", 3, "not a GeoJSON Polygon"),
    ("entities:\n- id: a\n  area: {type: Polygon, coordinates: [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}\n", 3,
     "not a GeoJSON Polygon"),
    ("entities:\n- id: a\n  area: {type: Polygon, coordinates: [[[0, 0], [1e9, 0], [1, .nan], [0, 0]]]}\n", 3,
     "not a GeoJSON Polygon"),
    ("entities:\n- &x [*x]\n", 2, "aliases are not allowed"),
    ("entities:\n- {id: a, colour: red}\n", 2, "not known here"),
    ("entities:\n- id: a\n  names:\n  - {text: A, status: sure}\n", 4, "not known")])
def test_names_that_cannot_be_used_are_refused_with_their_line(tmp_path, names, line, why):
    with pytest.raises(CaseFileError) as refused:
        _read(tmp_path, _ONE, names)
    assert f"names.yaml:{line}:" in str(refused.value)
    assert why in str(refused.value)


def test_a_name_without_a_source_is_unverified(tmp_path):
    names = "entities:\n- id: a\n  names: [{text: A, source: x}, {text: B}]\n"
    assert [name.status for name in _read(tmp_path, _ONE, names).entities.get("a").names] == ["alias", "unverified"]


@pytest.mark.parametrize(("beside", "line", "why"), [
    ("publisher: Paper\n", 1, f"add `sha256: {_HASH}`"),
    (f"sha256: {_HASH}\n", 1, "publisher"),
    (f"publisher: P\nsha256: {_HASH}\npath: ../../claims.yaml\n", None, "inside the case"),
    (f"publisher: P\nsha256: {_HASH}\ndate_in_text: soon\n", 3, "is not a date"),
    (f"publisher: P\nsha256: {_HASH}\nadmiralty: G\n", 3, "is no grade")])
def test_a_document_that_is_not_told_of_rightly_is_refused(tmp_path, beside, line, why):
    with pytest.raises(CaseFileError) as refused:
        _read(tmp_path, _ONE, beside=beside)
    assert why in str(refused.value)
    assert line is None or f"paper.yaml:{line}:" in str(refused.value)


def test_a_document_that_changed_keeps_its_claims_where_the_quote_survives(tmp_path):
    claims = claims_of(tmp_path, {"paper": {"text": _TEXT, "sha256": "0" * 64}}, [_CLAIM])
    assert claims.documents[0].is_changed
    with pytest.raises(CaseFileError, match="other numbers"):
        claims_of(tmp_path, {"paper": {"text": _TEXT.replace("60 to 70", "16 to 17")}}, [_CLAIM])


def test_a_link_out_of_the_case_is_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    case = tmp_path / "case"
    (case / "documents").mkdir(parents=True)
    (case / "documents" / "paper.txt").symlink_to(secret)
    (case / "documents" / "paper.yaml").write_text("publisher: P\nsha256: 0\n", encoding="utf-8")
    (case / "claims.yaml").write_text("claims: []\n", encoding="utf-8")
    with pytest.raises(CaseFileError, match="leads out of the case"):
        read_claims(case, WORLD.site)


@pytest.mark.parametrize(("text", "start", "end"), [
    ("2024", "2024-01-01", "2025-01-01"), ("2024-12", "2024-12-01", "2025-01-01"),
    ("2024-02-29", "2024-02-29", "2024-03-01"), ("2024-10-01/2024-10-10", "2024-10-01", "2024-10-11"),
    ("before 2024-10-10", None, "2024-10-11")])
def test_a_stated_time_runs_to_the_end_of_its_last_day(text, start, end):
    def moment(day):
        return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    assert span_of(text) == Span(start=moment(start), end=moment(end))


@pytest.mark.parametrize("text", ["earlier this year", "2024-13", "2023-02-29", "2024-10-10/2024-10-01", "9999-12-31"])
def test_what_names_no_time_gives_none(text):
    assert span_of(text) is None


@pytest.mark.parametrize("text", ["earlier this year", "June [2024]", "the spring of 2024"])
def test_words_that_name_no_time_are_kept_out_of_the_time_of_a_claim(tmp_path, text):
    assert _read(tmp_path, _ONE + f"  observed: {text!r}\n")["a"].observed is None
