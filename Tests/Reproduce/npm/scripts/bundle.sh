set -eu
mkdir -p "$1"
{
    echo "#!/bin/sh"
    cat src/*.sh
    for program in node_modules/.bin/*; do echo "sh $program"; done
} > "$1/start.sh"
