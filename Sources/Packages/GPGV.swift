import Host

/// GnuPG's verifier, which decides on signatures by a keyring that it is given.
enum GPGV {
  enum Failure: Error {
    /// The signature does not count.
    case refused(String)
    /// The verifier could not be run.
    case system(SystemError)
  }

  /// The fingerprints of the primary keys whose detached signatures on a text are good, sorted.
  static func signers(
    of text: [UInt8], signature: [UInt8], keys: [UInt8], temporaryParent: String
  ) async throws(Failure) -> [String] {
    let status = try await run(keys: keys, temporaryParent: temporaryParent) { folder throws(SystemError) in
      try Files.write(text, to: "\(folder)/text")
      try Files.write(signature, to: "\(folder)/signature")
      return ["\(folder)/signature", "\(folder)/text"]
    }.status
    switch GPGVStatus(parsing: status).verdict(fingerprints: []) {
    case .good(let signers): return signers
    case .bad(let reason): throw .refused(reason)
    }
  }

  /// Runs the verifier in a folder of its own and gives what it printed of itself, and the text that it says was signed.
  static func run(
    keys: [UInt8], temporaryParent: String, _ arguments: (_ folder: String) throws(SystemError) -> [String]
  ) async throws(Failure) -> (status: String, text: [UInt8]) {
    guard !keys.isEmpty else { throw .refused("there is no key for it") }
    do {
      let directory = try TemporaryDirectory(in: temporaryParent, prefix: "signature")
      defer { directory.remove() }
      try Files.write(keys, to: "\(directory.path)/keys.gpg")
      let result = try await Subprocess(
        "gpgv",
        [
          "--homedir", directory.path, "--keyring", "\(directory.path)/keys.gpg", "--weak-digest", "SHA1",
          "--weak-digest", "RIPEMD160", "--status-fd", "1",
        ] + arguments(directory.path), environment: ["LC_ALL": "C", "PATH": Environment["PATH"] ?? "/usr/bin"]
      ).run()
      return (result.text, (try? Files.read("\(directory.path)/text")) ?? [])
    } catch {
      throw .system(error)
    }
  }
}
