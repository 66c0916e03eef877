"""make bench prints what it says: whole, one task, the naive loop, and the imports apart."""

import re
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.catalogs import catalog_text
from release_ops.config import read_catalog
from release_ops.plan.graph import graph_of
from release_ops.plan.service import plan_service

ROW = re.compile(
    r" *(\d+) +(\d+) +([\d.]+) \([\d.]+\) +([\d.]+) \([\d.]+\) +([\d.]+) \([\d.]+\) +([\d.]+) +([\d.]+)"
)
CATALOG = read_catalog(catalog_text(2).encode(), Path("2.yaml"))


def test_it_measures_each_size_and_the_imports(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["2", "--runs", "1"])
    head, columns, row, empty, imports, *modules = capsys.readouterr().out.splitlines()
    assert "imports apart; ours the best of 1;" in head
    assert columns == "services  tasks        whole     one task        naive  naive:whole  naive:one"
    numbers = ROW.fullmatch(row)
    assert numbers, row
    assert (int(numbers[1]), int(numbers[2])) == (2, len(graph_of(CATALOG).tasks))
    whole, one, naive, by_whole, by_one = (float(number) for number in numbers.groups()[2:])
    assert by_whole == pytest.approx(naive / whole, rel=0.2)
    assert by_one == pytest.approx(naive / one, rel=0.2)
    assert empty == ""
    assert "-X importtime" in imports
    assert len(modules) == 10
    assert "airflow" in " ".join(modules)
    milliseconds = [float(line.split()[0]) for line in modules]
    assert milliseconds == sorted(milliseconds, reverse=True)


def test_one_task_is_its_own_service_alone(tmp_path: Path) -> None:
    file = tmp_path / "2.yaml"
    file.write_text(catalog_text(2))
    one = bench.measured(str(tmp_path), file, "ours", task=bench.ONE_TASK)
    service = bench.ONE_TASK.partition(".")[0]
    assert one["tasks"] == len(plan_service(CATALOG.services[service]).steps)
    naive = bench.measured(str(tmp_path), file, "naive")
    assert naive["tasks"] == len(graph_of(CATALOG).tasks)


def test_of_several_runs_the_best_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = iter([{"cpu": 3.0}, {"cpu": 1.0}, {"cpu": 2.0}])
    monkeypatch.setattr(bench, "measured", lambda *_, **__: next(runs))
    assert bench.best(str(tmp_path), tmp_path, 3) == {"cpu": 1.0}


@pytest.mark.parametrize("size", ["0", "100000", "many"])
def test_another_size_is_refused_in_a_sentence(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main([size])
    assert "argument SERVICES: " in capsys.readouterr().err
