"""release-ops plan, as a person or a CI job runs it."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from release_ops.cli.app import app

TEXT = (Path(__file__).parents[1] / "config" / "valid.yaml").read_text()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RELEASE_OPS_CATALOG", raising=False)
    file = tmp_path / "config" / "services.yaml"
    file.parent.mkdir()
    file.write_text(TEXT)
    return file


@pytest.fixture
def in_git(file: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=file.parents[1], check=True)
    git(file, "add", "services.yaml")
    git(file, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "Begin")
    return file


def git(file: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=file.parent, check=True)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["plan", *map(str, arguments)])


def test_it_prints_tasks_edges_and_instants(file: Path) -> None:
    result = run(file)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].startswith("The next release is cut on Mon ")
    assert lines[0].endswith("(Europe/Berlin).")
    assert "task\truns after" in lines
    assert "orders.cut\tcut_release" in lines
    assert lines[-1].endswith(" edges")


def test_json_says_the_same_to_a_program(file: Path) -> None:
    said = json.loads(run(file, "--json").stdout)
    assert ["cut_release", "orders.cut"] in said["edges"]
    assert "release_verdict" in said["tasks"]
    assert said["services"]["storefront"]["depends_on"] == ["orders"]
    assert said["services"]["orders"]["earliest_departure"] > said["cut"]


def test_a_broken_catalog_has_its_sentences_here_too(file: Path) -> None:
    file.write_text(TEXT.replace("Europe/Berlin", "Europe/Berln"))
    result = run(file)
    assert result.exit_code == 1
    assert "train.timezone: 'Europe/Berln' is not" in result.stdout


def test_against_a_revision_it_prints_what_has_changed(in_git: Path) -> None:
    assert run(in_git, "--against", "HEAD").stdout == "The release is the same as at HEAD.\n"
    in_git.write_text(TEXT.replace("    depends_on: [orders]\n", "    branch: next\n"))
    lines = run(in_git, "--against", "HEAD").stdout.splitlines()
    assert "-\tedge\torders.outcome -> storefront.promotion_gate" in lines
    assert '~\tsetting\tservices.storefront.branch: "release" -> "next"' in lines
    changed = json.loads(run(in_git, "--against", "HEAD", "--json").stdout)
    assert changed["edges"]["removed"] == [["orders.outcome", "storefront.promotion_gate"]]


def test_a_renamed_service_is_short_and_says_what_stays_behind(in_git: Path) -> None:
    in_git.write_text(TEXT.replace("  storefront:\n", "  shop:\n"))
    lines = run(in_git, "--against", "HEAD").stdout.splitlines()
    assert lines[2:4] == ["+\tservice\tshop", "-\tservice\tstorefront"]
    assert not [line for line in lines if line.startswith(("+\tedge", "-\tedge"))]
    assert lines[-1] == (
        "shop is storefront but for its name. It is another service: its build projects, stacks and tasks "
        "are new, and those of storefront stay behind."
    )
    changed = json.loads(run(in_git, "--against", "HEAD", "--json").stdout)
    assert changed["renamed"] == [{"before": "storefront", "after": "shop"}]
    assert ["shop.outcome", "release_verdict"] in changed["edges"]["added"]


@pytest.mark.parametrize("revision", ["nowhere", "-x", "", "HEAD:config"])
def test_a_revision_that_is_not_there(in_git: Path, revision: str) -> None:
    result = run(in_git, f"--against={revision}")
    assert result.exit_code == 1
    assert result.stderr == (f"git knows no revision {revision!r} here; write a branch, a tag or a commit\n")


def test_a_revision_without_the_file(in_git: Path) -> None:
    other = in_git.with_name("other.yaml")
    other.write_text(TEXT)
    result = run(other, "--against", "HEAD")
    assert result.stderr == (
        f"{other} is not in HEAD; write a revision that has it or, if it was moved, HEAD:path/it/had/then\n"
    )


def test_a_file_that_was_moved_is_compared_with_what_it_was(in_git: Path) -> None:
    moved = in_git.rename(in_git.with_name("catalog.yaml"))
    said = run(moved, "--against", "HEAD:config/services.yaml")
    assert said.stdout == "The release is the same as at HEAD:config/services.yaml.\n"


def test_a_link_is_the_file_it_leads_to(in_git: Path) -> None:
    link = in_git.parents[1] / "link.yaml"
    link.symlink_to(in_git)
    assert run(link, "--against", "HEAD").stdout == "The release is the same as at HEAD.\n"


def test_a_hook_of_another_repository_does_not_mislead(
    in_git: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path / "other"], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert run(in_git, "--against", "HEAD").stdout == "The release is the same as at HEAD.\n"


def test_a_repository_that_git_does_not_read_is_said_in_its_words(in_git: Path) -> None:
    (in_git.parents[1] / ".git" / "config").write_text("[core\n")
    result = run(in_git, "--against", "HEAD")
    assert result.exit_code == 1
    assert result.stderr.startswith("git does not read the repository: fatal: bad config line 1")


def test_no_repository(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(file.parents[1]))
    assert "is in no git repository; " in run(file, "--against", "HEAD").stderr


def test_no_git(in_git: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert run(in_git, "--against", "HEAD").stderr.startswith("git is not installed here")


def test_a_revision_whose_catalog_was_broken(in_git: Path) -> None:
    in_git.write_text(TEXT.replace("kind: web", "kind: wab"))
    git(in_git, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-am", "Break")
    in_git.write_text(TEXT)
    result = run(in_git, "--against", "HEAD")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"HEAD:{in_git}:")
