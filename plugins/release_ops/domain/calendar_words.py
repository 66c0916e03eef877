"""Windows and freezes as people write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from release_ops.domain.calendar import Freeze, Window

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WINDOW = re.compile(r"(?:(?P<days>[A-Za-z, -]+) )?(?P<begins>[0-9:]+) ?- ?(?P<ends>[0-9:]+)")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?P<time>[T ][0-9]{2}:[0-9]{2})?")
_WHOLE_DAY = timedelta(days=1)


def parse_window(text: str) -> Window | None:
    """Return the window that `Tue-Thu 09:00-16:00` says; None if the text says none.

    Without days it opens on each. An end that is not after the begin is on the next day."""
    found = _WINDOW.fullmatch(text.strip())
    if not found:
        return None
    days = _parse_days(found["days"] or "Mon-Sun")
    begins, ends = _parse_clock(found["begins"]), _parse_clock(found["ends"])
    if not days or begins is None or ends is None or begins in (ends, _WHOLE_DAY):
        return None
    return Window(text.strip(), days, begins, ends if ends > begins else ends + _WHOLE_DAY)


def parse_freeze(begins: str, until: str, why: str) -> Freeze | None:
    """Return a freeze between two dates, the last day included, or times of day; None if it has no length."""
    first, last = parse_reading(begins), parse_reading(until, ends=True)
    if first is None or last is None or last <= first:
        return None
    return Freeze(first, last, why)


def parse_reading(text: str, *, ends: bool = False) -> datetime | None:
    """Return what the wall clock shows at `2026-12-24 16:00`; a date alone is its begin, or its end."""
    shape = _DATE.fullmatch(text.strip())
    if not shape:
        return None
    try:
        if shape["time"]:
            return datetime.fromisoformat(text.strip())
        midnight = datetime.combine(date.fromisoformat(text.strip()), time())
        return midnight + _WHOLE_DAY if ends else midnight
    except (ValueError, OverflowError):
        return None


def _parse_days(text: str) -> frozenset[int]:
    """Return the days of `Mon-Wed, Fri`; none at all if one of them is no day."""
    days: set[int] = set()
    for part in text.split(","):
        names = [name.strip().title() for name in part.split("-")]
        if len(names) > 2 or any(name not in _DAYS for name in names):
            return frozenset()
        first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
        days.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(days)


def _parse_clock(text: str) -> timedelta | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes = found[1] or found[3], found[2] or found[4]
    return timedelta(hours=int(hours), minutes=int(minutes))
