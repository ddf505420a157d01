"""How many origins stand behind readings that exclude each other, and what is said where nobody knows."""

from __future__ import annotations

from tests.claims.said import checked, claims_of

_TEXT = "The hall is 60 percent the size of the old one."
_CLAIM = {"id": "x", "kind": "measurement", "quote": "60 percent the size", "triple": ["hall", "size_ratio_to", "old"],
          "quantity": {"form": "of", "low": 0.6}}


def _disagreement(folder, *readings):
    claims = claims_of(folder, {"paper": {"text": _TEXT}}, [_CLAIM], variants_of_x=[
        {"form": form, "low": low, "publishers": [who], **({"origin": origin} if origin else {})}
        for form, low, who, origin in readings])
    [found] = checked(claims).disagreements
    return found


def test_publishers_of_whom_nobody_knows_whom_they_repeat_are_no_one_origin(tmp_path):
    found = _disagreement(tmp_path, ("of", 0.6, "paper", None), ("more_than", 0.6, "radio", None))
    assert found.kind == "origin unknown"
    assert not found.is_counted
    assert "nobody has said to whom paper, radio go back" in found.why
    assert [reading.origins for reading in found.printed] == [("not known",), ("not known",)]


def test_one_known_origin_beside_an_unknown_one_is_no_transmission_error(tmp_path):
    found = _disagreement(tmp_path, ("of", 0.6, "paper", "agency"), ("more_than", 0.6, "radio", None))
    assert (found.kind, found.origins) == ("origin unknown", 1)
    assert "the others go back to agency" in found.why


def test_two_known_origins_are_a_dispute_whatever_else_is_not_known(tmp_path):
    found = _disagreement(tmp_path, ("of", 0.6, "paper", "agency"), ("more_than", 0.6, "radio", "institute"),
                          ("less_than", 0.6, "weekly", None))
    assert (found.kind, found.origins, found.is_counted) == ("dispute", 2, False)
    assert found.why.endswith("of weekly the origin is not known")
