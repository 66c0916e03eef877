"""A duration always has a unit, and only units of one length."""

from datetime import timedelta

import pytest

from release_ops.config.duration import in_words, parse_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2 days", timedelta(days=2)),
        ("1 day", timedelta(days=1)),
        ("48 hours", timedelta(days=2)),
        ("30 minutes", timedelta(minutes=30)),
        ("90 seconds", timedelta(seconds=90)),
        ("90seconds", timedelta(seconds=90)),
        ("1 week", timedelta(days=7)),
        ("0 minutes", timedelta()),
        (" 2 days ", timedelta(days=2)),
        ("P2D", timedelta(days=2)),
        ("PT30M", timedelta(minutes=30)),
        ("P1DT12H", timedelta(hours=36)),
        ("P1W", timedelta(days=7)),
        ("PT0.5S", timedelta(milliseconds=500)),
    ],
)
def test_a_duration(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "2d",
        "days",
        "two days",
        "-2 days",
        "1.5 days",
        "2 days 3 hours",
        "1 month",
        "1 year",
        "P",
        "PT",
        "P1DT",
        "P1M",
        "P1Y",
        "-P1D",
        "12:30",
        "9999999 days",
        "2 Days",
        "٢ days",
    ],
)
def test_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(), "0 seconds"),
    ],
)
def test_words_use_the_largest_unit_that_divides(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words
