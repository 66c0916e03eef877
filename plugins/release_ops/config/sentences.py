"""Turns what pydantic refuses into sentences for the person who edits the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from release_ops.config.document import Document
from release_ops.config.entries import CatalogFile, ServiceEntry
from release_ops.config.entries_of_environments import DevEntry, ProductionEntry, StagingEntry
from release_ops.config.mistakes import Finding, Key, shown

_KEYS_ANYWHERE = frozenset(
    key for model in (ServiceEntry, DevEntry, StagingEntry, ProductionEntry) for key in model.model_fields
)
_OF_THE_ENVIRONMENT = re.compile(
    r"(?i:env|environ|environment|env_vars?|variables|environment_variables)|[A-Z][A-Z0-9]*(?:_[A-Za-z0-9]+)*"
)
_OVERRIDE = re.compile(r"(?i:.+_?override|image|privileged(?:_mode)?|service_?role)")
_IN_THE_PROJECT = "remove it, and change the build project's own definition"
_PLAIN_TEXT = re.compile(r"[A-Za-z/][A-Za-z0-9 /._-]*")


class _Place(NamedTuple):
    """What the catalog wants at one place of the file."""

    model: type[BaseModel] | None
    name: str = ""
    described: FieldInfo | None = None
    item: str | int | None = None  # which one, in a list or mapping

    @property
    def example(self) -> str:
        """What passes here, as a person would write it."""
        if self.described and self.described.examples:
            value = self.described.examples[0]
            if isinstance(self.item, str):
                return f"{self.item}: {as_yaml(next(iter(value.values())))}"
            if isinstance(self.item, int):
                return f"- {as_yaml(value[0]).strip('{}')}"
            return f"{self.name}: {as_yaml(value)}"
        fields = keys_of(self.model) if self.model else {}
        required = listed(name for name, each in fields.items() if each.is_required())
        return f"{self.name}: and below it {required}" if self.name else required


class _Refused(NamedTuple):
    """A value that pydantic refused, and how it is written in the file."""

    value: Any
    text: str
    place: _Place
    context: Mapping[str, Any]


def refusals(error: ValidationError, document: Document) -> list[ErrorDetails]:
    """Return what pydantic refused, without what follows from a mistake that is known already."""
    return [
        details
        for details in error.errors(include_url=False)
        if not document.is_refused(tuple(details["loc"])) and not _follows_from_others(details)
    ]


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word that was probably meant."""
    import difflib  # only a mistake pays for it

    words = list(words)
    begins = [each for each in words if len(word) > 2 and (each.startswith(word) or word.startswith(each))]
    return next(iter(begins + difflib.get_close_matches(word, words, n=1, cutoff=0.66)), None)


def as_yaml(value: Any) -> str:
    """Return a value as a person would write it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_yaml(each) for each in value) + "]"
    plain = isinstance(value, str) and _PLAIN_TEXT.fullmatch(value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words as a sentence lists them: a, b and c."""
    *others, final = [*words] or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def finding_of(details: ErrorDetails, document: Document) -> Finding:
    """Return the sentence about one thing that pydantic refused."""
    loc = tuple(details["loc"])
    if details["type"] == "missing":
        return Finding(loc, "is missing", f"write {_place(loc).example}")
    if details["type"] == "extra_forbidden":
        return Finding(loc, *_not_a_key(loc))
    key, spot = document.spot(loc)  # the short form of a check has no place for `path`
    text = str(details["input"]) if spot.text is None else spot.text
    refused = _Refused(details["input"], text, _place(key), details.get("ctx", {}))
    sentence = _SENTENCES.get(details["type"])
    wrong, write = sentence(refused) if sentence else (details["msg"], f"write {refused.place.example}")
    return Finding(key, wrong, write)


def _follows_from_others(details: ErrorDetails) -> bool:
    """Whether pydantic calls a list or mapping too short only because it refused what is in it."""
    return details["type"] == "too_short" and bool(details["input"])


