"""`runtime-versions`: which runtimes an image of AWS's can select. Pure.

https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html"""

from collections.abc import Mapping

from sandbox.codebuild.buildspec import BuildspecError

# Of AWS's current images. Versions come and go with the images: a list of them would refuse what AWS takes.
RUNTIMES = ("dotnet", "golang", "java", "nodejs", "php", "python", "ruby")
_AWS_IMAGES = ("aws/codebuild/standard:", "aws/codebuild/amazonlinux", "aws/codebuild/ami/")


def check_runtimes(wanted: Mapping[str, str], image: str) -> list[str]:
    """What CodeBuild writes into the build's log about them; an unknown one raises BuildspecError."""
    if wanted and not image.startswith(_AWS_IMAGES):
        return [
            "Skipping install of runtimes. Runtime version selection is not supported by this build image."
        ]
    for name in wanted:
        if name not in RUNTIMES:
            raise BuildspecError(
                f"Unknown runtime named '{name}'. This build image has the following runtimes: "
                f"{', '.join(RUNTIMES)}"
            )
    lines = [
        f"Selecting '{name}' runtime version '{version}' based on manual selections..."
        for name, version in wanted.items()
    ]
    return [*lines, "The sandbox installs no runtimes: what is on its --path runs"] if lines else []
