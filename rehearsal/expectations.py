"""What must become of a release, and how what became of it differs: a sentence for each surprise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from rehearsal.deeds import Commit
from rehearsal.production import Live
from rehearsal.soaks import Soak
from rehearsal.sources import Build, Look
from release_ops.config import Catalog
from release_ops.plan.steps import PRODUCTION, STAGING


@dataclass(frozen=True)
class Expected:
    """What must have become of a release, said by its verdict and by AWS and Play themselves."""

    promoted: frozenset[str]
    held: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    reasons: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the verdict says, among other things, of a service that is held."""
    ships: Mapping[str, Commit] = field(default_factory=dict)
    """Which commit of the story goes out; of every other service, it is the one that was there at the cut."""
    staging_builds: Mapping[str, int] = field(default_factory=dict)
    """How often a service is built for staging, if not once."""

    @property
    def state(self) -> str:
        return "failed" if self.held else "success"

    @property
    def services(self) -> frozenset[str]:
        return self.promoted | self.held | self.left_out

    def builds(self, service: str, environment: str) -> int:
        """Return how many builds of one region of an environment this release has to start."""
        if environment == PRODUCTION:
            return int(service in self.promoted)
        return 0 if service in self.left_out else self.staging_builds.get(service, 1)


@dataclass(frozen=True)
class Verdict:
    """How a release ended, in the words of its verdict."""

    run_id: str
    state: str
    promoted: Mapping[str, str]
    held: Mapping[str, Sequence[str]]
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class Course:
    """All that is known of a release when it is over."""

    catalog: Catalog
    time_scale: int
    verdict: Verdict
    run_state: str
    before: Look
    after: Look
    soaks: Mapping[str, Sequence[Soak]]
    """What each service's soak said of itself, whenever that was something new."""
    commits: Mapping[Commit, str]

    def builds(self, service: str, environment: str) -> list[Build]:
        """Return what was built since the release was triggered, whoever started it."""
        return self.after.builds_since(self.before, service, environment)

    def commit_to_ship(self, expected: Expected, service: str) -> str:
        mended = expected.ships.get(service)
        return self.commits.get(mended, "") if mended else self.before.heads.get(service, "")


def surprises(expected: Expected, course: Course) -> list[str]:
    """Return a sentence for each thing that did not come as expected."""
    return [
        *unlike_expected(expected, course.verdict, course.run_state),
        *unsaid(expected, course.verdict),
        *unlike_cut(expected, course),
        *unlike_production(course.verdict, course.before.live, course.after.live),
        *miscounted(expected, course),
        *misbuilt(expected, course),
        *cut_short(expected, course),
    ]


def unlike_expected(expected: Expected, verdict: Verdict, run_state: str) -> Iterator[str]:
    """The verdict, by what became of each service."""
    if run_state != expected.state:
        yield f"the run ended as {run_state}, expected was {expected.state}"
    for service in sorted(expected.services | {*verdict.promoted, *verdict.held, *verdict.left_out}):
        wanted, came = fate(service, expected), fate(service, verdict)
        if came != wanted:
            yield f"{service} was {came}, expected was {wanted}"


def unsaid(expected: Expected, verdict: Verdict) -> Iterator[str]:
    """The verdict's reasons: who is on call must be able to act on them."""
    for service, parts in expected.reasons.items():
        said = "; ".join(verdict.held.get(service, ()))
        for part in parts:
            if part not in said:
                yield f"the verdict on {service} does not say {part!r}, but: {said or 'nothing'}"


def unlike_cut(expected: Expected, course: Course) -> Iterator[str]:
    for service, commit in course.verdict.promoted.items():
        wanted = course.commit_to_ship(expected, service)
        if commit != wanted:
            yield f"{service} was promoted at {commit[:9]}, expected was {wanted[:9] or 'no commit'}"


def unlike_production(verdict: Verdict, before: Sequence[Live], after: Sequence[Live]) -> Iterator[str]:
    """Production's own answers: the promised commit is there, and all else is as it was."""
    earlier = {(live.service, live.where): live.commit for live in before}
    for live in after:
        promised = verdict.promoted.get(live.service)
        had = earlier.get((live.service, live.where), "")
        if promised and live.commit != promised:
            yield (
                f"{live.service} was promoted at {promised[:9]}, but {PRODUCTION} in {live.where} "
                f"has {short(live.commit)}"
            )
        if not promised and live.commit != had:
            yield (
                f"{live.service} was {fate(live.service, verdict)}, but {PRODUCTION} in {live.where} "
                f"went from {short(had)} to {short(live.commit)}"
            )


def miscounted(expected: Expected, course: Course) -> Iterator[str]:
    """CodeBuild's own lists."""
    for name, service in course.catalog.services.items():
        for environment in (STAGING, PRODUCTION):
            wanted = expected.builds(name, environment) * len(service.regions[environment])
            came = len(course.builds(name, environment))
            if came != wanted:
                yield f"{name} was built {times(came)} for {environment}, expected was {times(wanted)}"


def misbuilt(expected: Expected, course: Course) -> Iterator[str]:
    """Only what was cut, and what was cut anew, is ever built; production has only what is to ship."""
    for name in course.catalog.services:
        to_ship = course.commit_to_ship(expected, name)
        may_build = {STAGING: {course.before.heads.get(name, ""), to_ship}, PRODUCTION: {to_ship}}
        for environment, allowed in may_build.items():
            for build in course.builds(name, environment):
                if build.commit not in allowed:
                    yield f"build {build.id} is of {short(build.commit)}, which was not to be built"


def cut_short(expected: Expected, course: Course) -> Iterator[str]:
    """Every soak is whole, and begins anew only with what is built anew."""
    for name in course.verdict.promoted:
        required = course.catalog.services[name].soak / course.time_scale
        staged = [build.ended_at for build in course.builds(name, STAGING) if build.ended_at]
        released = [build.started_at for build in course.builds(name, PRODUCTION)]
        soaks = course.soaks.get(name, ())
        if not (staged and released and soaks):
            yield f"{name} was promoted, but not built, soaked and built again"
            continue
        soaked = min(released) - max(staged)
        if soaked < required or min(released) < soaks[-1].ends_at:
            yield f"{name} soaked {seconds(soaked)}, expected was {seconds(required)} at least"
        if soaks[-1].length != required:
            yield f"{name} was to soak {seconds(soaks[-1].length)}, expected was {seconds(required)}"
        if soaks[-1].deployed_at < max(staged):
            yield f"{name} soaked from before its last build for staging"
        # Of one that was cleared at its very beginning, nobody may have heard a word.
        if len(soaks) > (most := expected.builds(name, STAGING)):
            yield f"{name} began to soak {times(len(soaks))}, expected was {times(most)}"


def fate(service: str, among: Expected | Verdict) -> str:
    groups = {"promoted": among.promoted, "held": among.held, "left out": among.left_out}
    return " and ".join(name for name, services in groups.items() if service in services) or "forgotten"


def short(commit: str) -> str:
    return commit[:9] or "nothing"


def times(count: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():.1f} s"
