import HTTP
import Host
import Layers

/// Is the pip on this machine, asked for the index that it uses when nobody configured one.
///
/// The address stands in one of pip's source files. Reading it there keeps it out of Drydock, and follows a distributor
/// who changed it.
struct InstalledPip {
  /// Directories that hold a `pip` package.
  private let libraries: [String]
  /// Directories that hold wheels of pip.
  private let wheels: [String]
  /// The file within the package.
  private static let source = "pip/_internal/models/index.py"

  init(libraries: [String], wheels: [String]) {
    self.libraries = libraries
    self.wheels = wheels
  }

  /// Looks where a virtual environment, Debian and a Python built from source keep their packages.
  init(environment: [String: String]) {
    var roots = ["/usr/local/lib", "/usr/lib"]
    if let active = environment["VIRTUAL_ENV"] { roots.insert(active + "/lib", at: 0) }
    if let python = Environment.program("python3"), let real = try? Files.resolve(python),
      let prefix = Path.parent(real).flatMap(Path.parent)
    {
      roots.append(prefix + "/lib")
    }
    var libraries: [String] = []
    for root in roots {
      for name in (try? Files.list(root)) ?? [] where name.hasPrefix("python3") {
        libraries += ["\(root)/\(name)/site-packages", "\(root)/\(name)/dist-packages"]
      }
    }
    self.init(libraries: libraries, wheels: ["/usr/share/python-wheels"])
  }

  /// The address of the index's simple pages.
  func defaultIndex() throws(PipConfigurationError) -> HTTPURL {
    for library in libraries {
      if let text = try? Files.text("\(library)/\(Self.source)", limit: 1 << 20), let url = Self.address(in: text) {
        return url
      }
    }
    for directory in wheels {
      for name in (try? Files.list(directory)) ?? [] where name.hasPrefix("pip-") && name.hasSuffix(".whl") {
        guard let archive = try? ZipArchive(path: "\(directory)/\(name)"), let member = archive.directory[Self.source],
          let bytes = try? archive.read(member, limit: 1 << 20),
          let url = Self.address(in: String(decoding: bytes, as: UTF8.self))
        else { continue }
        return url
      }
    }
    throw .noIndex
  }

  /// The first text in quotes behind the definition of the main index, with the page that pip appends to it.
  static func address(in source: String) -> HTTPURL? {
    guard let definition = source.range(of: "\nPyPI = PackageIndex(") else { return nil }
    let call = source[definition.upperBound...]
    guard let open = call.firstIndex(where: { $0 == "\"" || $0 == "'" }) else { return nil }
    let rest = call[call.index(after: open)...]
    guard let close = rest.firstIndex(of: call[open]), let site = try? HTTPURL(parsing: rest[..<close]) else {
      return nil
    }
    return try? site.resolving("simple/")
  }
}

extension StringProtocol {
  /// The first place of a text in this one.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
