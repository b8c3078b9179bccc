#!/bin/sh
# Pins, builds twice and tests the images for Glue, on stand-ins of their bases that a registry of this machine serves through
# the mirror setting, or with BASES=real on the bases themselves.
#
# With ENGINES="docker buildah" each engine builds the images too, spark-athena among them, and the trees are compared.
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
[ $# -gt 0 ] || set -- 5.0 4.0 ${ENGINES:+spark}

servers=
failed=0
trap '[ -z "$servers" ] || kill $servers 2> /dev/null' EXIT
trap 'exit 1' INT TERM

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
  servers="$servers $server"
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

# Starts what the engines need: a daemon of this script's own without a network, and container storage of its own.
start_engines() {
  printf '[storage]\ndriver = "overlay"\nrunroot = "%s/run"\ngraphroot = "%s/containers"\n' "$PWD" "$PWD" > storage.conf
  export CONTAINERS_STORAGE_CONF="$PWD/storage.conf"
  case " $ENGINES " in *" docker "*)
    echo '{}' > daemon.json
    export DOCKER_HOST="unix://$PWD/docker.sock"
    dockerd --config-file "$PWD/daemon.json" --data-root "$PWD/docker" --exec-root "$PWD/exec" --pidfile "$PWD/docker.pid" --host "$DOCKER_HOST" \
      --bridge=none --iptables=false --ip6tables=false --ip-forward=false > docker.log 2>&1 &
    servers="$servers $!"
    for _ in $(seq 100); do
      if [ -S docker.sock ]; then break; fi
      sleep 0.1
    done
  esac
}

# What is left between an engine's tree and Drydock's, each for its reason:
# - times are the engine's; so are remarks in the configuration, and how files are spread over layers;
# - Debian's Docker and Buildah leave the places of what they mount into a RUN;
#   Buildah 1.28 takes /mnt away, which one was mounted on, and both make the working directory of the base, which the
#   stand-in for 4.0 names and lacks;
# - pip names itself as the installer, lists files in an order of its own with the sums of what it writes, marks what was asked
#   for, and writes programs of entry points (f2py) in other words.
# What a container is started with has to be the same.
started_with() {
  "$drydock" inspect "$1" --format json | python3 -c '
import json, sys
config = json.load(sys.stdin)["config"]["config"]
config["Env"] = sorted(config.get("Env", []))
names = "Entrypoint Cmd Env ExposedPorts Healthcheck StopSignal User Volumes WorkingDir".split()
print(json.dumps({name: config[name] for name in names if config.get(name)}, sort_keys=True, indent=1))'
}

same_by() {
  "$drydock" build "$1" --engine "$2" --runtime "$runtime" -o "oci:$1.$2"
  "$drydock" diff "oci:$1.own" "oci:$1.$2" --ignore times --ignore config --ignore layers \
    --ignore /etc/hosts --ignore /etc/hostname --ignore /etc/resolv.conf --ignore /dev --ignore /proc --ignore /sys --ignore /run --ignore /mnt \
    --ignore /home/glue_user/workspace \
    --ignore '/*.dist-info/INSTALLER' --ignore /usr/local/bin/f2py --ignore '/*.dist-info/RECORD' --ignore '/*.dist-info/REQUESTED' \
    > "$1.$2.diff" || { head -40 "$1.$2.diff"; failed=1; }
  started_with "oci:$1.own" > "$1.own.settings"
  started_with "oci:$1.$2" > "$1.$2.settings"
  diff "$1.own.settings" "$1.$2.settings" || failed=1
  echo "$1 by $2: $(sed -n 1p "$1.$2.diff")"
}

[ "${BASES:-}" = real ] || serve
[ -z "${ENGINES:-}" ] || start_engines
for release in "$@"; do
  echo "Glue $release"
  image="glue-athena-$release"
  [ "$release" != spark ] || image=spark-athena
  cp -R "$images/$image" "$image"
  if [ "$release" != spark ] && [ "${BASES:-}" != real ]; then
    stand_in "$release"
    if [ "$release" = 4.0 ]; then
      # The stand-in has Python 3.9, for which other packages are right: a resolution of its own.
      sed -i -e '/version: "3\.10"/s/3\.10/3.9/' -e '/site:/s/3\.10/3.9/' -e 's/pyathena==.*/pyathena/' "$image/image.yaml"
      rm "$image/drydock.lock"
    fi
  fi
  "$drydock" pin "$image" --upgrade --runtime "$runtime"
  if [ -n "${ENGINES:-}" ]; then
    "$drydock" build "$image" --runtime "$runtime" -o "oci:$image.own"
    for engine in $ENGINES; do same_by "$image" "$engine"; done
    continue
  fi
  "$drydock" build "$image" --runtime "$runtime" --reproduce --provenance "$image.provenance.json"
  "$drydock" test "$image" --runtime "$runtime"
done
[ -z "${ENGINES:-}" ] || exit $failed

# The unpinned line on Spark 3.3.0, which knows pandas before 2 and numpy before 1.24.
case " $* " in
*" 4.0 "*)
  [ "${BASES:-}" != real ] || exit 0
  echo "An unpinned line on Glue 4.0, moved to what passes"
  cp -R "$here/seed" seed
  "$drydock" update seed --runtime "$runtime" --markdown seed.md
  cat seed.md
  # The newest that pass are those before the first that break, and pins of the base count too.
  for first in "pandas 2.0.0" "numpy 1.24.0"; do
    grep -F "$first is the first that breaks \`spark-pandas\`" seed.md > /dev/null || {
      echo "seed.md does not name $first" >&2
      exit 1
    }
  done
  ;;
esac
