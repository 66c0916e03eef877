"""Buildspecs in the shapes that people write: each ends as CodeBuild would have it."""

from collections.abc import Callable
from typing import Any

import pytest

BUILDSPECS = [
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - NAME=world
              - greet() { echo "hello $1"; }
              - greet "$NAME"
        """,
        ["hello world"],
        id="unexported variables and functions survive between commands",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          install: {commands: [NAME=world, mkdir deep, cd deep]}
          build: {commands: ['echo $NAME in $(basename $PWD)']}
        """,
        ["world in deep"],
        id="variables and the working directory survive between phases",
    ),
    pytest.param(
        """
        version: 0.1
        phases:
          build:
            commands:
              - NAME=world
              - export OTHER=thing
              - cd /
              - echo "[$NAME$OTHER] in $(basename $PWD)"
        """,
        ["[] in src"],
        id="version 0.1 runs each command in a fresh shell",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - |
                if [ -n "$HOME" ]; then
                  echo "one: two"
                fi
              - >
                echo folded
                into one
        """,
        ["one: two", "folded into one"],
        id="multi-line commands are one script each",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - |
                cat <<'END'
                $NOT expanded
                  indented
                END
        """,
        ["$NOT expanded", "  indented"],
        id="a here-document",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - 'echo "a  b" ''c'' \\$HOME'
              - "echo tab\\there"
              - echo 'it''s'
        """,
        ["a  b c $HOME", "tab here", "its"],
        id="quoting",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - LIST=(one "two three"); declare -A MAP=([k]=v)
              - echo "${LIST[1]} ${#LIST[@]} ${MAP[k]}"
        """,
        ["two three 2 v"],
        id="arrays survive",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands:
              - |
                TEXT='first
                second "quoted" $dollar'
              - echo "$TEXT"
        """,
        ["first", 'second "quoted" $dollar'],
        id="a value of several lines survives",
    ),
    pytest.param(
        """
        version: 0.2
        env: {variables: {KEPT: yes, GONE: "1"}}
        phases:
          build:
            commands: [unset GONE, 'echo "$KEPT-${GONE-unset}"']
        """,
        ["yes-unset"],
        id="an unset variable stays unset; `yes` is no boolean",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          pre_build: {commands: [exit 0, echo after]}
          build: {commands: [set -e, 'false | true', echo still]}
        """,
        ["after", "still"],
        id="exit 0 ends a command, not the build",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands: ['trap "echo trapped" EXIT; A=1', 'echo "A is $A"']
        """,
        ["trapped", "A is 1"],
        id="a command may have an EXIT trap of its own",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build:
            commands: [sleep 60 &, 'echo "went on"']
        """,
        ["went on"],
        id="what runs in the background holds nothing up",
    ),
    pytest.param(
        """
        version: 0.2
        env: {shell: bash}
        phases:
          install:
            runtime-versions: {nodejs: 22}
            commands: [echo installed]
          build:
            run-as: root
            commands: [echo built]
            finally: [echo finally]
        cache: {paths: ['/root/.npm/**/*']}
        reports: {tests: {files: ['*.xml']}}
        """,
        ["installed", "built", "finally"],
        id="what the sandbox has no use for is accepted",
    ),
    pytest.param(
        """
        version: 0.2
        phases:
          build: {}
          post_build:
            commands:
        """,
        [],
        id="empty phases",
    ),
]


def unindented(text: str) -> str:
    return "\n".join(line[8:] for line in text.splitlines())


@pytest.mark.parametrize(("buildspec", "printed"), BUILDSPECS)
def test_it_succeeds_and_prints(
    buildspec: str, printed: list[str], run_build: Callable[..., Any], sandbox: Any
) -> None:
    build = run_build(unindented(buildspec))
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    # A command of several lines is one event of CodeBuild's own followed by what it printed.
    assert sandbox.output_of(build) == printed


def test_windows_line_ends(run_build: Callable[..., Any], sandbox: Any) -> None:
    lines = ["version: 0.2", "phases:", "  build:", "    commands:", "      - echo one", "      - |"]
    lines += ["        if true; then", "          echo two", "        fi"]
    build = run_build("\r\n".join(lines))
    assert build["buildStatus"] == "SUCCEEDED", sandbox.log_of(build)
    assert sandbox.output_of(build) == ["one", "two"]


