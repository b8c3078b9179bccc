import OCI
import Testing
import Trust

@testable import AWS

/// Signatures against values that botocore 1.44.5 gave for the same requests, and canonical forms by their rules.
@Suite struct SignatureTests {
  /// Each row is what is sent and the path or query that is signed.
  static let paths: [(sent: String, rule: CanonicalRequest.PathRule, signed: String)] = [
    ("/", .normalized, "/"), ("", .normalized, "/"), ("//", .normalized, "/"), ("/./", .normalized, "/"),
    ("/a/..", .normalized, "/"), ("/a/b/../..", .normalized, "/"), ("/../a", .normalized, "/a"),
    ("/./a", .normalized, "/a"), ("//a//", .normalized, "/a/"), ("/a/./", .normalized, "/a/"),
    ("/a b/", .normalized, "/a%20b/"), ("/a%20b", .normalized, "/a%2520b"), ("/ሴ", .normalized, "/%E1%88%B4"),
    ("/a:b@c", .normalized, "/a%3Ab%40c"), ("/-._~9Z", .normalized, "/-._~9Z"),
    ("/key//with/../all", .verbatim, "/key//with/../all"), ("/a%20b", .verbatim, "/a%20b"), ("", .verbatim, "/"),
  ]

  @Test(arguments: paths.indices)
  func `a path is signed by its service's rule`(index: Int) {
    let row = Self.paths[index]
    let request = CanonicalRequest(
      method: "GET", path: row.sent, query: nil, fields: [], payloadHash: "-", pathRule: row.rule)
    #expect(request.text == "GET\n\(row.signed)\n\n\n\n-")
  }

  static let queries: [(sent: String, signed: String)] = [
    ("", ""), ("a", "a="), ("a=", "a="), ("b=1&a=2", "a=2&b=1"), ("a=2&a=1", "a=1&a=2"), ("a=b=c", "a=b%3Dc"),
    ("B=1&a=1", "B=1&a=1"), ("a=%2f", "a=%2F"), ("a=+", "a=%2B"), ("ሴ=x", "%E1%88%B4=x"), ("a=b c", "a=b%20c"),
    ("a-=1&a=1", "a=1&a-=1"), ("&&a=1&", "a=1"),
  ]

  @Test(arguments: queries.indices)
  func `parameters are sorted and encoded in one way`(index: Int) {
    let row = Self.queries[index]
    let request = CanonicalRequest(method: "GET", path: "/", query: row.sent, fields: [], payloadHash: "-")
    #expect(request.text == "GET\n/\n\(row.signed)\n\n\n-")
  }

  @Test func `fields of one name are joined, and space in them is one space`() {
    let request = CanonicalRequest(
      method: "PUT", path: "/", query: nil,
      fields: [
        ("X-B", "  two\t spaces  "), ("x-a", "2"), ("X-A", "1"), ("X-C", "\"a   b\""), ("X-D", "1\n  2\r\n\t3"),
      ], payloadHash: "-")
    #expect(
      request.text == """
        PUT
        /

        x-a:2,1
        x-b:two spaces
        x-c:"a b"
        x-d:1 2 3

        x-a;x-b;x-c;x-d
        -
        """)
    #expect(request.signedFields == "x-a;x-b;x-c;x-d")
  }

  @Test func `HMAC is the one of RFC 4231`() {
    // Test case 2 of the RFC, and a key that is longer than a block (test case 6).
    #expect(
      Hexadecimal.text(HMAC.sha256("what do ya want for nothing?".utf8, key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      Hexadecimal.text(
        HMAC.sha256(
          "Test Using Larger Than Block-Size Key - Hash Key First".utf8, key: [UInt8](repeating: 0xaa, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }

  @Test func `a moment is written without signs`() {
    #expect(SignatureV4(at: 1_440_938_160, region: "r", service: "s").date == "20150830T123600Z")
  }

  @Test func `no description shows what is secret`() {
    let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: "hidden", sessionToken: "veiled")
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(text.contains("AKID"))
      #expect(!text.contains("hidden") && !text.contains("veiled"))
    }
  }
}
