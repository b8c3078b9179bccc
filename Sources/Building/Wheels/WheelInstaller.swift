internal import Host
internal import Layers
internal import OCI
internal import Trust
internal import Versions

/// Installs wheels into a tree without unpacking them.
///
/// Each file's content stays in the wheel until the tree is written, and is then compared with its hash in RECORD. Only
/// programs and metadata are read here: programs get the image's interpreter, RECORD is written anew.
/// Specification: PEP 427, "Installing a wheel"; PEP 376 for INSTALLER, REQUESTED and RECORD.
public struct WheelInstaller: Sendable {
  /// Where the files go.
  public let scheme: PythonScheme

  /// The most bytes of a program or a metadata file.
  private static let textLimit = 32 << 20

  /// Installs for an interpreter.
  public init(scheme: PythonScheme) { self.scheme = scheme }

  /// Reads a wheel; it blocks.
  ///
  /// - Parameters:
  ///   - path: Where the wheel lies; the store names it by its digest.
  ///   - fileName: The wheel's own file name.
  ///   - requested: Whether a person asked for it, and not only another wheel.
  public func install(
    _ path: String, fileName: String? = nil, requested: Bool
  ) throws(WheelError) -> InstalledWheel {
    let fileName = fileName ?? Path.name(path)
    let name: WheelName
    do throws(VersionNotationError) { name = try WheelName(parsing: fileName) } catch {
      throw .malformed(wheel: fileName, problem: "\(error)")
    }
    let wheel = try WheelContents(path: path, fileName: fileName, name: name)
    var placement = WheelPlacement(wheel, scheme: scheme)
    for (member, row) in try wheel.recordedMembers() { try placement.add(member, row, limit: Self.textLimit) }
    try placement.addPrograms()
    placement.addText("INSTALLER", "drydock\n")
    if requested { placement.addText("REQUESTED", "") }
    return InstalledWheel(
      fileName: fileName, name: name, files: placement.files, library: placement.library,
      recordPath: "\(placement.library)/\(wheel.infoDirectory)/RECORD")
  }
}
