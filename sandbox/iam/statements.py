"""A policy document's statements, and which of them speak of a request. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sandbox.iam.conditions import holds, unknown_operators
from sandbox.iam.patterns import Context, as_list, matches_action, matches_arn


@dataclass(frozen=True, slots=True)
class Asked:
    """One action on one resource, with the request's facts."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any]
    principal: Any = None
    not_actions: bool = False
    not_resources: bool = False
    not_principal: bool = False
    unknown_operators: tuple[str, ...] = ()

    def speaks_of(self, asked: Asked) -> bool:
        """Whether action, resource and condition fit, whoever asks.

        A condition that cannot be judged never lets anybody in, and always keeps out."""
        if not (self._names_action(asked.action) and self._names_resource(asked)):
            return False
        if self.unknown_operators:
            return not self.allows
        return holds(self.condition, asked.context)

    def names(self, kind: str, names: Iterable[str]) -> list[str]:
        """Those of the caller's names that the Principal says; ``*`` is one of them."""
        if self.principal == "*":
            said = ["*"]
        else:
            said = as_list(self.principal.get(kind)) if isinstance(self.principal, Mapping) else []
        found = [name for name in names if name in said]
        if self.not_principal:
            return [] if found else ["*"]
        return found

    def _names_action(self, action: str) -> bool:
        return any(matches_action(pattern, action) for pattern in self.actions) != self.not_actions

    def _names_resource(self, asked: Asked) -> bool:
        named = any(matches_arn(pattern, asked.resource, asked.context) for pattern in self.resources)
        return named != self.not_resources


Policy = tuple[Statement, ...]


def policy_of(document: str | Mapping[str, Any]) -> Policy:
    """A document's statements; the text of one is read once."""
    return _parsed(document if isinstance(document, str) else json.dumps(document))


@lru_cache(maxsize=2048)
def _parsed(document: str) -> Policy:
    return tuple(_statement(one) for one in as_list(json.loads(document).get("Statement")))


def _statement(written: Mapping[str, Any]) -> Statement:
    condition = written.get("Condition") or {}
    return Statement(
        allows=written.get("Effect") == "Allow",
        actions=tuple(as_list(written.get("Action", written.get("NotAction")))),
        # A role's trust policy names no resource: it is the role's own.
        resources=tuple(as_list(written.get("Resource", written.get("NotResource", "*")))),
        condition=condition,
        principal=written.get("Principal", written.get("NotPrincipal")),
        not_actions="NotAction" in written,
        not_resources="NotResource" in written,
        not_principal="NotPrincipal" in written,
        unknown_operators=tuple(unknown_operators(condition)),
    )
