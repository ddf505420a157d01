"""Numbers on the page: never without interval and level, or with the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.report.yard import hall, quantity, site_on_earth, structure_at, text_of, world_of

from sitewatch.model import BudgetTerm, Measurement


def test_every_measured_number_on_the_page_has_an_interval_and_its_level(world, page):
    size = page[page.index('id="size"'):page.index('id="unknown"')]
    shown = re.findall(r'<span class="number">(.*?)</span>', size)
    assert shown == [m.value.interval_text for m in _in_order(world) if m.value]
    for row in re.findall(r"<tr>(?:(?!</tr>).)*class=\"number\".*?</tr>", size, re.S):
        assert "<td>90 %</td>" in row


def _in_order(world):
    records = list(world.measurements)
    return [m for m in records if "ratio" not in m.what] + [m for m in records if "ratio" in m.what]


def test_no_metre_stands_without_an_interval(page):
    size = text_of(page[page.index('id="size"'):page.index('id="unknown"')])
    assert re.findall(r"\d[\d.,\u202f]* m²?\b", re.sub(r"[\d.\u202f]+ \[[^]]+\] m²?", "", size)) == []


def test_a_ratio_names_numerator_denominator_and_dimension(page):
    assert "The footprint of Structure A is 0.800 [0.720, 0.880] times the footprint of old-hall." in text_of(page)


def test_a_number_that_the_images_cannot_carry_is_an_answer_with_its_reason(page):
    assert "width cannot tell: narrower than the blur" in text_of(page)


def test_a_ratio_that_cannot_be_given_says_why(world):
    records = tuple(replace(m, value=None, why_not="the reference is hidden") if "ratio" in m.what else m
                    for m in world.measurements)
    page = replace(world, measurements=replace(world.measurements, records=records)).page()
    assert ("The footprint of Structure A in ratio to the footprint of old-hall: cannot tell, the reference is hidden."
            in text_of(page))


def test_the_budget_is_told_as_shares_the_largest_first(page):
    size = text_of(page[page.index('id="size"'):])
    assert "70 % where an edge lies, 30 % texture of the roof" in size.replace("\N{NO-BREAK SPACE}", " ")


def test_the_budgets_bar_is_as_long_as_its_shares(page):
    bar = re.search(r'<svg class="budget".*?</svg>', page, re.S)
    assert bar is not None
    assert re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', bar[0]) == [("0.00", "70.00"), ("70.00", "30.00")]


def test_a_cause_of_less_than_half_a_percent_is_left_out_of_the_words(world):
    tiny = (BudgetTerm(cause="next to nothing", share=0.001), BudgetTerm(cause="nearly all", share=0.999))
    records = tuple(replace(m, budget=tiny) for m in world.measurements)
    text = text_of(replace(world, measurements=replace(world.measurements, records=records)).page())
    assert "nearly all" in text
    assert "next to nothing" not in text


def test_method_and_looks_stand_with_the_numbers(page):
    assert "footprint fit (2 looks, 2023-02-05 to 2023-04-06)" in text_of(page)


def test_numbers_made_in_different_ways_each_say_how():
    site = site_on_earth()
    world = world_of(site, (structure_at(hall(site)),))
    records = tuple(replace(m, scenes=("scene-8",)) if m.what == "length" else m for m in world.measurements)
    text = text_of(replace(world, measurements=replace(world.measurements, records=records)).page())
    assert "footprint fit (1 look, 2023-06-05)" in text
    assert "footprint fit (2 looks, 2023-02-05 to 2023-04-06)" in text


def test_what_most_numbers_were_made_with_stands_once(world):
    tall = Measurement(subject="new-0", what="height", scenes=("scene-8",), value=quantity(11, "m"))
    text = text_of(replace(world, measurements=replace(world.measurements, records=(
        *world.measurements.records, tall))).page())
    section = text[text.index("How big it is"):text.index("In ratio to what is known")]
    own = section[:section.index("old-hall")]
    assert own.count("footprint fit (2 looks, 2023-02-05 to 2023-04-06)") == 1
    assert own.count("footprint fit (1 look, 2023-06-05)") == 1


def test_the_smallest_size_that_is_reported_is_rounded_up(page):
    assert "smaller than about 180 m² is not reported" in text_of(page)   # 20 pixels of 9 m²
