# Lays a tree out as npm does: a folder for each package, links to their programs, a file about all of them.
set -eu
mkdir -p node_modules/.bin "$HOME/.npm/_logs"
date > "$HOME/.npm/_logs/debug.log"
while read -r name version; do
    mkdir -p "node_modules/$name/bin"
    printf '{"name": "%s", "version": "%s"}\n' "$name" "$version" > "node_modules/$name/package.json"
    printf '#!/bin/sh\necho %s\n' "$name" > "node_modules/$name/bin/run.sh"
    chmod +x "node_modules/$name/bin/run.sh"
    ln -s "../$name/bin/run.sh" "node_modules/.bin/${name##*/}"
done < "$1"
find node_modules -name package.json | sort | xargs cat > node_modules/.package-lock.json
