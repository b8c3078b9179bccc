import HTTP
import Host
import TestSupport
import Testing

struct ProxyTests {
  private func through(
    _ proxy: InterceptingProxy, certificate: String?, login: String = "", trusting: Set<String> = []
  ) -> HTTPClient {
    makeClient(attempts: 1) {
      let address = proxy.address.replacing("http://", with: "http://" + login)
      $0.proxies = Proxies(environment: ["HTTPS_PROXY": address, "NO_PROXY": "127.0.0.1"])
      $0.certificateFile = certificate
      $0.trustedHosts = trusting
    }
  }

  @Test func `a proxy that ends TLS is trusted by the certificate of its authority only`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { .text("\($0["Host"] ?? "")\($0.target)") }
    defer { server.stop() }
    let proxy = try await InterceptingProxy(host: "index.example.org", before: server, in: directory.path)
    defer { proxy.stop() }
    let url = try HTTPURL(parsing: "https://index.example.org/simple/")
    let client = through(proxy, certificate: proxy.certificateAuthority)
    let answer = try await client.data(for: HTTPRequest(url))
    #expect(String(decoding: answer.body, as: UTF8.self) == "index.example.org/simple/")
    #expect(proxy.targets == ["index.example.org:443"])
    // The exceptions are kept: this one goes straight to the server.
    #expect(try await client.data(for: HTTPRequest(HTTPURL(parsing: server.origin))).status == 200)
    #expect(proxy.targets.count == 1)

    let stranger = await failure {
      try await through(proxy, certificate: nil).data(for: HTTPRequest(url))
    }
    #expect(stranger?.kindName == "tls")
    let otherName = await failure {
      try await client.data(for: HTTPRequest(HTTPURL(parsing: "https://other.example.org/")))
    }
    #expect(otherName?.kindName == "tls")
    let trusting = through(proxy, certificate: nil, trusting: ["other.example.org"])
    #expect(try await trusting.data(for: HTTPRequest(HTTPURL(parsing: "https://other.example.org/"))).status == 200)
  }

  @Test func `a proxy that wants a login gets the one of its address, and it does not show`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in .text("in") }
    defer { server.stop() }
    let proxy = try await InterceptingProxy(
      host: "index.example.org", before: server, in: directory.path, login: "dTpwdw==")
    defer { proxy.stop() }
    let request = HTTPRequest(try HTTPURL(parsing: "https://index.example.org/"))
    let authority = proxy.certificateAuthority
    #expect(try await through(proxy, certificate: authority, login: "u:pw@").data(for: request).status == 200)
    #expect(server.requests.allSatisfy { $0["Proxy-Authorization"] == nil })
    let refused = await failure {
      try await through(proxy, certificate: authority, login: "u:wrong@").data(for: request)
    }
    #expect(refused?.kind == .proxy("it answered 407 to CONNECT"))
    #expect(refused?.description.contains("wrong") == false)
  }

  @Test func `a server that wants a certificate of the client gets the configured one`() async throws {
    let directory = try TemporaryDirectory()
    let server = Server { _ in .text("in") }
    defer { server.stop() }
    let proxy = try await InterceptingProxy(
      host: "index.example.org", before: server, in: directory.path, wantsClientCertificate: true)
    defer { proxy.stop() }
    let request = HTTPRequest(try HTTPURL(parsing: "https://index.example.org/"))
    func client(_ change: @escaping (inout HTTPConfiguration) -> Void) -> HTTPClient {
      makeClient(attempts: 1) {
        $0.proxies = Proxies(all: proxy.address)
        $0.certificateFile = proxy.certificateAuthority
        change(&$0)
      }
    }
    let known = client {
      $0.clientCertificate = proxy.certificates.certificate
      $0.clientKey = proxy.certificates.key
    }
    #expect(try await known.data(for: request).status == 200)
    let both = directory.path + "/both.pem"
    try Files.write(
      Files.text(proxy.certificates.certificate) + Files.text(proxy.certificates.key), to: both, mode: 0o600)
    #expect(try await client { $0.clientCertificate = both }.data(for: request).status == 200)
    let stranger = await failure { try await client { _ in }.data(for: request) }
    #expect(stranger?.fault == .network)
    #expect(server.requests.count == 2)
  }

  @Test func `a certificate file that is not there is an error that names it`() async throws {
    let client = makeClient(attempts: 1) { $0.certificateFile = "/nonexistent/certificates.pem" }
    let server = Server { _ in .text("") }
    defer { server.stop() }
    let error = await failure {
      try await client.data(for: HTTPRequest(HTTPURL(parsing: "https://127.0.0.1:\(server.port)/")))
    }
    #expect(error?.description.contains("/nonexistent/certificates.pem") == true)
  }
}
