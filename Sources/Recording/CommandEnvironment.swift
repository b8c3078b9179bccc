/// What a command has to be told to go by its proxy and to trust it: variables and small files, none of which is part of
/// an image.
public struct CommandEnvironment: Sendable {
  /// Where the files are.
  private static let folder = "/run/drydock"

  /// Variables that win over those of the image.
  public let variables: [String: String]
  /// Texts by the path of their file.
  public let files: [String: String]

  /// Makes what is needed for a proxy with an authority.
  ///
  /// Each family of programs has a name of its own for a file of certificates; what has none of these names keeps to
  /// `SSL_CERT_FILE`, which OpenSSL, Go, Rust and uv read.
  public init(_ authority: CertificateAuthority) {
    let certificate = Self.folder + "/authority.pem"
    var variables: [String: String] = [:]
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
      variables[name] = "http://127.0.0.1:\(CommandProxy.port)"
    }
    // Nothing else can be reached.
    for name in ["no_proxy", "NO_PROXY"] { variables[name] = "" }
    for name in [
      "AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "CURL_CA_BUNDLE", "DENO_CERT", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS",
      "PERL_LWP_SSL_CA_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
    ] { variables[name] = certificate }
    variables["NODE_USE_ENV_PROXY"] = "1"
    variables["APT_CONFIG"] = Self.folder + "/apt.conf"
    variables["WGETRC"] = Self.folder + "/wgetrc"
    self.variables = variables
    files = [
      certificate: authority.certificate,
      // A list that was right when it was recorded stays so: its hash vouches for it.
      Self.folder + "/apt.conf":
        "Acquire::https::CAInfo \"\(certificate)\";\nAcquire::Check-Valid-Until \"false\";\n",
      Self.folder + "/wgetrc": "ca_certificate = \(certificate)\n",
    ]
  }
}
