"""A response as it came over the wire, held against botocore's shape of it.

botocore's own parsers pass over a member that they do not know and turn a wrong type into something else;
here both are mistakes."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.utils import parse_timestamp

_INTEGERS = ("integer", "long")
_NUMBERS = ("float", "double")
# Nothing in AWS is older than AWS. Milliseconds where seconds belong are fifty thousand years away.
_FIRST, _LATEST = datetime(2006, 3, 14, tzinfo=UTC), timedelta(days=100 * 365)
# What AWS answers beyond its own model. A stack's own events have the stack's statuses, not a resource's:
# https://github.com/ansible/ansible/issues/32396, https://github.com/ministackorg/ministack/pull/890
_BEYOND_THE_MODEL = {
    "ResourceStatus": {"REVIEW_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"},
}


class Wire(Protocol):
    """How one of AWS's formats writes structures, lists, maps and scalars."""

    def key(self, name: str, shape: Shape) -> str: ...

    def fields(self, value: Any) -> dict[str, Any] | None: ...

    def items(self, shape: ListShape, value: Any) -> list[Any] | None: ...

    def pairs(self, shape: MapShape, value: Any) -> list[tuple[Any, Any]] | None: ...

    def scalar(self, shape: Shape, value: Any) -> Any:
        """The value; ValueError where it is none of the shape's."""
        ...


