"""The rules of a track on Google Play: what may go onto it, and what becomes of what is there.

Play's own update replaces the whole track, and what it leaves out is halted or dropped. So every decision
here is about the whole track: which releases to put, of which all but one are as they were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from release_ops.domain.errors import FailedError


class TrackError(FailedError):
    """A version may not go onto a track; another try would find the same."""


class NotOnTrackError(TrackError):
    """The version to promote is not released on the track that should prove it."""


class ReleaseStatus(StrEnum):
    """How far a release has gone on its track, in Google's words."""

    DRAFT = "draft"
    IN_PROGRESS = "inProgress"
    HALTED = "halted"
    COMPLETED = "completed"


class Lifecycle(StrEnum):
    """Whether users can get a release; only PUBLISHED says that they can."""

    DRAFT = "DRAFT"
    NOT_SENT_FOR_REVIEW = "NOT_SENT_FOR_REVIEW"
    IN_REVIEW = "IN_REVIEW"
    APPROVED_NOT_PUBLISHED = "APPROVED_NOT_PUBLISHED"
    NOT_APPROVED = "NOT_APPROVED"
    PUBLISHED = "PUBLISHED"


@dataclass(frozen=True)
class TrackRelease:
    """A release on a track. `details` is what we only hand on: its notes, priority and countries."""

    version_codes: tuple[int, ...]
    status: str
    user_fraction: float | None = None
    name: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def reach(self) -> float:
        """The share of users that it is offered to, of 1.0."""
        if self.status == ReleaseStatus.COMPLETED:
            return 1.0
        return self.user_fraction or 0.0 if self.status == ReleaseStatus.IN_PROGRESS else 0.0

    def __str__(self) -> str:
        codes = " and ".join(map(str, self.version_codes)) or "no version"
        return f"{codes} {self.status}" + (f" at {self.user_fraction:.0%}" if self.user_fraction else "")


@dataclass(frozen=True)
class Track:
    name: str
    releases: tuple[TrackRelease, ...] = ()

    def holding(self, version_code: int) -> TrackRelease | None:
        return next((item for item in self.releases if version_code in item.version_codes), None)

    def __str__(self) -> str:
        return ", ".join(map(str, self.releases)) or "nothing"


@dataclass(frozen=True)
class ReleaseState:
    """What Google tells of a release without an edit: its versions, and whether users can get them."""

    version_codes: tuple[int, ...]
    lifecycle: str
    name: str = ""


@dataclass(frozen=True)
class Placement:
    """How a version gets onto a track; an empty `put` says that it is there, as far as asked or farther."""

    release: TrackRelease
    put: tuple[TrackRelease, ...] = ()
    replaced: tuple[int, ...] = ()


def wanted_release(
    version_code: int,
    user_fraction: float = 1.0,
    *,
    name: str = "",
    details: Mapping[str, object] | None = None,
) -> TrackRelease:
    """The release of one version to this share of users.

    Google has no fraction of 1: a release for everybody is `completed` and carries none."""
    if not 0 < user_fraction <= 1:
        raise TrackError(
            f"user_fraction is {user_fraction!r}; write a number above 0 and up to 1.0, which means everybody"
        )
    if user_fraction == 1:
        return TrackRelease((version_code,), ReleaseStatus.COMPLETED, None, name, details or {})
    return TrackRelease((version_code,), ReleaseStatus.IN_PROGRESS, user_fraction, name, details or {})


def decide_placement(track: Track, wanted: TrackRelease) -> Placement:
    """What to put on a track so that it holds the wanted release and harms no other.

    Nothing narrows: a version that reaches more users than asked stays so, for only a halt takes back."""
    (version_code,) = wanted.version_codes
    own = track.holding(version_code)
    if own is not None:
        if own.reach >= wanted.reach:
            return Placement(own)
        _refuse_to_widen(track, own)
    others = tuple(item for item in track.releases if item is not own)
    _refuse_to_displace(track, version_code, others)
    kept = tuple(item for item in others if _stays(item, wanted))
    replaced = sorted(code for item in others if item not in kept for code in item.version_codes)
    return Placement(wanted, (wanted, *kept), tuple(replaced))


