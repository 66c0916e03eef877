"""The rules of a track, one row each."""

import pytest

from release_ops.domain.track import (
    NotOnTrackError,
    Placement,
    ReleaseState,
    Track,
    TrackError,
    TrackRelease,
    decide_placement,
    decide_promotion,
    is_published,
    lifecycle_of,
    published_codes,
    wanted_release,
)


def full(code: int, **more: object) -> TrackRelease:
    return TrackRelease((code,), "completed", **more)  # type: ignore[arg-type]


def some(code: int, fraction: float = 0.1) -> TrackRelease:
    return TrackRelease((code,), "inProgress", fraction)


def halted(code: int) -> TrackRelease:
    return TrackRelease((code,), "halted", 0.1)


def draft(code: int) -> TrackRelease:
    return TrackRelease((code,), "draft")


def production(*releases: TrackRelease) -> Track:
    return Track("production", releases)


ALL, TENTH = wanted_release(101), wanted_release(101, 0.1)


@pytest.mark.parametrize(
    ("track", "wanted", "put", "replaced"),
    [
        pytest.param(production(), ALL, (ALL,), (), id="an empty track takes it"),
        pytest.param(production(full(100)), ALL, (ALL,), (100,), id="for everybody: in the old one's place"),
        pytest.param(
            production(full(100)), TENTH, (TENTH, full(100)), (), id="for some: the others keep theirs"
        ),
        pytest.param(
            production(some(101), full(100)), ALL, (ALL,), (100,), id="from some to everybody: completed"
        ),
        pytest.param(
            production(some(101), full(100)),
            wanted_release(101, 0.5),
            (wanted_release(101, 0.5), full(100)),
            (),
            id="from some to more",
        ),
        pytest.param(
            production(draft(101), full(100)), TENTH, (TENTH, full(100)), (), id="its own draft: published"
        ),
        pytest.param(production(draft(102)), ALL, (ALL, draft(102)), (), id="another's draft: kept"),
        pytest.param(
            production(halted(99), full(98)),
            TENTH,
            (TENTH, full(98)),
            (99,),
            id="a lower halted one: superseded",
        ),
        pytest.param(
            production(halted(102), full(98)),
            TENTH,
            (TENTH, halted(102), full(98)),
            (),
            id="a higher halted one: kept",
        ),
    ],
)
def test_what_is_put_on_a_track(
    track: Track, wanted: TrackRelease, put: tuple[TrackRelease, ...], replaced: tuple[int, ...]
) -> None:
    assert decide_placement(track, wanted) == Placement(wanted, put, replaced)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        pytest.param(full(101), ALL, id="everybody has it"),
        pytest.param(full(101), TENTH, id="everybody has it, and a tenth was asked"),
        pytest.param(some(101, 0.1), TENTH, id="a tenth has it"),
        pytest.param(some(101, 0.5), TENTH, id="half have it, and a tenth was asked"),
    ],
)
def test_nothing_is_put_when_it_is_there(there: TrackRelease, wanted: TrackRelease) -> None:
    assert decide_placement(production(there, full(100)), wanted) == Placement(there)


@pytest.mark.parametrize(
    ("track", "sentence"),
    [
        pytest.param(production(full(102)), "already serves version code 102", id="a higher one is out"),
        pytest.param(
            production(full(100), some(102)),
            r"102 inProgress at 10%.*finish or halt 102",
            id="a rollout runs",
        ),
        pytest.param(production(some(99)), "finish or halt 99 first", id="a lower one's rollout runs"),
        pytest.param(production(halted(101)), "101 is halted on production", id="it was halted itself"),
        pytest.param(
            production(TrackRelease((101,), "paused")),
            "101 paused, a status that is not known",
            id="a new status",
        ),
    ],
)
def test_what_is_refused(track: Track, sentence: str) -> None:
    with pytest.raises(TrackError, match=sentence):
        decide_placement(track, ALL)


@pytest.mark.parametrize("fraction", [0, -0.1, 1.1, 10, float("nan")])
def test_a_share_of_users_is_above_0_and_up_to_1(fraction: float) -> None:
    with pytest.raises(TrackError, match=r"write a number above 0 and up to 1\.0"):
        wanted_release(101, fraction)


def internal(*releases: TrackRelease) -> Track:
    return Track("internal", releases)


def test_a_promotion_hands_on_name_and_notes_but_no_countries() -> None:
    notes = {"releaseNotes": [{"language": "en", "text": "Fast."}]}
    tested = full(101, name="Fast", details={**notes, "countryTargeting": {"countries": ["SE"]}})
    placement = decide_promotion(internal(tested), production(full(100)), 101)
    assert placement.put == (full(101, name="Fast", details=notes),)


def test_a_widened_rollout_keeps_its_countries() -> None:
    countries = {"countryTargeting": {"countries": ["SE"]}}
    begun = TrackRelease((101,), "inProgress", 0.1, "Fast", countries)
    placement = decide_promotion(internal(full(102)), production(begun, full(100)), 101, 0.5)
    assert placement.release == TrackRelease((101,), "inProgress", 0.5, "Fast", countries)


@pytest.mark.parametrize(
    ("source", "target", "error", "sentence"),
    [
        pytest.param(internal(), production(), NotOnTrackError, "there: nothing", id="nothing is there"),
        pytest.param(
            internal(full(102)),
            production(),
            NotOnTrackError,
            "there: 102 completed",
            id="another one is there",
        ),
        pytest.param(
            internal(draft(101)), production(), NotOnTrackError, "there: 101 draft", id="it is a draft"
        ),
        pytest.param(internal(some(101)), production(), NotOnTrackError, "at 10%", id="only some have it"),
        pytest.param(
            internal(),
            production(draft(101)),
            NotOnTrackError,
            "there: nothing",
            id="a draft there proves nothing",
        ),
        pytest.param(
            internal(TrackRelease((101, 201), "completed", None, "Both")),
            production(),
            TrackError,
            "'Both' holds the version codes 101 and 201, and only 101",
            id="its release holds one that nobody named",
        ),
    ],
)
def test_what_is_not_promoted(source: Track, target: Track, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        decide_promotion(source, target, 101)


def test_what_is_there_with_others_is_left_alone() -> None:
    both = TrackRelease((101, 201), "completed")
    assert decide_promotion(internal(), production(both), 101) == Placement(both)


STATES = (
    ReleaseState((101,), "IN_REVIEW"),
    ReleaseState((99, 100), "PUBLISHED"),
    ReleaseState((98,), "NOT_APPROVED"),
    ReleaseState((97,), "SOMETHING_NEW"),
)


def test_only_published_versions_count() -> None:
    assert published_codes(STATES) == {99, 100}
    assert [is_published(STATES, code, on="production") for code in (101, 100, 97, 1)] == [
        False,
        True,
        False,
        False,
    ]
    assert lifecycle_of(STATES, 97) == "SOMETHING_NEW"
    assert lifecycle_of(STATES, 1) is None


def test_a_rejected_version_is_waited_for_in_vain() -> None:
    with pytest.raises(TrackError, match="Google rejected version code 98 for production"):
        is_published(STATES, 98, on="production")
