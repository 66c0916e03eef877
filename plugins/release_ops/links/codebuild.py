"""From an Airflow task to its build."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink

from release_ops.domain.rehearsal import is_loopback


class _BuildLink(BaseAwsLink):
    """A link into AWS's console, unless the build is not there but in a sandbox."""

    def format_link(self, *, sandbox_page: str = "", **kwargs: Any) -> str:
        return sandbox_page or super().format_link(**kwargs)


class CodeBuildBuildLink(_BuildLink):
    """Helper class for constructing the AWS CodeBuild console link of a build."""

    name = "CodeBuild build"
    key = "codebuild_build"
    format_str = (
        BASE_AWS_CONSOLE_LINK + "/codesuite/codebuild/{account_id}/projects/{project_name}/build/{build_id}/"
        "?region={region_name}"
    )


class CodeBuildLogLink(_BuildLink):
    """Helper class for the link that CodeBuild itself gives to a build's log."""

    name = "Build log"
    key = "codebuild_log"
    format_str = "{log_link}"


def sandbox_page(endpoint_url: str, build_id: str) -> str:
    """Return where the sandbox shows a build and its log; empty if the endpoint is not one on this machine.

    An endpoint elsewhere may be AWS's own, behind a private address: its builds are in the console."""
    return f"{endpoint_url.rstrip('/')}/_sandbox/builds/{build_id}" if is_loopback(endpoint_url) else ""
