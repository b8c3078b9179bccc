#!/usr/bin/env bash
# Prints the bill of materials of the static programs as CycloneDX 1.6: bill.sh PREFIX VERSION [NAME=SHA256…]
#
# PREFIX is where build.sh installed to. The same inputs give the same bytes: there is no time and no serial number.
set -euo pipefail

prefix=$1 version=$2
shift 2

# name, version and package URL of everything that is linked in, a line each.
linked() {
  for stamp in "$prefix"/*.built; do
    name=$(basename "$stamp" .built)
    echo "$name $(cat "$stamp") deb/debian"
  done
  for package in libbz2-dev libc6-dev libexpat1-dev liblzma-dev libnghttp2-dev libsqlite3-dev \
    libssl-dev libyaml-dev libzstd-dev zlib1g-dev; do
    dpkg-query -W -f='${source:Package} ${source:Version} deb/debian\n' "$package"
  done
  echo "swift $(swiftc --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9.]+).*/\1/p' | head -n 1) github/swiftlang"
  swift package show-dependencies --format text 2>/dev/null |
    sed -nE 's|.*<https://github.com/([^/]+)/([^@]+)@([^>]+)>.*|\2 \3 github/\1|p' | sed 's/\.git / /'
}

# A package URL may not hold '+' or ':' as they are (package-url specification, "Character encoding").
encode() { sed -e 's/%/%25/g' -e 's/+/%2B/g' -e 's/:/%3A/g' -e 's/~/~/g'; }

echo '{'
echo '  "bomFormat": "CycloneDX",'
echo '  "specVersion": "1.6",'
echo '  "version": 1,'
echo '  "metadata": {'
echo '    "component": {'
echo '      "type": "application", "bom-ref": "pkg:generic/drydock@'"$version"'", "name": "drydock",'
echo '      "version": "'"$version"'",'
echo '      "licenses": [{ "license": { "id": "Apache-2.0" } }]'
echo '    }'
echo '  },'
echo '  "components": ['
{
  for file in "$@"; do
    printf '    { "type": "file", "bom-ref": "%s", "name": "%s", "hashes": [{ "alg": "SHA-256", "content": "%s" }] }\n' \
      "${file%%=*}" "${file%%=*}" "${file#*=}"
  done
  linked | LC_ALL=C sort -u | while read -r name number origin; do
    purl="pkg:$origin/$name@$(printf %s "$number" | encode)"
    printf '    { "type": "library", "bom-ref": "%s", "name": "%s", "version": "%s", "purl": "%s" }\n' \
      "$purl" "$name" "$number" "$purl"
  done
} | sed '$!s/$/,/'
echo '  ]'
echo '}'
