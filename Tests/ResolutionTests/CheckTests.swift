import Findings
import Host
import JSON
import OCI
import Packages
import Resolution
import Testing
import Versions

/// Specification against lock against what an index says.
@Suite struct `Checks of a lock` {
  static let specText = """
    version: 1
    name: sample
    runtime: false
    base:
      image: registry.example.com/team/base:1
    python:
      version: "3.11"
      glibc: "2.36"
      requirements:
        - alpha
        - beta<2
        - gone; python_version < '3'
    """

  /// A lock whose packages have the given versions; each file's digest is 64 times `a`, as in ``MemoryIndex``.
  static func lock(_ packages: [String], spec: Spec? = nil) throws -> Lock {
    let entries = packages.map { pair in
      let parts = pair.split(separator: " ")
      return """
        {
          "dependencies": [], "direct": \(parts[0] != "deep"), "name": "\(parts[0])", "version": "\(parts[1])",
          "file": {"name": "\(parts[0])-\(parts[1])-py3-none-any.whl", "sha256": "\(String(repeating: "a", count: 64))"}
        }
        """
    }
    let text = """
      {
        "base": {
          "digest": "sha256:\(String(repeating: "0", count: 64))", "evidence": {"kind": "resolved"},
          "reference": "registry.example.com/team/base:1"
        },
        "compressor": "gzip", "date": "2024-05-01T12:00:00Z", "name": "sample", "platform": "linux/amd64",
        "python": {
          "build": [], "glibc": "2.36", "test": [], "version": "3.11", "packages": [\(entries.joined(separator: ","))]
        },
        "spec": "\(try (spec ?? Spec(parsing: specText)).checksum)", "version": 1
      }
      """
    return try Lock(parsing: Array(text.utf8))
  }

  static func places(_ lock: Lock) -> PinPlaces {
    PinPlaces(lockPath: "d/drydock.lock", lockText: lock.text, specPath: "d/image.yaml", specText: specText)
  }

  /// What a person reads of findings, sorted.
  static func lines(_ findings: [Finding]) -> [String] {
    findings.map { finding in
      let place = finding.place?.description ?? "-"
      return "\(place): \(finding.severity.rawValue) \(finding.rule.id): \(finding.message) | \(finding.hint ?? "-")"
    }.sorted()
  }

  static let local: [(packages: [String], lines: [String])] = [
    (["alpha 1", "beta 1"], []),
    (
      ["alpha 1", "beta 2"],
      [
        "d/image.yaml:11:7: high lock/unsatisfied: image.yaml asks for 'beta<2', the lock has 2 | drydock pin d"
      ]
    ),
    (
      ["beta 1"],
      ["d/image.yaml:10:7: high lock/unsatisfied: image.yaml asks for 'alpha', the lock has none | drydock pin d"]
    ),
  ]

  @Test(arguments: local) func `a lock holds what is asked for`(_ packages: [String], _ lines: [String]) throws {
    let spec = try Spec(parsing: Self.specText)
    let lock = try Self.lock(packages)
    #expect(Self.lines(LocalCheck.findings(spec, lock, places: Self.places(lock), folder: "d")) == lines)
  }

