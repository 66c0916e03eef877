#!/bin/sh
# Build the site: build.sh FOLDER
set -eu

output=$1
commit=${RELEASE_COMMIT:-$(git rev-parse HEAD)}

rm -rf "$output"
mkdir -p "$output/assets"
cp site/assets/* "$output/assets/"
for page in site/*.html; do
  sed "s/@commit@/$commit/" "$page" >"$output/${page##*/}"
done
printf '{"service": "backoffice", "commit": "%s"}\n' "$commit" >"$output/version.json"
