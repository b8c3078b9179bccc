import HTTP
import Testing
import Versions

@testable import Packages

struct PythonSimplePageTests {
  static let digest = String(repeating: "0a", count: 32)

  @Test func `the JSON form gives all that later extensions added`() throws {
    let page = try SimplePage(
      json: Array(
        #"""
        {"alternate-locations": [{"deep": [[], {"x": null}]}], "files": [
          {"filename": "a-1.0-py3-none-any.whl", "hashes": {"md5": "00", "sha256": "\#(Self.digest.uppercased())"},
           "url": "a\u002d1.0-py3-none-any.whl", "requires-python": ">=3.8", "size": 123, "gpg-sig": true,
           "upload-time": "2024-01-02T03:04:05.678Z", "yanked": "a \"bad\" \ud83d\ude00 one",
           "dist-info-metadata": false, "core-metadata": {"sha256": "\#(Self.digest)"}},
          {"filename": "a-2.0.tar.gz", "hashes": {}, "url": "https://example.org/a-2.0.tar.gz", "yanked": true,
           "requires-python": null, "size": null, "dist-info-metadata": true},
          {"url": "https://example.org/a-3.0.tar.gz", "filename": "a-3.0.tar.gz", "hashes": {"sha256": "short"},
           "yanked": false, "size": -1.5e3}
        ], "meta": {"_last-serial": 1, "api-version": "1.3"}, "name": "a", "versions": ["1.0"]}
        """#.utf8))
    let links = try page.links
    let first = try #require(links.first)
    #expect(first.fileName == "a-1.0-py3-none-any.whl")
    #expect(first.address == "a-1.0-py3-none-any.whl")
    #expect(first.sha256 == Self.digest)
    #expect(first.requiresPython == ">=3.8")
    #expect(first.size == 123)
    #expect(first.uploadTime == "2024-01-02T03:04:05.678Z")
    #expect(first.yankReason == "a \"bad\" 😀 one")
    #expect(first.metadataFile == .announced(sha256: Self.digest))
    #expect(links.map(\.yankReason) == [first.yankReason, "", nil])
    #expect(links.map(\.metadataFile) == [first.metadataFile, .announced(sha256: nil), .notAnnounced])
    #expect(links.map(\.sha256) == [Self.digest, nil, nil])
    #expect(links.map(\.size) == [123, nil, nil])
    #expect(links[1].requiresPython == nil)
  }

  @Test(arguments: [
    "", "{", "[]", "{}x", #"{"files": {}}"#, #"{"files": [1]}"#, #"{"files": [{"filename": 1}]}"#, #"{"a" 1}"#,
    #"{"a": "}"#, #"{"a": \#u{1}}"#, #"{"files": [{"filename": "\x"}]}"#, #"{"files": [{"filename": "\u12"}]}"#,
    #"{"files": [{"filename": "\u+123"}]}"#,
    #"{"a": 1,}"#, #"{"a": }"#, #"{"files": [{}"#, "{\"a\": \"\n\"}", #"{"a": "\"#,
  ])
  func `broken JSON is refused`(text: String) {
    #expect(throws: SimplePageError.self) { try SimplePage(json: Array(text.utf8)) }
  }

  @Test func `every beginning of a page is refused and none brings the reader down`() throws {
    let whole = Array(
      #"{"files": [{"filename": "a-1.0.zip", "hashes": {"sha256": "\u00e4"}, "size": 1}], "b": [true]}"#.utf8)
    _ = try SimplePage(json: whole)
    for count in whole.indices {
      #expect(throws: SimplePageError.self) { try SimplePage(json: Array(whole[..<count])) }
    }
  }

  @Test func `the HTML form gives the same`() throws {
    let page = try SimplePage(
      html: Array(
        """
        <!DOCTYPE html><html><head><META name="pypi:repository-version" content="1.1">
        <script>"<a href='no-1.0.zip'>"</script><!-- <a href="no-2.0.zip"> --><base href="https://example.org/files/">
        </head><body><h1>Links for a</h1>
        <a  href="a-1.0-py3-none-any.whl#sha256=\(Self.digest)" data-requires-python="&gt;=3.8,&#60;4&#x2C;!=3.9.0"
          data-dist-info-metadata="true" data-core-metadata="sha256=\(Self.digest)" >a-1.0</a ><br/>
        <A HREF='../old/a%2B2.0.tar.gz?x=1&amp;y=2#egg=a&sha256=\(Self.digest)' data-yanked="it&apos;s &broken; &amp;c">x</A>
        <a href=a-3.0.tar.gz data-yanked>y</a><a data-requires-python=">3">no address</a><a href="folder/">folder</a>
        <a href="a-4.0.zip" data-dist-info-metadata="false">z</a><a href="a-5.0.zip
        """.utf8))
    #expect(page.base == "https://example.org/files/")
    #expect(
      try page.links.map(\.fileName)
        == ["a-1.0-py3-none-any.whl", "a+2.0.tar.gz", "a-3.0.tar.gz", "folder", "a-4.0.zip", "a-5.0.zip"])
    #expect(try page.links[0].sha256 == Self.digest)
    #expect(try page.links[0].requiresPython == ">=3.8,<4,!=3.9.0")
    #expect(try page.links[0].metadataFile == .announced(sha256: Self.digest))
    #expect(try page.links[1].address == "../old/a%2B2.0.tar.gz?x=1&y=2")
    #expect(try page.links[1].sha256 == Self.digest)
    #expect(try page.links[1].yankReason == "it's &broken; &c")
    #expect(try page.links[2].yankReason == "")
    #expect(try page.links[4].metadataFile == .notAnnounced)
  }

  @Test func `files have absolute addresses, and names that mean nothing are passed over`() throws {
    var page = SimplePage()
    for (name, address) in [
      ("a-1.0-py3-none-any.whl", "../../f/a-1.0-py3-none-any.whl"),
      ("a-1.0.tar.gz", "https://u:p@example.org/a-1.0.tar.gz"),
      ("a-1.0.exe", "a-1.0.exe"), ("b-1.0.tar.gz", "b-1.0.tar.gz"), ("a-x-py3-none-any.whl", "a-x-py3-none-any.whl"),
      ("a-2.0.zip", "//example.com/a-2.0.zip#frag"), ("a-3.0.zip", "http://[broken/a-3.0.zip"),
    ] {
      try page.append(.link(SimplePage.Link(fileName: name, address: address)))
    }
    let files = page.files(
      of: try PackageName(parsing: "A"), at: try HTTPURL(parsing: "https://example.org/root/simple/a/"))
    #expect(
      files.map(\.url) == [
        "https://example.org/root/f/a-1.0-py3-none-any.whl", "https://example.org/a-1.0.tar.gz",
        "https://example.com/a-2.0.zip",
      ])
  }

  @Test func `a page that lists too many files is refused`() throws {
    var page = SimplePage()
    for _ in 0..<SimplePage.fileLimit { try page.append(.link(SimplePage.Link())) }
    #expect(throws: SimplePageError.self) { try page.append(.link(SimplePage.Link())) }
  }
}

extension SimplePage {
  /// All that is told of the files, as if somebody asked for each.
  fileprivate var links: [Link] {
    get throws {
      try entries.map { entry in
        switch entry {
        case .link(let link): link
        case .unread(_, let text, let offset): try text.link(at: offset)
        }
      }
    }
  }
}
