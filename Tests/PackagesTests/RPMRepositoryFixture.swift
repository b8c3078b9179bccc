import HTTP
import Host
import TestSupport

@testable import Packages

/// A program that a test needs and that failed.
struct ToolFailure: Error {
  let program: String
  let text: String
}

/// A repository that rpmbuild and createrepo_c make, signed by gpg with a key of its own.
struct RPMRepositoryFixture {
  let directory: TemporaryDirectory
  /// The folder that holds `repodata`.
  var root: String { directory.path + "/RPMS" }
  var keyPath: String { directory.path + "/machine/etc/pki/key.asc" }

  /// The packages: name, version and the lines of the preamble.
  static let packages: [(name: String, version: String, lines: String)] = [
    (
      "app", "2.0",
      "Requires: liba >= 1.5\nRequires: /usr/share/data/thing\nRequires: (plugin if core)\nRecommends: extra"
    ),
    ("app-old", "1.0", "Conflicts: core"), ("liba", "1.6", "Requires: core"), ("core", "1", ""), ("plugin", "1", ""),
    ("extra", "1", ""), ("nginx", "1", "Provides: webserver"), ("site", "1", "Requires: webserver\nRequires: lang(en)"),
    ("lang-en", "1:3~rc1", "Provides: lang(en) = 3"), ("chooser", "1", "Requires: ((core and gone) or plugin)"),
    ("replaced", "1", ""), ("successor", "2", "Obsoletes: replaced < 2\nProvides: replaced = 2"),
    ("wants-replaced", "1", "Requires: replaced"), ("both", "1", "Requires: (lang(en) >= 2 with lang(en) < 4)"),
    ("broken", "1", "Requires: libgone.so.1()(64bit)"), ("clash", "1", "Requires: core\nRequires: app-old"),
  ]

  static func make() async throws -> RPMRepositoryFixture {
    let fixture = RPMRepositoryFixture(directory: try TemporaryDirectory())
    var spec = "Name: all\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n"
    for (name, version, lines) in packages {
      let parts = version.split(separator: ":")
      let epoch = parts.count > 1 ? "Epoch: \(parts[0])\n" : ""
      spec += "%package -n \(name)\nSummary: x\nVersion: \(parts[parts.count - 1])\n\(epoch)\(lines)\n"
      spec += "%description -n \(name)\nx\n%files -n \(name)\n"
      if name == "extra" { spec += "/usr/share/extra/thing\n" }
    }
    spec += "%package -n data\nSummary: x\n%description -n data\nx\n%files -n data\n/usr/share/data/thing\n"
    spec += "%install\nfor name in data extra; do\n  mkdir -p %{buildroot}/usr/share/$name\n"
    spec += "  echo hi > %{buildroot}/usr/share/$name/thing\ndone\n"
    try Files.write(spec, to: fixture.directory.path + "/all.spec")
    try await fixture.run(
      "rpmbuild", "-bb", "--quiet", "--define", "_topdir \(fixture.directory.path)",
      fixture.directory.path + "/all.spec")
    try await fixture.index()
    return fixture
  }

  /// Makes the repository's indexes anew.
  func index(_ options: String...) async throws {
    try await run("createrepo_c", ["-q"] + options + [root])
  }

  /// Makes a key, signs every package with it and indexes them anew; the public key becomes the machine's.
  func signPackages(algorithm: String, user: String = "Example", trusting isTrusted: Bool = true) async throws {
    let home = directory.path + "/gnupg-" + user
    try Files.createDirectory(home)
    try Files.changeMode(home, 0o700)
    let gpg = ["--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
    try await run("gpg", gpg + ["--quick-generate-key", user, algorithm, "sign", "never"])
    var packages: [String] = []
    for folder in try Files.list(root) where folder != "repodata" {
      packages += try Files.list("\(root)/\(folder)").map { "\(root)/\(folder)/\($0)" }
    }
    try await run(
      "rpmsign",
      ["--define", "__gpg /usr/bin/gpg", "--define", "_gpg_name \(user)", "--define", "_gpg_path \(home)", "--resign"]
        + packages)
    try Files.createDirectory(Path.parent(keyPath) ?? "")
    if isTrusted { try await run("gpg", gpg + ["--armor", "-o", keyPath, "--export", user]) }
    try await run("gpgconf", ["--homedir", home, "--kill", "all"])
    try await index()
  }

  /// Makes a key and signs the index of indexes with it.
  func sign(user: String = "Example") async throws {
    let home = directory.path + "/gnupg-" + user
    try Files.createDirectory(home)
    try Files.changeMode(home, 0o700)
    let gpg = ["--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""]
    try await run("gpg", gpg + ["--quick-generate-key", user, "ed25519", "sign", "never"])
    let signature = root + "/repodata/repomd.xml.asc"
    try await run("gpg", gpg + ["--armor", "--detach-sign", "-o", signature, root + "/repodata/repomd.xml"])
    try Files.createDirectory(Path.parent(keyPath) ?? "")
    if user == "Example" { try await run("gpg", gpg + ["--armor", "-o", keyPath, "--export", user]) }
    try await run("gpgconf", ["--homedir", home, "--kill", "all"])
  }

  func run(_ program: String, _ arguments: String...) async throws { try await run(program, arguments) }

  func run(_ program: String, _ arguments: [String]) async throws {
    let result = try await Subprocess(program, arguments).run()
    guard result.status == 0 else { throw ToolFailure(program: program, text: result.errorText + result.text) }
  }

  /// Serves the repository and runs a body with what is configured for it.
  func with<Result>(
    options: String = "", replacing: [String: HTTPTestServer.Answer] = [:],
    _ body: (RPMRepositories, HTTPTestServer) async throws -> Result
  ) async throws -> Result {
    let root = root
    return try await HTTPTestServer.with({ request in
      let path = String(request.target.dropFirst("/2023.1/x86_64".count))
      if let answer = replacing.first(where: { path.hasSuffix($0.key) }) { return answer.value }
      guard request.target.hasPrefix("/2023.1/x86_64/"), let bytes = try? Files.read(root + path) else {
        return .init(404)
      }
      return .init(body: bytes)
    }) { server in
      let machine = directory.path + "/machine"
      try Files.createDirectory(machine + "/etc/yum.repos.d")
      try Files.write(
        "[main-repo]\nname = x\nbaseurl = \(server.origin)/$releasever/$basearch\n\(options)\n",
        to: machine + "/etc/yum.repos.d/test.repo")
      var configuration = HTTPConfiguration()
      configuration.retry = RetryPolicy(attempts: 1)
      let cache = try TemporaryDirectory()
      defer { cache.remove() }
      return try await body(
        RPMRepositories(
          configuration: try RPMConfiguration(root: machine), client: HTTPClient(configuration: configuration),
          cache: cache.path), server)
    }
  }
}
