import Host
import Layers
import OCI

extension RPMRepositories {
  /// Refuses a package that no trusted key signed, where the repository's configuration asks for that (`gpgcheck`).
  ///
  /// The signature is the one over the header, which rpm makes since version 4: the header has the digests of the payload and of each
  /// file. Signatures over header and payload together are of older days, and rpm itself does not ask for them any more.
  func checkSignature(
    of path: String, _ pin: RPMPin, in repository: RPMConfiguration.Repository, _ request: Request
  ) async throws(RPMError) {
    guard repository.checksPackages else { return }
    let name = pin.description
    let signed: (bytes: [UInt8], signature: [UInt8]?)
    do throws(LayerError) {
      signed = try await BlockingPool.run { () throws(LayerError) in
        let archive = try RPMArchive(path: path)
        let signature = archive.signatures.binary(.rsaSignature) ?? archive.signatures.binary(.dsaSignature)
        return (try archive.signedBytes(), signature)
      }
    } catch { throw .malformed(name, reason: "\(error)") }
    guard let signature = signed.signature else {
      throw .packageSignature(name, reason: "its header has no signature")
    }
    let keys = try configuration.keyring(
      for: repository, release: request.release, architecture: request.architecture)
    do throws(GPGV.Failure) {
      _ = try await GPGV.signers(
        of: signed.bytes, signature: signature, keys: keys, temporaryParent: "\(cache)/temporary")
    } catch {
      switch error {
      case .refused(let reason): throw .packageSignature(name, reason: reason)
      case .system(let error): throw .system(error)
      }
    }
  }
}
