"""What two or more values get wrong together: each rule is a small pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice

from release_ops.config.draft import Draft
from release_ops.config.duration import in_words
from release_ops.config.entries import RegionsEntry
from release_ops.config.fields import SERVICE_NAME, SERVICE_NAME_RULE
from release_ops.config.mistakes import NAMED_AT_MOST, Finding, Key, shown
from release_ops.config.models import Kind
from release_ops.config.resolve import TARGETS, build_project_of
from release_ops.config.rules_of_checks import check_names_are_free, checks_fit_the_kind, functions_fit_lambda
from release_ops.config.rules_of_dependencies import dependencies_exist, dependencies_have_no_cycle
from release_ops.config.rules_of_hours import windows_open_before_the_next_cut
from release_ops.config.schedule import longest_wait
from release_ops.config.sentences import listed

Rule = Callable[[Draft], Iterable[Finding]]


def service_names_fit(draft: Draft) -> Iterator[Finding]:
    """A name becomes a task group, a build project and a CloudFormation stack."""
    for name in draft.names:
        if draft.sound("services", name) and not SERVICE_NAME.fullmatch(name):
            yield Finding(("services", name), f"{shown(name)} is not a service's name", SERVICE_NAME_RULE)


def accounts_differ(draft: Draft) -> Iterator[Finding]:
    """Three accounts, each with a connection of its own, stand between a developer and production."""
    for key in ("account", "aws_connection"):
        owner: dict[str, str] = {}
        for name, entry in draft.file.environments:
            value, place = getattr(entry, key), ("environments", name, key)
            first = owner.setdefault(value, name) if draft.sound(*place) else name
            if first != name:
                yield Finding(place, f"{shown(value)} is {first}'s too", f"write {name}'s own")


def staging_has_a_track_of_its_own(draft: Draft) -> Iterator[Finding]:
    """An upload to staging's track must not reach the users."""
    staging, production = draft.file.environments.staging, draft.file.environments.production
    for_testers = ("environments", "staging", "play_track")
    for_users = ("environments", "production", "play_track")
    if not draft.sound(*for_testers) or not draft.sound(*for_users):
        return
    if staging.play_track == "production" or "play_track" in staging.model_fields_set:
        key, owner, write = for_testers, "production", "write the testers' track, such as internal"
    else:
        key, owner, write = for_users, "staging", "write the users' track, such as production"
    if staging.play_track in ("production", production.play_track):
        yield Finding(key, f"{shown(staging.play_track)} is {owner}'s track", write)


def regions_are_the_environments(draft: Draft) -> Iterator[Finding]:
    yield from _foreign_regions(draft, ("defaults", "regions"), draft.file.defaults.regions)
    for name, entry in draft.services("regions"):
        yield from _foreign_regions(draft, ("services", name, "regions"), entry.regions)


def _foreign_regions(draft: Draft, key: tuple[str, ...], regions: RegionsEntry) -> Iterator[Finding]:
    for target, names in regions:
        if not names or not draft.sound(*key) or not draft.sound("environments", target, "regions"):
            continue
        allowed = getattr(draft.file.environments, target).regions
        for index, region in enumerate(names):
            if region not in allowed:
                yield Finding(
                    (*key, target, index),
                    f"{shown(region)} is not a region of {target}",
                    f"write {listed(allowed, 'or')}, or add it to environments.{target}.regions",
                )


def soaks_end_before_the_next_cut(draft: Draft) -> Iterator[Finding]:
    """A release that still soaks when the next one is cut has expired: such a service would never go out."""
    soaks: list[tuple[Key, timedelta]] = [
        (("services", name, "soak"), entry.soak) for name, entry in draft.services("soak") if entry.soak
    ]
    if draft.sound("defaults", "soak"):
        soaks.append((("defaults", "soak"), draft.file.defaults.soak))
    if not soaks or not draft.sound("train", "schedule"):
        return
    longest = longest_wait(draft.file.train.schedule, enough=max(soak for _, soak in soaks))
    for key, soak in soaks:
        if soak >= longest:
            wrong = (
                f"{in_words(soak)} of soak outlast the train, which is cut again after {in_words(longest)}"
            )
            yield Finding(key, wrong, f"write less than {in_words(longest)}")


