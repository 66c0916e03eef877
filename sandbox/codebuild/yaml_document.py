"""YAML as CodeBuild reads it: libyaml's rules and sentences, and nothing but text in the leaves.

That it is libyaml shows in what people quote, lines counted from 0 included: `mapping values are not allowed
in this context at line 0`, `did not find expected ',' or ']' at line 19`
(https://github.com/aws-samples/bedrock-chat/issues/441)."""

from typing import Any

import yaml

# The C parser has libyaml's own words; the Python one, where there is no C, has its own.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class YamlError(Exception):
    """The text is not YAML; the message is CodeBuild's."""


class Keys(dict[str, Any]):
    """A mapping that knows the line it starts on, counted from 0."""

    line = 0


def load(text: str) -> Any:
    """Text, lists and ``Keys``: `yes`, `0.2` and `012` stay the text that was written."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        raise YamlError(f"{broken.problem} at line {mark.line if mark else 0}") from broken
    except yaml.YAMLError as broken:
        # A character that no YAML may have, or bytes that are no text; both know no line.
        raise YamlError(" ".join(str(broken).split())) from broken
    return None if root is None else _plain(root, {})


def _plain(node: yaml.Node, known: dict[int, Any]) -> Any:
    """A node's value. An alias is its anchor's value itself: nine lines of copies would fill the memory."""
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.SequenceNode):
        items: list[Any] = []
        known[id(node)] = items
        items += [_plain(item, known) for item in node.value]
        return items
    if isinstance(node, yaml.MappingNode):
        keys = known[id(node)] = Keys()
        keys.line = node.start_mark.line
        for key, value in node.value:
            keys[str(_plain(key, known))] = _plain(value, known)
        return keys
    known[id(node)] = node.value
    return node.value
