import Host
import JSON
import Resolution
import TestSupport
import Testing

struct LockTests {
  static let digits = String(repeating: "0123456789abcdef", count: 4)

  /// A lock with every kind of entry.
  static let sample = """
    {
      "base": {
        "digest": "sha256:\(digits)",
        "evidence": {
          "kind": "recorded",
          "source": "a page"
        },
        "kept": {
          "documentation": "a list",
          "packages": {
            "kept": "1.0"
          }
        },
        "reference": "registry.example.com/team/base:1"
      },
      "compressor": "gzip",
      "date": "2024-05-01T12:00:00Z",
      "debian": {
        "archives": [
          {
            "codename": "bookworm",
            "date": "2024-05-01T12:00:00Z",
            "inRelease": "sha256:\(digits)",
            "indexes": [
              {
                "path": "main/binary-amd64/Packages.xz",
                "sha256": "\(digits)",
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
            "architecture": "amd64",
            "dependencies": [],
            "essential": true,
            "filename": "pool/main/d/dash/dash_1_amd64.deb",
            "name": "dash",
            "purl": "pkg:deb/debian/dash@1?arch=amd64",
            "sha256": "\(digits)",
            "size": 34,
            "suite": "bookworm",
            "version": "1"
          }
        ]
      },
      "jars": {
        "artifacts": [
          {
            "coordinate": "org.example:gamma:1.0",
            "dependencies": [
              "org.example:delta"
            ],
            "direct": true,
            "purl": "pkg:maven/org.example/gamma@1.0",
            "sha256": "\(digits)",
            "size": 90
          }
        ],
        "poms": [
          {
            "coordinate": "org.example:gamma:pom:1.0",
            "sha256": "\(digits)"
          }
        ]
      },
      "name": "sample",
      "platform": "linux/amd64",
      "python": {
        "build": [],
        "glibc": "2.36",
        "packages": [
          {
            "built": {
              "name": "alpha-1.0-py3-none-any.whl",
              "sha256": "\(String(repeating: "f", count: 64))",
              "size": 56
            },
            "dependencies": [
              "beta"
            ],
            "direct": true,
            "file": {
              "name": "alpha-1.0.tar.gz",
              "sha256": "\(digits)"
            },
            "name": "alpha",
            "purl": "pkg:pypi/alpha@1.0",
            "version": "1.0"
          },
          {
            "dependencies": [],
            "file": {
              "name": "beta-2.0-py3-none-any.whl",
              "sha256": "\(String(digits.reversed()))",
              "size": 78
            },
            "name": "beta",
            "purl": "pkg:pypi/beta@2.0",
            "version": "2.0"
          }
        ],
        "test": [],
        "version": "3.11"
      },
      "rpm": {
        "packages": [
          {
            "architecture": "x86_64",
            "dependencies": [
              "glibc"
            ],
            "location": "Packages/b/bash-5.2.15-1.x86_64.rpm",
            "name": "bash",
            "purl": "pkg:rpm/amzn/bash@5.2.15-1?arch=x86_64&epoch=1",
            "repository": "amazonlinux",
            "sha256": "\(digits)",
            "size": 34,
            "version": "1:5.2.15-1"
          }
        ],
        "release": "2023.6.20250317",
        "repositories": [
          {
            "date": "2024-05-01T12:00:00Z",
            "indexes": [
              {
                "path": "repodata/primary.xml.gz",
                "sha256": "\(digits)",
                "size": 12
              }
            ],
            "name": "main",
            "repomd": "sha256:\(digits)",
            "signers": []
          }
        ]
      },
      "runtime": {
        "inputs": "sha256:\(digits)",
        "name": "glue-athena"
      },
      "spec": "sha256:\(digits)",
      "version": 1
    }

    """

  private func error(_ text: String) -> String? {
    do throws(LockError) {
      _ = try Lock(parsing: Array(text.utf8))
      return nil
    } catch { return error.description }
  }

  @Test func `what is written is what was read, to the byte`() throws {
    #expect(try Lock(parsing: Array(Self.sample.utf8)).text == Self.sample)
  }

  @Test(arguments: RepositoryImages.paths) func `a committed lock is in its canonical form`(_ folder: String) throws {
    let bytes = try Files.read("\(folder)/drydock.lock")
    let lock = try Lock(parsing: bytes)
    #expect(Array(lock.text.utf8) == bytes)
    let spec = try Spec(parsing: try Files.text("\(folder)/image.yaml"))
    #expect(throws: Never.self) { try lock.check(against: spec) }
  }

