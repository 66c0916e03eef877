"""Permissions, as AWS decides on them. Switched on with `--iam`; asked once per request."""
