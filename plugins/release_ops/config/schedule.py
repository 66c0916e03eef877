"""The train's cron expression, read by what Airflow itself schedules with."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import islice, pairwise

from croniter import CroniterBadDateError, CroniterError, croniter  # type: ignore[import-untyped]  # ships no types

_FIELD = re.compile(r"(?:[0-9*,/#L?-]|[A-Za-z]{3})+")
_A_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - only what lies between two cuts counts, not when they are
_CUTS_COMPARED = 1000
_SOME_CUTS = 60


def cron_mistake(expression: str) -> str | None:
    """Return what is wrong with a cron expression, None if nothing is."""
    fields = expression.split()
    # croniter also takes H and R, which stand for a minute that nobody chose.
    if len(fields) != 5 or not all(map(_FIELD.fullmatch, fields)):
        return "is not a cron expression of five fields"
    try:
        croniter(expression, _A_MONDAY).get_next()
    except CroniterBadDateError:
        return "names a day that never comes"
    except (CroniterError, ValueError, TypeError, LookupError):
        return "is not a cron expression"
    return None


def longest_wait(expression: str, *, enough: timedelta) -> timedelta:
    """Return the longest time between two cuts, or the first one found that is longer than `enough`."""
    cuts = croniter(expression, _A_MONDAY, ret_type=datetime)
    longest = timedelta()
    for cut, following in pairwise(islice(cuts, _CUTS_COMPARED)):
        longest = max(longest, following - cut)
        if longest > enough:
            break
    return longest


def some_cuts(expression: str) -> list[datetime]:
    """Return cuts that follow each other, by the wall clock: those of more than a year, of a weekly train."""
    return list(islice(croniter(expression, _A_MONDAY, ret_type=datetime), _SOME_CUTS))
