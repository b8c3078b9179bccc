public import Versions

/// Reports core metadata that can't be used.
public enum PythonMetadataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A field that has to be there is not.
  case missing(field: String)
  /// A field's value can't be read; `line` counts from one.
  case invalid(package: String, field: String, line: Int, reason: VersionNotationError)
  /// The text is larger than anything a package needs to say.
  case tooLarge(bytes: Int)

  /// One sentence that names the package, line and field.
  public var description: String {
    switch self {
    case .missing(let field): "the metadata has no field '\(field)'"
    case .invalid(let package, let field, let line, let reason):
      "line \(line) of the metadata of '\(package)', field '\(field)': \(reason)"
    case .tooLarge(let bytes):
      "the metadata has \(bytes) bytes, more than the \(PythonMetadata.sizeLimit) that are read"
    }
  }
}

extension PythonMetadata {
  /// The most bytes of metadata that are read; the largest published one, with its long description, has a tenth of
  /// them.
  public static let sizeLimit = 16 << 20

  /// Reads a METADATA or PKG-INFO file: header fields up to the first empty line (core metadata specification).
  ///
  /// Version specifiers are read leniently, because what was published can't be mended; a requirement that makes no
  /// sense even so is an error, as leaving it out would lock too little.
  public init(parsing bytes: some Collection<UInt8>) throws(PythonMetadataError) {
    guard bytes.count <= Self.sizeLimit else { throw .tooLarge(bytes: bytes.count) }
    var fields = Fields()
    for field in HeaderFields(bytes) { try fields.take(field) }
    guard let name = fields.name else { throw .missing(field: "Name") }
    guard let version = fields.version else { throw .missing(field: "Version") }
    self.init(
      metadataVersion: fields.metadataVersion ?? "1.0", name: name, version: version, requirements: fields.requirements,
      requiresPython: fields.requiresPython, extras: fields.extras, dynamicFields: fields.dynamicFields)
  }

  /// Collects the fields as they come.
  private struct Fields {
    var metadataVersion: String?
    var name: PackageName?
    var version: PEP440Version?
    var requirements: [Requirement] = []
    var requiresPython: PEP440SpecifierSet?
    var extras: [PackageName] = []
    var dynamicFields: [String] = []

    mutating func take(_ field: HeaderFields.Field) throws(PythonMetadataError) {
      do {
        switch field.name {
        case "metadata-version": metadataVersion = field.value
        case "name": name = try PackageName(parsing: field.value)
        case "version": version = try PEP440Version(parsing: field.value)
        case "requires-dist": requirements.append(try Requirement(parsing: field.value, dialect: .lenient))
        case "requires-python": requiresPython = try PEP440SpecifierSet(parsing: field.value, dialect: .lenient)
        case "provides-extra":
          // Names of extras were free text before metadata 2.3; one that is no name can't be asked for.
          if let extra = try? PackageName(parsing: field.value) { extras.append(extra) }
        case "dynamic": dynamicFields.append(field.value.lowercased())
        default: break
        }
      } catch {
        throw .invalid(
          package: name?.description ?? "an unnamed package", field: field.name, line: field.line, reason: error)
      }
    }
  }
}
