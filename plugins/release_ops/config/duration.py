"""Durations as people write them: always with a unit."""

from __future__ import annotations

import re
from datetime import timedelta

_WORDS = re.compile(r"([0-9]{1,6}) ?(second|minute|hour|day|week)s?")
_ISO_8601 = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]{1,6})W)?(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?(?:(?P<seconds>[0-9]{1,6}(?:\.[0-9]{1,6})?)S)?)?"
)


def parse_duration(text: str) -> timedelta | None:
    """Return the duration that `2 days`, `30 minutes` or `P2DT12H` says, None if the text says none.

    Months and years are no duration: their length depends on when they start."""
    if words := _WORDS.fullmatch(text.strip()):
        return timedelta(**{f"{words[2]}s": int(words[1])})
    if iso := _ISO_8601.fullmatch(text.strip()):
        return timedelta(**{unit: float(number) for unit, number in iso.groupdict(default="0").items()})
    return None


def in_words(duration: timedelta) -> str:
    """Return a duration in the largest unit that divides it: `48 hours` are `2 days`."""
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        number, rest = divmod(duration.total_seconds(), unit)
        if number and not rest:
            return f"{number:.0f} {name}{'s' if number > 1 else ''}"
    return f"{duration.total_seconds():g} seconds"
