internal import Host
public import Layers
internal import OCI
internal import Trust
public import Versions

/// What a wheel puts into an image, not yet merged with other wheels.
public struct InstalledWheel: Sendable {
  /// The wheel's file name.
  public let fileName: String
  /// The name, taken apart.
  public let name: WheelName
  /// The files, without RECORD.
  var files: [InstalledFile]
  /// The directory that RECORD's paths are relative to.
  let library: String
  /// The path of RECORD.
  let recordPath: String
}

/// One file that a wheel installs.
struct InstalledFile: Sendable {
  let path: String
  let content: LayerTree.Content
  let digest: Digest
  let size: Int
  let isExecutable: Bool
}

extension InstalledWheel {
  /// The rows of the installed RECORD.
  ///
  /// - Parameter bytecode: The compiled files of the wheel's modules: listed without a hash, as pip lists them.
  func record(bytecode: [String]) -> WheelRecord {
    WheelRecord(
      rows: files.map { file in
        WheelRecord.Row(path: relative(file.path), digest: file.digest, size: file.size)
      } + (bytecode + [recordPath]).map { WheelRecord.Row(path: relative($0), digest: nil, size: nil) })
  }

  /// A path as seen from the library.
  private func relative(_ path: String) -> String {
    let from = library.split(separator: "/")
    let to = path.split(separator: "/")
    let common = zip(from, to).prefix { $0 == $1 }.count
    return (repeatElement("..", count: from.count - common) + to.dropFirst(common)).joined(separator: "/")
  }
}

extension LayerTree {
  /// Merges what wheels install into one tree, whose contents are read from the wheels when the tree is written.
  ///
  /// Two wheels may bring the same file; different contents for one path are a conflict.
  ///
  /// - Parameters:
  ///   - bytecode: Files below `__pycache__` directories, compiled by the image's own interpreter. Each is listed in the
  ///     RECORD of the wheel that brought its source.
  ///   - modified: The time of every entry, in seconds since 1970.
  public init(
    installing wheels: [InstalledWheel], scheme: PythonScheme, bytecode: LayerTree = LayerTree(), modified: Int
  ) throws(WheelError) {
    self.init()
    var known: Set<String> = []
    var owners: [String: (wheel: Int, digest: Digest)] = [:]
    for (index, wheel) in wheels.enumerated() {
      for file in wheel.files {
        if let owner = owners[file.path] {
          guard owner.digest == file.digest else {
            throw .conflict(path: file.path, first: wheels[owner.wheel].fileName, second: wheel.fileName)
          }
          continue
        }
        owners[file.path] = (index, file.digest)
        let entry = TarEntry(
          path: file.path, kind: .file, mode: file.isExecutable ? 0o755 : 0o644, size: file.size, modified: modified)
        try put(entry, file.content, from: wheel.fileName, above: scheme, &known)
      }
    }
    var compiled: [[String]] = Array(repeating: [], count: wheels.count)
    for node in bytecode.nodes where node.entry.kind == .file {
      if let source = Self.source(ofBytecode: node.entry.path), let owner = owners[source] {
        compiled[owner.wheel].append(node.entry.path)
      }
      var entry = node.entry
      entry.modified = modified
      try put(entry, node.content, from: "bytecode", above: scheme, &known)
    }
    for (wheel, paths) in zip(wheels, compiled) {
      let bytes = wheel.record(bytecode: paths).bytes
      let entry = TarEntry(path: wheel.recordPath, kind: .file, mode: 0o644, modified: modified)
      try put(entry, .bytes(bytes), from: wheel.fileName, above: scheme, &known)
    }
  }

  /// The module that a compiled file was made of: `a/__pycache__/b.cpython-311.pyc` of `a/b.py` (PEP 3147).
  private static func source(ofBytecode path: String) -> String? {
    var parts = path.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "__pycache__", path.hasSuffix(".pyc") else { return nil }
    let stem = parts[parts.count - 1].prefix { $0 != "." }
    parts.removeLast(2)
    return (parts + ["\(stem).py"]).joined(separator: "/")
  }

  private mutating func put(
    _ entry: TarEntry, _ content: Content?, from wheel: String, above scheme: PythonScheme, _ known: inout Set<String>
  ) throws(WheelError) {
    do throws(LayerError) {
      try add(entry, content: content, from: wheel)
      guard let folder = Path.parent(entry.path), known.insert(folder).inserted else { return }
      for directory in scheme.newDirectories(above: entry.path) {
        let parent = TarEntry(path: directory, kind: .directory, mode: 0o755, modified: entry.modified)
        try add(parent, from: wheel)
      }
    } catch {
      if case .conflict(let path, let first, let second) = error {
        throw .conflict(path: path, first: first, second: second)
      }
      throw .archive(error)
    }
  }
}

extension PythonScheme {
  /// The directories above a path that belong to what is installed: those of the system keep the modes they have.
  func newDirectories(above path: String) -> [String] {
    let parts = path.split(separator: "/")
    let base = [purelib, platlib, headers, scripts].first { path.hasPrefix($0 + "/") }
    // Of the prefix also `share`, `etc` and the like are the system's.
    let depth = base.map { $0.split(separator: "/").count } ?? data.split(separator: "/").count + 1
    guard depth < parts.count else { return [] }
    return ((depth + 1)..<max(depth + 1, parts.count)).map { parts[..<$0].joined(separator: "/") }
  }
}
