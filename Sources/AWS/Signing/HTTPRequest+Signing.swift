public import HTTP
import OCI
import Trust

extension HTTPRequest {
  /// The request with the fields that sign it: date, token and authorization.
  ///
  /// Signed are the host, the content type and everything that starts with `x-amz-`: what a proxy adds or
  /// changes on the way is left out.
  ///
  /// - Parameter pathRule: `.verbatim` for S3, which wants the hash of the body in a field, too.
  public func signed(
    _ signature: SignatureV4, by credentials: AWSCredentials, pathRule: CanonicalRequest.PathRule = .normalized
  ) -> HTTPRequest {
    var request = self
    let payloadHash = SHA256.digest(of: body ?? []).hex
    request.headers["X-Amz-Date"] = signature.date
    request.headers["X-Amz-Security-Token"] = credentials.sessionToken
    if pathRule == .verbatim { request.headers["X-Amz-Content-Sha256"] = payloadHash }
    var fields = request.headers.fields.map { (name: $0.name, value: $0.value) }.filter { field in
      let name = field.name.lowercased()
      return name == "content-type" || name.hasPrefix("x-amz-")
    }
    fields.append(("host", url.host + (url.explicitPort.map { ":\($0)" } ?? "")))
    let canonical = CanonicalRequest(
      method: method.rawValue, path: url.path, query: url.query, fields: fields, payloadHash: payloadHash,
      pathRule: pathRule)
    request.headers["Authorization"] = signature.authorization(canonical, by: credentials)
    return request
  }
}
