"""A CodeBuild that really runs builds, by AWS's rules."""
