"""What Google makes of the list of releases that somebody puts on a track.

`tracks.update` replaces the track. What it does with a release that the list leaves out is where tools go
wrong: a running rollout is halted, a live release is kept if the list holds no other live one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.play import wordings
from sandbox.play.wordings import Refusal

Release = dict[str, Any]
_STATUSES = ("completed", "inProgress", "draft", "halted")
_LIVE = ("completed", "inProgress")
_SHOUTED = {"completed": "COMPLETED", "inProgress": "IN_PROGRESS", "draft": "DRAFT", "halted": "HALTED"}


def put_on_track(
    track: str, old: list[Release], asked: list[Release], *, version_names: Mapping[int, str], draft_app: bool
) -> list[Release]:
    """The track after the update; `version_names` has every version code that the edit may use."""
    new = [_normal(release, version_names) for release in asked]
    for status in _STATUSES:
        if sum(release["status"] == status for release in new) > 1:
            raise Refusal(wordings.RELEASES_OF_ONE_STATUS, status=status)
    for release in new:
        _check_codes(release, version_names)
        _check_fraction(release)
        _check_against(release, old)
        if draft_app and track != "internal" and release["status"] != "draft":
            raise Refusal(wordings.DRAFT_APP)
    return new + _left_out(old, new)


def codes(releases: Iterable[Release], *statuses: str) -> set[int]:
    """The version codes of the releases that have one of these statuses; of all, when none is named."""
    return {
        int(code)
        for release in releases
        if not statuses or release["status"] in statuses
        for code in release["versionCodes"]
    }


def _normal(release: Release, version_names: Mapping[int, str]) -> Release:
    version_codes = [str(code) for code in release.get("versionCodes", [])]
    newest = max(map(int, version_codes), default=0)
    named = release.get("name") or version_names.get(newest) or str(newest)
    return {**release, "name": named, "versionCodes": version_codes, "status": release.get("status", "")}


def _check_codes(release: Release, version_names: Mapping[int, str]) -> None:
    unknown = codes([release]) - version_names.keys()
    if unknown:
        raise Refusal(wordings.CODES_UNKNOWN, codes=sorted(unknown))


def _check_fraction(release: Release) -> None:
    status, fraction = release["status"], release.get("userFraction")
    if status not in _STATUSES:
        raise Refusal(wordings.VALUE_INVALID, where="releases.status", kind="TYPE_ENUM", value=f'"{status}"')
    if status in ("inProgress", "halted") and fraction is None:
        raise Refusal(wordings.FRACTION_MISSING, status=_SHOUTED[status])
    if status in ("draft", "completed") and fraction is not None:
        raise Refusal(wordings.FRACTION_UNWANTED, status=_SHOUTED[status])
    if fraction is not None and not 0 < fraction < 1:
        raise Refusal(wordings.FRACTION_RANGE)


def _check_against(release: Release, old: list[Release]) -> None:
    status, version_codes = release["status"], release["versionCodes"]
    before = next((item for item in old if item["versionCodes"] == version_codes), None)
    if status == "halted" and (before is None or before["status"] == "draft"):
        raise Refusal(wordings.NOTHING_TO_HALT)
    if status == "inProgress":
        if not codes(old, "completed"):
            raise Refusal(wordings.FIRST_CANNOT_BE_STAGED)
        if before is not None and before["status"] == "completed":
            raise Refusal(wordings.FULL_CANNOT_BE_STAGED)
    # What was live already and is merely put back, beside a newer one, is no downgrade.
    is_new = before is None or before["status"] != "completed"
    newest = max(codes([release]), default=0)
    if status in _LIVE and is_new and newest < max(codes(old, "completed"), default=0):
        raise Refusal(wordings.DOWNGRADE)


def _left_out(old: list[Release], new: list[Release]) -> list[Release]:
    named, live = codes(new), codes(new, *_LIVE)
    kept = []
    for release in old:
        newest = max(codes([release]), default=0)
        if codes([release]) & named:
            continue
        if release["status"] == "completed" and not codes(new, "completed"):
            kept.append(release)
        elif release["status"] == "inProgress" and newest > max(codes(new, "completed"), default=0):
            kept.append({**release, "status": "halted"})
        elif release["status"] == "halted" and newest > max(live, default=0):
            kept.append(release)
    return kept
