"""From an Airflow task to its build."""

from __future__ import annotations

from airflow.providers.amazon.aws.links.base_aws import BASE_AWS_CONSOLE_LINK, BaseAwsLink


class CodeBuildBuildLink(BaseAwsLink):
    """Helper class for constructing the AWS CodeBuild console link of a build."""

    name = "CodeBuild build"
    key = "codebuild_build"
    format_str = (
        BASE_AWS_CONSOLE_LINK + "/codesuite/codebuild/{account_id}/projects/{project_name}/build/{build_id}/"
        "?region={region_name}"
    )


class CodeBuildLogLink(BaseAwsLink):
    """Helper class for the link that CodeBuild itself gives to a build's log."""

    name = "Build log"
    key = "codebuild_log"
    format_str = "{log_link}"
