"""Two days may pass in seconds on this machine only."""

from datetime import timedelta

import pytest

from release_ops.domain.rehearsal import TimeScale, TimeScaleRefusedError, is_loopback, rehearsal_time_scale

HERE = {"aws_dev": ("http://127.0.0.1:5100", "http://localhost:5100"), "play": ("http://[::1]:5100",)}


def test_two_days_pass_in_twenty_seconds() -> None:
    assert rehearsal_time_scale("8640", HERE).real(timedelta(days=2)) == timedelta(seconds=20)


@pytest.mark.parametrize("text", ["", " ", "1"])
def test_without_a_scale_time_is_time(text: str) -> None:
    assert rehearsal_time_scale(text, {"aws_dev": ()}) == TimeScale(1.0)


@pytest.mark.parametrize(
    ("endpoints", "named"),
    [
        pytest.param({**HERE, "aws_production": ()}, "aws_production", id="AWS itself"),
        pytest.param(
            {**HERE, "play": ("https://androidpublisher.googleapis.com/",)}, "play", id="Google itself"
        ),
        pytest.param(
            {"aws_dev": ("http://127.0.0.1:1", "http://10.0.0.7:1")}, "aws_dev", id="one of two addresses"
        ),
        pytest.param(
            {"aws_dev": ("http://localhost.example.com:1",)}, "aws_dev", id="a name that looks local"
        ),
    ],
)
def test_a_scale_is_refused_if_anything_is_not_here(
    endpoints: dict[str, tuple[str, ...]], named: str
) -> None:
    with pytest.raises(TimeScaleRefusedError, match=named):
        rehearsal_time_scale("8640", endpoints)


@pytest.mark.parametrize("text", ["fast", "0", "-5", "0.5", "nan", "inf", "1e30"])
def test_a_scale_that_is_no_number_from_one_up_is_refused(text: str) -> None:
    with pytest.raises(TimeScaleRefusedError, match="write a number"):
        rehearsal_time_scale(text, HERE)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:5100", True),
        ("127.0.0.1", True),
        ("http://127.9.9.9", True),
        ("http://x.localhost:80", True),
        ("https://sts.eu-west-1.amazonaws.com", False),
        ("http://0.0.0.0:1", False),
        ("http://127.0.0.1.nip.io", False),
        ("", False),
    ],
)
def test_loopback(url: str, here: bool) -> None:
    assert is_loopback(url) is here
