# shellcheck shell=sh
# What this commit is on Google Play; sourced by the bundle script and by the builds of a release.
# Needs the whole history: a shallow clone would count wrong.

RELEASE_PACKAGE=com.example.courier
RELEASE_VERSION_CODE=$((100 + $(git rev-list --count HEAD)))
RELEASE_VERSION_NAME="1.$((RELEASE_VERSION_CODE - 100))"
export RELEASE_PACKAGE RELEASE_VERSION_CODE RELEASE_VERSION_NAME
