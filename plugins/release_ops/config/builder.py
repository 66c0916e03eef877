"""Puts YAML events together to plain data, and refuses what a catalog has no use for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from release_ops.config.document import Document, Spot
from release_ops.config.mistakes import Finding, Key, shown

DEEPEST = 32
_TEXT_TAG = "tag:yaml.org,2002:str"
_TEMPLATE = re.compile(r"\{[{%#]")
_NO_TEMPLATE = "write the value itself, without {{, {% or {#"
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_BEGINS_A_NUMBER = frozenset("+-0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,100}\.[0-9]{0,100}(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _word, _truth in yaml.SafeLoader.bool_values.items():
    _WORDS |= dict.fromkeys((_word, _word.title(), _word.upper()), _truth)


class StopReading(Exception):  # noqa: N818 - no error of its own: what is wrong is recorded already
    """Nothing behind this place can be read."""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    content: dict[str, Any] | list[Any]
    key: Key
    is_key: bool = False  # a collection where a key belongs: read to its end, and dropped
    pending: str | None = None  # the key whose value comes next
    drops: bool = False  # that value has no key of its own, or the same one as an earlier value

    @property
    def expects_key(self) -> bool:
        return self.pending is None and isinstance(self.content, dict)

    @property
    def next_key(self) -> Key:
        return (*self.key, len(self.content) if isinstance(self.content, list) else self.pending or "")


class Builder:
    """Takes one event after another; the document is complete after the last one.

    Only null, truth values and decimal numbers are more than text: YAML 1.1 also knows octal numbers, base 60
    and dates, and would read `12:30` as 750."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._stack: list[_Open] = []
        self._dropped: list[object] = []  # kept alive: spots are found by the identity of their container
        self._documents = 0
        self._takes: Mapping[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, events: Iterable[Any]) -> None:
        takes = self._takes
        for event in events:
            if take := takes.get(type(event)):
                take(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self.document.refuse((), "a second document begins here", "remove the line ---", _line(event))
            raise StopReading

    def _scalar(self, event: Any) -> None:
        if self._stack and self._stack[-1].expects_key:
            self._key(self._stack[-1], event)
            return
        text: str = event.value
        if event.tag is not None and event.tag != _TEXT_TAG:
            self._refuse_tag(event)
        if "{" in text and _TEMPLATE.search(text):
            wrong = f"{shown(text)} looks like a template, and Airflow would run it"
            self.document.refuse(self._here, wrong, _NO_TEMPLATE, _line(event))
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            wrong = f"{shown(text)} is not text"
            self.document.refuse(self._here, wrong, "write it without the \\u escape", _line(event))
        value = text if event.style or event.tag else _plain_value(text)
        if value is None:
            self.document.empty.append(self._here)
        self._put(value, _line(event), None if value is text else text)

    def _key(self, top: _Open, event: Any) -> None:
        name, line, content = event.value, _line(event), top.content
        if "{" in name and _TEMPLATE.search(name):
            wrong = f"{shown(name)} looks like a template, and Airflow would run it"
            self.document.refuse((*top.key, name), wrong, _NO_TEMPLATE, line)
        if isinstance(content, dict) and name in content:
            first = self.document.spots[id(content), name].line
            wrong = f"is here twice, the first time on line {first}"
            self.document.findings.append(Finding((*top.key, name), wrong, "keep one of the two", line))
            top.drops = True
        top.pending = name
        self.document.spots.setdefault((id(content), name), Spot(line))

    def _mapping(self, event: Any) -> None:
        self._open({}, event)

    def _list(self, event: Any) -> None:
        self._open([], event)

    def _open(self, content: dict[str, Any] | list[Any], event: Any) -> None:
        if len(self._stack) >= DEEPEST:
            wrong = f"is nested more than {DEEPEST} levels deep"
            self.document.refuse((), wrong, "write it flatter", _line(event))
            raise StopReading
        if event.tag is not None:
            self._refuse_tag(event)
        opened = _Open(content, self._here, is_key=bool(self._stack) and self._stack[-1].expects_key)
        if opened.is_key:
            self._refuse_as_key(opened.key, event)
            self._dropped.append(content)
        else:
            self._put(content, _line(event), "")
        self._stack.append(opened)

    def _close(self, _event: Any) -> None:
        if self._stack.pop().is_key:
            self._stack[-1].pending, self._stack[-1].drops = "", True

    def _alias(self, event: Any) -> None:
        wrong = f"*{event.anchor} repeats another part of the file"
        self.document.refuse(self._here, wrong, "write the value out, or put it under defaults", _line(event))
        if self._stack and self._stack[-1].expects_key:
            self._stack[-1].pending, self._stack[-1].drops = "", True
        else:
            self._put(None, _line(event), None)

    def _put(self, value: object, line: int, text: str | None) -> None:
        if not self._stack:
            self.document.content = value
            return
        top = self._stack[-1]
        content, key = top.content, top.pending
        if isinstance(content, list):
            self.document.spots[id(content), len(content)] = Spot(line, text)
            content.append(value)
        elif top.drops:
            self._dropped.append(value)
            top.pending, top.drops = None, False
        elif key is not None:
            if text is not None:
                line_of_key = self.document.spots[id(content), key].line
                self.document.spots[id(content), key] = Spot(line_of_key, text)
            content[key], top.pending = value, None

    @property
    def _here(self) -> Key:
        """The key of the value that comes next; of its mapping, where a key comes next."""
        if not self._stack:
            return ()
        top = self._stack[-1]
        return top.key if top.expects_key else top.next_key

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.document.refuse(
            self._here, f"the tag {shown(tag)} is not read", "write the value alone", _line(event)
        )

    def _refuse_as_key(self, key: Key, event: Any) -> None:
        if event.flow_style and isinstance(event, yaml.MappingStartEvent):
            wrong = "{{ looks like a template, and a catalog has none"
            self.document.refuse(key, wrong, _NO_TEMPLATE, _line(event))
        else:
            wrong = "a list or mapping stands where a key belongs"
            self.document.findings.append(Finding(key, wrong, "write a word and a colon", _line(event)))


def _plain_value(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _BEGINS_A_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
