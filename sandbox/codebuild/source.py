"""DOWNLOAD_SOURCE: the checkout, and the buildspec that comes with it or with the project."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.codebuild.accepted import without_effect
from sandbox.codebuild.buildspec import Buildspec, BuildspecError, parse_buildspec
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.runtimes import check_runtimes
from sandbox.git import GitError, git

DEFAULT_BUILDSPEC = "buildspec.yml"


def check_out(
    source: Mapping[str, Any],
    version: str | None,
    target: Path,
    environment: Mapping[str, str],
    which: str = "primary source",
) -> str | None:
    """Put the source's files into the target and return the commit; NO_SOURCE has neither."""
    target.mkdir(parents=True)
    if source["type"] == "NO_SOURCE":
        return None
    where = f"for {which} and source version {version or 'HEAD'}"
    try:
        git(target, "clone", "--quiet", "--no-checkout", source["location"], ".", environment=environment)
    except GitError as missing:
        raise PhaseFailedError(
            "CLIENT_ERROR", f"repository not found {where}: {_last_line(missing)}"
        ) from missing
    commit = _resolve(target, version)
    if commit is None:
        raise PhaseFailedError("CLIENT_ERROR", f"reference not found {where}")
    git(
        target,
        "-c",
        "advice.detachedHead=false",
        "checkout",
        "--quiet",
        "--detach",
        commit,
        environment=environment,
    )
    return commit


def _resolve(repository: Path, version: str | None) -> str | None:
    """The commit of an id, a branch or a tag, by short or full name; none means the default branch's."""
    name = version or "HEAD"
    branch = name.removeprefix("refs/heads/")
    for candidate in (f"refs/remotes/origin/{branch}", f"refs/tags/{name.removeprefix('refs/tags/')}", name):
        try:
            return git(
                repository, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{candidate}^{{commit}}"
            )
        except GitError:
            continue
    return None


def read_buildspec(source: Mapping[str, Any], folder: Path, image: str) -> tuple[Buildspec, list[str]]:
    """The buildspec that the project gives inline, or the file of that name in the source.

    With it, what the build's log has to say about the parts of it that have no effect here."""
    given = source.get("buildspec") or ""
    try:
        spec = parse_buildspec(given if _is_inline(given) else _from_file(folder, given))
        runtimes = check_runtimes(spec.runtimes, image)
    except BuildspecError as wrong:
        raise PhaseFailedError("YAML_FILE_ERROR", str(wrong)) from wrong
    return spec, [*runtimes, *(without_effect(f"the buildspec's {key}") for key in spec.accepted)]


def _is_inline(buildspec: str) -> bool:
    """CodeBuild takes a text of several lines, or one that is YAML, for the buildspec and not its path."""
    return "\n" in buildspec.strip() or buildspec.lstrip().startswith(("version:", "{"))


def _from_file(folder: Path, name: str) -> str:
    path = (folder / (name or DEFAULT_BUILDSPEC)).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        missing = f"stat {folder / name}: no such file or directory" if name else "YAML file does not exist"
        raise PhaseFailedError("YAML_FILE_ERROR", missing)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as broken:
        raise PhaseFailedError("YAML_FILE_ERROR", f"{name} is not UTF-8 text: {broken}") from broken


def _last_line(error: Exception) -> str:
    return str(error).splitlines()[-1]
