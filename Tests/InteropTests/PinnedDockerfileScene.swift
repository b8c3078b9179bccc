import Host
import Images
import Layers
import OCI
import TestSupport
import Testing

/// A registry with a base that has Python, pip and apt, and one server of a signed Debian archive, an index of wheels and a file.
///
/// The base's programs are this machine's, so that nothing is fetched from anywhere else.
final class PinnedDockerfileScene: Sendable {
  let directory: TemporaryDirectory
  let registry: DockerRegistry
  let server: HTTPTestServer
  /// The base's name in the registry, without a tag.
  var base: String { "\(registry.domain)/team/python" }
  var work: String { directory.path + "/work" }
  private var served: String { directory.path + "/served" }

  init() async throws {
    directory = try TemporaryDirectory(prefix: "drydock-pinned")
    for name in ["work", "home", "served/files", "machine"] { try Files.createDirectory("\(directory.path)/\(name)") }
    registry = try await DockerRegistry(in: directory.path)
    let served = directory.path + "/served"
    server = HTTPTestServer { request in
      let path = request.target.split(separator: "?").first.map(String.init) ?? ""
      guard !path.contains("..") else { return .init(404) }
      if path.hasPrefix("/simple/"), let page = try? Files.read("\(served)\(path)index.html") {
        return .init(fields: ["Content-Type": "text/html"], body: page)
      }
      return (try? Files.read(served + path)).map { .init(body: $0) } ?? .init(404)
    }
    try await run(Self.key)
    try await publish(tool: "1.2-3")
    try await publish(wheel: "alpha", "1.0", needs: "beta")
    try await publish(wheel: "beta", "2.0", needs: nil)
    try Files.write("archive", to: served + "/files/archive.bin")
    // What this machine's apt is told while a file is pinned.
    let apt = directory.path + "/machine"
    let suites = ["bookworm", "bookworm-updates", "bookworm-security"]
    try Files.write(
      suites.map { "deb [signed-by=\(served)/key.asc] \(server.origin)/debian \($0) main\n" }.joined(),
      to: apt + "/sources.list")
    try await run(Self.root)
    try await push()
  }

  func stop() {
    server.stop()
    registry.stop()
  }

  /// Runs a script of bash with the scene's places in its environment; it has to succeed.
  private func run(_ script: String, _ words: [String] = []) async throws {
    var environment = Environment.all
    environment["PLACE"] = directory.path
    environment["SERVED"] = served
    environment["ORIGIN"] = server.origin
    let result = try await Subprocess(
      "bash", ["-ec", script, "bash"] + words, environment: environment, directory: directory.path
    ).run()
    try #require(result.status == 0, "\(result.errorText)\(result.text)")
  }

  /// Puts a version of the package `tool` into the archive beside those that are there, and signs its indexes anew.
  func publish(tool version: String) async throws { try await run(Self.package, [version]) }

  /// Puts a wheel into the index.
  func publish(wheel name: String, _ version: String, needs: String?) async throws {
    try await run(Self.wheel, [name, version, needs ?? ""])
  }

  /// Runs drydock where `/etc/apt` is the scene's, with its index and a cache of its own.
  func drydock(_ words: String...) async throws -> Subprocess.Result {
    var environment = Environment.all
    environment["DRYDOCK_CACHE"] = directory.path + "/cache"
    environment["HOME"] = directory.path + "/home"
    environment["PIP_CONFIG_FILE"] = "/dev/null"
    environment["PIP_INDEX_URL"] = server.origin + "/simple"
    let mount = "mount --bind \(directory.path)/machine /etc/apt && exec \"$@\""
    return try await Subprocess(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-c", mount, "sh", BuiltProgram.path("drydock")] + words,
      environment: environment, directory: work
    ).run()
  }

  private func push() async throws {
    let store = try ContentStore(at: directory.path + "/store")
    var config = ImageConfig(platform: .linuxAMD64)
    config.environment = [
      "PATH=/usr/local/bin:/usr/bin:/bin:/sbin", "PIP_INDEX_URL=\(server.origin)/simple", "PIP_ROOT_USER_ACTION=ignore",
    ]
    let layer = try await store.add(try TreeScanner.scan(directory.path + "/base"), epoch: 0)
    let image = try Image(config: config, layers: [layer], in: store)
    try OCILayout.write(image, to: directory.path + "/layout", tag: "1")
    let pushed = try await drydock("copy", "oci:\(directory.path)/layout:1", "docker://\(base):3.11-bookworm")
    try #require(pushed.status == 0, "\(pushed.errorText)")
  }

  // MARK: Scripts

