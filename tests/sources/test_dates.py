"""When an image was taken, and in what order its witnesses are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitewatch.errors import CaseFileError, InputError
from sitewatch.sources.folder._dates import Taken, by_name, by_tags, read_dates, when_taken

_MOMENTS = st.datetimes(datetime(1973, 1, 1), datetime(2025, 1, 1)).map(lambda m: m.replace(microsecond=0, tzinfo=UTC))
_WORDS = st.sampled_from(["", "site_", "b-", "T40RCN_", "img.", "3m_"])


@given(_MOMENTS, _WORDS, st.sampled_from(["%Y%m%dT%H%M%S", "%Y%m%d_%H%M%S", "%Y-%m-%dT%H-%M-%S", "%Y%m%d%H%M%S"]))
def test_a_time_in_a_name_is_read_back(moment, words, form):
    assert by_name(f"{words}{moment:{form}}_clip") == Taken(moment=moment, origin="file name")


@given(_MOMENTS, _WORDS, st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y.%m.%d"]))
def test_a_day_in_a_name_is_read_back(moment, words, form):
    midnight = moment.replace(hour=0, minute=0, second=0)
    assert by_name(f"{words}{moment:{form}}") == Taken(moment=midnight, origin="file name", is_day_only=True)


@given(st.text(max_size=40))
def test_any_name_at_all_gives_a_date_a_reason_or_none(stem):
    found = by_name(stem)
    assert found is None or isinstance(found, str | Taken)


@pytest.mark.parametrize("stem", ["20231301", "2023-02-30", "IMG_1234567890", "99991231", "18500101", "123420230101",
                                  "2023-0101", "20230101999999999"])
def test_digits_that_are_no_day_are_no_date(stem):
    assert by_name(stem) is None


def test_a_day_to_come_is_no_date():
    assert by_name(f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}") is None


def test_hours_that_do_not_exist_leave_the_day():
    assert by_name("20230101_999999") == Taken(moment=datetime(2023, 1, 1, tzinfo=UTC), origin="file name",
                                               is_day_only=True)


def test_planet_names_give_the_second():
    assert by_name("20230514_101112_34_24a1_3B_AnalyticMS_SR_8b_clip").moment == \
        datetime(2023, 5, 14, 10, 11, 12, tzinfo=UTC)


def test_a_sentinel_2_name_gives_the_sensing_not_the_processing():
    assert by_name("S2A_MSIL2A_20230514T064631_N0509_R020_T40RCN_20230515T101112").moment == \
        datetime(2023, 5, 14, 6, 46, 31, tzinfo=UTC)


@pytest.mark.parametrize("name", [
    "LC09_L2SP_166036_20240105_20240107_02_T1_SR", "lc08_l2sp_200012_20240105_20240113_02_t2",
    "LE07_L1TP_019820_20240105_20240113_02_T1"])
def test_a_landsat_name_gives_the_sensing_not_the_processing(name):
    assert by_name(name) == Taken(moment=datetime(2024, 1, 5, tzinfo=UTC), origin="file name", is_day_only=True)


def test_a_name_with_two_days_is_not_dated():
    assert "more than one date" in by_name("2019-01-01_2019-12-31_median")


def test_the_stac_item_speaks_before_the_tag_the_name_and_the_list():
    stac, tags = datetime(2020, 1, 1, 9, tzinfo=UTC), {"TIFFTAG_DATETIME": "2020:01:02 10:00:00"}
    listed = Taken(moment=datetime(2020, 1, 4, tzinfo=UTC), origin="csv")
    assert when_taken("2020-01-03", tags, stac, None).origin == "stac"
    assert when_taken("2020-01-03", tags, None, None).origin == "tiff tag"
    assert when_taken("2020-01-03", {}, None, None).origin == "file name"
    assert when_taken("a", {}, None, listed) == listed


def test_a_tag_without_time_gives_way_to_a_name_with_the_time_of_that_day():
    tags = {"TIFFTAG_DATETIME": "2020:01:02 00:00:00"}
    assert when_taken("20200102T081500", tags, None, None).moment.hour == 8
    assert when_taken("20200109T081500", tags, None, None).moment == datetime(2020, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "    :  :     :  :  ", "0000:00:00 00:00:00", "yesterday", "2999:01:01 00:00:00"])
def test_blank_and_malformed_tags_count_as_none(text):
    assert by_tags({"TIFFTAG_DATETIME": text}) is None


def test_the_time_of_acquisition_speaks_before_the_time_of_writing():
    tags = {"TIFFTAG_DATETIME": "2024:01:02 10:00:00", "ACQUISITIONDATETIME": "2020-03-04T05:06:07Z"}
    assert by_tags(tags).moment == datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_list_that_contradicts_the_image_is_a_conflict():
    listed = Taken(moment=datetime(2020, 1, 4, tzinfo=UTC), origin="csv", is_day_only=True)
    assert "says 2020-01-20, the list of dates says 2020-01-04" in when_taken("2020-01-20", {}, None, listed)


def test_an_image_without_any_date_says_how_to_give_one():
    why = when_taken("roof", {}, None, None)
    assert "YYYY-MM-DD" in why
    assert "file,date" in why


def test_a_list_of_dates_is_read_with_either_separator_and_any_column_order(tmp_path):
    for text in ("file,date\na.png,2020-01-04\n\n", "\ufeffDate;note;File\n2020-01-04;x;a.png\n"):
        (tmp_path / "dates.csv").write_text(text, encoding="utf-8")
        assert read_dates(tmp_path / "dates.csv")["a.png"].moment == datetime(2020, 1, 4, tzinfo=UTC)


def test_an_offset_in_a_list_is_taken_to_utc(tmp_path):
    (tmp_path / "d.csv").write_text("file,date\na.png,2020-01-04T01:30:00+05:30\n")
    assert read_dates(tmp_path / "d.csv")["a.png"].moment == datetime(2020, 1, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(("text", "line"), [
    ("name,when\na.png,2020-01-04\n", 1), ("", 1), ("file,date\na.png,4 May\n", 2), ("file,date\na.png\n", 2),
    ("file,date\na.png,2020-01-04\na.png,2020-01-05\n", 3), ("file,date\na.png,2999-01-04\n", 2),
    ("file,date\na.png,0001-01-01T00:00:00+14:00\n", 2), ("file,date\n" + "a" * 200_000 + ",2020-01-04\n", 2)])
def test_a_wrong_list_of_dates_is_refused_with_its_line(tmp_path, text, line):
    path = tmp_path / "dates.csv"
    path.write_text(text)
    with pytest.raises(CaseFileError) as caught:
        read_dates(path)
    assert caught.value.line == line


def test_a_list_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "d.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(InputError, match="cannot be read"):
        read_dates(tmp_path / "d.csv")
