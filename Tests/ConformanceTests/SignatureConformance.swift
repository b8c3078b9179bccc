import AWS
import Host
import OCI
import Testing
import Trust

/// Runs the public suite of Signature Version 4 in `sigv4/`: each folder with a `.req` is a case.
@Suite(.enabled(if: Fixtures.folder != nil))
struct `Signature Version 4` {
  @Test func `every case has its canonical request, string to sign and authorization`() throws {
    let cases = try Self.cases(below: Path.join(Fixtures.folder ?? "", "sigv4"))
    var passed = 0
    for path in cases {
      let example = try Example(path: path)
      let canonical = example.canonicalRequest
      let signature = SignatureV4(date: Example.date, region: "us-east-1", service: "service")
      #expect(try canonical.text == example.expected("creq"), "\(path).creq")
      #expect(try signature.stringToSign(canonical) == example.expected("sts"), "\(path).sts")
      #expect(try signature.authorization(canonical, by: Example.credentials) == example.expected("authz"), "\(path)")
      passed += 1
    }
    print("sigv4: \(passed) of \(cases.count)")
    #expect(!cases.isEmpty)
  }

  private static func cases(below folder: String) throws -> [String] {
    try Files.list(folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      if Files.isDirectory(path) { return try cases(below: path) }
      return name.hasSuffix(".req") ? [String(path.dropLast(4))] : []
    }
  }
}

/// One case: a request as raw text, and what it amounts to.
private struct Example {
  static let date = "20150830T123600Z"
  static let credentials = AWSCredentials(
    accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

  let path: String
  let canonicalRequest: CanonicalRequest

  init(path: String) throws {
    self.path = path
    let text = try Files.text(path + ".req").split(separator: "\r\n", omittingEmptySubsequences: false)
      .joined(separator: "\n")
    let head = text.firstRange(of: "\n\n").map { text[..<$0.lowerBound] } ?? text[...]
    let body = text.firstRange(of: "\n\n").map { text[$0.upperBound...] } ?? ""
    var lines = head.split(separator: "\n")
    let first = lines.removeFirst()
    // The target itself may hold spaces.
    let method = first.prefix { $0 != " " }
    let target = first.dropFirst(method.count + 1).dropLast(" HTTP/1.1".count)
    var fields: [(name: String, value: String)] = []
    for line in lines {
      if line.first == " " || line.first == "\t" {
        fields[fields.count - 1].value += "\n" + line
      } else {
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        fields.append((String(line[..<colon]), String(line[colon...].dropFirst())))
      }
    }
    // The cases with a temporary key leave the token to whoever signs.
    let token = try Self.read(path + ".creq").split(separator: "\n").first { $0.hasPrefix("x-amz-security-token:") }
    if let token, !fields.contains(where: { $0.name.lowercased() == "x-amz-security-token" }) {
      fields.append(("X-Amz-Security-Token", String(token.drop { $0 != ":" }.dropFirst())))
    }
    let mark = target.firstIndex(of: "?")
    canonicalRequest = CanonicalRequest(
      method: String(method), path: String(target[..<(mark ?? target.endIndex)]),
      query: mark.map { String(target[target.index(after: $0)...]) }, fields: fields,
      payloadHash: SHA256.digest(of: body.utf8).hex)
  }

  func expected(_ kind: String) throws -> String { try Self.read("\(path).\(kind)") }

  private static func read(_ path: String) throws -> String {
    try Files.text(path).split(separator: "\r\n", omittingEmptySubsequences: false).joined(separator: "\n")
  }
}