def decide_promotion(
    source: Track, target: Track, version_code: int, user_fraction: float = 1.0
) -> Placement:
    """What to put on `target` so that it holds the version that `source` proved.

    Only a version that its source track serves to everybody is proved. One that has begun on the target track
    needs no second proof: the source may have moved on to the next version."""
    begun = target.holding(version_code)
    if begun is not None and begun.status == ReleaseStatus.DRAFT:
        begun = None  # somebody prepared it there, which proves nothing
    like = begun or _without_targeting(_proved(source, target, version_code))
    if len(like.version_codes) > 1 and not (begun and begun.reach >= user_fraction):
        raise TrackError(
            f"The release {like.name!r} holds the version codes {_listed(like.version_codes)}, and only "
            f"{version_code} is to go to {target.name}; release {version_code} by itself on {source.name}"
        )
    wanted = wanted_release(version_code, user_fraction, name=like.name, details=like.details)
    return decide_placement(target, wanted)


def lifecycle_of(states: Iterable[ReleaseState], version_code: int) -> str | None:
    """The life-cycle state of the release that holds a version; None when no release of the track does."""
    return next((item.lifecycle for item in states if version_code in item.version_codes), None)


def is_published(states: Iterable[ReleaseState], version_code: int, *, on: str) -> bool:
    """Whether users of the track can get the version now. Raises TrackError if Google rejected it."""
    lifecycle = lifecycle_of(states, version_code)
    if lifecycle == Lifecycle.NOT_APPROVED:
        raise TrackError(
            f"Google rejected version code {version_code} for {on}; "
            "Play Console > Publishing overview says why"
        )
    return lifecycle == Lifecycle.PUBLISHED


def published_codes(states: Iterable[ReleaseState]) -> frozenset[int]:
    """The versions that users can get; what is in review, rejected or a draft is not among them."""
    return frozenset(
        code for item in states if item.lifecycle == Lifecycle.PUBLISHED for code in item.version_codes
    )


def _without_targeting(release: TrackRelease) -> TrackRelease:
    """The release as another track may have it: countries belong to the track where they were chosen."""
    kept = {key: value for key, value in release.details.items() if key != "countryTargeting"}
    return replace(release, details=kept)


def _proved(source: Track, target: Track, version_code: int) -> TrackRelease:
    release = source.holding(version_code)
    if release is None or release.status != ReleaseStatus.COMPLETED:
        raise NotOnTrackError(
            f"Version code {version_code} is not released on {source.name} (there: {source}); "
            f"only what is released there can be promoted to {target.name}"
        )
    return release


def _refuse_to_widen(track: Track, own: TrackRelease) -> None:
    if own.status == ReleaseStatus.HALTED:
        raise TrackError(
            f"Version code {_listed(own.version_codes)} is halted on {track.name}; somebody stopped it, so "
            "a person has to resume it (Play Console > Releases), or a higher version code to replace it"
        )
    if own.status not in (ReleaseStatus.DRAFT, ReleaseStatus.IN_PROGRESS):
        raise TrackError(f"{track.name} holds {own}, a status that is not known here; look in Play Console")


def _refuse_to_displace(track: Track, version_code: int, others: tuple[TrackRelease, ...]) -> None:
    for other in others:
        newest = max(other.version_codes, default=0)
        if other.status == ReleaseStatus.COMPLETED and newest > version_code:
            raise TrackError(
                f"{track.name} already serves version code {newest}, and Play never goes back to "
                f"{version_code}; build the old code again with a version code above {newest}"
            )
        if other.status == ReleaseStatus.IN_PROGRESS:
            raise TrackError(
                f"Version code {newest} is being rolled out on {track.name} ({other}), and {version_code} "
                f"would stop it; finish or halt {newest} first"
            )


def _stays(other: TrackRelease, wanted: TrackRelease) -> bool:
    if other.status == ReleaseStatus.COMPLETED:
        # A staged rollout needs what everybody else keeps getting; a full one takes its place.
        return wanted.status != ReleaseStatus.COMPLETED
    if other.status == ReleaseStatus.HALTED:
        return max(other.version_codes, default=0) > wanted.version_codes[0]
    return True


def _listed(codes: tuple[int, ...]) -> str:
    return " and ".join(map(str, codes))
