import Host

/// Where distributions keep the certificates that a machine trusts.
///
/// A libcurl that a distribution built knows its own place; one that is linked into a static program, which runs on any
/// of them, has to look.
enum SystemCertificates {
  /// The bundles in PEM form: Debian and Alpine, Fedora and Amazon Linux, openSUSE, older Red Hat, Alpine's other name.
  static let bundles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
  ]

  /// The first bundle that is there; looked for once.
  static let bundle: String? = bundles.first { Files.exists($0) }
}
