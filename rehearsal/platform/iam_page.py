"""`python -m rehearsal.platform.iam_page > docs/iam.md`: who may do what, out of the policies themselves."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.platform.names import targets
from rehearsal.platform.policies import (
    Identity,
    artifacts_policy,
    identities_of,
    ledger_policy,
    orchestrator,
)
from rehearsal.platform.policies_statements import Statement, document, in_words
from rehearsal.supervision import CHECKOUT
from release_ops.config import Catalog, load_catalog

# One service of each kind stands for its like: their policies differ in the name alone.
SHOWN = ("orders", "storefront", "courier")
HEAD = """\
<!-- Written by python -m rehearsal.platform.iam_page; a test keeps it in step with the policies. -->
# Who may do what

What the three accounts need, for the catalog of `config/services.yaml`. The policies are data in
`rehearsal/platform/policies.py` and `policies_deploy.py`. A rehearsal puts them into the sandbox, which
refuses whatever they do not allow (`--iam`); a real platform needs the same ones, whatever makes them.

- Airflow's user lives in *dev*. In the other accounts it takes a role, with an ExternalId.
- Every service has a build role for each environment, and a deploy role that trusts just that build role:
  no build reaches another service, and none of staging's reaches production.
- A build is started as its project says. Buildspec, image, role and source cannot be chosen at the start,
  and no variable but `RELEASE_*`: whoever could, would own production.
- The ledger is written by Airflow and emptied by nobody: its bucket's own policy says so, above all others.

The tables show `orders`, `storefront` and `courier`, one service of each kind. `python -m
rehearsal.platform.iam_page --json` prints every policy, ready for IAM.

## What is left open
- A deployment makes the role of its own functions (`<service>-<environment>-*-lambdaRole`) and says what
  that role may do. A permissions boundary would limit it (`provider.iam.role.permissionsBoundary` in
  `serverless.yml`, and a condition on `iam:CreateRole`).
- API Gateway and CloudFront name their things by ids of their own, so a deployment may change any API of
  its account and region, and empty any CloudFront cache of its account.
- Airflow's policies list projects, repositories and logs by name. IAM's limits hold for 36 services, not for
  100: a larger platform needs a pattern of names, or a policy more.
- Google Play knows no IAM: who may release there is decided by the service account of its connection.
"""


def page(catalog: Catalog) -> str:
    parts = [HEAD]
    parts += _section(orchestrator(catalog), catalog)
    for target in targets(catalog):
        for identity in identities_of(target, catalog):
            if "release-" not in identity.name or _is_shown(identity, catalog):
                parts += _section(identity, catalog)
    dev = catalog.environments["dev"]
    parts.append(f"\n## Bucket {dev.ledger_bucket}\n\n{_table(ledger_policy(catalog))}")
    for target in targets(catalog):
        policy = artifacts_policy(target, catalog)
        if policy:
            parts.append(f"\n## Bucket {target.artifact_bucket}\n\n{_table(policy)}")
    return "".join(parts)


def _is_shown(identity: Identity, catalog: Catalog) -> bool:
    others = [name for name in catalog.services if name not in SHOWN]
    return not any(f"-{name}" in identity.name for name in others)


def _section(identity: Identity, catalog: Catalog) -> Iterator[str]:
    names = {environment.account: name for name, environment in catalog.environments.items()}
    kind = "Role" if identity.trust else "User"
    yield f"\n## {kind} {identity.name} in {names[identity.account]}\n\n"
    yield f"For: {identity.who}.{_trust(identity)}\n\n"
    yield _table([statement for policy in identity.policies.values() for statement in policy])


def _trust(identity: Identity) -> str:
    if identity.trust is None:
        return ""
    (who,) = identity.trust["Principal"].values()
    condition = _condition(identity.trust)
    return f" Taken by `{who}`{f', if {condition}' if condition else ''}."


def _table(statements: Sequence[Statement]) -> str:
    rows = ["| | may | on |", "|---|---|---|"]
    for statement in statements:
        denies = statement["Effect"] == "Deny"
        actions = ", ".join(f"`{action}`" for action in statement["Action"])
        where = "<br>".join(f"`{resource}`" for resource in _list(statement["Resource"]))
        who = statement.get("Principal")
        by = f"; by `{who['AWS']}`" if isinstance(who, Mapping) else ""
        condition = _condition(statement)
        rows.append(
            f"| {in_words(statement['Sid'])} | {'**never** ' if denies else ''}{actions}"
            f"{f'<br>if {condition}' if condition else ''} | {where}{by} |"
        )
    return "\n".join(rows) + "\n"


def _condition(statement: Mapping[str, Any]) -> str:
    return " and ".join(
        f"`{key}` {operator} `{value}`"
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def _list(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def everything(catalog: Catalog) -> list[dict[str, Any]]:
    """Every user and role with its policies, as IAM takes them."""
    of_targets = (one for target in targets(catalog) for one in identities_of(target, catalog))
    return [
        {
            "Arn": identity.arn,
            "AssumeRolePolicyDocument": json.loads(document([identity.trust])) if identity.trust else None,
            "Policies": {name: json.loads(document(policy)) for name, policy in identity.policies.items()},
        }
        for identity in (orchestrator(catalog), *of_targets)
    ]


def main() -> None:
    catalog = load_catalog(CHECKOUT / "config" / "services.yaml")
    if "--json" in sys.argv[1:]:
        print(json.dumps(everything(catalog), indent=2))
    else:
        sys.stdout.write(page(catalog))


if __name__ == "__main__":
    main()
