import Host
import JSON
import OCI
import Resolution
import TestSupport
import Testing
import Versions
import YAML

/// Images of this repository, as they are committed.
enum RepositoryImages {
  static let folder = Path.normalize(Path.join(#filePath, "../../../images"))
  static let paths = ((try? Files.list(folder)) ?? []).sorted().map { Path.join(folder, $0) }.filter(Files.isDirectory)
}

struct SpecTests {
  static let sample = """
    version: 1
    name: sample
    summary: A sample
    base:
      image: registry.example.com/team/base:1
    python:
      version: "3.11"
      glibc: "2.36"
      requirements: [alpha>=1, beta]
    user: {name: me, uid: 1000}
    environment:
      LANG: C.UTF-8
    files:
      - {from: jobs, to: /opt/jobs}
    """

  private func faults(_ text: String) -> [String] {
    do throws(YAMLFaults) {
      _ = try Spec(parsing: text)
      return []
    } catch { return error.diagnostics.map { "\($0)" + ($0.hint.map { " (\($0))" } ?? "") } }
  }

  /// A line of the sample, what stands in its place, and the faults.
  static let table: [(line: String, replacement: String, faults: [String])] = [
    ("version: 1", "version: 2", ["1:10: expected version as a whole number from 1 to 1"]),
    ("version: 1", "version: \"1\"", ["1:10: expected version as a whole number from 1 to 1"]),
    (
      "name: sample", "name: 1st",
      ["2:7: '1st' is no image name: it has only a-z, 0-9, '-' and '.', and starts with a letter"]
    ),
    ("summary: A sample", "sumary: A sample", ["3:1: 'sumary' is no key of image.yaml (did you mean 'summary'?)"]),
    ("summary: A sample", "summary: [A, sample]", ["3:10: expected summary as text"]),
    ("summary: A sample", "name: twice", ["3:1: the key 'name' stands here twice, first on line 2"]),
    (
      "summary: A sample", "platform: linux",
      ["3:11: 'linux' is no platform: it is written OS/ARCHITECTURE[/VARIANT], for example linux/amd64"]
    ),
    (
      "summary: A sample", "platforms: [linux/amd64, arm64]",
      ["3:26: 'arm64' is no platform: it is written OS/ARCHITECTURE[/VARIANT], for example linux/amd64"]
    ),
    (
      "summary: A sample", "platforms: [linux/amd64, linux/arm64, linux/amd64]",
      ["3:39: 'linux/amd64' stands here twice"]
    ),
    (
      "summary: A sample", "platforms: [linux/arm64, linux/arm64/v8]",
      ["3:26: 'linux/arm64/v8' and 'linux/arm64' are one platform"]
    ),
    ("summary: A sample", "platforms: []", ["3:12: 'platforms' names none (for example [linux/amd64, linux/arm64])"]),
    ("summary: A sample", "platforms: linux/amd64", ["3:12: expected platforms as a list"]),
    (
      "summary: A sample", "platform: linux/amd64\nplatforms: [linux/amd64]",
      ["4:12: 'platform' and 'platforms' exclude each other (list all of them under 'platforms')"]
    ),
    (
      "summary: A sample", "healthcheck: {interval: 30}",
      ["3:25: expected interval as a time, for example 500ms, 30s or 5m"]
    ),
    (
      "summary: A sample", "healthcheck: {retry: 3}",
      ["3:15: 'retry' is no key of healthcheck (the keys are test, interval, timeout, start-period, retries)"]
    ),
    (
      "  image: registry.example.com/team/base:1", "  image: base",
      ["5:10: 'base' is no full reference (write REGISTRY/REPOSITORY:TAG)"]
    ),
    (
      "  image: registry.example.com/team/base:1", "  glue: \"4.0\"",
      ["5:3: 'base' needs 'image' (or write 'base: scratch')"]
    ),
    (
      "  image: registry.example.com/team/base:1", "  image: example.com/base:1\n  glue: \"1.0\"",
      ["6:9: no documented packages are known of Glue '1.0' (known are 4.0, 5.0, 5.1)"]
    ),
    (
      "  version: \"3.11\"", "  version: three",
      ["7:12: 'three' is not a valid version: expected a number below 2^63 at column 1"]
    ),
    (
      "  requirements: [alpha>=1, beta]", "  requirements: [alpha>=, beta]",
      ["9:18: 'alpha>=' is not a valid version: expected a number below 2^63 at column 8"]
    ),
    ("  requirements: [alpha>=1, beta]", "  requirements: alpha", ["9:17: expected python.requirements as a list"]),
    (
      "user: {name: me, uid: 1000}", "user: {name: me, uid: -1}",
      ["10:23: expected user.uid as a whole number from 0 to 4294967294"]
    ),
    ("  LANG: C.UTF-8", "  LANG: {}", ["12:9: expected the value of 'LANG' as text"]),
    (
      "  - {from: jobs, to: /opt/jobs}", "  - {from: ../jobs, to: /opt/jobs}",
      ["14:5: '../jobs' leaves the folder of image.yaml (copy the file beside image.yaml)"]
    ),
    (
      "  - {from: jobs, to: /opt/jobs}", "  - {from: jobs, to: opt/jobs}",
      ["14:22: expected files.to as an absolute path without '..', found 'opt/jobs'"]
    ),
    ("  - {from: jobs, to: /opt/jobs}", "  - {from: jobs", ["15:1: not YAML: did not find expected ',' or '}'"]),
  ]

  @Test(arguments: table.indices) func `a fault has its place and says what to do`(_ row: Int) throws {
    let (line, replacement, expected) = Self.table[row]
    let lines = Self.sample.split(separator: "\n").map(String.init)
    try #require(lines.contains(line))
    #expect(faults(lines.map { $0 == line ? replacement : $0 }.joined(separator: "\n")) == expected)
  }

  static let packages: [(text: String, faults: [String])] = [
    ("rpm: {release: 2023.6.20250317, packages: [bash]}", []),
    (
      "rpm: {packages: [bash]}",
      ["4:6: 'rpm' needs 'release' (for example release: \"2023.6.20250317\", a dated release of Amazon Linux)"]
    ),
    ("rpm: {release: ../x}", ["4:16: '../x' is no release: it becomes part of an address"]),
    ("jars: {target: /jars, artifacts: [a:b:1, \"a:b:jar:c:[1,2)\"], exclude: [\"a:*\"]}", []),
    ("jars: {artifacts: []}", ["4:7: 'jars' needs 'target', the directory that they are put into"]),
    (
      "jars: {target: /jars, artifacts: [a:b, a:../b:1], exclude: [a]}",
      [
        "4:35: 'a:b' is not a valid Maven coordinate: expected group:artifact[:extension[:classifier]]:version at column 1",
        "4:40: 'a:../b:1' is not a valid Maven coordinate: expected group:artifact[:extension[:classifier]]:version at column 1",
        "4:61: 'a' is no exclusion (write GROUP:ARTIFACT, '*' stands for any)",
      ]
    ),
    ("debian: {suites: [s], snapshot: 2025-05-20, preferences: [{packages: [a], pin: release n=b, priority: -1}]}", []),
    (
      "debian: {suites: [s], snapshot: lately, preferences: [{packages: [a], pin: origin x, priority: 1}, {pin: release b}]}",
      [
        "4:33: 'lately' is no time of a snapshot (write it as 20250520T000000Z or 2025-05-20)",
        "4:76: 'origin x' is no pin (write 'release n=bookworm-backports' or 'version 1.2*', as apt does)",
        "4:100: each of 'debian.preferences' needs 'packages', 'pin' and 'priority'",
      ]
    ),
  ]

  @Test(arguments: packages.indices) func `packages of all kinds are read strictly`(_ row: Int) {
    let (text, expected) = Self.packages[row]
    #expect(faults("version: 1\nname: sample\nbase: {image: example.com/base:1}\n\(text)\n") == expected)
  }

  @Test func `all faults come at once in the order of the text`() {
    #expect(
      faults("nam: x\nversion: 1\nbase: scratch\ndebian: {suites: []}\n") == [
        "1:1: 'nam' is no key of image.yaml (did you mean 'name'?)", "1:1: 'name' is missing",
        "4:9: 'debian' needs 'suites' (for example [bookworm, bookworm-updates, bookworm-security])",
      ])
  }

  // MARK: The schema

  /// The mappings of the schema, and a specification with a key in each that nobody has.
  static let unknownKeys = [
    "": "zzzzzzzzzzzz: 1", "base": "base: {zzzzzzzzzzzz: 1}",
    "base.recorded": "base: {image: example.com/base:1, recorded: {zzzzzzzzzzzz: 1}}",
    "debian": "debian: {zzzzzzzzzzzz: 1}", "rpm": "rpm: {zzzzzzzzzzzz: 1}", "jars": "jars: {zzzzzzzzzzzz: 1}",
    "debian.preferences": "debian: {suites: [trial], preferences: [{zzzzzzzzzzzz: 1}]}",
    "python": "python: {zzzzzzzzzzzz: 1}", "user": "user: {zzzzzzzzzzzz: 1}", "files": "files: [{zzzzzzzzzzzz: 1}]",
    "healthcheck": "healthcheck: {zzzzzzzzzzzz: 1}",
  ]

  /// The keys of every closed mapping of a schema by the mapping's place.
  private func keys(_ schema: JSONValue, at place: String = "") -> [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    if schema["additionalProperties"]?.bool == false {
      found[place] = Set(schema["properties"]?.members?.map(\.name) ?? [])
    }
    for alternative in schema["oneOf"]?.array ?? [] { found.merge(keys(alternative, at: place)) { $1 } }
    if let items = schema["items"] { found.merge(keys(items, at: place)) { $1 } }
    for member in schema["properties"]?.members ?? [] {
      let inner = place.isEmpty ? member.name : "\(place).\(member.name)"
      found.merge(keys(member.value, at: inner)) { $1 }
    }
    return found
  }

  @Test func `the schema has the keys that the reader has`() throws {
    let schema = try JSONValue(parsing: try Files.read("\(RepositoryImages.folder)/image.schema.json"))
    let published = keys(schema)
    #expect(Set(published.keys) == Set(Self.unknownKeys.keys))
    for (place, text) in Self.unknownKeys {
      var hint: String?
      do throws(YAMLFaults) { _ = try Spec(parsing: text) } catch {
        hint = error.diagnostics.first { $0.message.hasPrefix("'zzzzzzzzzzzz'") }?.hint
      }
      let list = try #require(hint?.split(separator: "the keys are ").last, "\(place)")
      #expect(Set(list.split(separator: ", ").map(String.init)) == published[place], "\(place)")
    }
  }

  // MARK: The checksum

  static let sameMeaning = [
    "# A comment.\n" + sample, sample.replacing("name: sample", with: "name:   'sample'"),
    sample.replacing("[alpha>=1, beta]", with: "\n    - alpha >= 1\n    - beta"),
    sample.replacing("summary: A sample\n", with: "") + "\nsummary: A sample",
    sample.replacing(
      "user: {name: me, uid: 1000}", with: "user:\n  home: /home/me\n  gid: 1000\n  uid: 1000\n  name: me"),
    sample + "\nruntime: true\nplatform: linux/amd64\n", sample + "\nplatforms: [linux/amd64]\n",
  ]

  @Test func `a specification for several platforms is one, from whichever it is seen`() throws {
    let spec = try Spec(parsing: Self.sample + "\nplatforms: [linux/arm64, linux/amd64, linux/arm/v7]\n")
    #expect(spec.platforms.map(\.description) == ["linux/arm64", "linux/amd64", "linux/arm/v7"])
    #expect(spec.platform == spec.platforms[0])
    for platform in spec.platforms {
      #expect(spec.on(platform).platform == platform)
      #expect(spec.on(platform).checksum == spec.checksum)
    }
    let alone = try Spec(parsing: Self.sample + "\nplatform: linux/arm64\n")
    #expect(alone.platforms == [alone.platform])
    #expect(alone.checksum != spec.checksum)
    #expect(try Spec(parsing: Self.sample + "\nplatforms: [linux/amd64, linux/arm64]\n").checksum != spec.checksum)
  }

  @Test(arguments: sameMeaning.indices) func `the checksum ignores layout`(_ row: Int) throws {
    let spec = try Spec(parsing: Self.sample)
    #expect(Self.sameMeaning[row] != Self.sample)
    #expect(try Spec(parsing: Self.sameMeaning[row]).checksum == spec.checksum)
  }

  static let otherMeaning = [
    ("name: sample", "name: another"), ("A sample", "Another"), ("base:1", "base:2"), ("3.11", "3.12"),
    ("2.36", "2.31"), ("alpha>=1", "alpha>=2"), ("uid: 1000", "uid: 1001"), ("C.UTF-8", "C"), ("/opt/jobs", "/opt"),
  ]

  @Test(arguments: otherMeaning) func `the checksum follows what is meant`(_ old: String, _ new: String) throws {
    let other = Self.sample.replacing(old, with: new)
    #expect(try Spec(parsing: other).checksum != Spec(parsing: Self.sample).checksum)
  }

  @Test func `utilities are asked for by name, are off by default, and change no older checksum`() throws {
    let plain = try Spec(parsing: Self.sample)
    #expect(plain.python?.utilities == [])
    #expect(!plain.canonical.canonicalText.contains("utilities"))
    let text = Self.sample.replacing(
      "requirements: [alpha>=1, beta]", with: "requirements: [beta]\n  utilities: [s3fs, pyarrow]")
    let spec = try Spec(parsing: text)
    #expect(spec.python?.asked.map(\.description) == ["beta", "s3fs", "pyarrow"])
    #expect(spec.checksum != plain.checksum)
    #expect(
      faults(text.replacing("pyarrow", with: "pandas")) == [
        "10:21: there is no utility 'pandas' (known are awswrangler, duckdb, polars, pyarrow, s3fs; anything else belongs into requirements)"
      ])
    #expect(faults(text.replacing("pyarrow", with: "s3fs")) == ["10:21: 's3fs' stands here twice"])
    #expect(Utility.all.count == 5)
  }

  @Test func `random changes of a specification never trap`() {
    var generator = SplitMix(seed: 1)
    var accepted = 0
    for _ in 0..<2000 {
      let text = String(decoding: generator.mutation(of: Array(Self.sample.utf8)), as: UTF8.self)
      let faults = faults(text)
      if faults.isEmpty { accepted += 1 }
      for fault in faults { #expect(fault.first?.isNumber == true, "\(fault)") }
    }
    #expect(accepted > 0 && accepted < 2000)
  }
}
