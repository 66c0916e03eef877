"""Every kind of broken catalog, as release-ops validate prints it: one line with the place and what to write.

tests/unit/config/mistakes holds each key's own sentences; here, each kind of mistake has one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from release_ops.cli.app import app

VALID = (Path(__file__).parents[1] / "config" / "valid.yaml").read_text()
WEB = "    kind: web\n"
CHECKS = "    checks: [http: /health, invoke: api]\n"
IN_THE_PROJECT = "remove it, and change the build project's own definition"
NO_TEMPLATE = "write the value itself, without {{, {% or {#"
CRON = "write minute, hour, day of month, month and day of week, such as 0 9 * * 1"
UNIT = "write a number and a unit, such as 2 days, 48 hours, 30 minutes or P2D"


def changed(old: str, new: str) -> bytes:
    assert VALID.count(old) == 1
    return VALID.replace(old, new).encode()


def web_with(line: str) -> bytes:
    """The valid catalog with one more line in its web app: line 31."""
    return changed(WEB, f"{WEB}    {line}\n")


BROKEN = {
    "a duplicate key": (
        web_with("kind: serverless"),
        "31: services.storefront.kind: is here twice, the first time on line 30; keep one of the two",
    ),
    "a duplicate service": (
        changed("  courier:\n", "  orders:\n"),
        "32: services.orders: is here twice, the first time on line 26; keep one of the two",
    ),
    "a misspelled key": (
        web_with("brunch: main"),
        "31: services.storefront.brunch: is not a key here; did you mean branch?",
    ),
    "a key in capitals": (
        web_with("Soak: 3 days"),
        "31: services.storefront.Soak: is not a key here; did you mean soak?",
    ),
    "a misspelled section": (
        changed("defaults:\n", "default:\n"),
        "22: default: is not a key here; did you mean defaults?",
    ),
    "a missing key": (
        changed("    aws_connection: aws_release_dev\n", ""),
        "5: environments.dev.aws_connection: is missing; write aws_connection: aws_release_dev",
    ),
    "a key without a value": (
        web_with("branch:"),
        "31: services.storefront.branch: has no value; write one, or remove the line",
    ),
    "a number without a unit": (
        changed("  soak: 2 days", "  soak: 2"),
        f"24: defaults.soak: is a number without a unit; {UNIT}",
    ),
    "a unit that is none": (
        changed("  soak: 2 days", "  soak: 2 months"),
        f"24: defaults.soak: '2 months' is not a duration; {UNIT}",
    ),
    "an unknown kind": (
        changed("kind: web", "kind: wab"),
        "30: services.storefront.kind: 'wab' is not serverless, web or android; did you mean web?",
    ),
    "an unknown zone": (
        changed("Europe/Berlin", "Europe/Berln"),
        "3: train.timezone: 'Europe/Berln' is not an IANA time zone; did you mean Europe/Berlin?",
    ),
    "a schedule that never comes": (
        changed("0 9 * * 1", "0 9 31 2 *"),
        f"2: train.schedule: '0 9 31 2 *' names a day that never comes; {CRON}",
    ),
    "a connection that no Airflow can have": (
        changed("aws_connection: aws_release_dev", "aws_connection: aws://release"),
        (
            "8: environments.dev.aws_connection: 'aws://release' is not the id of an Airflow connection; "
            "write letters, digits, dots, dashes and underscores, such as aws_release_staging"
        ),
    ),
    "a connection that is not named": (
        changed("    http_connection: http_release_staging\n", ""),
        (
            "10: environments.staging.http_connection: is missing, but orders is checked over HTTP; write "
            "http_connection: http_release_staging"
        ),
    ),
    "an unknown dependency": (
        changed("[orders]", "[order]"),
        "31: services.storefront.depends_on[0]: 'order' is not a service here; did you mean orders?",
    ),
    "a circle of dependencies": (
        changed(CHECKS, f"{CHECKS}    depends_on: [storefront]\n"),
        (
            "29: services.orders.depends_on: the services wait in a circle: orders -> storefront -> orders; "
            "remove one of these dependencies"
        ),
    ),
    "a dependency on itself": (
        changed("[orders]", "[storefront]"),
        "31: services.storefront.depends_on[0]: a service cannot wait for itself; remove storefront",
    ),
    "two tasks with one id": (
        changed(CHECKS, "    checks: [http: /health, http: /ready]\n"),
        (
            "28: services.orders.checks[1]: is a second check named 'smoke'; give it a name of its own, such "
            "as name: second-look"
        ),
    ),
    "a task with another step's id": (
        changed(CHECKS, "    checks: [http: {path: /, name: build}]\n"),
        (
            "28: services.orders.checks[0].http.name: 'build' is the name of another step; write another, "
            "such as build-check"
        ),
    ),
    "equal accounts": (
        changed('"333333333333"', '"222222222222"'),
        "17: environments.production.account: '222222222222' is staging's too; write production's own",
    ),
    "an account as a number": (
        changed('"111111111111"', "111111111111"),
        (
            "6: environments.dev.account: 111111111111 without quotes is a number to YAML; put it in quotes: "
            '"111111111111"'
        ),
    ),
    "a region of another environment": (
        web_with("regions: {staging: [us-east-1]}"),
        (
            "31: services.storefront.regions.staging[0]: 'us-east-1' is not a region of staging; write "
            "eu-west-1, or add it to environments.staging.regions"
        ),
    ),
    "a soak longer than the train": (
        web_with("soak: 8 days"),
        (
            "31: services.storefront.soak: 8 days of soak outlast the train, which is cut again after 7 "
            "days; write less than 7 days"
        ),
    ),
    "two services with one build project": (
        web_with("build_projects: {staging: orders-staging}"),
        (
            "31: services.storefront.build_projects.staging: the project 'orders-staging' builds orders in "
            "staging too; write a project of its own, such as storefront-staging-2"
        ),
    ),
    "environment variables": (
        web_with("env: {AWS_PROFILE: admin}"),
        "31: services.storefront.env: sets environment variables, and a catalog gives a build none; "
        + IN_THE_PROJECT,
    ),
    "AWS_PROFILE": (
        web_with("AWS_PROFILE: admin"),
        "31: services.storefront.AWS_PROFILE: sets environment variables, and a catalog gives a build none; "
        + IN_THE_PROJECT,
    ),
    "an override of StartBuild": (
        web_with("serviceRoleOverride: arn:aws:iam::333333333333:role/admin"),
        (
            "31: services.storefront.serviceRoleOverride: overrides a build project, and a catalog overrides "
            f"none; {IN_THE_PROJECT}"
        ),
    ),
    "a template in a value": (
        web_with("branch: '{{ var.value.branch }}'"),
        (
            "31: services.storefront.branch: '{{ var.value.branch }}' looks like a template, and Airflow "
            f"would run it; {NO_TEMPLATE}"
        ),
    ),
    "an alias": (
        changed(CHECKS, "    checks: &checks [http: /health]\n    depends_on: *checks\n"),
        (
            "29: services.orders.depends_on: *checks repeats another part of the file; write the value out, "
            "or put it under defaults"
        ),
    ),
    "a tag that makes an object": (
        web_with("branch: !!python/object/apply:os.system [id]"),
        (
            "31: services.storefront.branch: the tag '!!python/object/apply:os.system' is not read; write "
            "the value alone"
        ),
    ),
    "a branch that is an option": (
        web_with("branch: --upload-pack=id"),
        (
            "31: services.storefront.branch: '--upload-pack=id' is not a branch that git allows; write a "
            "name such as release or release/2024"
        ),
    ),
    "a path out of the repository": (
        web_with("buildspecs: {production: ../../etc/build.yml}"),
        (
            "31: services.storefront.buildspecs.production: '../../etc/build.yml' is not the path of a "
            "buildspec; write a relative path without .., such as buildspecs/web-staging.yml or "
            "repository:ci/build.yml"
        ),
    ),
    "not YAML": (
        changed("  branch: release\n", "  branch: 'release\n"),
        (
            "23: is not YAML (while scanning a quoted scalar, found unexpected end of stream); mend this "
            "line, or the end of the one before it"
        ),
    ),
    "a tab": (
        changed("  branch: release\n", "\tbranch: release\n"),
        "23: a tab indents this line, which YAML does not allow; indent with spaces",
    ),
    "a list": (
        b"- orders\n",
        "1: is a list, not keys and values; write train, environments and services",
    ),
    "nothing": (b"", "1: is empty; write train, environments and services"),
    "not text": (b"\x1f\x8b\x08\x00", "1: is not UTF-8 text (byte 0x8b); save the file as UTF-8"),
    "too deep": (b"[" * 100, "1: is nested more than 32 levels deep; write it flatter"),
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RELEASE_OPS_CATALOG", raising=False)
    return tmp_path / "services.yaml"


@pytest.mark.parametrize(("content", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_broken_catalog_has_its_sentence(content: bytes, sentence: str, file: Path) -> None:
    file.write_bytes(content)
    result = CliRunner().invoke(app, ["validate", str(file)])
    assert result.stdout == f"{file}:{sentence}\n"
    assert (result.stderr, result.exit_code) == (f"1 mistake in {file}\n", 1)


def test_aliases_that_explode_are_refused_one_by_one(file: Path) -> None:
    file.write_text("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n")
    lines = CliRunner().invoke(app, ["validate", str(file)]).stdout.splitlines()
    write = "write the value out, or put it under defaults"
    places = {"2: b[0]": "*a", "2: b[1]": "*a", "3: c[0]": "*b", "3: c[1]": "*b"}
    wanted = {
        f"{file}:{place}: {alias} repeats another part of the file; {write}"
        for place, alias in places.items()
    }
    assert wanted <= {*lines}


def test_a_file_that_is_too_large_is_not_read(file: Path) -> None:
    file.write_bytes(b"#" * 1024 * 1024 + b"\n")
    result = CliRunner().invoke(app, ["validate", str(file)])
    sentence = "is larger than 1 MiB, which is no catalog; write the path of a services.yaml"
    assert result.stdout == f"{file}: {sentence}\n"