  /// Every text of a value with the names that lead to it.
  private func texts(_ value: JSONValue, at path: String = "") -> [(path: String, text: String)] {
    switch value {
    case .string(let text): [(path, text)]
    case .array(let elements): elements.flatMap { texts($0, at: path) }
    case .object(let members): members.flatMap { texts($0.value, at: "\(path).\($0.name)") }
    default: []
    }
  }

  @Test(arguments: RepositoryImages.paths)
  func `a committed lock names no host of an index or a mirror`(_ folder: String) throws {
    let texts = texts(try JSONValue(parsing: try Files.read("\(folder)/drydock.lock")))
    #expect(texts.count > 50)
    let prose: Set = [".base.reference", ".base.evidence.source", ".base.kept.documentation"]
    for (path, text) in texts where !prose.contains(path) {
      #expect(!text.contains("//"), "\(path)")
      for host in [".org/", ".com/", ".net/", "localhost", "127.0.0.1"] { #expect(!text.contains(host), "\(path)") }
    }
  }

  static let faults: [(old: String, new: String, error: String)] = [
    ("\"version\": 1\n", "\"version\": 3\n", "the lock has the format version 3, this Drydock knows 1 and 2"),
    ("\"version\": 1\n", "\"version\": \"1\"\n", "'version' is absent or wrong, expected a whole number"),
    ("linux/amd64", "amd64", "'platform' is absent or wrong, expected a platform such as linux/amd64"),
    ("2024-05-01T12:00:00Z", "yesterday", "'date' is absent or wrong, expected a time such as 2024-05-01T12:00:00Z"),
    ("\"kind\": \"recorded\"", "\"kid\": \"recorded\"", "'base.evidence.kind' is absent or wrong, expected text"),
    (
      "\"kept\": \"1.0\"", "\"a.b\": \"1.0\", \"a-b\": \"1.0\"",
      "'base.kept.packages.a-b' is absent or wrong, expected a version of one package"
    ),
    (
      "\"packages\": {", "\"package\": {",
      "'base.kept.packages' is absent or wrong, expected packages with versions"
    ),
    (
      "pool/main", "../main",
      "'debian.packages[0].filename' is absent or wrong, expected a path below the archive's root"
    ),
    (
      "beta-2.0-py3", "../beta-2.0-py3",
      "'python.packages[1].file.name' is absent or wrong, expected a file name without a directory"
    ),
    ("\"size\": 34", "\"size\": -34", "'debian.packages[0].size' is absent or wrong, expected a whole number"),
    ("\"glibc\": \"2.36\"", "\"glibc\": \"new\"", "'python.glibc' is absent or wrong, expected a version"),
    (
      "\"spec\": \"sha256:", "\"spec\": \"sha256:0", "'spec' is absent or wrong, expected a digest such as sha256:9f86…"
    ),
    (
      "Packages/b", "../b", "'rpm.packages[0].location' is absent or wrong, expected a path below the repository's root"
    ),
    (
      "gamma:1.0\"", "gamma:[1,2]\"",
      "'jars.artifacts[0].coordinate' is absent or wrong, expected GROUP:ARTIFACT:VERSION"
    ),
    (
      "org.example:delta", "delta",
      "'jars.artifacts[0].dependencies' is absent or wrong, expected a list of GROUP:ARTIFACT"
    ),
    ("  \"version\": 1\n}", "  \"version\": 1\n", "151:1: expected ',' or '}'"),
  ]

  @Test(arguments: faults.indices) func `a fault is named by its path`(_ row: Int) throws {
    let (old, new, expected) = Self.faults[row]
    try #require(Self.sample.contains(old))
    #expect(error(Self.sample.replacing(old, with: new)) == expected)
  }

  @Test func `a lock of another state of the specification is stale`() throws {
    let lock = try Lock(parsing: Array(Self.sample.utf8))
    #expect(throws: LockError.stale(name: "sample")) { try lock.check(against: try Spec(parsing: SpecTests.sample)) }
  }

  @Test func `random changes of a lock never trap`() {
    var generator = SplitMix(seed: 2)
    var accepted = 0
    for _ in 0..<2000 {
      let bytes = generator.mutation(of: Array(Self.sample.utf8))
      guard let lock = try? Lock(parsing: bytes) else { continue }
      accepted += 1
      // Whatever was accepted can be written, and reads as the same.
      #expect((try? Lock(parsing: Array(lock.text.utf8))) == lock)
    }
    #expect(accepted > 0 && accepted < 2000)
  }
}
