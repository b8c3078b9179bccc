import Host

/// A clear-signed file, verified: the text that was signed, and who signed it.
struct ReleaseSignature: Sendable {
  /// What was signed, as the verifier printed it.
  let text: [UInt8]
  /// The fingerprints of the primary keys whose signatures are good, sorted.
  let signers: [String]

  /// Verifies a file of a suite with `gpgv`.
  ///
  /// The text is what gpgv says it verified: reading the file a second time, with rules that differ in a detail, would let
  /// unsigned lines in. Any one good signature is enough, as Debian signs with the keys of several releases.
  init(
    verifying file: [UInt8], suite: String, keys: [UInt8], fingerprints: Set<String>, temporaryParent: String
  ) async throws(DebianError) {
    func refusal(_ reason: String) -> DebianError { .signature(suite: suite, reason: reason) }
    guard !keys.isEmpty else { throw refusal("apt has no keyring for it") }
    guard file.starts(with: "-----BEGIN PGP SIGNED MESSAGE-----".utf8) else {
      throw refusal("the file does not begin as a clear-signed one")
    }
    let status: String
    let text: [UInt8]
    do throws(GPGV.Failure) {
      (status, text) = try await GPGV.run(keys: keys, temporaryParent: temporaryParent) { folder throws(SystemError) in
        try Files.write(file, to: "\(folder)/InRelease")
        return ["--output", "\(folder)/text", "\(folder)/InRelease"]
      }
    } catch {
      switch error {
      case .refused(let reason): throw refusal(reason)
      case .system(let error): throw .system(error)
      }
    }
    switch GPGVStatus(parsing: status).verdict(fingerprints: fingerprints) {
    case .good(let signers):
      guard !text.isEmpty else { throw refusal("nothing in it is signed") }
      self.text = text
      self.signers = signers
    case .bad(let reason): throw refusal(reason)
    }
  }
}

/// The machine-readable lines that gpgv writes (GnuPG's doc/DETAILS, "Format of the --status-fd output").
struct GPGVStatus {
  enum Verdict: Equatable {
    case good([String])
    case bad(String)
  }

  private var good: [(key: String, primary: String)] = []
  private var bad: [String] = []
  private var unknown: [String] = []
  private var expired: [String] = []
  private var plainTexts = 0

  init(parsing text: String) {
    var isGood = false
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 2, words[0] == "[GNUPG:]" else { continue }
      let argument = words.count > 2 ? words[2] : ""
      switch words[1] {
      case "PLAINTEXT": plainTexts += 1
      case "NEWSIG": isGood = false
      case "GOODSIG": isGood = true
      // Written for expired and revoked keys too: it counts after GOODSIG only.
      case "VALIDSIG":
        if isGood { good.append((argument, words.count > 11 ? words[11] : argument)) }
        isGood = false
      case "BADSIG": bad.append(argument)
      case "NO_PUBKEY": unknown.append(argument)
      case "EXPSIG", "EXPKEYSIG", "REVKEYSIG": expired.append(argument)
      default: break
      }
    }
  }

  /// Decides: one good signature by a key that counts, and none that is false.
  func verdict(fingerprints: Set<String>) -> Verdict {
    if let key = bad.first { return .bad("the signature of the key \(key) does not match the content") }
    if plainTexts > 1 { return .bad("it holds more than one signed text") }
    let counted = good.filter {
      fingerprints.isEmpty || fingerprints.contains($0.key) || fingerprints.contains($0.primary)
    }
    if !counted.isEmpty { return .good(Set(counted.map(\.primary)).sorted()) }
    if !good.isEmpty { return .bad("none of its keys is one that Signed-By names") }
    if let key = expired.first { return .bad("the key \(key) has expired or was revoked") }
    if !unknown.isEmpty {
      return .bad("no trusted key made its signatures (they are by \(unknown.joined(separator: ", ")))")
    }
    return .bad("it has no signature")
  }
}
