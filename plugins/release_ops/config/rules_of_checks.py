"""What a service's checks get wrong together with its kind, its name and each other."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.config.draft import Draft
from release_ops.config.mistakes import Finding, shown
from release_ops.config.models import InvokeCheckEntry, Kind
from release_ops.config.resolve import TARGETS
from release_ops.config.sentences import listed

CHECKS_OF_KIND = {Kind.SERVERLESS: ("http", "invoke"), Kind.WEB: ("http",), Kind.ANDROID: ("track",)}
RESERVED_CHECK_NAMES = frozenset(
    ("cut", "build", "upload", "promote", "soak", "promotion_gate", "outcome", "sign_off", *TARGETS)
)
_LONGEST_LAMBDA_NAME = 64


def checks_fit_the_kind(draft: Draft) -> Iterator[Finding]:
    for name, entry in draft.services("kind", "checks"):
        for index, check in enumerate(entry.checks or ()):
            allowed = CHECKS_OF_KIND[entry.kind]
            if check.kind not in allowed:
                yield Finding(
                    ("services", name, "checks", index, check.kind),
                    f"does not check a service of kind {entry.kind}",
                    f"write {listed(allowed, 'or')}",
                )


def check_names_are_free(draft: Draft) -> Iterator[Finding]:
    """A check's name becomes a task id beside the service's other steps."""
    for name, entry in draft.services("checks"):
        first: dict[str, int] = {}
        for index, check in enumerate(entry.checks or ()):
            key, check_name = ("services", name, "checks", index), check.chosen.name
            if check_name in RESERVED_CHECK_NAMES:
                wrong = f"{shown(check_name)} is the name of another step"
                yield Finding((*key, check.kind, "name"), wrong, f"write another, such as {check_name}-check")
            elif first.setdefault(check_name, index) != index:
                wrong = f"is a second check named {shown(check_name)}"
                yield Finding(key, wrong, "give it a name of its own, such as name: second-look")


def functions_fit_lambda(draft: Draft) -> Iterator[Finding]:
    for name, entry in draft.services("checks"):
        for index, check in enumerate(entry.checks or ()):
            if not isinstance(check.chosen, InvokeCheckEntry):
                continue
            full = f"{name}-production-{check.chosen.function}"
            if len(full) > _LONGEST_LAMBDA_NAME:
                key = ("services", name, "checks", index, "invoke", "function")
                wrong = f"{full} has {len(full)} characters, Lambda allows {_LONGEST_LAMBDA_NAME}"
                yield Finding(key, wrong, "write a shorter function or service name")
