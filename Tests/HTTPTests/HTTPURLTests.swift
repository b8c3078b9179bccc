import HTTP
import Testing

struct HTTPURLTests {
  struct Resolution: Sendable, CustomTestStringConvertible {
    let reference: String
    let result: String
    var testDescription: String { reference.isEmpty ? "the empty reference" : reference }
  }

  /// RFC 3986, section 5.4.1 and 5.4.2, with the example's base.
  static let resolutions: [Resolution] = [
    ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
    ("//g", "http://g/"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q"),
    ("g#s", "http://a/b/c/g"), (";x", "http://a/b/c/;x"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"),
    ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
    ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"), ("/../g", "http://a/g"),
    ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"), ("g/./h", "http://a/b/c/g/h"),
    ("g/../h", "http://a/b/c/h"), ("g?y/../x", "http://a/b/c/g?y/../x"), ("https://h:8443/x", "https://h:8443/x"),
  ].map { Resolution(reference: $0.0, result: $0.1) }

  @Test(arguments: resolutions)
  func `a reference is resolved as the standard's examples are`(_ example: Resolution) throws {
    let base = try HTTPURL(parsing: "http://a/b/c/d;p?q")
    #expect(try base.resolving(example.reference).text == example.result)
  }

  static let wrong: [(String, HTTPURL.ParseError)] = [
    ("ftp://a/b", .scheme("ftp")), ("a/b", .scheme("a/b")), ("http:///b", .noHost), ("http:b", .noHost),
    ("http://a:0/", .port("0")), ("http://a:65536/", .port("65536")), ("http://a:8x/", .port("8x")),
    ("http://a:+8/", .port("+8")), ("http://a b/", .character(32)), ("http://a/\nb", .character(10)),
    ("http://a\\@b/", .character(92)), ("http://ä/", .character(195)),
    ("http://[::1/", .noHost), ("http://a[b/", .character(91)), ("http://a:b@/", .noHost),
  ]

  @Test(arguments: wrong)
  func `what is no address is refused with the reason`(text: String, reason: HTTPURL.ParseError) {
    #expect(throws: reason) { try HTTPURL(parsing: text) }
  }

  @Test func `two spellings of one address are equal`() throws {
    #expect(try HTTPURL(parsing: "HTTPS://Example.org:443") == HTTPURL(parsing: "https://example.org/"))
    #expect(try HTTPURL(parsing: "http://example.org/a/../b") == HTTPURL(parsing: "http://example.org/b"))
  }

  @Test func `user, password and query values do not show`() throws {
    let url = try HTTPURL(parsing: "https://us%40er:pa%3Ass@example.org/p?sig=secret&flag&x=1#part")
    #expect(url.credentials == .basic(user: "us@er", password: "pa:ss"))
    #expect("\(url)" == "https://example.org/p?sig=***&flag&x=***")
    #expect(url.text == "https://example.org/p?sig=secret&flag&x=1")
    #expect(url.fragment == "part")
    #expect(!"\(url.credentials!)".contains("pa:ss"))
    #expect(!String(reflecting: url.credentials!).contains("pa:ss"))
  }

  @Test func `credentials stay at their origin when a reference is resolved`() throws {
    let base = try HTTPURL(parsing: "https://u:p@example.org/simple/")
    #expect(try base.resolving("../x").credentials != nil)
    #expect(try base.resolving("https://example.org/x").credentials != nil)
    #expect(try base.resolving("https://example.com/x").credentials == nil)
    #expect(try base.resolving("http://example.org/x").credentials == nil)
    #expect(try base.resolving("https://example.org:8443/x").credentials == nil)
  }

  @Test func `a component is encoded and cannot leave its folder`() throws {
    let base = try HTTPURL(parsing: "https://example.org/simple")
    #expect(base.appending(component: "a/../b c", isFolder: true).text == "https://example.org/simple/a%2F..%2Fb%20c/")
    #expect(try HTTPURL(parsing: "https://example.org/x/a%2Bb.whl").lastPathComponent == "a+b.whl")
  }
}
