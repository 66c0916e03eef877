"""From a script's text to its document; every mistake gets a sentence."""

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sandbox.scripted.document import ScriptDocument, ScriptedBuild, ScriptedCall

_LONGEST = 256 * 1024
_MODELS: dict[str, type[BaseModel]] = {"builds": ScriptedBuild, "calls": ScriptedCall}
Key = tuple[int | str, ...]


class ScriptError(Exception):
    """The script cannot be used; ``mistakes`` are sentences: place, value, what to write."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def read_script(text: str | bytes, name: str) -> ScriptDocument:
    """The document that this YAML, or JSON, says; ``name`` is where the text came from."""
    if len(text) > _LONGEST:
        raise ScriptError([f"{name}: the script has {len(text)} bytes; write at most {_LONGEST}"])
    try:
        content, lines = _parsed(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as broken:
        raise ScriptError([f"{name}{_where(broken)}: {_why(broken)}; write YAML or JSON"]) from None
    if not isinstance(content, dict):
        raise ScriptError([f"{name}: the script is {_shown(content)}; write builds:, calls: or list_lag:"])
    try:
        return ScriptDocument.model_validate(content)
    except ValidationError as refused:
        mistakes = [_sentence(name, error, lines) for error in refused.errors()]
        raise ScriptError(mistakes) from None


def _parsed(text: str | bytes) -> tuple[Any, dict[Key, int]]:
    """The content, and the line of every key and item in it."""
    text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    if text.lstrip().startswith("{"):
        try:  # JSON may be indented with tabs, YAML may not
            return json.loads(text), {}
        except ValueError:
            pass
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return ({}, {}) if node is None else (yaml.safe_load(text), dict(_lines(node, ())))


def _lines(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int]]:
    """No deeper than a script goes; an alias could lead round in circles."""
    yield key, node.start_mark.line + 1
    if len(key) > len(("builds", 0, "project")):
        return
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*key, index))
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for name, value in node.value:
            if name.value in seen:
                problem = f"{_shown(name.value)} is there for the second time"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=name.start_mark)
            seen.add(name.value)
            yield from _lines(value, (*key, str(name.value)))


def _sentence(name: str, error: ErrorDetails, lines: dict[Key, int]) -> str:
    key: Key = error["loc"]
    line = next((lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in lines), None)
    place = f"{name}:{line}" if line else name
    model, last = _model_of(key), str(key[-1])
    if error["type"] in ("extra_forbidden", "invalid_key"):
        near = difflib.get_close_matches(last, model.model_fields, n=1)
        known = near[0] if near else ", ".join(model.model_fields)
        return f"{place}: the key {_path(key)} is not known; write {known}"
    if error["type"] == "missing":
        return f"{place}: {_path(key[:-1])} has no {last}; write {_example(model, last)}"
    return f"{place}: {_path(key)} is {_shown(error['input'])}; write {_wanted(model, key)}"


def _model_of(key: Key) -> type[BaseModel]:
    return _MODELS[str(key[0])] if len(key) > 1 and key[0] in _MODELS else ScriptDocument


def _wanted(model: type[BaseModel], key: Key) -> str:
    last = key[-1]
    if model is ScriptDocument and last in _MODELS:
        return f"a list of entries with {_required(_MODELS[str(last)])}"
    if isinstance(last, int):
        return f"an entry with {_required(model)}"
    limits = {
        "times": "a whole number from 1, such as 1",
        "share": "a number above 0 and at most 1, such as 0.5",
        "account": 'twelve digits in quotes, such as "111111111111"',
        "list_lag": "a number with its unit, such as 30 seconds",
        "seed": "a whole number, such as 7",
    }
    return limits.get(last) or _example(model, last)


def _example(model: type[BaseModel], field: str) -> str:
    described = model.model_fields[field]
    choices = get_args(described.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return f"one of {', '.join(choices)}"
    return f"a text, such as {field}: {(described.examples or ['text'])[0]}"


def _required(model: type[BaseModel]) -> str:
    return " and ".join(name for name, field in model.model_fields.items() if field.is_required())


def _path(key: Key) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


def _where(broken: Exception) -> str:
    mark = getattr(broken, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""


def _why(broken: Exception) -> str:
    if isinstance(broken, RecursionError):
        return "it is nested too deeply"
    return str(getattr(broken, "problem", None) or broken)
