import HTTP
import Host
import TestSupport
import Testing
import Versions

@testable import Packages

/// What a page lists by versions, and the table of it that is kept.
struct PythonListingTests {
  private static let names = [
    "a-1.0.tar.gz", "a-1.0-py3-none-any.whl", "a-2.0rc1-py3-none-any.whl", "b-9.0-py3-none-any.whl", "a-1.1.zip",
    "a-1.0.0-py2-none-any.whl", "a-0.9.exe", "a-1!0.1-py3-none-any.whl", "a-1.0-py3-none-any.whl",
    "a-1.0+local.1.tar.gz",
  ]

  private let project: PackageName
  private let address: HTTPURL

  init() throws {
    project = try PackageName(parsing: "a")
    address = try HTTPURL(parsing: "https://example.org/simple/a/")
  }

  private static func page(_ names: [String], prefix: String = "https://example.org/files/") -> [UInt8] {
    let files = names.enumerated().map { number, name in
      #"{"filename": "\#(name)", "url": "\#(prefix)\#(name)", "size": \#(number), "hashes": {}}"#
    }
    return Array(#"{"meta": {"api-version": "1.1"}, "files": [\#(files.joined(separator: ", "))]}"#.utf8)
  }

  private func listing(_ bytes: [UInt8]) throws -> PythonListing {
    try SimplePage(json: bytes).listing(of: project, at: address)
  }

  @Test func `versions stand newest first with their files in the page's order`() throws {
    let listing = try listing(Self.page(Self.names))
    #expect(listing.versions.map(\.description) == ["1!0.1", "2.0rc1", "1.1", "1.0+local.1", "1.0"])
    #expect(
      listing.versions.indices.map { listing.files(at: $0).map(\.fileName) } == [
        ["a-1!0.1-py3-none-any.whl"], ["a-2.0rc1-py3-none-any.whl"], ["a-1.1.zip"], ["a-1.0+local.1.tar.gz"],
        ["a-1.0.tar.gz", "a-1.0-py3-none-any.whl", "a-1.0.0-py2-none-any.whl"],
      ])
    #expect(listing.files.map(\.size) == [0, 1, 2, 4, 5, 7, 8, 9])
    // Files as a list, as pages in HTML and other places give them, are grouped alike.
    let other = PythonListing(try SimplePage(json: Self.page(Self.names)).files(of: project, at: address))
    #expect(other.versions == listing.versions && other.files == listing.files && other.table == nil)
  }

  @Test func `the table gives the same as the page`() throws {
    let bytes = Self.page(Self.names)
    let listing = try listing(bytes)
    let table = try #require(listing.table)
    #expect(String(decoding: table, as: UTF8.self).hasPrefix("listing 1\n1!0.1 "))
    let kept = try #require(PythonListing(table: table, of: SimplePageText(bytes), project: project))
    #expect(kept.versions == listing.versions && kept.files == listing.files)
    for place in kept.versions.indices { #expect(kept.files(at: place) == listing.files(at: place)) }
  }

  @Test func `no table, whatever is in it, brings the reader down or leads out of the page`() throws {
    let bytes = Self.page(Self.names)
    let table = try #require(try listing(bytes).table)
    var generator = SplitMix(seed: 7)
    for round in 0..<4000 {
      var damaged = table
      if round < table.count {
        damaged.removeLast(table.count - round)
      } else {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(in: 0...127, using: &generator)
        }
      }
      guard let listing = PythonListing(table: damaged, of: SimplePageText(bytes), project: project) else { continue }
      for place in listing.versions.indices { _ = listing.files(at: place) }
      #expect(listing.files.count <= listing.places.count)
    }
    for text in [
      "", "listing 2\n", "listing 1\n1.0 99999999999999999999\n", "listing 1\n1.0 100000\n", "listing 1\nx 1\n",
    ] {
      #expect(PythonListing(table: Array(text.utf8), of: SimplePageText(bytes), project: project) == nil)
    }
  }

  @Test func `a page whose addresses need it has no table`() throws {
    #expect(try listing(Self.page(Self.names, prefix: "../../files/")).table == nil)
    #expect(try listing(Self.page(["a-1.0.zip"], prefix: "https://user:secret@example.org/")).table == nil)
  }

  @Test func `a kept page whose table was changed is asked for again`() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let server = HTTPTestServer { _ in
      .text(String(decoding: Self.page(Self.names), as: UTF8.self), type: "application/vnd.pypi.simple.v1+json")
    }
    defer { server.stop() }
    func versions() async throws -> [String] {
      try await SimpleIndex([server.origin], cache: directory.path).listing(of: project).versions.map(\.description)
    }
    let expected = try await versions()
    #expect(try await versions() == expected && server.requests.count == 1)
    let folder = directory.path + "/pages"
    let file = folder + "/" + (try #require(try Files.list(folder).first))
    var bytes = try Files.read(file)
    bytes[bytes.count - 2] ^= 1
    try Files.write(bytes, to: file)
    #expect(try await versions() == expected && server.requests.count == 2)
  }
}
