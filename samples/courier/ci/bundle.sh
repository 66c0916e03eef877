#!/bin/sh
# Leave the app bundle in dist/app.aab.
set -eu

. ci/version.sh
mkdir -p dist
if [ -x ./gradlew ]; then
  if [ -n "${UPLOAD_KEYSTORE_BASE64:-}" ]; then
    UPLOAD_KEYSTORE=$(mktemp)
    trap 'rm -f "$UPLOAD_KEYSTORE"' EXIT
    printf '%s' "$UPLOAD_KEYSTORE_BASE64" | base64 -d >"$UPLOAD_KEYSTORE"
    export UPLOAD_KEYSTORE
  fi
  ./gradlew --no-daemon --console=plain testReleaseUnitTest bundleRelease
  cp app/build/outputs/bundle/release/app-release.aab dist/app.aab
else
  # A rehearsal has no Android SDK. The same commit gives the same bytes.
  python3 tools/make_bundle.py --package "$RELEASE_PACKAGE" --version-code "$RELEASE_VERSION_CODE" \
    --version-name "$RELEASE_VERSION_NAME" --assets app/src/main/assets --output dist/app.aab
fi
