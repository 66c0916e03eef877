"""A YAML file as plain data that remembers where everything was written.

Built from the parser's events with a stack of our own: PyYAML's C composer recurses, and a file of 100,000
opening brackets ends the interpreter with a segmentation fault.
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from release_ops.config.mistakes import Finding, Key, shown

DEEPEST = 32
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"
_TEMPLATE = re.compile(r"\{[{%#]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,100}\.[0-9]{0,100}(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _word, _truth in yaml.SafeLoader.bool_values.items():
    _WORDS |= dict.fromkeys((_word, _word.title(), _word.upper()), _truth)
_UTF_16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class Spot(NamedTuple):
    """Where a value stands, and its text in the file if that is not the value itself."""

    line: int
    text: str | None = None


@dataclass
class Document:
    """What a file says, and what is wrong with it before anybody asks what it means.

    Whatever stands at or below a key in `refused` deserves no second sentence."""

    content: Any = None
    findings: list[Finding] = field(default_factory=list)
    refused: set[Key] = field(default_factory=set)
    empty: list[Key] = field(default_factory=list)
    spots: dict[tuple[int, str | int], Spot] = field(default_factory=dict)

    def spot(self, key: Key) -> tuple[Key, Spot]:
        """Return the nearest key that the file has, and where it is."""
        container, nearest, depth = self.content, Spot(1), 0
        for part in key:
            spot = self.spots.get((id(container), part))
            if spot is None:
                break
            nearest, depth, container = spot, depth + 1, container[part]
        return key[:depth], nearest

    def is_refused(self, key: Key) -> bool:
        return any(key[:depth] in self.refused for depth in range(len(key) + 1))

    def refuse(self, key: Key, wrong: str, write: str, line: int) -> None:
        if not self.is_refused(key):
            self.findings.append(Finding(key, wrong, write, line))
            self.refused.add(key)


def read_document(content: bytes) -> Document:
    """Return what the bytes say; whatever they are, a mistake is a finding and never an exception."""
    document = Document()
    text = _decode(content, document)
    if text is None:
        return document
    builder = _Builder(document)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _StopReading:
        pass
    except yaml.MarkedYAMLError as error:
        document.refuse((), *_syntax_mistake(error, text))
    except yaml.YAMLError as error:
        document.refuse((), f"is not YAML ({shown(str(error))})", "write a mapping of keys and values", 1)
    return document


class _StopReading(Exception):  # noqa: N818 - no error of its own: the finding is recorded already
    """Nothing behind this place can be read."""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    content: dict[str, Any] | list[Any]
    key: Key
    is_key: bool = False
    pending: str | None = None  # the key whose value comes next
    discards: bool = False  # the value that comes next has no key to stand under


class _Builder:
    """Puts the parser's events together.

    Only null, truth values and decimal numbers are more than text. YAML 1.1 also knows octal, base 60 and
    dates, and would read a service's `12:30` as 750."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Open] = []
        self.discarded: list[object] = []  # kept alive: spots are found by the identity of their container
        self.documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.document.refuse((), "a second document begins here", "remove the line ---", _line(event))
            raise _StopReading

    def _scalar(self, event: Any) -> None:
        if self._expects_key:
            self._take_key(event)
            return
        key, line, text = self._next_key, _line(event), event.value
        if event.tag not in (None, _TEXT_TAG):
            self._refuse_tag(key, event)
        if "{" in text and _TEMPLATE.search(text):
            self._refuse_template(key, text, line)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            self.document.refuse(key, f"{shown(text)} is not text", "write it without the \\u escape", line)
        value = text if event.style or event.tag else _plain_value(text)
        if value is None:
            self.document.empty.append(key)
        self._put(value, Spot(line, None if value is text else text))

    def _take_key(self, event: Any) -> None:
        top, name, line = self.stack[-1], event.value, _line(event)
        assert isinstance(top.content, dict)  # noqa: S101 - only a mapping expects a key
        key = (*top.key, name)
        if "{" in name and _TEMPLATE.search(name):
            self._refuse_template(key, name, line)
        if name in top.content:
            first = self.document.spots[id(top.content), name].line
            finding = Finding(
                key, f"is here twice, the first time on line {first}", "keep one of the two", line
            )
            self.document.findings.append(finding)
            top.discards = True
        top.pending = name
        self.document.spots.setdefault((id(top.content), name), Spot(line))

    def _open(self, content: dict[str, Any] | list[Any], event: Any) -> None:
        line = _line(event)
        if len(self.stack) >= DEEPEST:
            self.document.refuse((), f"is nested more than {DEEPEST} levels deep", "write it flatter", line)
            raise _StopReading
        is_key = self._expects_key
        key = self.stack[-1].key if is_key else self._next_key
        if event.tag is not None:
            self._refuse_tag(key, event)
        if is_key:
            self._refuse_collection_as_key(key, event)
            self.discarded.append(content)
        else:
            self._put(content, Spot(line, ""))
        self.stack.append(_Open(content, key, is_key))

    def _close(self) -> None:
        closed = self.stack.pop()
        if closed.is_key:
            self.stack[-1].pending, self.stack[-1].discards = "", True

    def _alias(self, event: Any) -> None:
        key = self.stack[-1].key if self._expects_key else self._next_key
        wrong = f"*{event.anchor} repeats another part of the file"
        self.document.refuse(key, wrong, "write the value out, or put it under defaults", _line(event))
        if self._expects_key:
            self.stack[-1].pending, self.stack[-1].discards = "", True
        else:
            self._put(None, Spot(_line(event)))

    def _put(self, value: object, spot: Spot) -> None:
        if not self.stack:
            self.document.content = value
            return
        top = self.stack[-1]
        if isinstance(top.content, list):
            self.document.spots[id(top.content), len(top.content)] = spot
            top.content.append(value)
        elif top.discards:
            self.discarded.append(value)
            top.pending, top.discards = None, False
        elif top.pending is not None:
            at_key = self.document.spots[id(top.content), top.pending].line
            self.document.spots[id(top.content), top.pending] = Spot(at_key, spot.text)
            top.content[top.pending], top.pending = value, None

    @property
    def _expects_key(self) -> bool:
        return (
            bool(self.stack) and isinstance(self.stack[-1].content, dict) and self.stack[-1].pending is None
        )

    @property
    def _next_key(self) -> Key:
        if not self.stack:
            return ()
        top = self.stack[-1]
        return (*top.key, len(top.content) if isinstance(top.content, list) else top.pending or "")

    def _refuse_tag(self, key: Key, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.document.refuse(key, f"the tag {shown(tag)} is not read", "write the value alone", _line(event))

    def _refuse_template(self, key: Key, text: str, line: int) -> None:
        wrong = f"{shown(text)} looks like a template, and Airflow would run it"
        self.document.refuse(key, wrong, "write the value itself, without {{, {% or {#", line)

    def _refuse_collection_as_key(self, key: Key, event: Any) -> None:
        if event.flow_style and isinstance(event, yaml.MappingStartEvent):
            self._refuse_template(key, "{{", _line(event))
        else:
            wrong = "a list or mapping stands where a key belongs"
            self.document.findings.append(Finding(key, wrong, "write a word and a colon", _line(event)))


def _plain_value(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _decode(content: bytes, document: Document) -> str | None:
    if content.startswith(_UTF_16_OR_32):
        document.refuse((), "is UTF-16 or UTF-32", "save the file as UTF-8", 1)
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"is not UTF-8 text (byte 0x{content[error.start]:02x})"
        document.refuse((), wrong, "save the file as UTF-8", line)
        return None
    if strange := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        wrong = f"has the control character {shown(strange.group())}"
        document.refuse((), wrong, "remove it; the file must be plain text", line)
        return None
    return text


def _syntax_mistake(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str, int]:
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    number = min(mark.line if mark else 0, len(lines) - 1)
    if "\t" in lines[number][: len(lines[number]) - len(lines[number].lstrip())]:
        return "a tab indents this line, which YAML does not allow", "indent with spaces", number + 1
    problem = " ".join(filter(None, (error.context, error.problem)))
    return f"is not YAML ({problem})", "mend this line, or the end of the one before it", number + 1
