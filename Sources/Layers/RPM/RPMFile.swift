/// A file of an RPM package as its header describes it.
public struct RPMFile: Sendable, Hashable {
  /// The path from the root, without a slash at its start.
  public let path: String
  /// What it is.
  public let kind: TarEntry.Kind
  /// The permission bits.
  public let mode: UInt32
  /// The owner's name.
  public let user: String
  /// The group's name.
  public let group: String
  /// The size in bytes.
  public let size: Int
  /// When it was changed last, in seconds since 1970.
  public let modified: Int
  /// The digest of its content, in hexadecimal digits; empty for what is no plain file.
  public let digest: String
  /// Its number in the package: files of the same number are one.
  public let inode: Int
  /// What rpm thinks of it.
  public let flags: Flags
  /// Its capabilities as text, for example `cap_net_raw=ep`; mostly empty.
  public let capabilities: String

  /// Properties of a file (rpm's "Package Format", `RPMTAG_FILEFLAGS`).
  public struct Flags: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: Int
    /// Makes a set of bits.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// Configuration, which an update does not replace when it was changed.
    public static let configuration = Flags(rawValue: 1)
    /// It need not be there.
    public static let missingOK = Flags(rawValue: 1 << 3)
    /// Configuration that an update leaves alone when it was changed, and puts its own beside.
    public static let noReplace = Flags(rawValue: 1 << 4)
    /// It belongs to the package, whose payload does not have it.
    public static let ghost = Flags(rawValue: 1 << 6)
  }
}

extension RPMHeader {
  /// The most files of a package; the largest have some ten thousand.
  private static let fileLimit = 1_000_000

  /// The files of a package, in the header's order.
  public func files(of name: String) throws(LayerError) -> [RPMFile] {
    let names = strings(.baseNames)
    if names.isEmpty { return [] }
    guard names.count <= Self.fileLimit else {
      throw .limit(archive: name, quantity: "number of files", maximum: Self.fileLimit)
    }
    func list<Value>(_ values: [Value], _ what: String, optional: Value? = nil) throws(LayerError) -> [Value] {
      if values.count == names.count { return values }
      if values.isEmpty, let optional { return Array(repeating: optional, count: names.count) }
      throw .malformed(archive: name, problem: "its header has \(values.count) \(what) for \(names.count) files")
    }
    let folders = strings(.directories)
    let indexes = try list(integers(.directoryIndexes), "folders")
    let longSizes = integers(.longFileSizes)
    let sizes = try list(longSizes.isEmpty ? integers(.fileSizes) : longSizes, "sizes")
    let modes = try list(integers(.fileModes), "modes")
    let times = try list(integers(.fileTimes), "times")
    let digests = try list(strings(.fileDigests), "digests", optional: "")
    let links = try list(strings(.fileLinks), "links", optional: "")
    let flags = try list(integers(.fileFlags), "flags", optional: 0)
    let users = try list(strings(.fileUsers), "owners")
    let groups = try list(strings(.fileGroups), "groups")
    let numbers = integers(.fileInodes)
    let inodes = try list(numbers.isEmpty ? Array(names.indices) : numbers, "numbers")
    let devices = try list(integers(.fileDevices), "devices", optional: 0)
    let capabilities = try list(strings(.fileCapabilities), "capabilities", optional: "")
    var files: [RPMFile] = []
    files.reserveCapacity(names.count)
    for index in names.indices {
      guard folders.indices.contains(indexes[index]) else {
        throw .malformed(archive: name, problem: "its header has no folder \(indexes[index])")
      }
      guard sizes[index] >= 0 else {
        throw .malformed(archive: name, problem: "its header has a size that is too large")
      }
      let path = try Self.path(folders[indexes[index]] + names[index], in: name)
      files.append(
        RPMFile(
          path: path, kind: try Self.kind(modes[index], link: links[index], device: devices[index], path, in: name),
          mode: UInt32(modes[index] & 0o7777), user: users[index], group: groups[index], size: sizes[index],
          modified: times[index], digest: digests[index], inode: inodes[index],
          flags: RPMFile.Flags(rawValue: flags[index]), capabilities: capabilities[index]))
    }
    return files
  }

  /// A path of a package, below the root whatever it says.
  static func path(_ text: String, in name: String) throws(LayerError) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
    guard text.hasPrefix("/"), text.utf8.count <= 4096, !parts.contains(".."), !text.utf8.contains(0) else {
      throw .unsafe(archive: name, entry: text, problem: "is no path below the root")
    }
    return parts.joined(separator: "/")
  }

  private static func kind(
    _ mode: Int, link: String, device: Int, _ path: String, in name: String
  ) throws(LayerError) -> TarEntry.Kind {
    switch mode & 0o170000 {
    case 0o100000: return .file
    case 0o040000: return .directory
    case 0o120000: return .symbolicLink(target: link)
    case 0o010000: return .fifo
    case 0o020000: return .characterDevice(major: UInt32(device >> 8 & 0xFF), minor: UInt32(device & 0xFF))
    case 0o060000: return .blockDevice(major: UInt32(device >> 8 & 0xFF), minor: UInt32(device & 0xFF))
    default: throw .unsafe(archive: name, entry: path, problem: "is of no kind of file")
    }
  }
}
