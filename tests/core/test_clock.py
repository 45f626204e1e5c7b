import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.clock import LATEST_US, SECOND_US, Clock, iso, iso_date, iso_exact, later, moment_of
from mockkrea.core.errors import InvalidChange
from tests.making import START_US
from tests.real_time import RealTime


def test_a_running_clock_goes_as_the_real_one_goes() -> None:
    real = RealTime()
    clock = Clock(real, at_us=START_US)

    real.us += 2 * SECOND_US

    assert clock.now_us() == START_US + 2 * SECOND_US


def test_a_frozen_clock_stands_still_while_real_time_passes() -> None:
    real = RealTime()
    clock = Clock(real, at_us=START_US, frozen=True)

    real.us += 2 * SECOND_US

    assert clock.now_us() == START_US


def test_a_clock_that_resumes_goes_on_from_where_it_stood() -> None:
    real = RealTime()
    clock = Clock(real, at_us=START_US, frozen=True)
    real.us += 5 * SECOND_US

    clock.follow(START_US, frozen=False)
    real.us += SECOND_US

    assert clock.now_us() == START_US + SECOND_US


def test_following_an_earlier_moment_never_turns_the_clock_back() -> None:
    real = RealTime()
    clock = Clock(real, at_us=START_US)
    real.us += 3 * SECOND_US

    clock.follow(START_US, frozen=True)

    assert clock.now_us() == START_US + 3 * SECOND_US


def test_time_ends_with_the_year_9999_and_stays_there() -> None:
    real = RealTime()
    clock = Clock(real, at_us=LATEST_US - SECOND_US)

    real.us += 5 * SECOND_US

    assert clock.now_us() == LATEST_US
    assert iso(LATEST_US) == "9999-12-31T23:59:59.000Z"


@pytest.mark.parametrize(
    ("by_us", "reason"), [(-1, "cannot go backwards"), (LATEST_US, "ends at 9999-12-31T23:59:59.000Z")]
)
def test_a_move_out_of_time_is_refused_and_says_where_time_stands(by_us: int, reason: str) -> None:
    with pytest.raises(InvalidChange, match=reason) as refusal:
        later(START_US, by_us)

    assert "it shows 2026-11-22T10:00:00.000Z" in str(refusal.value)


@given(st.integers(0, LATEST_US // 1000))
def test_a_moment_written_with_milliseconds_reads_back_as_itself(millis: int) -> None:
    assert moment_of(iso(millis * 1000)) == millis * 1000


@given(st.integers(0, LATEST_US))
def test_a_moment_written_with_microseconds_reads_back_as_itself(us: int) -> None:
    assert moment_of(iso_exact(us)) == us


@pytest.mark.parametrize(
    ("text", "moment_us"),
    [
        ("2026-11-22T10:00:00Z", START_US),
        ("2026-11-22t10:00:00z", START_US),
        ("2026-11-22T11:30:00+01:30", START_US),
        ("2026-11-22T10:00:00.000001Z", START_US + 1),
        ("2026-11-22T10:00:00.0000019999Z", START_US + 1),
        ("1969-12-31T23:59:59Z", -SECOND_US),
    ],
)
def test_every_form_of_an_rfc_3339_time_is_read(text: str, moment_us: int) -> None:
    assert moment_of(text) == moment_us


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-22", "2026-11-22T10:00:00", "2026-13-01T00:00:00Z", "2026-11-22T10:00:00.Z"]
)
def test_what_is_no_time_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"^'{text}' is not a time such as 2026-11-22T10:00:00Z$"):
        moment_of(text)


def test_the_day_of_a_moment_is_its_day_in_utc() -> None:
    assert iso_date(moment_of("2026-11-23T00:30:00+01:00")) == "2026-11-22"
