"""UPLOAD_ARTIFACTS: what the buildspec names goes where the project says.

https://docs.aws.amazon.com/codebuild/latest/userguide/sample-multi-in-out.html"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox.codebuild.artifacts import ArtifactsError, select, zipped
from sandbox.codebuild.buildspec import Artifacts, Buildspec
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.model import Build, artifact_key, artifacts_shown

Wire = dict[str, Any]


class Uploads:
    """One build's artifacts. ``expand`` fills in a text's variables as the build's shell would."""

    def __init__(
        self, build: Build, source: Path, s3: Callable[[], Any], expand: Callable[[str], str]
    ) -> None:
        self._build, self._source = build, source
        self._s3, self._expand = s3, expand

    def upload(self, spec: Buildspec) -> list[str]:
        """Upload all of them and return what the build's log has to say about it."""
        artifacts = self._build.effective["artifacts"]
        if artifacts["type"] == "S3" and spec.artifacts:
            self._build.show(artifacts=self._upload(artifacts, spec.artifacts))
        return self._upload_secondary(spec.secondary_artifacts)

    def _upload_secondary(self, sections: Mapping[str, Artifacts]) -> list[str]:
        """Those that the project declares and the buildspec describes.

        "Each artifact identifiers in this block must match an artifact defined in the secondaryArtifacts
        attribute of your project."

        https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""
        declared = self._build.effective.get("secondaryArtifacts", [])
        unknown = sections.keys() - {one["artifactIdentifier"] for one in declared}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise PhaseFailedError("CLIENT_ERROR", f"the project has no secondary artifact {names}")
        shown, notes = [], []
        for one in declared:
            section = sections.get(one["artifactIdentifier"])
            if section is None or one["type"] != "S3":
                notes.append(f"There is nothing to upload for secondary artifact {one['artifactIdentifier']}")
                shown.append(artifacts_shown(one, self._build))
            else:
                shown.append(self._upload(one, section))
        self._build.show(secondaryArtifacts=shown)
        return notes

    def _upload(self, artifacts: Mapping[str, Any], section: Artifacts) -> Wire:
        if section.base_directory and "$" in section.base_directory:
            section = replace(section, base_directory=self._expand(section.base_directory))
        try:
            files = select(section, self._source)
        except ArtifactsError as missing:
            raise PhaseFailedError("CLIENT_ERROR", str(missing)) from missing
        name = self._expand(section.name) if section.name and artifacts.get("overrideArtifactName") else None
        key = artifact_key(artifacts, self._build, name, section.s3_prefix)
        shown = artifacts_shown(artifacts, self._build, key)
        if artifacts.get("packaging") == "ZIP":
            return shown | self._put_zip(artifacts["location"], key, zipped(files))
        for file_key, path in files.items():
            with path.open("rb") as content:
                self._put(artifacts["location"], f"{key}/{file_key}" if key else file_key, content)
        return shown

    def _put_zip(self, bucket: str, key: str, content: bytes) -> Wire:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BuildArtifacts.html: the sums are
        there "only if the build project's packaging value is set to ZIP"."""
        self._put(bucket, key, content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return {"sha256sum": hashlib.sha256(content).hexdigest(), "md5sum": md5}

    def _put(self, bucket: str, key: str, content: Any) -> None:
        # Build spec reference: "S3 metadata has a CodeBuild header named x-amz-meta-codebuild-buildarn".
        metadata = {"codebuild-buildarn": self._build.arn}
        self._s3().put_object(Bucket=bucket, Key=key, Body=content, Metadata=metadata)
