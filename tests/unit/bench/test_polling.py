"""make bench's second part starts builds and waits for them in both ways, and counts what that took."""

from __future__ import annotations

import pytest

from bench import polling


def test_it_prints_what_both_ways_take(capsys: pytest.CaptureFixture[str]) -> None:
    polling.main(["3", "30"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = [[float(cell) for cell in line] for line in lines if line and line[0] in ("3", "30")]
    assert [row[0] for row in rows] == [3, 30]
    for builds, start, listed, looks, _, worst, _, *each in rows:
        each_start, each_listed, each_looks, _, each_worst, _, ratio, _ = each
        assert (start, listed, each_start, each_listed) == (builds, builds, builds, 0)
        assert looks < each_looks
        assert ratio == pytest.approx(each_looks / looks, abs=0.06)
        # A poller of its own looks every 30 s, ours within a tenth of that.
        assert each_worst <= 30
        assert worst <= 33


def test_a_look_of_ours_serves_many(capsys: pytest.CaptureFixture[str]) -> None:
    polling.main(["100"])
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert float(row[-2]) > 10, "BatchGetBuilds: one poller per build by one poller for all"


@pytest.mark.parametrize("text", ["0", "x", "20000"])
def test_what_is_no_number_of_builds_is_told_in_a_sentence(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        polling.main([text])
    assert f"{text} builds; ask for 1 to 10000" in capsys.readouterr().err
