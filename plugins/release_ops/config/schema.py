"""The catalog's JSON Schema, for editors: it completes and explains keys; release-ops validate judges."""

from __future__ import annotations

import json
from typing import Any

from release_ops.config.entries import CatalogFile

_FOR_PROGRAMS = ("title", "default")


def editor_schema() -> str:
    """Return the schema as the text of its file."""
    schema = _for_people(CatalogFile.model_json_schema())
    # The one key that may stand alone: `- track:` is `- track: {}`.
    track = schema["$defs"]["CheckEntry"]["properties"]["track"]
    track["anyOf"] = [{"$ref": track.pop("$ref")}, {"type": "null"}]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Release Ops catalog"}
    return json.dumps(head | schema, indent=2) + "\n"


def _for_people(schema: Any) -> Any:
    """Drop the models' titles, and null: in the file a key has a value or is not there."""
    if isinstance(schema, list):
        return [_for_people(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _for_people(value) for key, value in schema.items()}
    if isinstance(kept.get("title"), str):
        for key in _FOR_PROGRAMS:
            kept.pop(key, None)
    if kept.get("default", ...) is None or isinstance(kept.get("default"), dict):
        kept.pop("default")
    choices = [each for each in kept.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return kept.pop("anyOf") and kept | choices[0]
    return kept | {"anyOf": choices} if choices else kept
