"""Does a request keep to AWS's own model of the operation? What AWS refuses must be refused here."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from sandbox.aws.errors import AwsError

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "timestamp": (int, float, str),
}


class Mistake(NamedTuple):
    """A constraint of the model that a member of the request breaks."""

    member: str
    is_missing: bool
    sentence: str


# A service's one code for every mistake, or the code for a mistake.
Refusal = str | Callable[[Mistake], str]


def validate(shape: Shape | None, request: dict[str, Any], refusal: Refusal) -> None:
    """Refuse a request that breaks the model, naming every place as AWS's front end does."""
    mistakes = [] if shape is None else list(_mistakes(shape, request, ""))
    if mistakes:
        errors = "error" if len(mistakes) == 1 else "errors"
        code = refusal if isinstance(refusal, str) else refusal(mistakes[0])
        told = "; ".join(mistake.sentence for mistake in mistakes)
        raise AwsError(code, f"{len(mistakes)} validation {errors} detected: {told}")


def _mistakes(shape: Shape, value: Any, place: str) -> Iterator[Mistake]:
    expected = _JSON_TYPES.get(shape.type_name)
    if expected and (not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected)):
        raise AwsError(
            "SerializationException",
            f"{place or 'The request'} is {value!r}; AWS takes a {shape.type_name} there",
        )
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, place)
    elif isinstance(shape, ListShape):
        yield from _length(shape, value, place)
        for index, item in enumerate(value):
            yield from _mistakes(shape.member, item, f"{place}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _mistakes(shape.value, item, f"{place}.{key}")
    elif shape.type_name == "string":
        yield from _in_string(shape, value, place)
    elif shape.type_name in ("integer", "long"):
        yield from _in_number(shape, value, place)


def _in_structure(shape: StructureShape, value: dict[str, Any], place: str) -> Iterator[Mistake]:
    prefix = f"{place}." if place else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed(None, f"{prefix}{name}", "Member must not be null")
    for name, item in value.items():
        # A newer client may send what this model does not know; AWS ignores unknown members as well.
        if item is not None and name in shape.members:
            yield from _mistakes(shape.members[name], item, f"{prefix}{name}")


def _in_string(shape: Shape, value: str, place: str) -> Iterator[Mistake]:
    yield from _length(shape, value, place)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_in_python(pattern), value):
        yield _failed(value, place, f"Member must satisfy regular expression pattern: {pattern}")
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield _failed(value, place, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _in_python(pattern: str) -> str:
    """A pattern of AWS's without Java's character classes, which Python's re lacks.

    They are in the patterns of tags only, where \\p{L}, \\p{N} and _ stand together: Python's \\w."""
    separators = " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    return pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", separators)


def _length(shape: Shape, value: Any, place: str) -> Iterator[Mistake]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _failed(value, place, f"Member must have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _failed(value, place, f"Member must have length less than or equal to {most}")


def _in_number(shape: Shape, value: int, place: str) -> Iterator[Mistake]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _failed(value, place, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _failed(value, place, f"Member must have value less than or equal to {most}")


def _failed(value: Any, place: str, constraint: str) -> Mistake:
    # AWS's front end is Java's: a list is [a, b] to it.
    text = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value
    shown = "null" if value is None else f"'{text}'"
    sentence = f"Value {shown} at '{place}' failed to satisfy constraint: {constraint}"
    return Mistake(place.rpartition(".")[2], value is None, sentence)
