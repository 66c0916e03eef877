"""Windows and freezes as tables of instants: at what instant, in UTC, what is the answer?

Each row: the instant asked about, whether production is open, and until when (by the zone's own clock)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from release_ops.domain.calendar import Calendar
from release_ops.domain.calendar_words import parse_freeze, parse_window

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
TOUCHING = ["Mon 20:00-24:00", "Tue 00:00-02:00"]
OVERLAPPING = ["Mon 09:00-12:00", "Mon 11:00-14:00"]
APART = ["Mon 09:00-10:00", "Thu 09:00-10:00"]


def calendar(zone: str, *windows: str) -> Calendar:
    read = [parse_window(window) for window in windows]
    return Calendar(zone, tuple(window for window in read if window is not None))


def with_freeze(open_hours: Calendar, begins: str, until: str, why: str = "year's end") -> Calendar:
    freeze = parse_freeze(begins, until, why)
    assert freeze is not None
    return replace(open_hours, freezes=(*open_hours.freezes, freeze))


def said(open_hours: Calendar, at: str) -> str:
    answer = open_hours.opens(datetime.fromisoformat(at).replace(tzinfo=UTC))
    until = answer.until.isoformat(sep=" ", timespec="minutes") if answer.until else "for ever"
    return f"{'open' if answer.is_open else 'closed'} until {until}"


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-11-24 07:59", "closed until 2026-11-24 09:00+01:00"),
        ("2026-11-24 08:00", "open until 2026-11-24 16:00+01:00"),
        ("2026-11-24 14:59", "open until 2026-11-24 16:00+01:00"),
        ("2026-11-24 15:00", "closed until 2026-11-25 09:00+01:00"),
        ("2026-11-26 15:00", "closed until 2026-12-01 09:00+01:00"),  # from one month to the next
        ("2026-12-31 15:00", "closed until 2027-01-05 09:00+01:00"),  # from one year to the next
        ("2028-02-24 15:00", "closed until 2028-02-29 09:00+01:00"),  # a day that three years do not have
        ("2026-07-07 07:00", "open until 2026-07-07 16:00+02:00"),  # the same hours in summer
    ],
)
def test_a_window_of_some_days(at: str, answer: str) -> None:
    assert said(calendar(BERLIN, "Tue-Thu 09:00-16:00"), at) == answer


@pytest.mark.parametrize(
    ("zone", "window", "at", "answer"),
    [
        # Spring: in Berlin 02:00 becomes 03:00 on 29 March 2026, at 01:00 UTC.
        (BERLIN, "02:30-05:00", "2026-03-29 00:59", "closed until 2026-03-29 03:00+02:00"),
        (BERLIN, "02:30-05:00", "2026-03-29 01:00", "open until 2026-03-29 05:00+02:00"),
        (BERLIN, "01:00-02:30", "2026-03-29 00:59", "open until 2026-03-29 03:00+02:00"),
        (BERLIN, "01:00-02:30", "2026-03-29 01:00", "closed until 2026-03-30 01:00+02:00"),
        (BERLIN, "02:15-02:45", "2026-03-29 01:00", "closed until 2026-03-30 02:15+02:00"),  # all skipped
        # Autumn: 03:00 becomes 02:00 on 25 October 2026, at 01:00 UTC. A time that comes twice counts once.
        (BERLIN, "02:30-05:00", "2026-10-25 00:29", "closed until 2026-10-25 02:30+02:00"),
        (BERLIN, "02:30-05:00", "2026-10-25 01:15", "open until 2026-10-25 05:00+01:00"),
        (BERLIN, "01:00-02:30", "2026-10-25 00:29", "open until 2026-10-25 02:30+02:00"),
        (BERLIN, "01:00-02:30", "2026-10-25 01:15", "closed until 2026-10-26 01:00+01:00"),
        # New York: 8 March at 07:00 UTC, and 1 November at 06:00 UTC.
        (NEW_YORK, "09:00-16:00", "2026-03-07 14:00", "open until 2026-03-07 16:00-05:00"),
        (NEW_YORK, "09:00-16:00", "2026-03-08 12:59", "closed until 2026-03-08 09:00-04:00"),
        (NEW_YORK, "09:00-16:00", "2026-03-08 13:00", "open until 2026-03-08 16:00-04:00"),
        (NEW_YORK, "01:30-03:00", "2026-11-01 05:29", "closed until 2026-11-01 01:30-04:00"),
        (NEW_YORK, "01:30-03:00", "2026-11-01 06:10", "open until 2026-11-01 03:00-05:00"),
        # Lord Howe moves by half an hour: 4 October 2026 from 02:00 to 02:30, 5 April from 02:00 to 01:30.
        (LORD_HOWE, "02:15-04:00", "2026-10-03 15:29", "closed until 2026-10-04 02:30+11:00"),
        (LORD_HOWE, "02:15-04:00", "2026-10-03 15:30", "open until 2026-10-04 04:00+11:00"),
        (LORD_HOWE, "01:00-01:45", "2026-04-04 14:44", "open until 2026-04-05 01:45+11:00"),
        (LORD_HOWE, "01:00-01:45", "2026-04-04 15:10", "closed until 2026-04-06 01:00+10:30"),
        # Samoa had no 30 December 2011 at all: from Thursday to Saturday.
        ("Pacific/Apia", "Fri 09:00-10:00", "2011-12-29 12:00", "closed until 2012-01-06 09:00+14:00"),
    ],
)
def test_when_the_clocks_change(zone: str, window: str, at: str, answer: str) -> None:
    assert said(calendar(zone, window), at) == answer


@pytest.mark.parametrize(
    ("zone", "windows", "at", "answer"),
    [
        (BERLIN, ["Mon-Fri 22:00-04:00"], "2026-11-23 20:59", "closed until 2026-11-23 22:00+01:00"),
        (BERLIN, ["Mon-Fri 22:00-04:00"], "2026-11-23 23:30", "open until 2026-11-24 04:00+01:00"),
        (BERLIN, ["Mon-Fri 22:00-04:00"], "2026-11-28 02:59", "open until 2026-11-28 04:00+01:00"),
        (BERLIN, ["Mon-Fri 22:00-04:00"], "2026-11-28 21:30", "closed until 2026-11-30 22:00+01:00"),
        (BERLIN, ["Sun 22:00-04:00"], "2026-11-29 23:30", "open until 2026-11-30 04:00+01:00"),
        (BERLIN, ["22:00-04:00"], "2026-12-31 23:30", "open until 2027-01-01 04:00+01:00"),
        (BERLIN, ["22:00-04:00"], "2026-03-29 01:30", "open until 2026-03-29 04:00+02:00"),  # five hours long
        (BERLIN, ["22:00-04:00"], "2026-03-29 02:00", "closed until 2026-03-29 22:00+02:00"),
        (BERLIN, ["22:00-04:00"], "2026-10-25 02:59", "open until 2026-10-25 04:00+01:00"),  # seven hours
        (BERLIN, ["22:00-04:00"], "2026-10-25 03:00", "closed until 2026-10-25 22:00+01:00"),
        (NEW_YORK, ["22:00-04:00"], "2026-03-08 07:30", "open until 2026-03-08 04:00-04:00"),
        (LORD_HOWE, ["22:00-04:00"], "2026-10-03 16:59", "open until 2026-10-04 04:00+11:00"),
        # Several: those that touch or overlap are one, and the days wrap around the week.
        (BERLIN, TOUCHING, "2026-11-23 20:00", "open until 2026-11-24 02:00+01:00"),
        (BERLIN, OVERLAPPING, "2026-11-23 09:00", "open until 2026-11-23 14:00+01:00"),
        (BERLIN, APART, "2026-11-23 09:00", "closed until 2026-11-26 09:00+01:00"),
        (BERLIN, ["Fri-Mon 09:00-10:00"], "2026-11-28 08:30", "open until 2026-11-28 10:00+01:00"),
        (BERLIN, ["Mon, Wed 09:00-10:00"], "2026-11-23 10:00", "closed until 2026-11-25 09:00+01:00"),
        (BERLIN, ["00:00-24:00"], "2026-11-23 10:00", "open until for ever"),
        (BERLIN, [], "2026-11-23 10:00", "open until for ever"),
    ],
)  # fmt: skip
def test_overnight_and_several(zone: str, windows: list[str], at: str, answer: str) -> None:
    assert said(calendar(zone, *windows), at) == answer


@pytest.mark.parametrize(
    ("begins", "until", "at", "answer"),
    [
        # Days are included, the last one too; the window then decides.
        ("2026-12-18", "2027-01-03", "2026-12-17 14:00", "open until 2026-12-17 16:00+01:00"),
        ("2026-12-18", "2027-01-03", "2026-12-18 09:00", "closed until 2027-01-05 09:00+01:00"),
        ("2026-12-18", "2027-01-03", "2027-01-03 22:59", "closed until 2027-01-05 09:00+01:00"),
        ("2026-12-18", "2027-01-05", "2027-01-05 10:00", "closed until 2027-01-06 09:00+01:00"),
        # Instants, within one window.
        ("2026-11-24 12:00", "2026-11-24 14:00", "2026-11-24 09:00", "open until 2026-11-24 12:00+01:00"),
        ("2026-11-24 12:00", "2026-11-24 14:00", "2026-11-24 11:00", "closed until 2026-11-24 14:00+01:00"),
        ("2026-11-24 12:00", "2026-11-24 14:00", "2026-11-24 13:00", "open until 2026-11-24 16:00+01:00"),
        ("2026-11-24T12:00", "2026-11-24", "2026-11-24 13:00", "closed until 2026-11-25 09:00+01:00"),
    ],
)
def test_a_freeze_closes_what_a_window_opens(begins: str, until: str, at: str, answer: str) -> None:
    hours = calendar(BERLIN, "Tue-Thu 09:00-16:00")
    assert said(with_freeze(hours, begins, until), at) == answer


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-03-28 22:59", "open until 2026-03-29 00:00+01:00"),
        ("2026-03-28 23:00", "closed until 2026-03-30 00:00+02:00"),  # 23 hours
        ("2026-10-24 22:00", "closed until 2026-10-26 00:00+01:00"),  # 25 hours
        ("2026-10-25 22:59", "closed until 2026-10-26 00:00+01:00"),
    ],
)
def test_a_frozen_day_is_as_long_as_the_clocks_make_it(at: str, answer: str) -> None:
    hours = with_freeze(calendar(BERLIN), "2026-03-29", "2026-03-29")
    assert said(with_freeze(hours, "2026-10-25", "2026-10-25"), at) == answer


def test_freezes_that_follow_each_other_are_one_wait() -> None:
    hours = with_freeze(with_freeze(calendar(BERLIN), "2026-12-24", "2026-12-26"), "2026-12-27", "2027-01-01")
    assert said(hours, "2026-12-24 12:00") == "closed until 2027-01-02 00:00+01:00"


def test_a_holiday_is_closed_from_midnight_to_midnight() -> None:
    hours = Calendar(BERLIN, closed_days=frozenset({date(2026, 12, 25)}))
    assert said(hours, "2026-12-24 22:59") == "open until 2026-12-25 00:00+01:00"
    assert said(hours, "2026-12-24 23:00") == "closed until 2026-12-26 00:00+01:00"


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-24 09:00", ""),
        ("2026-11-24 16:00", "outside of Tue-Thu 09:00-16:00 and Sat 10:00-12:00"),
        ("2026-12-22 09:00", "frozen until Mon 2027-01-04 00:00 CET: year's end"),
    ],
)
def test_it_says_what_closes_it(at: str, why: str) -> None:
    hours = calendar(BERLIN, "Tue-Thu 09:00-16:00", "Sat 10:00-12:00")
    hours = with_freeze(hours, "2026-12-18", "2027-01-03")
    assert hours.opens(datetime.fromisoformat(at).replace(tzinfo=UTC)).why == why


@pytest.mark.parametrize(
    "text",
    [
        "", "Tue", "09:00", "Tue 09:00-09:00", "Tue 24:00-09:00", "Tue 9:00-16:00", "Tue 09:00-25:00",
        "Tues 09:00-16:00", "Tue-Thu-Fri 09:00-16:00", "Tue- 09:00-16:00", "Tue, 09:00-16:00",
        "Tue 09:00-16:60", "Tue 09:00 16:00",
    ],
)  # fmt: skip
def test_what_says_no_window(text: str) -> None:
    assert parse_window(text) is None


@pytest.mark.parametrize(
    ("begins", "until"),
    [
        ("2026-12-24", "2026-12-23"),
        ("2026-12-24 12:00", "2026-12-24 12:00"),
        ("2026-02-30", "2026-03-01"),
        ("24.12.2026", "2026-12-26"),
        ("2026-12-24", "9999-12-31"),
        ("2026-12-24 25:00", "2026-12-26"),
    ],
)
def test_what_says_no_freeze(begins: str, until: str) -> None:
    assert parse_freeze(begins, until, "why") is None
