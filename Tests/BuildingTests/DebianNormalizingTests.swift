import Host
import TestSupport
import Testing
import Trust

@testable import Building

@Suite struct DebianNormalizingTests {
  // MARK: Exclusions

  struct Exclusion: Sendable {
    let pattern: String
    let path: String
    let matches: Bool
  }

  static let exclusions = [
    Exclusion(pattern: "/usr/share/man/*", path: "/usr/share/man/man1/a.1.gz", matches: true),
    Exclusion(pattern: "/usr/share/man/*", path: "/usr/share/man", matches: false),
    Exclusion(pattern: "*.md", path: "/usr/lib/a.md", matches: true),
    Exclusion(pattern: "/a/*/c/*", path: "/a/b/b/c/d", matches: true),
    Exclusion(pattern: "/a/?", path: "/a/bc", matches: false),
    Exclusion(pattern: "/lib[3x]*", path: "/libx32/a", matches: true),
    Exclusion(pattern: "/lib[!3x]*", path: "/libx32/a", matches: false),
    Exclusion(pattern: "/lib[0-9]2", path: "/lib32", matches: true),
    Exclusion(pattern: "/a\\*", path: "/ab", matches: false),
    Exclusion(pattern: "/a\\*", path: "/a*", matches: true),
    Exclusion(pattern: "/usr/share/doc/*", path: "/usr/share/doc/bash/copyright", matches: false),
  ]

  @Test(arguments: exclusions)
  func `patterns match as dpkg's do`(exclusion: Exclusion) {
    #expect(PathExclusions([exclusion.pattern]).keeps(exclusion.path) != exclusion.matches)
  }

  @Test func `an exception keeps what a pattern leaves out`() {
    let exclusions = PathExclusions(["/usr/share/locale/*"], except: ["/usr/share/locale/de*"])
    #expect(exclusions.keeps("/usr/share/locale/de/x.mo"))
    #expect(!exclusions.keeps("/usr/share/locale/fr/x.mo"))
  }

  // MARK: Hashes

  @Test func `the hash of a source is the one in its authors' test vector`() {
    // SipHash-2-4 of 0, 1, … 14 under the key 0, 1, … 15: the example in the paper's appendix.
    let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
    #expect(SipHash(key: key, rounds: 2).digest(of: Array(0..<15)) == 0xa129_ca61_49be_45e5)
  }

  @Test func `a module of another source is given up`() {
    let source = Array("x = 1\n".utf8)
    let module: [UInt8] = [0xA7, 0x0D, 0x0D, 0x0A, 0, 0, 0, 0, 9, 0, 0, 0, 6, 0, 0, 0, 0xE3]
    let settled = PythonBytecode.unchecked(module, source: source, sourceModified: 9)
    #expect(settled?[4] == 1)
    #expect(settled?.last == 0xE3)
    #expect(PythonBytecode.unchecked(settled ?? [], source: source, sourceModified: 77) == settled)
    #expect(PythonBytecode.unchecked(settled ?? [], source: source + [0x0A], sourceModified: 9) == nil)
    #expect(PythonBytecode.unchecked(module, source: source, sourceModified: 10) == nil)
    #expect(PythonBytecode.unchecked(Array(module.prefix(16)), source: source, sourceModified: 9) == nil)
  }

  @Test func `the source of a module is beside its cache`() {
    #expect(PythonBytecode.source(of: "/a/__pycache__/b.cpython-311.opt-1.pyc") == "/a/b.py")
    #expect(PythonBytecode.source(of: "/a/b.pyc") == nil)
  }

  // MARK: Key stores

  /// A store with one certificate, as Java writes it.
  private static func store(date: UInt8, password: String = "changeit") -> [UInt8] {
    var store: [UInt8] = [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, UInt8(ascii: "a")]
    store += [0, 0, 1, 0, 0, 0, 0, date]
    store += [0, 5] + Array("X.509".utf8) + [0, 0, 0, 3, 1, 2, 3]
    let phrase = password.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + Array("Mighty Aphrodite".utf8)
    return store + LegacyDigest.sha1(of: phrase + store)
  }

  @Test func `stores that differ in their dates become equal`() {
    let stores = [Self.store(date: 1), Self.store(date: 2)].map { JavaKeyStore.redated($0, to: 1_700_000_000) }
    #expect(stores[0] != nil)
    #expect(stores[0] == stores[1])
    #expect(stores[0].flatMap { JavaKeyStore.redated($0, to: 1_700_000_000) } == stores[0])
  }

  @Test func `a store that is damaged or locked otherwise stays as it is`() {
    var damaged = Self.store(date: 1)
    damaged[30] ^= 1
    #expect(JavaKeyStore.redated(damaged, to: 0) == nil)
    #expect(JavaKeyStore.redated(Self.store(date: 1, password: "secret"), to: 0) == nil)
    #expect(JavaKeyStore.redated(Array(Self.store(date: 1).prefix(40)), to: 0) == nil)
  }

  // MARK: The tree

  @Test func `dirt goes, facts stay, and no time is later than the epoch`() throws {
    let temporary = try TemporaryDirectory()
    defer { temporary.remove() }
    let root = temporary.path
    let files = [
      "etc/shadow": "root:*:20000:0:99999:7:::\nnew::0:\n", "etc/shadow-": "old", "etc/machine-id": "0123\n",
      "var/log/dpkg.log": "", "var/log/apt/history.log": "x", "var/log/wtmp": "", "tmp/java/x": "x",
      "var/cache/ldconfig/aux-cache": "x", "usr/lib/old": "x",
      "usr/lib/jvm/own/lib/server/classes.jsa": "x", "usr/lib/jvm/made/lib/server/classes.jsa": "x",
    ]
    for (name, text) in files {
      try Files.createDirectory(Path.parent("\(root)/\(name)")!)
      try Files.write(text, to: "\(root)/\(name)")
    }
    try Files.setModified("\(root)/usr/lib/old", 1000)
    try RootNormalizer(
      root: root, epoch: 86_400 * 100, packaged: ["usr/lib/jvm/own/lib/server/classes.jsa"]
    ).run()
    #expect(try Files.text("\(root)/etc/shadow") == "root:*:100:0:99999:7:::\nnew::0:\n")
    #expect(try Files.text("\(root)/etc/machine-id") == "")
    #expect(try Files.list("\(root)/etc") == ["machine-id", "shadow"])
    #expect(try Files.list("\(root)/var/log") == ["apt", "wtmp"])
    #expect(try Files.list("\(root)/tmp") == [])
    #expect(Files.exists("\(root)/usr/lib/jvm/own/lib/server/classes.jsa"))
    #expect(!Files.exists("\(root)/usr/lib/jvm/made/lib/server/classes.jsa"))
    #expect(try FileStatus(of: "\(root)/usr/lib/old").modified == 1000)
    #expect(try FileStatus(of: "\(root)/etc/shadow").modified == 8_640_000)
    #expect(try FileStatus(of: "\(root)/usr").modified == 8_640_000)
  }
}
