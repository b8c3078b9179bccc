internal import Layers
internal import OCI
internal import Trust

/// Finds the place of each file of a wheel.
struct WheelPlacement {
  private let wheel: WheelContents
  private let scheme: PythonScheme
  /// Where the files at the wheel's root go.
  let library: String
  private(set) var files: [InstalledFile] = []

  init(_ wheel: WheelContents, scheme: PythonScheme) {
    self.wheel = wheel
    self.scheme = scheme
    library = wheel.isPure ? scheme.purelib : scheme.platlib
  }

  /// Places a file of the archive.
  mutating func add(_ member: ZipMember, _ row: WheelRecord.Row, limit: Int) throws(WheelError) {
    guard let digest = row.digest else { return }
    let parts = member.name.split(separator: "/", maxSplits: 2)
    guard parts[0].hasSuffix(".data") else {
      return place(member, digest, at: "\(library)/\(member.name)", isExecutable: member.unixMode & 0o111 != 0)
    }
    guard parts.count == 3, let directory = directory(ofScheme: parts[1]) else {
      throw .record(
        wheel: wheel.fileName, file: member.name,
        problem: "is in none of the directories scripts, data, headers, purelib, platlib")
    }
    let path = "\(directory)/\(parts[2])"
    guard parts[1] == "scripts" else {
      return place(member, digest, at: path, isExecutable: member.unixMode & 0o111 != 0)
    }
    // Wrappers that a build already made for declared programs are made anew, for this interpreter.
    if wheel.entryPoints?.programs.contains(where: { $0.name == parts[2] }) == true { return }
    try addScript(member, digest, at: path, limit: limit)
  }

  private func directory(ofScheme key: Substring) -> String? {
    switch key {
    case "purelib": scheme.purelib
    case "platlib": scheme.platlib
    case "scripts": scheme.scripts
    case "headers": "\(scheme.headers)/\(wheel.project)"
    case "data": scheme.data
    default: nil
    }
  }

  private mutating func place(_ member: ZipMember, _ digest: Digest, at path: String, isExecutable: Bool) {
    files.append(
      InstalledFile(
        path: path, content: .zipMember(member, archive: wheel.archive.path, digest: digest), digest: digest,
        size: member.size, isExecutable: isExecutable))
  }

  /// Places a program; one whose first line starts with `#!python` gets the image's interpreter there.
  private mutating func addScript(_ member: ZipMember, _ digest: Digest, at path: String, limit: Int) throws(WheelError)
  {
    guard member.size <= limit else { return place(member, digest, at: path, isExecutable: true) }
    let bytes = try wheel.read(member, limit: limit)
    guard bytes.starts(with: "#!python".utf8) else { return place(member, digest, at: path, isExecutable: true) }
    guard SHA256.digest(of: bytes) == digest else {
      throw .record(wheel: wheel.fileName, file: member.name, problem: "does not have the hash that RECORD says")
    }
    let rest = bytes.firstIndex(of: 0x0A).map { bytes[$0...] } ?? []
    add(Array("#!\(scheme.interpreter)".utf8) + rest, at: path, isExecutable: true)
  }

  /// Makes the declared programs.
  mutating func addPrograms() throws(WheelError) {
    for program in wheel.entryPoints?.programs ?? [] {
      add(program.script(interpreter: scheme.interpreter), at: "\(scheme.scripts)/\(program.name)", isExecutable: true)
    }
  }

  /// Makes a file beside the metadata, in place of one that the archive may have.
  mutating func addText(_ name: String, _ text: String) {
    let path = "\(library)/\(wheel.infoDirectory)/\(name)"
    files.removeAll { $0.path == path }
    add(Array(text.utf8), at: path, isExecutable: false)
  }

  private mutating func add(_ bytes: [UInt8], at path: String, isExecutable: Bool) {
    files.append(
      InstalledFile(
        path: path, content: .bytes(bytes), digest: SHA256.digest(of: bytes), size: bytes.count,
        isExecutable: isExecutable))
  }
}
