"""Bucket policies: only a Deny that holds for everybody and always is one.

moto looks neither at a statement's Condition nor at its Principal: the usual "deny what is not TLS", which
Serverless puts on its deployment bucket, denies everything."""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from sandbox.aws.clients import Clients
from sandbox.settings import Settings


def patch(settings: Settings, clients: Clients) -> None:
    def get_permission(bucket: FakeBucket, action: str, resource: str) -> Any:
        if bucket.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(bucket.policy.decode())
        policy["Statement"] = [one for one in _statements(policy) if _is_judged(one)]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    setattr(FakeBucket, "get_permission", get_permission)  # noqa: B010 - mypy refuses the plain assignment


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    statements = policy["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _is_judged(statement: dict[str, Any]) -> bool:
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement["Effect"] == "Allow" or (everybody and not statement.get("Condition"))