FAILING = [
    pytest.param(
        "{install: {commands: [exit 3]}, build: {commands: [echo built]}, post_build: {commands: [echo p]}}",
        ["INSTALL", "FINALIZING"],
        "INSTALL",
        [],
        id="before BUILD a failure ends the build",
    ),
    pytest.param(
        "{build: {commands: [echo one, exit 3, echo two]}, post_build: {commands: [echo post]}}",
        ["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"],
        "BUILD",
        ["one", "post"],
        id="POST_BUILD runs whatever became of BUILD",
    ),
    pytest.param(
        "{build: {on-failure: ABORT, commands: [exit 3]}, post_build: {commands: [echo post]}}",
        ["BUILD", "FINALIZING"],
        "BUILD",
        [],
        id="on-failure ABORT ends the build",
    ),
    pytest.param(
        "{pre_build: {on-failure: CONTINUE, commands: [exit 3]}, build: {commands: [echo built]}}",
        ["PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"],
        "PRE_BUILD",
        ["built"],
        id="on-failure CONTINUE goes on, and the build stays red",
    ),
    pytest.param(
        "{build: {commands: [exit 3], finally: [echo finally, exit 4]}}",
        ["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING"],
        "BUILD",
        ["finally"],
        id="finally runs after a failure, which stays the phase's",
    ),
]


@pytest.mark.parametrize(("phases", "reached", "failed", "printed"), FAILING)
def test_a_failed_command(
    phases: str,
    reached: list[str],
    failed: str,
    printed: list[str],
    run_build: Callable[..., Any],
    sandbox: Any,
) -> None:
    build = run_build(f"version: 0.2\nphases: {phases}")
    assert build["buildStatus"] == "FAILED"
    names = [phase["phaseType"] for phase in build["phases"]]
    assert names[names.index(failed) :] == [*reached, "COMPLETED"]
    context = next(phase for phase in build["phases"] if phase["phaseType"] == failed)["contexts"][0]
    assert context == {
        "statusCode": "COMMAND_EXECUTION_ERROR",
        "message": "Error while executing command: exit 3. Reason: exit status 3",
    }
    assert sandbox.output_of(build) == printed


def test_post_build_can_see_that_the_build_failed(run_build: Callable[..., Any], sandbox: Any) -> None:
    spec = "version: 0.2\nphases:\n  pre_build: {commands: [&say 'echo $CODEBUILD_BUILD_SUCCEEDING']}\n"
    build = run_build(f"{spec}  build: {{commands: ['false']}}\n  post_build: {{commands: [*say]}}")
    assert sandbox.output_of(build) == ["1", "0"]


@pytest.mark.parametrize(
    ("buildspec", "message"),
    [
        pytest.param("version: 0.3\nphases: {build: {}}", "version '0.3'", id="an unknown version"),
        pytest.param("phases:\n  build: {}", "version None", id="no version"),
        pytest.param("version: 0.2\nenv: {}", "has no phases", id="no phases"),
        pytest.param("version: 0.2\nphases: {deploy: {}}", "unknown phase 'deploy'", id="an unknown phase"),
        pytest.param(
            'version: 0.2\nphases:\n  build:\n    commands:\n      - echo "a: b"',
            "Expected phases/build/commands[0] to be of string type",
            id="a command that is a mapping to YAML",
        ),
        pytest.param("version: 0.2\nphases: [", "is not YAML", id="not YAML"),
        pytest.param(
            "version: 0.2\nphases: {build: {on-failure: RETREAT}}", "on-failure is 'RETREAT'", id="on-failure"
        ),
    ],
)
def test_a_broken_buildspec_fails_the_download(
    buildspec: str, message: str, run_build: Callable[..., Any]
) -> None:
    build = run_build(buildspec)
    failed = build["phases"][-3]
    assert (build["buildStatus"], failed["phaseType"]) == ("FAILED", "DOWNLOAD_SOURCE")
    assert failed["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"
    assert message in failed["contexts"][0]["message"]
