#!/bin/sh
# Build the site for a made-up commit and look whether it is all there.
set -eu

site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
RELEASE_COMMIT=4f1c sh build.sh "$site"

grep -q '"commit": "4f1c"' "$site/version.json"
grep -q '<code>4f1c</code>' "$site/index.html"
! grep -q '@commit@' "$site"/*.html
for asset in $(grep -oh 'assets/[a-z.]*' "$site"/*.html); do
  test -f "$site/$asset" || { echo "a page wants $asset, which is not built" >&2; exit 1; }
done
echo "backoffice builds"
