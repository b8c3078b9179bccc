import Host
import JSON
import OCI
import Packages
import Resolution
import TestSupport
import Testing
import Versions

/// `drydock.lock` of several platforms.
struct LockFileTests {
  static let arm = Platform(os: "linux", architecture: "arm64")

  static func sample() throws -> Lock { try Lock(parsing: Array(LockTests.sample.utf8)) }

  /// The sample's Debian part for another processor.
  static func debian(_ architecture: String) throws -> Lock.Debian {
    let text = LockTests.sample.replacing("amd64.deb", with: "\(architecture).deb")
      .replacing("binary-amd64", with: "binary-\(architecture)")
      .replacing("\"architecture\": \"amd64\"", with: "\"architecture\": \"\(architecture)\"")
      .replacing("arch=amd64", with: "arch=\(architecture)")
    return try #require(try Lock(parsing: Array(text.utf8)).debian)
  }

  /// A lock with some parts replaced.
  static func lock(
    _ lock: Lock, on platform: Platform, date: Int? = nil, base: Lock.Base? = nil, debian: Lock.Debian? = nil,
    python: Lock.Python? = nil
  ) -> Lock {
    Lock(
      name: lock.name, date: date ?? lock.date, spec: lock.spec, platform: platform, compressor: lock.compressor,
      base: base ?? lock.base, debian: debian ?? lock.debian, python: python ?? lock.python, rpm: lock.rpm,
      jars: lock.jars, runtime: lock.runtime)
  }

  @Test func `a file of one platform is its lock, to the byte`() throws {
    let file = try LockFile(parsing: Array(LockTests.sample.utf8))
    #expect(file == LockFile(try Self.sample()))
    #expect(file.text == LockTests.sample)
    #expect(file.digest == (try Self.sample().digest))
    #expect(!file.hasSeveralPlatforms)
  }

  @Test(arguments: RepositoryImages.paths) func `a committed lock is a file of one platform`(_ folder: String) throws {
    let bytes = try Files.read("\(folder)/drydock.lock")
    #expect(Array(try LockFile(parsing: bytes).text.utf8) == bytes)
  }

  @Test func `below another platform stands what is its own`() throws {
    let first = try Self.sample()
    let file = LockFile(first, [Self.lock(first, on: Self.arm, debian: try Self.debian("arm64"))])
    let json = file.json
    #expect(json["version"]?.integer == 2)
    #expect(json["platform"]?.string == "linux/amd64")
    #expect(json["debian"] == first.json["debian"])
    let expected = """
      {
        "linux/arm64": {
          "debian": {
            "archives": [
              {
                "codename": "bookworm",
                "date": "2024-05-01T12:00:00Z",
                "inRelease": "sha256:\(LockTests.digits)",
                "indexes": [
                  {
                    "path": "main/binary-arm64/Packages.xz",
                    "sha256": "\(LockTests.digits)",
                    "size": 12
                  }
                ],
                "signers": [
                  "ABCDEF"
                ],
                "suite": "bookworm"
              }
            ],
            "packages": [
              {
                "architecture": "arm64",
                "dependencies": [],
                "essential": true,
                "filename": "pool/main/d/dash/dash_1_arm64.deb",
                "name": "dash",
                "purl": "pkg:deb/debian/dash@1?arch=arm64",
                "sha256": "\(LockTests.digits)",
                "size": 34,
                "suite": "bookworm",
                "version": "1"
              }
            ]
          }
        }
      }

      """
    #expect(json["platforms"]?.canonicalText == expected)
    #expect(try LockFile(parsing: Array(file.text.utf8)) == file)
  }

