"""Wildcards and variables in policies. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

# A request's facts, by the lower-case name of the condition key; a tuple is a key with many values.
Context = Mapping[str, str | tuple[str, ...]]

_PARTS = re.compile(r"\$\{[^}]*\}|[*?:]|[^$*?:]+|\$")
# arn:partition:service:region:account:resource. Only the last part may itself have colons.
_ARN_COLONS = 5


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def matches(pattern: str, text: str, context: Context | None = None) -> bool:
    """Whether a text fits a pattern with * and ?. An unknown variable makes a pattern that fits nothing."""
    expression = _compiled(pattern, _variables(pattern, context), is_arn=False)
    return expression is not None and expression.fullmatch(text) is not None


def matches_action(pattern: str, action: str) -> bool:
    """Actions are the one thing in a policy whose case does not count."""
    return matches(pattern.lower(), action.lower())


def matches_arn(pattern: str, arn: str, context: Context | None = None) -> bool:
    """Whether an ARN fits: a wildcard stays within its part, but for the last part and a lone *."""
    if pattern == "*":
        return True
    expression = _compiled(pattern, _variables(pattern, context), is_arn=True)
    return expression is not None and expression.fullmatch(arn) is not None


def _variables(pattern: str, context: Context | None) -> tuple[tuple[str, str | None], ...]:
    """The pattern's variables with their values: a part of the cache's key, and mostly nothing."""
    if "${" not in pattern:
        return ()
    names = dict.fromkeys(re.findall(r"\$\{([^}]*)\}", pattern))
    return tuple((name, _value(name, context or {})) for name in names)


def _value(variable: str, context: Context) -> str | None:
    if variable in ("*", "?", "$"):
        return variable
    name, comma, default = variable.partition(",")
    value = context.get(name.strip().lower())
    if isinstance(value, str):
        return value
    return default.strip().strip("'") if comma else None


@lru_cache(maxsize=4096)
def _compiled(
    pattern: str, variables: tuple[tuple[str, str | None], ...], *, is_arn: bool
) -> re.Pattern[str] | None:
    values = dict(variables)
    if None in values.values():
        return None
    parts: Iterable[str] = _PARTS.findall(pattern)
    colons, expression = 0, ""
    for part in parts:
        anything = "[^:]" if is_arn and colons < _ARN_COLONS else "."
        if part in "*?":
            expression += f"{anything}*" if part == "*" else anything
        elif part.startswith("${"):
            expression += re.escape(values[part[2:-1]] or "")
        else:
            expression += re.escape(part)
            colons += part == ":"
    return re.compile(expression, re.DOTALL)
