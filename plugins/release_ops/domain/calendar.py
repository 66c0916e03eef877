"""When production may be changed: weekly windows, and freezes, by the wall clock of a named zone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_BEHIND = 2
"""Days before an instant on which a window that holds it may begin: overnight, and in another zone."""
_AHEAD = 15
"""Days after an instant in which a weekly window opens, even if the clocks skip it once."""
_NO_END = timedelta(days=8)
"""What is open for longer than a week is open every week."""


@dataclass(frozen=True)
class Window:
    """Hours of some days of each week. An end past midnight is that of the day after: 04:00 is 28 hours."""

    text: str
    days: frozenset[int]
    """0 is Monday, and the day that counts is the one on which it opens."""
    begins: timedelta
    ends: timedelta


@dataclass(frozen=True)
class Freeze:
    """Nothing goes out from one reading of the wall clock until another, whatever the windows say."""

    begins: datetime
    ends: datetime
    why: str


@dataclass(frozen=True)
class Answer:
    """Whether production may be changed now, and until when that stays so (None: nothing ends it)."""

    is_open: bool
    until: datetime | None
    why: str = ""
    """What closes it; empty if it is open."""


@dataclass(frozen=True)
class _Span:
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Calendar:
    """Windows and freezes in a zone; no windows means that only freezes close.

    A reading of the wall clock stands for the first instant at which the clock shows it, or a later one. So
    in spring 02:30, which is skipped, is the jump itself, and in autumn, where it comes twice, the first."""

    zone: str
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    closed_days: frozenset[date] = frozenset()
    """Days that close from midnight to midnight, such as the holidays of a country."""

    def opens(self, at: datetime) -> Answer:
        """Return whether it is open at an instant, until when, and why not."""
        moment = at.astimezone(UTC)
        why = self._what_closes(moment)
        until = self._next_opening(moment) if why else self._next_closing(moment)
        return Answer(not why, until.astimezone(ZoneInfo(self.zone)) if until else None, why)

    def _what_closes(self, moment: datetime) -> str:
        freeze = self._freeze_at(moment)
        if freeze is not None:
            ends = instant_of(freeze.ends, self.zone).astimezone(ZoneInfo(self.zone))
            return f"frozen until {ends:%a %Y-%m-%d %H:%M %Z}: {freeze.why}"
        span = self._span(moment)
        if self.windows and (span is None or span.begins > moment):
            return f"outside of {' and '.join(window.text for window in self.windows)}"
        return ""

    def _next_opening(self, moment: datetime) -> datetime | None:
        while True:
            freeze = self._freeze_at(moment)
            span = self._span(moment)
            if freeze is not None:
                moment = instant_of(freeze.ends, self.zone)
            elif not self.windows or (span is not None and span.begins <= moment):
                return moment
            elif span is None:
                return None
            else:
                moment = span.begins

    def _next_closing(self, moment: datetime) -> datetime | None:
        begins = (instant_of(freeze.begins, self.zone) for freeze in self._all_freezes())
        ends = [instant for instant in begins if instant > moment]
        span = self._span(moment)
        if span is not None and span.ends - moment < _NO_END:
            ends.append(span.ends)
        return min(ends, default=None)

    def _freeze_at(self, moment: datetime) -> Freeze | None:
        """Return the freeze that holds an instant; the last to end, if several do."""
        held = (
            freeze
            for freeze in self._all_freezes()
            if instant_of(freeze.begins, self.zone) <= moment < instant_of(freeze.ends, self.zone)
        )
        return max(held, key=lambda freeze: freeze.ends, default=None)

    def _all_freezes(self) -> Iterator[Freeze]:
        yield from self.freezes
        for day in self.closed_days:
            midnight = datetime.combine(day, time())
            yield Freeze(midnight, midnight + _DAY, f"{day:%Y-%m-%d} is a holiday")

    def _span(self, moment: datetime) -> _Span | None:
        """Return the time of open windows that holds an instant, or the next one."""
        return next((span for span in self._spans(moment) if span.ends > moment), None)

    def _spans(self, moment: datetime) -> Iterator[_Span]:
        """Yield when windows are open around an instant, in order; those that touch are one."""
        last: _Span | None = None
        for span in sorted(self._openings(moment), key=lambda span: span.begins):
            if last is not None and span.begins <= last.ends:
                last = _Span(last.begins, max(last.ends, span.ends))
                continue
            if last is not None:
                yield last
            last = span
        if last is not None:
            yield last

    def _openings(self, moment: datetime) -> Iterator[_Span]:
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        for offset in range(-_BEHIND, _AHEAD + 1):
            midnight = datetime.combine(today + offset * _DAY, time())
            for window in self.windows:
                if midnight.weekday() in window.days:
                    begins = instant_of(midnight + window.begins, self.zone)
                    ends = instant_of(midnight + window.ends, self.zone)
                    if begins < ends:  # not one that the clocks skip as a whole
                        yield _Span(begins, ends)


def instant_of(reading: datetime, zone: str) -> datetime:
    """Return the first instant, in UTC, at which a zone's wall clock shows a reading or a later one."""
    place = ZoneInfo(zone)
    instant = reading.replace(tzinfo=place).astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None) == reading:
        return instant
    # Skipped. Of such a reading, Python makes two instants, one before the jump and one after it (PEP 495).
    before = int(reading.replace(tzinfo=place, fold=1).timestamp())
    after = int(instant.timestamp())
    offset = _offset(before, place)
    jump = bisect_left(range(before, after), True, key=lambda second: _offset(second, place) != offset)
    return datetime.fromtimestamp(before + jump, UTC)


def _offset(second: int, place: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(second, place).utcoffset()
