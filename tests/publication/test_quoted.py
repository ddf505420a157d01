"""Quoted documents: published with the evidence, so that a stranger finds every quote, or not published at all."""

from __future__ import annotations

import hashlib

import pytest
from tests.publication.edits import members

from sitewatch.case import Case
from sitewatch.errors import InputError
from sitewatch.publication import publish, verify_published

_TEXT = "The hall is new. It is 600 m² large."


@pytest.fixture
def quoting(case):
    """The case, quoting an article that may be passed on."""
    return _quoted(case, "licence: CC-BY-4.0\n")


def _quoted(case, licence):
    (case.folder / "documents").mkdir()
    (case.folder / "documents" / "paper.txt").write_text(_TEXT, encoding="utf-8")
    digest = hashlib.sha256(_TEXT.encode()).hexdigest()
    (case.folder / "documents" / "paper.yaml").write_text(f"publisher: Paper\nsha256: {digest}\n{licence}")
    (case.folder / "names.yaml").write_text("entities:\n- {id: hall}\n")
    (case.folder / "claims.yaml").write_text("claims:\n- {id: a, kind: background, quote: The hall is new}\n")
    return Case.open(case.folder)


def test_the_evidence_holds_what_was_quoted_and_holds_together(quoting):
    made = publish(quoting)
    held = members(made.evidence.read_bytes())
    assert held["case/documents/paper.txt"].decode() == _TEXT
    assert {"case/claims.yaml", "case/names.yaml", "case/documents/paper.yaml"} <= set(held)
    assert [check for check in verify_published(made.path) if not check.holds] == []


def test_a_document_that_nothing_lets_pass_on_stops_publishing(case):
    with pytest.raises(InputError, match=r"documents/paper\.txt may be passed on"):
        publish(_quoted(case, ""))
