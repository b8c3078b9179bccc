#!/usr/bin/env bash
# Builds libraries as static ones from Debian's source packages: build.sh PREFIX NAME…
#
# Debian's own libcurl.a and libarchive.a want Kerberos, LDAP, nettle or ICU, of which there are no static libraries or
# very large ones. These have what Drydock uses and nothing else, and the same bytes from any folder.
# Sources come from where the machine's apt gets its packages and are verified by apt; the system's own lists stay as
# they are. A version that no source has any longer is replaced by its successor, which is said.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: $0 PREFIX NAME..." >&2; exit 2; }
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
shift

work=$prefix/work
export APT_CONFIG=$work/apt.conf
clang=$(dirname "$(readlink -f "$(command -v swiftc)")")/clang
jobs=$(nproc)

prepare_apt() {
  mkdir -p "$work"/apt/{state,lists/partial,cache/archives/partial}
  (unset APT_CONFIG; apt-get indextargets \
    --format 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(SITE) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian') | LC_ALL=C sort -u > "$work/apt/sources.list"
  [ -s "$work/apt/sources.list" ] || {
    echo "apt knows no Debian archive" >&2; echo "hint: run 'apt-get update' first" >&2; exit 3; }
  cat > "$APT_CONFIG" <<CONF
Dir::State "$work/apt/state";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "";
CONF
  apt-get update -q >&2
}

# The unpacked and patched source of a package, in $work/NAME.
fetch() {
  local name=$1 version
  version=$(awk -v name="$name" '$1 == name { print $2 }' "$here/versions.txt")
  [ -n "$version" ] || { echo "$here/versions.txt has no version of $name" >&2; exit 2; }
  rm -rf "${work:?}/$name" "$work/$name.source"
  mkdir -p "$work/$name.source"
  cd "$work/$name.source"
  apt-get source -q --download-only --only-source "$name=$version" >&2 || {
    echo "warning: no source has $name $version any longer; its successor is taken" >&2
    apt-get source -q --download-only --only-source "$name" >&2
  }
  dpkg-source --no-check --extract ./*.dsc "$work/$name" >&2
  # Patches touch what configure is made from; it must not be made anew.
  cd "$work/$name"
  find . \( -name aclocal.m4 -o -name '*.in' \) -exec touch -d @1000000000 {} +
  find . \( -name configure.ac -o -name '*.am' -o -name '*.m4' \) -exec touch -d @900000000 {} +
  find . -name configure -exec touch -d @1000000001 {} +
  find . -name Makefile.in -exec touch -d @1000000001 {} +
}

# Configures and installs the source of a package: a static library, optimised for size, without a path of this machine.
install_library() {
  local name=$1
  shift
  cd "$work/$name"
  ./configure -q --prefix="$prefix" --disable-shared --enable-static --disable-dependency-tracking "$@" \
    CC="$clang" CPPFLAGS="-I$prefix/include" LDFLAGS="-L$prefix/lib" PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig" \
    CFLAGS="-O2 -fPIC -ffunction-sections -fdata-sections -ffile-prefix-map=$work=." >&2
  make -s -j "$jobs" "${targets[@]}" >&2
}

build_c_ares() {
  targets=(install)
  install_library c-ares --disable-tests
}

build_curl() {
  targets=(-C lib install)
  install_library curl --with-openssl --enable-ares="$prefix" --with-nghttp2=/usr --without-zlib --without-brotli \
    --without-zstd --without-libpsl --without-libidn2 --without-librtmp --without-libssh2 --without-ca-bundle \
    --without-ca-path --disable-ftp --disable-file --disable-ldap --disable-ldaps --disable-rtsp --disable-dict \
    --disable-telnet --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher \
    --disable-mqtt --disable-manual --disable-ntlm --disable-alt-svc --disable-hsts --disable-cookies --enable-proxy \
    --enable-unix-sockets
  make -s -C include install >&2
}

build_libarchive() {
  targets=(install-libLTLIBRARIES)
  install_library libarchive --with-zlib --with-lzma --with-zstd --with-bz2lib --without-lz4 --without-lzo2 \
    --without-cng --without-nettle --without-openssl --without-xml2 --without-expat --disable-acl --disable-xattr \
    --disable-bsdtar --disable-bsdcat --disable-bsdcpio --without-iconv
  make -s install-includeHEADERS >&2
}

prepare_apt
for name in "$@"; do
  stamp="$prefix/$name.built"
  if [ -e "$stamp" ] && [ ! "$here/versions.txt" -nt "$stamp" ] && [ ! "$here/build.sh" -nt "$stamp" ]; then continue; fi
  fetch "$name"
  "build_${name//-/_}"
  sed -n 's/^Version: //p' "$work/$name.source"/*.dsc | head -n 1 > "$stamp"
done
rm -rf "$work"
