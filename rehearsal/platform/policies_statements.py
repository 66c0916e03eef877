"""Statements of policies, as IAM takes them, each with a word for whoever reads them."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from release_ops.config import Environment

Statement = Mapping[str, Any]


def allow(why: str, actions: Sequence[str], resource: str | Sequence[str]) -> dict[str, Any]:
    return {"Sid": _sid(why), "Effect": "Allow", "Action": list(actions), "Resource": resource}


def deny(why: str, actions: Sequence[str], resource: str | Sequence[str]) -> dict[str, Any]:
    return {"Sid": f"Nobody{_sid(why)}", "Effect": "Deny", "Action": list(actions), "Resource": resource}


def document(statements: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def sorted_arns(service: str, home: Environment, resources: Iterable[str]) -> list[str]:
    """The ARNs of an environment's home region."""
    return sorted({f"arn:aws:{service}:{home.home_region}:{home.account}:{one}" for one in resources})


def in_words(sid: str) -> str:
    """What allow() and deny() were told."""
    return re.sub("(?<=.)([A-Z])", r" \1", sid).lower()


def _sid(why: str) -> str:
    """IAM takes letters and digits only: every word gets a capital."""
    return "".join(word[0].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", why))
