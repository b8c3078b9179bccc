import Testing

@testable import HTTP

struct HTTPValueTests {
  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Wed, 31 Dec 2025 12:00:00 GMT", 1_767_182_400),
  ])
  func `a date of a header is read`(text: String, seconds: Int64) {
    #expect(HTTPDate(parsing: text)?.secondsSinceEpoch == seconds)
  }

  @Test(arguments: [
    "", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
  ])
  func `what is no date is none`(text: String) {
    #expect(HTTPDate(parsing: text) == nil)
  }

  @Test func `pauses double, vary within their upper half, and end`() {
    let policy = RetryPolicy(attempts: 4, base: .seconds(1), longest: .seconds(3))
    #expect(policy.pause(afterAttempt: 1, retryAfter: nil, chance: 1) == .seconds(1))
    #expect(policy.pause(afterAttempt: 1, retryAfter: nil, chance: 0) == .milliseconds(500))
    #expect(policy.pause(afterAttempt: 2, retryAfter: nil, chance: 1) == .seconds(2))
    #expect(policy.pause(afterAttempt: 3, retryAfter: nil, chance: 1) == .seconds(3))
    #expect(policy.pause(afterAttempt: 4, retryAfter: nil, chance: 1) == nil)
  }

  @Test func `the server's wish is kept unless it is too long`() {
    let policy = RetryPolicy(attempts: 2, base: .seconds(1), longest: .seconds(10))
    #expect(policy.pause(afterAttempt: 1, retryAfter: .seconds(7), chance: 0) == .seconds(7))
    #expect(policy.pause(afterAttempt: 1, retryAfter: .seconds(11), chance: 0) == nil)
    #expect(retryAfter("7", now: 0) == .seconds(7))
    #expect(retryAfter("-7", now: 0) == nil)
    #expect(retryAfter("Thu, 01 Jan 1970 00:01:00 GMT", now: 50) == .seconds(10))
    #expect(retryAfter("Thu, 01 Jan 1970 00:01:00 GMT", now: 70) == .zero)
  }

  @Test func `a netrc file gives logins by host`() {
    let netrc = Netrc(
      parsing: """
        # a comment
        machine example.org login me password #1
        machine example.com
          login "some one"  password "a \\" b"
          account ignored
        macdef init
        machine example.net login macro password macro

        machine EXAMPLE.org login second password late
        default login anonymous password mail
        """)
    #expect(netrc.credentials(forHost: "example.org") == .basic(user: "me", password: "#1"))
    #expect(netrc.credentials(forHost: "EXAMPLE.com") == .basic(user: "some one", password: "a \" b"))
    #expect(netrc.credentials(forHost: "example.net") == .basic(user: "anonymous", password: "mail"))
    #expect(!"\(netrc)".contains("#1"))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
  ])
  func `Base64 is that of the standard's examples`(plain: String, encoded: String) {
    #expect(Base64.encoded(plain.utf8) == encoded)
  }

  @Test func `proxies come from the environment, without the variable that a CGI client can set`() {
    let proxies = Proxies(environment: [
      "HTTPS_PROXY": "http://example.org:1", "https_proxy": "http://example.org:2",
      "HTTP_PROXY": "http://example.org:3",
      "NO_PROXY": "localhost",
    ])
    #expect(proxies.https == "http://example.org:2")
    #expect(proxies.http == nil)
    #expect(proxies.exceptions == "localhost")
    #expect(Proxies(environment: ["ALL_PROXY": "http://example.org:4"]).http == "http://example.org:4")
  }

  @Test(arguments: ["bytes 0-9/10", "bytes 5-9/*"])
  func `a place in the whole is read`(text: String) {
    #expect(ContentRange(parsing: text)?.bytes.upperBound == 9)
  }

  @Test(arguments: ["bytes */10", "bytes 9-5/10", "bytes 0-10/10", "lines 0-1/2", "bytes -1-2/3", "bytes 0-1"])
  func `a place that makes no sense is none`(text: String) {
    #expect(ContentRange(parsing: text) == nil)
  }
}