  private static let key = #"""
    mkdir -m 700 keys
    gpg --homedir keys --batch --yes --pinentry-mode loopback --passphrase '' --quick-generate-key A ed25519 sign never
    gpg --homedir keys --armor -o "$SERVED/key.asc" --export A
    """#

  private static let package = #"""
    mkdir -p pkg/DEBIAN pkg/usr/bin "$SERVED/debian/pool"
    printf 'Package: tool\nVersion: %s\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n' "$1" \
      > pkg/DEBIAN/control
    printf '#!/bin/sh\necho tool %s\n' "$1" > pkg/usr/bin/tool
    chmod 755 pkg/usr/bin/tool
    dpkg-deb --root-owner-group --build pkg "$SERVED/debian/pool/tool_$1_all.deb"
    cd "$SERVED/debian"
    for suite in bookworm bookworm-updates bookworm-security; do
      folder=dists/$suite/main/binary-amd64
      mkdir -p $folder
      : > $folder/Packages
      if [ $suite = bookworm ]; then dpkg-scanpackages --multiversion pool > $folder/Packages; fi
      {
        printf 'Origin: x\nSuite: x\nCodename: %s\nDate: %s\nArchitectures: amd64\nComponents: main\nSHA256:\n' \
          $suite "$(date -uR)"
        echo " $(sha256sum < $folder/Packages | cut -d' ' -f1) $(stat -c %s $folder/Packages) main/binary-amd64/Packages"
      } > dists/$suite/Release
      rm -f dists/$suite/InRelease
      gpg --homedir "$PLACE/keys" --batch --pinentry-mode loopback --passphrase '' --clearsign \
        -o dists/$suite/InRelease dists/$suite/Release
    done
    gpgconf --homedir "$PLACE/keys" --kill all
    """#

  private static let wheel = #"""
    python3 - "$SERVED" "$@" <<'END'
    import base64, hashlib, os, sys, zipfile
    served, name, version, needs = sys.argv[1:]
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    def row(path, text):
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        return f"{path},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = "".join(row(*item) for item in files.items()) + f"{info}/RECORD,,\n"
    path = f"{served}/files/{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in files.items():
            archive.writestr(zipfile.ZipInfo(member), text)
    os.makedirs(f"{served}/simple/{name}", exist_ok=True)
    digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
    with open(f"{served}/simple/{name}/index.html", "a") as page:
        page.write(f'<a href="../../files/{os.path.basename(path)}#sha256={digest}">{os.path.basename(path)}</a>\n')
    END
    """#

  /// A root with Python, pip, apt, dpkg and gpgv of this machine, and busybox for all else.
  private static let root = #"""
    root=$PLACE/base
    for program in /usr/bin/python3 /usr/bin/apt-get /usr/bin/apt-key /usr/bin/apt-config /usr/bin/gpgv /usr/bin/dpkg \
      /usr/bin/dpkg-deb /usr/bin/dpkg-split /usr/bin/tar /sbin/ldconfig /usr/lib/apt/methods/{http,store,gpgv}
    do
      for file in $program $(ldd $program 2>/dev/null | awk '/=>/{print $3} /^\t\//{print $1}' || true); do
        mkdir -p "$root$(dirname $file)"
        [ -e "$root$file" ] || cp -L $file "$root$file"
      done
    done
    mkdir -p "$root"/{bin,dev,tmp,mnt,proc,usr/local/bin,etc/dpkg,usr/share/dpkg} "$root"/var/log/apt \
      "$root"/var/lib/dpkg/{info,updates,triggers,alternatives,parts} "$root"/var/cache/apt/archives/partial \
      "$root"/var/lib/apt/lists/partial "$root"/usr/lib/apt/{planners,solvers} \
      "$root"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d,auth.conf.d,keyrings} \
      "$root"/usr/local/lib/python3.11/dist-packages
    cp -L "$(command -v busybox)" "$root/bin/busybox"
    for name in base64 sed mktemp chmod cmp cut touch find readlink id sort uniq awk tr head tail printf dirname \
      basename sh rm diff start-stop-daemon cat ls mkdir env grep
    do ln -s /bin/busybox "$root/bin/$name"; done
    cp -r /usr/lib/python3.11 "$root/usr/lib/"
    rm -rf "$root"/usr/lib/python3.11/{test,dist-packages,idlelib,EXTERNALLY-MANAGED}
    find "$root/usr/lib/python3.11" -name __pycache__ -prune -exec rm -r {} +
    python3 -m zipfile -e /usr/share/python-wheels/pip-*.whl "$root/usr/local/lib/python3.11/dist-packages"
    printf '#!/bin/sh\nexec /usr/bin/python3 -m pip "$@"\n' > "$root/usr/local/bin/pip"
    chmod 755 "$root/usr/local/bin/pip"
    chmod 1777 "$root/tmp"
    : > "$root/var/lib/dpkg/status"
    cp /usr/share/dpkg/*table "$root/usr/share/dpkg/"
    cp "$SERVED/key.asc" "$root/etc/apt/keyrings/key.asc"
    echo 'APT::Sandbox::User "root";' > "$root/etc/apt/apt.conf.d/root"
    echo "deb [signed-by=/etc/apt/keyrings/key.asc] $ORIGIN/debian bookworm main" > "$root/etc/apt/sources.list"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
    echo 'root:x:0:' > "$root/etc/group"
    """#
}
