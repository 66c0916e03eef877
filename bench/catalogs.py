"""Catalogs of any size, for tests and measurements: the same number gives the same text, on any machine.

`python -m bench.catalogs 36` prints one."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

_AREA_NAMES = """
orders payments invoices shipping returns stock pricing search catalog customers accounts loyalty reviews
offers baskets checkout refunds taxes fraud identity media mail push reports ledger partners suppliers
warehouse routes couriers stores tickets content forms billing contracts audit events sessions webhooks
"""
_ROLE_NAMES = """
service api worker web admin app sync export import gateway portal feed index rules store mobile hooks batch
console stream widget scanner cache proxy docs
"""
_AREAS, _ROLES = _AREA_NAMES.split(), _ROLE_NAMES.split()
LARGEST = len(_AREAS) * len(_ROLES)
_WEB, _ANDROID = {"web", "admin", "portal", "console", "widget", "docs"}, {"app", "mobile", "scanner"}

_HEAD = """\
train:
  schedule: 0 9 * * 1
  timezone: Europe/Berlin
environments:
  dev:
    account: "111111111111"
    regions: [eu-west-1]
    aws_connection: aws_release_dev
    ledger_bucket: release-ops-ledger-111111111111
  staging:
    account: "222222222222"
    regions: [eu-west-1]
    aws_connection: aws_release_staging
    http_connection: http_release_staging
    play_connection: play_release_staging
  production:
    account: "333333333333"
    regions: [eu-west-1, us-east-1]
    aws_connection: aws_release_production
    http_connection: http_release_production
    play_connection: play_release_production
defaults:
  branch: release
  soak: 2 days
  regions: {staging: [eu-west-1], production: [eu-west-1]}
services:
"""


def catalog_text(number: int) -> str:
    """Return a valid catalog of so many services, mixed as on a platform that grew.

    Some two thirds are serverless, every fifth of these in two regions; a quarter are web apps, an eighth
    Android apps; half of the services wait for one or two that stand before them."""
    if not 1 <= number <= LARGEST:
        raise ValueError(f"a catalog of {number} services; ask for 1 to {LARGEST}")
    chance = random.Random(number)  # noqa: S311 - the same catalog each time is the point
    names: list[str] = []
    lines: list[str] = []
    for name in _names(number):
        lines += [f"  {name}:", *(f"    {line}" for line in _entry(name, names, chance))]
        names.append(name)
    return _HEAD + "\n".join(lines) + "\n"


def _names(number: int) -> Iterator[str]:
    """An area's first service, then its next, so that a small catalog is as mixed as a large one."""
    for index in range(number):
        turn, area = divmod(index, len(_AREAS))
        yield f"{_AREAS[area]}-{_ROLES[(turn + area) % len(_ROLES)]}"


def _entry(name: str, before: list[str], chance: random.Random) -> list[str]:
    role = name.partition("-")[2]
    if role in _ANDROID:
        return ["kind: android", f"package_name: com.example.{name.replace('-', '.')}"]
    kind = "web" if role in _WEB else "serverless"
    lines = [f"kind: {kind}"]
    if kind == "serverless" and chance.random() < 0.2:
        lines.append("regions: {production: [eu-west-1, us-east-1]}")
    if before and chance.random() < 0.5:
        others = sorted(chance.sample(before, min(len(before), chance.choice((1, 1, 2)))))
        lines.append(f"depends_on: [{', '.join(others)}]")
    if kind == "serverless" and chance.random() < 0.3:
        lines.append("checks: [http: /health, invoke: {function: api, payload: {routeKey: GET /health}}]")
    if chance.random() < 0.1:
        lines.append("soak: 3 days")
    return lines


if __name__ == "__main__":
    sys.stdout.write(catalog_text(int(sys.argv[1])))
