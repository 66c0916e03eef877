"""Does a statement's Condition hold for a request? Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""

import ipaddress
import operator as compare
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.iam.patterns import Context, as_list, matches, matches_arn

# (the policy's value, the request's value, the request's facts) -> does it match?
Match = Callable[[str, str, Context], bool]


def _number(relation: Callable[[float, float], bool]) -> Match:
    return lambda wanted, actual, context: relation(float(actual), float(wanted))


def _date(relation: Callable[[datetime, datetime], bool]) -> Match:
    return lambda wanted, actual, context: relation(_instant(actual), _instant(wanted))


def _instant(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _in_network(wanted: str, actual: str, context: Context) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


def _is_text(wanted: str, actual: str, context: Context) -> bool:
    # Variables are filled in, wildcards are not: they stand for themselves here.
    if "${" in wanted:
        return matches(wanted.replace("*", "${*}").replace("?", "${?}"), actual, context)
    return wanted == actual


_OPERATORS: dict[str, Match] = {
    "StringEquals": _is_text,
    "StringEqualsIgnoreCase": lambda wanted, actual, context: _is_text(
        wanted.lower(), actual.lower(), context
    ),
    "StringLike": matches,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
    "Bool": lambda wanted, actual, context: wanted.lower() == actual.lower(),
    "IpAddress": _in_network,
    "NumericEquals": _number(compare.eq),
    "NumericLessThan": _number(compare.lt),
    "NumericLessThanEquals": _number(compare.le),
    "NumericGreaterThan": _number(compare.gt),
    "NumericGreaterThanEquals": _number(compare.ge),
    "DateEquals": _date(compare.eq),
    "DateLessThan": _date(compare.lt),
    "DateLessThanEquals": _date(compare.le),
    "DateGreaterThan": _date(compare.gt),
    "DateGreaterThanEquals": _date(compare.ge),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
_QUANTIFIERS = ("ForAllValues", "ForAnyValue")


def holds(condition: Mapping[str, Any], context: Context) -> bool:
    """Whether every operator and every key of a Condition holds."""
    return all(
        _key_holds(operator, context.get(key.lower()), [str(one) for one in as_list(wanted)], context)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def unknown_operators(condition: Mapping[str, Any]) -> Iterator[str]:
    """The operators that cannot be judged here, of which holds() must not be asked."""
    for operator in condition:
        quantifier, _, plain = operator.rpartition(":")
        base = plain.removesuffix("IfExists")
        known = base in _OPERATORS or base in _NEGATED or plain == "Null"
        if not known or (quantifier and quantifier not in _QUANTIFIERS):
            yield operator


def _key_holds(
    operator: str, actual: str | tuple[str, ...] | None, wanted: list[str], facts: Context
) -> bool:
    quantifier, _, operator = operator.rpartition(":")
    if operator == "Null":
        return ("false" if actual else "true") in [one.lower() for one in wanted]
    if actual is None and operator.endswith("IfExists"):
        return True
    base = operator.removesuffix("IfExists")
    negated = base in _NEGATED
    match = _OPERATORS[_NEGATED.get(base, base)]
    values = () if actual is None else (actual,) if isinstance(actual, str) else actual
    fits = [_any(match, wanted, value, facts) != negated for value in values]
    if quantifier == "ForAllValues":
        return all(fits)
    if quantifier == "ForAnyValue":
        return any(fits)
    # A key that is not in the request is not equal to anything.
    return any(fits) if values else negated


def _any(match: Match, wanted: list[str], actual: str, facts: Context) -> bool:
    for one in wanted:
        try:
            if match(one, actual, facts):
                return True
        except ValueError:
            continue  # not a number, date or network: it equals none
    return False
