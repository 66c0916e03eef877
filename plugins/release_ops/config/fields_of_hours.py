"""The shapes of windows and freezes: what is refused of them, and what to write instead."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from release_ops.config.fields import refusal
from release_ops.config.mistakes import shown
from release_ops.domain.calendar_words import parse_reading, parse_window


def _window(value: str) -> str:
    if parse_window(value) is None:
        write = "write days and hours, such as Tue-Thu 09:00-16:00, or 22:00-04:00 for every night"
        raise refusal(f"{shown(value)} is not a window of the week", write)
    return value


def _reading(value: str) -> str:
    if parse_reading(value, ends=True) is None:
        write = "write a date such as 2026-12-18, or a time too: 2026-12-18 16:00"
        raise refusal(f"{shown(value)} is not a date", write)
    return value


Windows = Annotated[tuple[Annotated[str, AfterValidator(_window)], ...], Field(min_length=1)]
Reading = Annotated[str, AfterValidator(_reading)]
Why = Annotated[str, Field(min_length=1)]
