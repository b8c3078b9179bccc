import Host
import Layers
import Testing

@Suite struct `Reading a tar archive` {
  static let compressions: [(option: String, compression: Compression)] = [
    ("--format=ustar", .none), ("--gzip", .gzip), ("--xz", .xz), ("--zstd", .zstd), ("--bzip2", .bzip2),
  ]

  @Test(arguments: compressions.map(\.option))
  func `what GNU tar wrote is read back`(option: String) async throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    let long = String(repeating: "long-name-", count: 20)
    try Files.createDirectory(root + "/usr/bin")
    try Files.write(noise(70_000), to: root + "/usr/bin/tool", mode: 0o755)
    if option != "--format=ustar" { try Files.write("é", to: root + "/usr/\(long)é") }
    try Files.link(root + "/bin", to: "usr/bin")
    try Files.hardLink(root + "/usr/tool", to: root + "/usr/bin/tool")
    let archive = directory.path + "/a.tar"
    try await output(of: "tar", "-c", option, "--sort=name", "-f", archive, "-C", root, ".")

    let found = try entries(ofTar: archive)
    let names = found.map(\.entry.path)
    #expect(names.first == ".")
    #expect(names.contains("usr/\(long)é") == (option != "--format=ustar"))
    let tool = try #require(found.first { $0.entry.path == "usr/bin/tool" })
    #expect(tool.content == noise(70_000))
    #expect(tool.entry.mode == 0o755)
    #expect(found.first { $0.entry.path == "bin" }?.entry.kind == .symbolicLink(target: "usr/bin"))
    #expect(found.first { $0.entry.path == "usr/tool" }?.entry.kind == .hardLink(target: "usr/bin/tool"))
  }

  @Test(arguments: compressions.map(\.option))
  func `an archive that was cut short is refused`(option: String) async throws {
    let directory = try TemporaryDirectory()
    try Files.write(noise(300_000), to: directory.path + "/noise")
    let archive = directory.path + "/a.tar"
    try await output(of: "tar", "-c", option, "-f", archive, "-C", directory.path, "noise")
    let whole = try Files.read(archive)
    for size in [0, 100, 511, 40_000, 290_000] {
      try Files.write(Array(whole[..<size]), to: archive)
      #expect(throws: LayerError.self, "\(size) bytes") { try entries(ofTar: archive) }
    }
  }

  @Test func `a gzip stream with a wrong checksum is refused`() async throws {
    let directory = try TemporaryDirectory()
    try Files.write(noise(1000), to: directory.path + "/noise")
    let archive = directory.path + "/a.tar.gz"
    try await output(of: "tar", "-czf", archive, "-C", directory.path, "noise")
    var bytes = try Files.read(archive)
    bytes[bytes.count - 6] ^= 1
    try Files.write(bytes, to: archive)
    #expect(throws: LayerError.malformed(archive: archive, problem: "incorrect data check")) {
      try entries(ofTar: archive)
    }
  }
}

@Suite struct `Reading a Debian package` {
  @Test(arguments: ["none", "gzip", "xz", "zstd"])
  func `control files and data come out`(compression: String) async throws {
    let directory = try TemporaryDirectory()
    let root = directory.path + "/root"
    try Files.createDirectory(root + "/DEBIAN")
    try Files.createDirectory(root + "/usr/share/x")
    try Files.write(
      "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\n", to: root + "/DEBIAN/control")
    try Files.write("#!/bin/sh\n", to: root + "/DEBIAN/postinst", mode: 0o755)
    try Files.write("data", to: root + "/usr/share/x/y")
    let path = directory.path + "/x.deb"
    try await output(of: "dpkg-deb", "--root-owner-group", "-Z\(compression)", "--build", root, path)

    let package = try DebArchive(path: path)
    #expect(package.controlFiles.keys.sorted() == ["control", "postinst"])
    let data = try package.data()
    var contents: [String: [UInt8]] = [:]
    while let entry = try data.next() { contents[entry.path] = try data.content() }
    #expect(contents["usr/share/x/y"] == Array("data".utf8))
    #expect(contents.count == 5)
  }
}
