"""Google's own description of the API: which URL is which method, and what may be said in it."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from googleapiclient.discovery_cache import get_static_doc

from sandbox.play.wordings import FIELD_UNKNOWN, QUERY_UNKNOWN, VALUE_INVALID, Refusal

Json = dict[str, Any]
_NUMBERS = ("int64", "uint64")


@dataclass(frozen=True)
class Method:
    """One method of the API; `name` is its id without the API's own name, such as edits.tracks.update."""

    name: str
    verb: str
    path: re.Pattern[str]
    parameters: Json
    request: Json | None
    response: Json | None
    takes_media: bool


class Discovery:
    def __init__(self, document: Json) -> None:
        self._common = document["parameters"]
        self._schemas = document["schemas"]
        self._methods = [
            method for entry in _methods(document) for method in _routes(entry, document["name"] + ".")
        ]

    def route(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method behind a URL's path (still percent-encoded), and the values in that path."""
        for method in self._methods:
            found = method.path.fullmatch(path) if method.verb == verb else None
            if found:
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def check_query(self, method: Method, query: dict[str, str]) -> None:
        # uploadType is part of Google's upload protocol, not of any one method.
        for name, value in query.items():
            known = method.parameters.get(name) or self._common.get(name)
            if known is None:
                raise Refusal(QUERY_UNKNOWN, name=name)
            if value not in known.get("enum", [value]):
                raise Refusal(VALUE_INVALID, where=name, kind="TYPE_ENUM", value=f'"{value}"')

    def check(self, schema: Json, value: object, where: str) -> None:
        """Refuse what the schema has no place for, as Google does; the client library checks no bodies."""
        schema = self._schemas[schema["$ref"]] if "$ref" in schema else schema
        match schema.get("type"):
            case "object" if "properties" in schema:
                self._check_object(schema["properties"], value, where)
            case "array":
                if not isinstance(value, list):
                    raise Refusal(VALUE_INVALID, where=where, kind="not a list", value=value)
                for index, item in enumerate(value):
                    self.check(schema["items"], item, f"{where}[{index}]")
            case "string":
                _check_string(schema, value, where)
            case "boolean" if not isinstance(value, bool):
                raise Refusal(VALUE_INVALID, where=where, kind="TYPE_BOOL", value=repr(value))
            case "integer" if not isinstance(value, int) or isinstance(value, bool):
                raise Refusal(VALUE_INVALID, where=where, kind="TYPE_INT32", value=repr(value))
            case "number" if not isinstance(value, int | float) or isinstance(value, bool):
                raise Refusal(VALUE_INVALID, where=where, kind="TYPE_DOUBLE", value=repr(value))

    def _check_object(self, properties: Json, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise Refusal(VALUE_INVALID, where=where, kind="not an object", value=repr(value))
        for name, item in value.items():
            if name not in properties:
                raise Refusal(FIELD_UNKNOWN, name=name, where=where)
            self.check(properties[name], item, f"{where}.{name}")


def _check_string(schema: Json, value: object, where: str) -> None:
    is_number = schema.get("format") in _NUMBERS and isinstance(value, int)
    if not (isinstance(value, str) or is_number):
        raise Refusal(VALUE_INVALID, where=where, kind="TYPE_STRING", value=repr(value))
    if value not in schema.get("enum", [value]):
        raise Refusal(VALUE_INVALID, where=where, kind="TYPE_ENUM", value=f'"{value}"')


def _methods(resource: Json) -> list[Json]:
    own = list(resource.get("methods", {}).values())
    return own + [method for child in resource.get("resources", {}).values() for method in _methods(child)]


def _routes(entry: Json, prefix: str) -> list[Method]:
    """A method that takes media has three URLs: its own, and one for each upload protocol."""
    protocols = entry.get("mediaUpload", {}).get("protocols", {})
    media_paths = {protocol["path"] for protocol in protocols.values()}
    own_path: str = entry.get("flatPath") or entry["path"]
    paths = ["/" + own_path, *sorted(media_paths)]
    return [
        Method(
            name=entry["id"].removeprefix(prefix),
            verb=entry["httpMethod"],
            path=re.compile(re.sub(r"\{\+?(\w+)\}", r"(?P<\1>[^/:]+)", path)),
            parameters=entry.get("parameters", {}),
            request=entry.get("request"),
            response=entry.get("response"),
            takes_media=path in media_paths,
        )
        for path in paths
    ]


@cache
def androidpublisher() -> Discovery:
    """The description that Google's client library for Python ships: the same one the product speaks by."""
    document = get_static_doc("androidpublisher", "v3")
    if document is None:
        raise RuntimeError(
            "google-api-python-client ships no androidpublisher v3; reinstall requirements.txt"
        )
    return Discovery(json.loads(document))
