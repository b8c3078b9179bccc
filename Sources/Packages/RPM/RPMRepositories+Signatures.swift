import Host
import Layers
import OCI

extension RPMRepositories {
  /// Refuses a package that no trusted key signed, where the repository's configuration asks for that (`gpgcheck`).
  ///
  /// The signature is the one over the header, which rpm makes since version 4: the header has the digests of the payload and of each
  /// file. Signatures over header and payload together are of older days, and rpm itself does not ask for them any more. Where there
  /// are several, one by a trusted key will do.
  func checkSignature(
    of path: String, _ pin: RPMPin, in repository: RPMConfiguration.Repository, _ request: Request
  ) async throws(RPMError) {
    guard repository.checksPackages else { return }
    let name = pin.description
    let signed: (bytes: [UInt8], signatures: [[UInt8]])
    do throws(LayerError) {
      signed = try await BlockingPool.run { () throws(LayerError) in
        let archive = try RPMArchive(path: path)
        let own = archive.signatures.binary(.rsaSignature) ?? archive.signatures.binary(.dsaSignature)
        let all = archive.signatures.strings(.signatures).prefix(Self.signatureLimit).map { OpenPGPArmor.base64($0) }
        return (try archive.signedBytes(), all + (own.map { [$0] } ?? []))
      }
    } catch { throw .malformed(name, reason: "\(error)") }
    guard !signed.signatures.isEmpty else {
      throw .packageSignature(name, reason: "its header has no signature")
    }
    let keys = try configuration.keyring(
      for: repository, release: request.release, architecture: request.architecture)
    var refusal = ""
    for signature in signed.signatures {
      do throws(GPGV.Failure) {
        _ = try await GPGV.signers(
          of: signed.bytes, signature: signature, keys: keys, temporaryParent: "\(cache)/temporary")
        return
      } catch {
        switch error {
        case .refused(let reason): refusal = reason
        case .system(let error): throw .system(error)
        }
      }
    }
    throw .packageSignature(name, reason: refusal)
  }

  /// The most signatures of a package that are tried; each starts a program.
  private static let signatureLimit = 8
}