class JsonWire:
    def key(self, name: str, shape: Shape) -> str:
        return str(shape.serialization.get("name", name))

    def fields(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            return None
        # Lambda, for one, writes null for what is not there.
        return {name: item for name, item in value.items() if item is not None}

    def items(self, shape: ListShape, value: Any) -> list[Any] | None:
        return value if isinstance(value, list) else None

    def pairs(self, shape: MapShape, value: Any) -> list[tuple[Any, Any]] | None:
        return list(value.items()) if isinstance(value, dict) else None

    def scalar(self, shape: Shape, value: Any) -> Any:
        if shape.type_name == "boolean":
            return _only(bool, value)
        if shape.type_name in _INTEGERS + _NUMBERS:
            # JSON knows no integers: 1.0 is one, 1.5 is none.
            number = _number(value)
            if shape.type_name in _INTEGERS and number != int(number):
                raise ValueError(repr(value))
            return number
        if shape.type_name == "timestamp":
            how = shape.serialization.get("timestampFormat", "unixTimestamp")
            return _timestamp(_number(value) if how == "unixTimestamp" else _only(str, value), how)
        text = _only(str, value)
        return _blob(text) if shape.type_name == "blob" else text


class XmlWire:
    def key(self, name: str, shape: Shape) -> str:
        flattened = isinstance(shape, ListShape) and shape.serialization.get("flattened")
        of_items = shape.member.serialization.get("name") if flattened else None
        return str(of_items or shape.serialization.get("name", name))

    def fields(self, value: Any) -> dict[str, Any] | None:
        """Elements by name: one, or all of that name; only a flattened list may have several."""
        element: Element = value[0] if isinstance(value, list) else value
        found: dict[str, list[Element]] = defaultdict(list)
        for child in element:
            found[_tag(child)].append(child)
        return dict(found)

    def items(self, shape: ListShape, value: Any) -> list[Any] | None:
        if shape.serialization.get("flattened"):
            return [[element] for element in value]
        name = shape.member.serialization.get("name", "member")
        children = list(value[0])
        return [[child] for child in children] if all(_tag(child) == name for child in children) else None

    def pairs(self, shape: MapShape, value: Any) -> list[tuple[Any, Any]] | None:
        entries = value if shape.serialization.get("flattened") else list(value[0])
        key = shape.key.serialization.get("name", "key")
        content = shape.value.serialization.get("name", "value")
        named = [{_tag(child): child for child in entry} for entry in entries]
        if any(set(entry) != {key, content} for entry in named):
            return None
        return [(entry[key].text or "", [entry[content]]) for entry in named]

    def scalar(self, shape: Shape, value: Any) -> Any:
        if len(value) != 1 or len(value[0]):
            raise ValueError(f"{len(value)} elements, the first with {len(value[0])} in it")
        return text_scalar(shape, value[0].text or "", "iso8601")


def text_scalar(shape: Shape, text: str, times: str) -> Any:
    """A scalar that is text on the wire: an element's, or a header's."""
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"
    if shape.type_name in _INTEGERS:
        return int(text)
    if shape.type_name in _NUMBERS:
        return float(text)
    if shape.type_name == "timestamp":
        return _timestamp(text, shape.serialization.get("timestampFormat", times))
    return _blob(text) if shape.type_name == "blob" else text


class Mistake(str):
    """What is wrong, and where. ``newer``: it may be right, and the model older than the service."""

    newer = False


def mistakes(wire: Wire, shape: Shape, value: Any, place: str) -> Iterator[Mistake]:
    """Every place where a value is not what the model says."""
    if isinstance(shape, StructureShape):
        yield from _in_structure(wire, shape, value, place)
    elif isinstance(shape, ListShape):
        items = wire.items(shape, value)
        if items is None:
            yield Mistake(f"{place} is no list: {value!r}")
        for index, item in enumerate(items or []):
            yield from mistakes(wire, shape.member, item, f"{place}[{index}]")
    elif isinstance(shape, MapShape):
        pairs = wire.pairs(shape, value)
        if pairs is None:
            yield Mistake(f"{place} is no map: {value!r}")
        for key, item in pairs or []:
            yield from mistakes(wire, shape.value, item, f"{place}[{key!r}]")
    else:
        yield from _in_scalar(wire, shape, value, place)


def body_members(shape: StructureShape) -> dict[str, Shape]:
    """The members that are in the body, not in a header or the status."""
    return {name: member for name, member in shape.members.items() if "location" not in member.serialization}


def _in_structure(wire: Wire, shape: StructureShape, value: Any, place: str) -> Iterator[Mistake]:
    fields = wire.fields(value)
    if fields is None:
        yield Mistake(f"{place} is no structure: {value!r}")
        return
    known = {
        wire.key(name, member): member
        for name, member in body_members(shape).items()
        if not member.serialization.get("xmlAttribute")
    }
    for name in shape.required_members:
        member = shape.members[name]
        if wire.key(name, member) in known and wire.key(name, member) not in fields:
            yield Mistake(f"{place}.{name} is missing; {shape.name} requires it")
    for key, item in fields.items():
        if key in known:
            yield from mistakes(wire, known[key], item, f"{place}.{key}")
        else:
            yield _newer(f"{place}.{key} is no member of {shape.name}")


def _in_scalar(wire: Wire, shape: Shape, value: Any, place: str) -> Iterator[Mistake]:
    try:
        scalar = wire.scalar(shape, value)
    except ValueError as wrong:
        yield Mistake(f"{place} is no {shape.type_name}: {wrong}")
        return
    known = [*getattr(shape, "enum", []), *_BEYOND_THE_MODEL.get(shape.name, ())]
    if isinstance(shape, StringShape) and shape.enum and scalar not in known:
        yield _newer(f"{place} is {scalar!r}, none of {', '.join(shape.enum)}")


def _newer(text: str) -> Mistake:
    mistake = Mistake(text)
    mistake.newer = True
    return mistake


def _only(types: Any, value: Any) -> Any:
    if not isinstance(value, types):
        raise ValueError(repr(value))
    return value


def _number(value: Any) -> float:
    """A bool is an int to Python only."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(repr(value))
    return value


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as wrong:
        raise ValueError(f"{text!r}: {wrong}") from wrong


def _timestamp(value: Any, how: str) -> datetime:
    if how == "rfc822":
        instant = parsedate_to_datetime(value)
    elif how == "unixTimestamp":
        # Milliseconds are beyond any calendar.
        instant = datetime.fromtimestamp(value, UTC) if value < 1e11 else datetime.max.replace(tzinfo=UTC)
    elif not isinstance(value, str) or value.replace(".", "").isdigit():
        raise ValueError(f"{value!r} is an epoch")  # for botocore it would pass as ISO 8601
    else:
        instant = parse_timestamp(value)
    if not _FIRST <= instant.astimezone(UTC) <= datetime.now(UTC) + _LATEST:
        raise ValueError(f"{value!r} is {instant}")
    return instant


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