  @Test func `whatever differs between platforms is written and read again`() throws {
    var generator = SplitMix(seed: 3)
    let first = try Self.sample()
    let python = try #require(first.python)
    let fewer = Lock.Python(
      version: python.version, glibc: python.glibc, packages: Array(python.packages.dropLast()), build: [], test: [])
    let base = try #require(first.base)
    let held = Lock.Base(
      reference: base.reference, digest: base.digest, evidence: .resolved, kept: [], documentation: nil)
    for _ in 0..<200 {
      let others = try ["linux/riscv64", "linux/arm64", "linux/arm/v7"].shuffled(using: &generator)
        .prefix(Int.random(in: 1...3, using: &generator)).map { text in
          Self.lock(
            first, on: try Platform(parsing: text), date: Bool.random(using: &generator) ? 1_700_000_000 : nil,
            base: Bool.random(using: &generator) ? held : nil,
            debian: Bool.random(using: &generator) ? try Self.debian("arm64") : nil,
            python: Bool.random(using: &generator) ? fewer : nil)
        }
      let file = LockFile(first, others)
      let again = try LockFile(parsing: Array(file.text.utf8))
      #expect(again == file)
      #expect(again.text == file.text)
      for lock in others { #expect(again[lock.platform] == lock) }
    }
  }

  // MARK: Faults

  private static func two() throws -> String {
    let first = try sample()
    return LockFile(first, [lock(first, on: arm, debian: try debian("arm64"))]).text
  }

  static let faults: [(old: String, new: String, error: String)] = [
    (
      "\"version\": 2", "\"version\": 3", "the lock has the format version 3, this Drydock knows 1 and 2"
    ),
    (
      "\"linux/arm64\": {", "\"linux/amd64\": {",
      "'platforms.linux/amd64' is absent or wrong, expected the pins of another platform such as linux/arm64"
    ),
    (
      "\"linux/arm64\": {", "\"arm64\": {",
      "'platforms.arm64' is absent or wrong, expected the pins of another platform such as linux/arm64"
    ),
    ("\"platforms\": {", "\"elsewhere\": {", "'platforms' is absent or wrong, expected the pins of other platforms"),
    (
      "pool/main/d/dash/dash_1_arm64.deb", "../dash.deb",
      "'platforms.linux/arm64.debian.packages[0].filename' is absent or wrong, expected a path below the archive's root"
    ),
  ]

  @Test(arguments: faults.indices) func `a fault is named by its path`(_ row: Int) throws {
    let (old, new, expected) = Self.faults[row]
    let text = try Self.two()
    try #require(text.contains(old))
    var error: LockError?
    do throws(LockError) { _ = try LockFile(parsing: Array(text.replacing(old, with: new).utf8)) } catch let found {
      error = found
    }
    #expect(error?.description == expected)
  }

  @Test func `a reader of one platform never takes the first for all`() throws {
    let bytes = Array(try Self.two().utf8)
    #expect(throws: LockError.unknownVersion(2)) { try Lock(parsing: bytes) }
  }

  @Test func `random changes of a lock never trap`() throws {
    var generator = SplitMix(seed: 4)
    let text = Array(try Self.two().utf8)
    var accepted = 0
    for _ in 0..<1000 {
      guard let file = try? LockFile(parsing: generator.mutation(of: text)) else { continue }
      accepted += 1
      #expect((try? LockFile(parsing: Array(file.text.utf8))) == file)
    }
    #expect(accepted > 0 && accepted < 1000)
  }

  // MARK: Choosing

  @Test func `a platform is found by name, or by this machine's processor`() throws {
    let first = try Self.sample()
    let file = LockFile(first, [Self.lock(first, on: Self.arm)])
    #expect(file.platforms.map(\.description) == ["linux/amd64", "linux/arm64"])
    #expect(try file.lock(of: Self.arm).platform == Self.arm)
    #expect(file.lock(preferring: "arm64").platform == Self.arm)
    #expect(file.lock(preferring: "riscv64").platform == .linuxAMD64)
    let other = Platform(os: "linux", architecture: "s390x")
    #expect(throws: LockError.noPlatform(other, has: file.platforms)) { try file.lock(of: other) }
    #expect(
      LockError.noPlatform(other, has: file.platforms).description
        == "the lock has no pins of linux/s390x, only of linux/amd64 and linux/arm64")
  }

  @Test func `packages with other versions are named`() throws {
    let first = try Self.sample()
    let python = try #require(first.python)
    let packages = try python.packages.map { package in
      package.name.description == "beta"
        ? Lock.PythonPackage(
          name: package.name, version: try PEP440Version(parsing: "1.9"), isDirect: false, dependencies: [],
          file: package.file, builtWheel: nil) : package
    }
    let other = Lock.Python(
      version: python.version, glibc: python.glibc, packages: packages, build: [], test: [])
    let file = LockFile(first, [Self.lock(first, on: Self.arm, python: other)])
    #expect(file.versionDifferences == ["beta is 1.9 on linux/arm64 and 2.0 on linux/amd64"])
    #expect(LockFile(first, [Self.lock(first, on: Self.arm)]).versionDifferences == [])
  }
}