def _not_a_key(loc: Key) -> tuple[str, str]:
    model, key = _place(loc[:-1]).model, str(loc[-1])
    keys = list(keys_of(model)) if model else []
    if _OVERRIDE.fullmatch(key):
        return "overrides a build project, and a catalog overrides none", _IN_THE_PROJECT
    # A key in the wrong place is not misspelled: http_connection under dev does not mean aws_connection.
    meant = None if key in _KEYS_ANYWHERE else nearest(key.lower(), keys)
    if meant:
        return "is not a key here", f"did you mean {meant}?"
    if _OF_THE_ENVIRONMENT.fullmatch(key):
        # AWS_PROFILE or PATH would choose whose account a build changes, and with which program.
        return "sets environment variables, and a catalog gives a build none", _IN_THE_PROJECT
    return "is not a key here", f"remove it, or write one of {listed(keys, 'or')}"


def _place(loc: Key) -> _Place:
    place, in_container = _Place(CatalogFile), False
    for part in loc:
        if in_container or place.model is None:
            place, in_container = place._replace(item=part), False
        elif described := keys_of(place.model).get(str(part)):
            model, in_container = model_in(described.annotation)
            place = _Place(model, str(part), described)
    return place


def keys_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the keys of the file: `from` is no name in Python."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the model that an annotation is about, and whether a list or mapping holds it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for inner in get_args(annotation):
        model, contained = model_in(inner)
        if model:
            return model, contained or get_origin(annotation) in (tuple, Mapping)
    return None, False


def _is_a(value: Any) -> str:
    names = {
        str: "text",
        bool: "a truth value",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a mapping",
    }
    return names.get(type(value), "empty")


def _not_text(refused: _Refused) -> tuple[str, str]:
    if isinstance(refused.value, bool | int | float):
        wrong = f"{refused.text} without quotes is {_is_a(refused.value)} to YAML"
        return wrong, f"put it in quotes: {json.dumps(refused.text)}"
    return f"is {_is_a(refused.value)} where a word belongs", f"write {refused.place.example}"


def _not_a(wanted: str) -> Callable[[_Refused], tuple[str, str]]:
    """Return a sentence about a value of the wrong kind."""

    def sentence(refused: _Refused) -> tuple[str, str]:
        wrong = "is empty" if refused.value is None else f"is {_is_a(refused.value)}, not {wanted}"
        return wrong, f"write {refused.place.example}"

    return sentence


def _not_among(refused: _Refused) -> tuple[str, str]:
    words = re.findall(r"'([^']*)'", refused.context["expected"])
    if not isinstance(refused.value, str):
        return f"is {_is_a(refused.value)} where a word belongs", f"write {listed(words, 'or')}"
    meant = nearest(refused.text, words)
    wrong = f"{shown(refused.text)} is not {listed(words, 'or')}"
    if meant:
        return wrong, f"did you mean {meant}?"
    return wrong, f"write {words[0] if len(words) == 1 else 'one of them'}"


def _too_small_or_large(refused: _Refused) -> tuple[str, str]:
    bound = "at least {ge}" if "ge" in refused.context else "at most {le}"
    return f"is {shown(refused.value)}", f"write {bound.format(**refused.context)}"


_SENTENCES: dict[str, Callable[[_Refused], tuple[str, str]]] = {
    "catalog": lambda refused: (refused.context["wrong"], refused.context["write"]),
    "string_type": _not_text,
    "string_too_short": lambda refused: ("is empty", f"write {refused.place.example}"),
    "too_short": lambda refused: ("is empty", f"write {refused.place.example}"),
    "model_type": _not_a("keys and values"),
    "dict_type": _not_a("keys and values"),
    "mapping_type": _not_a("keys and values"),
    "tuple_type": _not_a("a list"),
    "bool_type": _not_a("true or false"),
    "int_type": _not_a("a whole number"),
    "enum": _not_among,
    "literal_error": _not_among,
    "greater_than_equal": _too_small_or_large,
    "less_than_equal": _too_small_or_large,
}
