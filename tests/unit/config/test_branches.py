"""A branch is what git says it is."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from release_ops.config.fields import Branch

BRANCH: TypeAdapter[str] = TypeAdapter(Branch)
MEAN = st.sampled_from([*"ab/.-@{~^:?*[\\ \t\x7f", "..", "//", "@{", ".lock", "HEAD", "refs/heads/", "ü"])


def accepts(name: str) -> bool:
    try:
        BRANCH.validate_python(name)
    except ValidationError:
        return False
    return True


def git_allows(name: str) -> bool:
    return subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["release", "release/2024", "release-1.x", "a@b", "ünïcode", "feature/a_b"])
def test_everyday_names_are_branches(name: str) -> None:
    assert accepts(name)
    assert git_allows(name)


@settings(max_examples=100, deadline=None)
@given(st.lists(MEAN, max_size=5).map("".join))
def test_git_allows_every_accepted_name(name: str) -> None:
    if accepts(name):
        assert git_allows(name), name
