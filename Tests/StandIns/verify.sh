#!/bin/sh
# Pins, builds twice and tests the images for Glue, on stand-ins of their bases that a registry of this machine serves through
# the mirror setting, or with BASES=real on the bases themselves.
#
# Usage: verify.sh DRYDOCK RUNTIME WORK [RELEASE…]
set -eu

drydock=$(realpath "$1")
runtime=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
images=$(realpath "$here/../../images")
rm -rf "$3"
mkdir -p "$3"
cd "$3"
shift 3
[ $# -gt 0 ] || set -- 5.0 4.0

# Serves the stand-ins under the names of the bases.
serve() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat > registry.yml <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $PWD/registry}}
http: {addr: "127.0.0.1:$port"}
END
  docker-registry serve registry.yml > registry.log 2>&1 &
  server=$!
  trap 'kill "$server"' EXIT
  trap 'exit 1' INT TERM
  for _ in $(seq 100); do
    if curl -sf "http://127.0.0.1:$port/v2/" > /dev/null; then break; fi
    sleep 0.1
  done
  for prefix in public.ecr.aws docker.io; do
    printf '[[registry]]\nprefix = "%s"\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$prefix" "$port"
  done > registries.conf
  export CONTAINERS_REGISTRIES_CONF="$PWD/registries.conf"
}

# Builds the stand-in of a base and puts it where the image looks for the base.
stand_in() {
  cp -R "$here/glue-$1" "standin-$1"
  cp -R "$here/awsglue" "standin-$1/awsglue"
  "$drydock" pin "standin-$1"
  "$drydock" build "standin-$1" --quiet -o "oci:standin-$1.oci:base"
  name=$(sed -nE 's/^  image: [^/]+\/(.*)$/\1/p' "$images/glue-athena-$1/image.yaml")
  "$drydock" copy "oci:standin-$1.oci:base" "docker://127.0.0.1:$port/$name"
}

[ "${BASES:-}" = real ] || serve
for release in "$@"; do
  echo "Glue $release"
  image="glue-athena-$release"
  cp -R "$images/$image" "$image"
  if [ "${BASES:-}" != real ]; then
    stand_in "$release"
    if [ "$release" = 4.0 ]; then
      # The stand-in has Python 3.9, for which other packages are right: a resolution of its own.
      sed -i -e '/version: "3\.10"/s/3\.10/3.9/' -e '/site:/s/3\.10/3.9/' -e 's/pyathena==.*/pyathena/' "$image/image.yaml"
      rm "$image/drydock.lock"
    fi
  fi
  "$drydock" pin "$image" --upgrade --runtime "$runtime"
  "$drydock" build "$image" --runtime "$runtime" --reproduce --provenance "$image.provenance.json"
  "$drydock" test "$image" --runtime "$runtime"
done

# The unpinned line on Spark 3.3.0, which knows pandas before 2 and numpy before 1.24.
case " $* " in
*" 4.0 "*)
  [ "${BASES:-}" != real ] || exit 0
  echo "The seed's line on Glue 4.0"
  cp -R "$here/seed" seed
  "$drydock" update seed --runtime "$runtime" --markdown seed.md
  cat seed.md
  for bound in pandas:2 numpy:1.24; do
    python3 - seed/requirements.txt "$bound" <<'END'
import re, sys
name, bound = sys.argv[2].split(":")
version = re.search(rf"^{name}==([0-9.]+)", open(sys.argv[1]).read(), re.M)[1]
parts = lambda text: [int(part) for part in text.split(".")]
sys.exit(None if parts(version) < parts(bound) else f"{name} {version} is not below {bound}")
END
  done
  grep -q "pandas 2.0.0" seed.md
  grep -q "numpy 1.24.0" seed.md
  ;;
esac
