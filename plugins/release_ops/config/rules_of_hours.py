"""What windows get wrong together with the train: they may never open in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import pairwise

from release_ops.config.draft import Draft
from release_ops.config.duration import in_words
from release_ops.config.mistakes import Finding
from release_ops.config.schedule import some_cuts
from release_ops.domain.calendar import Calendar, instant_of
from release_ops.domain.calendar_words import parse_window


def windows_open_before_the_next_cut(draft: Draft) -> Iterator[Finding]:
    """A release ends when the next one is cut: a service whose window opens later would never go out."""
    file, place = draft.file, ("environments", "production")
    train = draft.sound("train", "schedule") and draft.sound("train", "timezone")
    if not train or not draft.sound(*place, "windows") or not draft.sound(*place, "zone"):
        return
    zone = file.environments.production.zone or file.train.timezone

    @cache
    def opens(windows: tuple[str, ...], soak: timedelta) -> bool:
        """Whether it does after one cut at least; true for a soak that is too long by itself."""
        cuts = [instant_of(cut, file.train.timezone) for cut in some_cuts(file.train.schedule)]
        read = tuple(window for window in map(parse_window, windows) if window)
        waits = [(cut + soak, following) for cut, following in pairwise(cuts) if cut + soak < following]
        for soaked, following in waits:
            answer = Calendar(zone, read).opens(soaked)
            if answer.is_open or (answer.until is not None and answer.until < following):
                return True
        return not waits

    for name, entry in draft.services("soak", "windows"):
        windows = entry.windows or file.environments.production.windows
        soak = entry.soak or file.defaults.soak
        if windows and (entry.soak or draft.sound("defaults", "soak")) and not opens(windows, soak):
            key = ("services", name, "windows") if entry.windows else (*place, "windows")
            wrong = f"does not open between {in_words(soak)} of soak and the next cut"
            yield Finding(key, wrong, "add a window in which it does, or shorten the soak")
