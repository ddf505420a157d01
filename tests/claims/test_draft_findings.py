"""What may be said, sentence by sentence: nothing that a picture cannot show, and never without its chance."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from tests.worlds import World, rectangle

from sitewatch.claims import FUNCTION_WORDS, ClaimsOptions, draft_findings, probability_word
from sitewatch.model import (
    Between,
    Change,
    Changes,
    Finding,
    Findings,
    Look,
    Measurement,
    Measurements,
    NamedOutline,
    Quantity,
    Refusal,
    Scenes,
    Stack,
    Structure,
    StructureClass,
    Structures,
    Trial,
)

_WORLD = World(size_px=24, looks=12)
_WHEN = Between(after=_WORLD.taken[4], by=_WORLD.taken[6])
_CLASSES: tuple[StructureClass, ...] = ("new structure", "removed structure", "altered structure", "ground works")
_ROW_A = ("almost no chance", "very unlikely", "unlikely", "roughly even chance", "likely", "very likely",
          "almost certain")


def _stack(looks: int = 12, share: float = 1.0, refused: int = 0) -> Stack:
    stack = _WORLD.stack()
    fits = [replace(fit, site_clear_share=share) for fit in stack.fits[:looks]]
    fits += [replace(fit, scene=f"{fit.scene}-bad", used=False, why_not="fog") for fit in stack.fits[:refused]]
    return replace(stack, data=stack.data.isel(time=slice(looks)), fits=tuple(fits))


def _structure(class_: StructureClass = "new structure", chance: float = 0.9, name: str = "Structure A",
               when: Between = _WHEN, hidden: int = 0) -> Structure:
    removed = class_ == "removed structure"
    looks = tuple(Look(scene=fit.scene, taken=fit.taken, seen_share=1.0, chance=0.9,
                       state="unclear" if i < hidden else "present" if (i < 5) == removed else "absent")
                  for i, fit in enumerate(_WORLD.stack().fits))
    return Structure(id="new-1-2", label=name, outline=_WORLD.on_grid(rectangle(12, 12, 8, 5)), class_=class_,
                     chance=chance, first=Between() if removed else when, last=when if removed else Between(),
                     looks=looks)


def _quantity(value: float, unit: str = "m²") -> Quantity:
    return Quantity(value=value, low=0.9 * value, high=1.1 * value, unit=unit, method="fit")


def _measured(structure: Structure, *also: Measurement) -> tuple[Measurement, ...]:
    return (Measurement(subject=structure.id, what="area", value=_quantity(360.0), scenes=("look-07",)),
            Measurement(subject=structure.id, what="area ratio", value=_quantity(1.5, "1"), scenes=("look-08",),
                        reference="hall"), *also)


def _draft(*structures: Structure, measured: tuple[Measurement, ...] = (), stack: Stack | None = None,
           changes: tuple[Change, ...] = (), options: ClaimsOptions | None = None,
           trials: tuple[Trial, ...] = ()) -> Findings:
    stack = stack or _stack()
    site = stack.site
    return draft_findings(
        Changes(site=site, records=changes, threshold=5.0, false_alarms_per_year=1.0, smallest_px=25.6),
        Structures(site=site, records=structures, trials=trials), Measurements(site=site, records=measured), stack,
        options)


def _texts(findings: Findings, *layers: str) -> list[str]:
    return [finding.text for finding in findings if finding.layer in layers]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.casefold()))


def _change() -> Change:
    return Change(id="c", outline=box(0, 0, 1, 1), kind="altered", between=_WHEN, strength=9.0, false_alarms=0.1,
                  chance=0.9, step=(1.0,))


@pytest.mark.parametrize("class_", _CLASSES)
def test_a_change_is_said_with_both_looks_that_bracket_it(class_):
    [seen] = _texts(_draft(_structure(class_), changes=(_change(),)), "seen")[:1]
    assert "2020-02-13" in seen
    assert "2020-03-04" in seen
    assert "last clear look" in seen
    assert "first clear look" in seen


def test_a_structure_without_an_earlier_look_is_not_given_a_beginning():
    [seen] = _texts(_draft(_structure(when=Between(by=_WORLD.taken[0]))), "seen")[:1]
    assert "by 2020-01-04" in seen
    assert "no earlier clear look" in seen


@pytest.mark.parametrize(("absent", "by", "said"), [
    ((), 6, "present in all five clear looks since"), ((9, 11), 6, "present in 3 of the 5 clear looks since"),
    ((), 10, "present in the only clear look since"), ((11,), 10, "present in 0 of the 1 clear look since")])
def test_how_often_it_was_seen_since_is_counted_in_one_kind_of_numbers(absent, by, said):
    structure = _structure(when=Between(after=_WORLD.taken[4], by=_WORLD.taken[by]))
    looks = tuple(replace(look, state="absent" if i in absent or i < by else "present")
                  for i, look in enumerate(structure.looks))
    [seen] = _texts(_draft(replace(structure, looks=looks)), "seen")[:1]
    assert seen.endswith(f"; it was {said}.")


@settings(max_examples=60, deadline=None)
@given(class_=st.sampled_from(_CLASSES), chance=st.floats(0, 1), word=st.sampled_from(sorted(FUNCTION_WORDS)),
       style=st.sampled_from(["{}", "The {} hall", "North-{}", "{}_2", "{}!", "ＮＥＷ {}"]), upper=st.booleans())
def test_no_sentence_of_what_was_seen_or_measured_says_what_a_thing_is_for(class_, chance, word, style, upper):
    name = style.format(word.upper() if upper else word)
    named = NamedOutline(id=name, outline=box(0, 0, 1, 1))
    structure = replace(_structure(class_, chance, name), id=name)
    ratio = Measurement(subject=name, what="area ratio", value=_quantity(1.5, "1"), scenes=(), reference=name)
    length = replace(ratio, what="length ratio")
    stack = _stack()
    stack = replace(stack, site=replace(stack.site, references=(named,)))
    found = _draft(structure, measured=(*_measured(structure), ratio, length), stack=stack)
    for text in _texts(found, "seen", "measured"):
        assert _words(text) & FUNCTION_WORDS == set(), text


@pytest.mark.parametrize("name", ["Bunkers", "two factories", "pr\u0301ison", "pris\u200bon", "ｐｒｉｓｏｎ"],
                         ids=ascii)
def test_a_plural_an_accent_or_an_invisible_sign_hides_no_function(name):
    [seen] = _texts(_draft(_structure(name=name)), "seen")[:1]
    assert seen.startswith("New-1-2")


def test_what_things_are_for_is_said_to_be_unknown():
    assert any("cannot be told from these images" in text for text in _texts(_draft(_structure()), "unknown"))


def test_a_name_that_says_no_function_is_used():
    assert "Long roof" in _texts(_draft(_structure(name="Long roof")), "seen")[0]


@pytest.mark.parametrize("class_", _CLASSES)
def test_every_inference_states_its_chance_and_its_rival(class_):
    [inferred] = [f for f in _draft(_structure(class_, 0.72)) if f.layer == "inferred"]
    assert inferred.chance == 0.72
    assert "is likely (55 to 80 %; chance 0.72)" in inferred.text
    assert "the rival reading is" in inferred.text


def test_only_inferences_carry_a_chance():
    structure = _structure()
    found = _draft(structure, measured=_measured(structure))
    assert {f.layer for f in found} == {"seen", "measured", "inferred", "unknown"}
    assert {f.layer for f in found if f.chance is not None} == {"inferred"}


@pytest.mark.parametrize(("chance", "word"), [
    (0.01, "almost no chance"), (0.05, "almost no chance"), (0.051, "very unlikely"), (0.20, "very unlikely"),
    (0.201, "unlikely"), (0.45, "unlikely"), (0.451, "roughly even chance"), (0.55, "roughly even chance"),
    (0.551, "likely"), (0.80, "likely"), (0.801, "very likely"), (0.95, "very likely"), (0.951, "almost certain"),
    (0.99, "almost certain"), (0.0, None), (0.009, None), (0.991, None), (1.0, None)])
def test_probability_words_are_those_of_icd_203(chance, word):
    assert probability_word(chance) == word


@given(chances=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)).map(sorted))
def test_a_larger_chance_never_has_a_weaker_word(chances):
    low, high = (_ROW_A.index(probability_word(chance) or "") for chance in chances)
    assert low <= high


@pytest.mark.parametrize(("chance", "bound"), [(0.999, "above 0.99"), (0.001, "below 0.01")])
def test_beyond_the_words_a_bound_is_given_never_certainty(chance, bound):
    found = _draft(_structure(chance=chance))
    [text] = _texts(found, "inferred")
    assert bound in text
    assert _words(" ".join(f.text for f in found)) & {"certainly", "proves", "proven", "undoubtedly"} == set()


def test_a_doubtful_structure_is_hedged_in_the_title_and_a_sure_one_is_not():
    titles = {chance: _draft(_structure(chance=chance)).title for chance in (0.3, 0.5, 0.7, 0.97)}
    assert "unlikely" in titles[0.3]
    assert "roughly even chance" in titles[0.5]
    assert "likely" in titles[0.7]
    assert not any(word in titles[0.97] for word in _ROW_A)
    assert all("between 2020-02-13 and 2020-03-04" in title for title in titles.values())


def test_a_title_of_many_is_no_surer_than_its_weakest_part():
    other = replace(_structure(chance=0.7), id="new-5-5")
    title = _draft(_structure(chance=0.97), other).title
    assert "two new structures" in title.casefold()
    assert "each at least likely" in title


def test_with_too_few_clear_looks_one_cannot_tell():
    found = _draft(stack=_stack(), options=ClaimsOptions(fewest_clear_looks=13))
    assert found.title.startswith("Cannot tell")
    assert _texts(found, "seen") == []
    assert any("cannot be told from one odd picture" in text for text in _texts(found, "unknown"))


@pytest.mark.parametrize(("share", "enough"), [(0.49, False), (0.5, True)])
def test_a_look_that_shows_less_than_half_of_the_site_is_no_clear_look(share, enough):
    found = _draft(stack=_stack(share=share))
    assert found.title.startswith("No new or removed structure seen") == enough
    assert found.title.startswith("Cannot tell") != enough


def test_how_many_clear_looks_are_enough_is_an_option():
    assert _draft(stack=_stack(looks=6), options=ClaimsOptions(fewest_clear_looks=6)).title.startswith("No new")
    assert _draft(options=ClaimsOptions(fewest_clear_looks=13)).title.startswith("Cannot tell")


def test_a_quiet_site_is_said_with_what_would_have_been_seen():
    [seen] = _texts(_draft(), "seen")
    area = int(re.search(r"larger than about (\d+) m²", seen).group(1))
    assert 25.6 * 9 <= area <= 1.1 * 25.6 * 9
    assert "12 clear looks between 2020-01-04 and 2020-04-23" in seen or "twelve clear looks" in seen


def test_a_quiet_site_says_which_roofs_drawn_into_its_looks_were_found():
    trials = (Trial(side_px=6.0, contrast=6.0, tried=10, found=5), Trial(side_px=13.0, contrast=6.0, tried=10, found=9))
    [seen] = _texts(_draft(trials=trials), "seen")
    assert seen.endswith("9 of 10 were found from 1\N{NARROW NO-BREAK SPACE}600 m² on.")


def test_a_change_that_is_no_structure_is_not_called_one():
    found = _draft(changes=(_change(),))
    assert found.title.startswith("The ground changed at")
    assert "cannot tell whether a structure did" in found.title


def test_a_rejected_change_changes_nothing_that_is_said():
    rejected = replace(_change(), why_not="a season")
    assert _draft(changes=(rejected,)) == _draft()


def test_a_number_is_said_with_interval_unit_and_level():
    structure = _structure()
    [text] = _texts(_draft(structure, measured=_measured(structure)), "measured")
    assert "360 [324, 396] m²" in text
    assert "90 %" in text
    assert "1.50 [1.35, 1.65] times that of hall" in text


def test_a_number_that_cannot_be_given_is_said_with_its_reason():
    width = Measurement(subject="new-1-2", what="width", value=None, scenes=(), why_not="narrower than the blur.")
    found = _draft(_structure(), measured=(width,))
    assert "The width of Structure A cannot be given: narrower than the blur." in _texts(found, "unknown")
    assert _texts(found, "measured") == []


def test_reasons_that_differ_in_their_numbers_alone_are_one_reason():
    stack = _stack()
    why = ["blurred (correlation 0.42)", "shows 19 % of it", "shows 25 % of it", "shows 25 % of it"]
    refused = [replace(fit, scene=f"{fit.scene}-bad", used=False, why_not=text)
               for fit, text in zip(stack.fits, why, strict=False)]
    for count, said in ((3, "shows … % of it."), (1, "blurred (correlation 0.42).")):
        told = _texts(_draft(stack=replace(stack, fits=(*stack.fits, *refused[:count]))), "unknown")
        assert any(text.endswith(f"most often because: {said}") for text in told)


def test_refused_scenes_are_counted_with_their_commonest_reason():
    stack = _stack(refused=4)
    stack = replace(stack, scenes=Scenes(site=stack.site, scenes=(), refusals=(Refusal(what="x", why="no date"),)))
    [text] = [t for t in _texts(_draft(stack=stack), "unknown") if "scenes on offer" in t]
    assert text.startswith("5 of 17 scenes")
    assert "fog" in text
    assert "None of the 12 scenes on offer had to be refused." in _texts(_draft(), "unknown")


def test_the_longest_time_without_a_look_is_told():
    stack = _stack()
    late = [replace(fit, taken=fit.taken + timedelta(days=40 * (i >= 7))) for i, fit in enumerate(stack.fits)]
    [text] = [t for t in _texts(_draft(stack=replace(stack, fits=tuple(late))), "unknown") if "longest time" in t]
    assert "50 days, from 2020-03-04 to 2020-04-23" in text


def test_a_structure_that_was_mostly_hidden_is_said_to_be():
    hidden = "could not be judged in 8 of 12 looks"
    assert any(hidden in text for text in _texts(_draft(_structure(hidden=8)), "unknown"))
    assert not any("could not be judged" in text for text in _texts(_draft(_structure(hidden=5)), "unknown"))


def _evidence_is_known(finding: Finding, stack: Stack, structure: Structure) -> bool:
    return set(finding.evidence) <= {fit.scene for fit in stack.fits} | {structure.id}


def test_every_finding_has_a_number_of_its_own_and_rests_on_records_that_exist():
    structure, stack = _structure(), _stack(refused=2)
    found = _draft(structure, measured=_measured(structure), stack=stack)
    assert [f.id for f in found] == [f"F{i:02d}" for i in range(1, len(found.records) + 1)]
    assert all(_evidence_is_known(f, stack, structure) for f in found)
    assert {"look-04", "look-06"} <= set(found.records[0].evidence)
    assert all(f.evidence for f in found if f.layer != "unknown")


def test_references_are_not_told_as_findings():
    assert _draft(_structure("reference")) == _draft()


def test_a_removed_structure_was_there_before_and_is_absent_since():
    [seen] = _texts(_draft(_structure("removed structure")), "seen")[:1]
    assert "disappeared between 2020-02-13 (last clear look with it)" in seen
    assert "first clear look without it" in seen


@pytest.mark.parametrize("moment", [datetime(2020, 2, 13, 23, 59, tzinfo=UTC)])
def test_new_comes_before_removed_and_large_before_small(moment):
    small = replace(_structure(), id="new-2", label="Structure B", outline=box(0, 0, 9, 9))
    gone = replace(_structure("removed structure"), id="gone-1", label="Structure C")
    found = _draft(gone, small, _structure(), changes=(replace(_change(), between=Between(by=moment)),))
    order = [text.split(",")[0].split(" was")[0] for text in _texts(found, "seen")]
    assert order[:3] == ["Structure A", "Structure B", "Structure C"]