def keys_fit_the_kind(draft: Draft) -> Iterator[Finding]:
    """Google Play has packages and no regions; everything else is the other way round."""
    for name, entry in draft.services("kind", "package_name"):
        key = ("services", name, "package_name")
        if entry.kind is Kind.ANDROID and entry.package_name is None:
            yield Finding(key, "is missing", "write package_name: com.example.courier")
        if entry.kind is not Kind.ANDROID and entry.package_name is not None:
            yield Finding(key, f"means nothing to kind {entry.kind}", "remove it, or write kind: android")
    for name, entry in draft.services("kind", "regions"):
        if entry.kind is Kind.ANDROID and "regions" in entry.model_fields_set:
            yield Finding(("services", name, "regions"), "means nothing to kind android", "remove it")


def connections_are_there(draft: Draft) -> Iterator[Finding]:
    """Only an environment whose services need a connection has to name it."""
    over_http = (
        name
        for name, entry in draft.services("kind", "checks")
        if entry.kind is not Kind.ANDROID
        and (entry.checks is None or any(check.kind == "http" for check in entry.checks))
    )
    on_play = (name for name, entry in draft.services("kind") if entry.kind is Kind.ANDROID)
    reasons = {
        "http_connection": next((f"{name} is checked over HTTP" for name in over_http), None),
        "play_connection": next((f"{name} goes to Google Play" for name in on_play), None),
    }
    for target in TARGETS:
        for key, reason in reasons.items():
            named = getattr(getattr(draft.file.environments, target), key)
            if reason and named is None and draft.sound("environments", target, key):
                example = f"{key}: {key.split('_', maxsplit=1)[0]}_release_{target}"
                yield Finding(("environments", target, key), f"is missing, but {reason}", f"write {example}")


def build_projects_differ(draft: Draft) -> Iterator[Finding]:
    """One project builds one service for one environment: its role can deploy nothing else."""
    taken: dict[tuple[str, str], str] = {}
    for name, entry in draft.services("build_projects"):
        for target in TARGETS:
            project = build_project_of(name, entry, target)
            account = getattr(draft.file.environments, target).builds_in
            owner = taken.setdefault((account, project.lower()), f"{name} in {target}")
            if owner != f"{name} in {target}":
                wrong = f"the project {shown(project)} builds {owner} too"
                key = ("services", name, "build_projects", target)
                yield Finding(key, wrong, f"write a project of its own, such as {name}-{target}-2")


def packages_differ(draft: Draft) -> Iterator[Finding]:
    """Two services that release one app would take each other's edits away on Google Play."""
    owner: dict[str, str] = {}
    for name, entry in draft.services("package_name"):
        first = owner.setdefault(entry.package_name, name) if entry.package_name else name
        if first != name:
            key = ("services", name, "package_name")
            yield Finding(
                key, f"{shown(entry.package_name)} is {first}'s package too", "write its own application id"
            )


RULES: tuple[Rule, ...] = (
    service_names_fit,
    accounts_differ,
    staging_has_a_track_of_its_own,
    regions_are_the_environments,
    soaks_end_before_the_next_cut,
    windows_open_before_the_next_cut,
    keys_fit_the_kind,
    checks_fit_the_kind,
    check_names_are_free,
    functions_fit_lambda,
    connections_are_there,
    dependencies_exist,
    dependencies_have_no_cycle,
    build_projects_differ,
    packages_differ,
)


def findings_across(draft: Draft) -> list[Finding]:
    """Return what the rules find in a file."""
    return [finding for rule in RULES for finding in islice(rule(draft), NAMED_AT_MOST)]
