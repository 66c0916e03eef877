"""The page of every key, made from the models: what docs/catalog.md holds below its own words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import EnumMeta
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from release_ops.config.duration import in_words
from release_ops.config.entries import CatalogFile
from release_ops.config.sentences import as_yaml, keys_of, listed, model_in

BEGINS = "<!-- All below is written by `release-ops schema --reference`, from the models. -->\n"
_NOTHING_TAKES_THIS = "\0"


def with_reference(page: str) -> str | None:
    """Return a page with its reference as the models are now; None if it has no place for one."""
    words, begins, _ = page.partition(BEGINS)
    return words + begins + _reference() if begins else None


def _reference() -> str:
    return "".join(_section(path, model) for path, model in _models("", CatalogFile))


def _models(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield each place that has keys, in the order of the file."""
    yield path, model
    for key, field in keys_of(model).items():
        inner, contained = model_in(field.annotation)
        if inner:
            of_each = (".NAME" if isinstance(_first_example(field), dict) else "[]") if contained else ""
            yield from _models(f"{path}.{key}{of_each}".removeprefix("."), inner)


def _section(path: str, model: type[BaseModel]) -> str:
    title = f"`{path}`" if path else "The file"
    head = "| key | if left out | what to write | meaning |\n|---|---|---|---|\n"
    rows = "".join(_row(key, field) for key, field in keys_of(model).items())
    return f"\n### {title}\n\n{model.__doc__}\n\n{head}{rows}"


def _row(key: str, field: FieldInfo) -> str:
    meaning = (field.description or "").replace("<", "&lt;")
    cells = (f"`{key}`", _default(field), _what_to_write(field), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if isinstance(field.default, BaseModel) or field.default in (None, ()):
        return "–"  # noqa: RUF001 - a dash on a page for people
    if isinstance(field.default, timedelta):
        return f"`{in_words(field.default)}`"
    return f"`{as_yaml(field.default)}`"


def _what_to_write(field: FieldInfo) -> str:
    """Return what a mistake would tell to write, the values there are, or what passes."""
    if model_in(field.annotation)[0]:
        return _example(field) or "the keys below"
    if isinstance(_first_example(field), list):
        return _example(field)
    return _rule(field) or _choice(field) or _example(field)


def _rule(field: FieldInfo) -> str:
    described: Any = Annotated[field.annotation, None, *field.metadata]
    try:
        TypeAdapter(described).validate_python(_NOTHING_TAKES_THIS)
    except ValidationError as error:
        details = error.errors()[0]
        return str(details["ctx"]["write"]).removeprefix("write ") if details["type"] == "catalog" else ""
    return ""


def _choice(field: FieldInfo) -> str:
    bounds = {type(each): each for each in field.metadata}
    if field.annotation is bool:
        return "`true` or `false`"
    if Ge in bounds and Le in bounds:
        return f"{bounds[Ge].ge} to {bounds[Le].le}"
    annotation: Any = field.annotation
    values: tuple[Any, ...] = ()
    if isinstance(annotation, EnumMeta):
        values = tuple(annotation.__members__.values())
    elif get_origin(annotation) is Literal:
        values = get_args(annotation)
    return listed((f"`{value}`" for value in values), "or") if values else ""


def _first_example(field: FieldInfo) -> Any:
    return field.examples[0] if field.examples else None


def _example(field: FieldInfo) -> str:
    return f"`{as_yaml(_first_example(field))}`" if field.examples else ""