  @Test func `a lock of another specification is stale`() throws {
    let lock = try Self.lock(["alpha 1", "beta 1"])
    let other = try Spec(parsing: Self.specText.replacing("sample", with: "other"))
    #expect(
      Self.lines(LocalCheck.findings(other, lock, places: Self.places(lock), folder: "d")) == [
        "d/drydock.lock: high lock/stale: the lock was made for another state of image.yaml | drydock pin d"
      ])
  }

  private func upstream(
    _ packages: [String], _ change: (inout MemoryIndex) throws -> Void
  ) async throws -> [String] {
    var index = MemoryIndex()
    try change(&index)
    let spec = try Spec(parsing: Self.specText)
    let lock = try Self.lock(packages)
    let check = PythonUpstreamCheck(
      index: index, platform: try PythonPlatform(of: spec), spec: spec, places: Self.places(lock), folder: "d")
    return Self.lines(try await check.findings(try #require(lock.python)))
  }

  @Test func `a newer version is told with what it takes to get it`() async throws {
    let found = try await upstream(["alpha 1", "beta 1", "deep 1"]) { index in
      for version in ["1", "2", "3rc1"] {
        for name in ["alpha", "beta", "deep"] { try index.add(name, version) }
      }
      // Neither fits: another Python, another machine, withdrawn.
      try index.add("alpha-4-py3-none-any.whl", project: "alpha", requiresPython: ">=3.12")
      try index.add("alpha-5-cp311-cp311-win_amd64.whl", project: "alpha")
      try index.add("alpha-6-py3-none-any.whl", project: "alpha", yanked: "broken")
    }
    #expect(
      found == [
        "d/drydock.lock:25: low pin/newer: alpha 2 is there, the lock has 1 | drydock update d --only alpha",
        "d/drydock.lock:46: info pin/newer: deep 2 is there, the lock has 1 | drydock update d --only deep",
        "d/image.yaml:11:7: low pin/newer: beta 2 is there, the lock has 1 | image.yaml says 'beta<2'; change that, "
          + "then drydock update d --only beta",
      ])
  }

  @Test func `a pin that was withdrawn, is gone or has another hash`() async throws {
    let found = try await upstream(["alpha 1", "beta 1", "deep 1", "lost 1"]) { index in
      try index.add("alpha-1-py3-none-any.whl", project: "alpha", yanked: "a\nb")
      try index.add("beta", "1.1")
      try index.add("deep-1-py3-none-any.whl", project: "deep", digest: String(repeating: "b", count: 64))
    }
    #expect(
      found == [
        "d/drydock.lock:25: medium pin/yanked: alpha 1 was yanked: a b | drydock update d",
        "d/drydock.lock:36: high pin/vanished: no configured index lists 'beta-1-py3-none-any.whl' any longer | "
          + "drydock update d --only beta",
        "d/drydock.lock:46: critical pin/hash-changed: the index has 'deep-1-py3-none-any.whl' with sha256 "
          + "\(String(repeating: "b", count: 64)), the lock \(String(repeating: "a", count: 64)) | ask the maintainers "
          + "what happened; until then build from the vendored file or move the pin",
        "d/drydock.lock:57: high pin/vanished: no configured index has a project 'lost' any longer | drydock update d",
      ])
  }

  // MARK: Evidence

  @Test func `evidence is held against what the archive has of the same time`() throws {
    func evidence(_ suite: String, date: Int, release: String, index: String) throws -> DebianArchiveEvidence {
      DebianArchiveEvidence(
        suite: suite, codename: "trial", date: date, release: try Digest(parsing: release), signers: ["A"],
        indexes: [
          DebianArchiveEvidence.Index(
            path: "main/binary-amd64/Packages.xz", size: 1, digest: try Digest(parsing: index))
        ])
    }
    let locked = [
      try evidence("same", date: 1, release: Self.zeros, index: Self.zeros),
      try evidence("moved", date: 1, release: Self.zeros, index: Self.zeros),
      try evidence("changed", date: 1, release: Self.zeros, index: Self.zeros),
      try evidence("gone", date: 1, release: Self.zeros, index: Self.zeros),
    ]
    let today = [
      try evidence("same", date: 1, release: Self.zeros, index: Self.zeros),
      try evidence("moved", date: 2, release: Self.ones, index: Self.ones),
      try evidence("changed", date: 1, release: Self.ones, index: Self.ones),
    ]
    let found = DebianUpstreamCheck.evidence(locked, today: today, place: Finding.Place("d/drydock.lock"), folder: "d")
    let (zeros, ones) = (Self.zeros.dropFirst(7), Self.ones.dropFirst(7))
    let hint = "the lock was damaged or changed by hand: restore it, or remove it and run 'drydock pin d'"
    #expect(
      Self.lines(found) == [
        "d/drydock.lock: high lock/evidence: the archive's changed/InRelease of that time has sha256 \(ones), the lock "
          + "\(zeros) | \(hint)",
        "d/drydock.lock: high lock/evidence: the archive's changed/main/binary-amd64/Packages.xz of that time has sha256 "
          + "\(ones), the lock \(zeros) | \(hint)",
      ])
  }

  // MARK: Bases

  static let zeros = "sha256:\(String(repeating: "0", count: 64))"
  static let ones = "sha256:\(String(repeating: "1", count: 64))"

  private func base(tag: BaseImageCheck.Seen?, locked: BaseImageCheck.Seen?) throws -> [String] {
    let base = try #require(try Self.lock(["alpha 1"]).base)
    return Self.lines(
      BaseImageCheck.findings(base, tag: tag, locked: locked, place: Finding.Place("d/drydock.lock"), folder: "d"))
  }

  @Test func `a base whose tag stays is no finding`() throws {
    let seen = BaseImageCheck.Seen(digest: try Digest(parsing: Self.zeros), config: nil)
    #expect(try base(tag: seen, locked: seen) == [])
  }

  @Test func `a moved tag is told with what changed`() throws {
    var old = ImageConfig(platform: .linuxAMD64)
    old.user = "app"
    old.environment = ["A=1", "B=2"]
    old.diffIDs = [try Digest(parsing: Self.zeros)]
    var new = old
    new.user = "root"
    new.environment = ["A=1", "C=3"]
    new.diffIDs.append(try Digest(parsing: Self.ones))
    let found = try base(
      tag: BaseImageCheck.Seen(
        digest: try Digest(parsing: Self.ones), config: new, packages: ["debian/bash": "2", "debian/new": "1"]),
      locked: BaseImageCheck.Seen(digest: try Digest(parsing: Self.zeros), config: old, packages: ["debian/bash": "1"]))
    #expect(
      found == [
        "d/drydock.lock: medium base/moved: registry.example.com/team/base:1 leads to \(Self.ones) now, the lock has "
          + "\(Self.zeros); changed: user app -> root; environment B 2 -> -; environment C - -> 3; layers: 1 shared, "
          + "1 of 2 new; packages: debian/bash 1 -> 2, debian/new - -> 1 | drydock update d"
      ])
  }

  @Test func `a base that is gone is told`() throws {
    #expect(
      try base(tag: nil, locked: nil) == [
        "d/drydock.lock: high base/vanished: the registry has no \(Self.zeros) of registry.example.com/team/base:1 any "
          + "longer | build from the vendored base"
      ])
  }
}
