import Host
import Packages
import Versions

/// Reads requirements files: a requirement a line, comments, continuations, options, and files that are included.
///
/// Specification: pip's "Requirements File Format".
struct RequirementListReader {
  /// Says what a file's lines are.
  enum Role {
    case requirements
    case constraints
    case overrides
  }

  private(set) var list = RequirementList()
  private let environment: [String: String]
  /// The files that are being read, the outermost first.
  private var open: [String] = []

  init(environment: [String: String]) { self.environment = environment }

  mutating func read(_ path: String, as role: Role, from place: String? = nil) throws {
    let prefix = place.map { "\($0): " } ?? ""
    guard open.count < 16 else { throw Failure(.badInput, "\(prefix)lists include each other more than 16 deep") }
    guard !path.contains("://") else {
      throw Failure(
        .badInput, "\(prefix)a list at an address is not read", hint: "download \(path) and include the file")
    }
    let text: String
    do { text = try Files.text(path, limit: 1 << 24) } catch { throw Failure(.badInput, "\(prefix)\(error)") }
    open.append(path)
    defer { open.removeLast() }
    for line in RequirementLine.lines(of: text, environment: environment) {
      try take(line, "\(path):\(line.number)", folder: Path.parent(path), as: role)
    }
  }

  private mutating func take(_ line: RequirementLine, _ place: String, folder: String?, as role: Role) throws {
    let words: [RequirementLine.Option]
    do throws(RequirementLine.Fault) { words = try line.options() } catch {
      throw Failure(.badInput, "\(place):\(error.column): \(error.reason)")
    }
    guard line.requirement.isEmpty else {
      try takeRequirement(line, words, place, folder: folder, as: role)
      return
    }
    for option in words { try takeOption(option, "\(place):\(option.column)", folder: folder, as: role) }
  }

  // MARK: Requirements

  private mutating func takeRequirement(
    _ line: RequirementLine, _ options: [RequirementLine.Option], _ place: String, folder: String?, as role: Role
  ) throws {
    let requirement = try Self.requirement(line.requirement, "\(place):", folder: folder)
    for option in options {
      switch option.name {
      case "--hash": try addHash(option.value ?? "", of: requirement.name, "\(place):\(option.column)")
      case "--config-settings", "--config-setting", "-C", "--global-option":
        throw Failure(
          .badInput, "\(place):\(option.column): \(option.name) is not supported: builds take no settings",
          hint: "ask for a version with a wheel")
      default:
        throw Failure(.badInput, "\(place):\(option.column): \(option.name) can't follow a requirement")
      }
    }
    switch role {
    case .requirements: list.requirements.append(requirement)
    case .constraints:
      guard requirement.extras.isEmpty else {
        throw Failure(.badInput, "\(place):1: a constraint can't have extras: \(requirement)")
      }
      list.constraints.append(requirement)
    case .overrides: list.overrides.append(requirement)
    }
  }

  private mutating func addHash(_ text: String, of name: PackageName, _ place: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, ["sha256", "sha384", "sha512"].contains(parts[0]) else {
      throw Failure(.badInput, "\(place): expected --hash=sha256:DIGITS, found '\(text)'")
    }
    guard parts[0] == "sha256" else { return }
    guard parts[1].utf8.count == 64, parts[1].allSatisfy(\.isHexDigit) else {
      throw Failure(.badInput, "\(place): a sha256 has 64 hexadecimal digits, this one is '\(parts[1])'")
    }
    list.digests[name, default: []].insert(parts[1].lowercased())
  }

  private static func requirement(_ text: String, _ place: String, folder: String?) throws -> Requirement {
    if let named = try addressed(text, place, folder: folder) { return named }
    do {
      let requirement = try Requirement(parsing: text)
      if case .url(let address) = requirement.source { try refuseUnpinnable(address, "\(place)1: ") }
      return requirement
    } catch let error as VersionNotationError {
      throw Failure(.badInput, "\(place)\(error.column): \(error)")
    }
  }

  /// A file by its address or path alone, whose name tells the project; `nil` for all other lines.
  private static func addressed(_ text: String, _ place: String, folder: String?) throws -> Requirement? {
    let parts = text.split(separator: ";", maxSplits: 1)
    let first = parts[0].trimmed
    let isFile = first.hasSuffix(".whl") || first.hasPrefix(".") || first.hasPrefix("/")
    guard !first.contains(" "), first.contains("://") || first.contains("+") && first.contains(":") || isFile else {
      return nil
    }
    try refuseUnpinnable(first, "\(place)1: ")
    let path = folder.map { Path.join($0, first) } ?? first
    if !first.contains("://"), Files.isDirectory(path) {
      throw Failure(
        .badInput, "\(place)1: '\(first)' is a folder of this machine and can't be pinned",
        hint: "build a wheel of it and name that")
    }
    let address = first.contains("://") ? first : "file://\(Path.absolute(path))"
    let bare = address.prefix { $0 != "#" && $0 != "?" }
    guard let wheel = try? WheelName(parsing: Path.name(String(bare))) else {
      throw Failure(
        .badInput, "\(place)1: the name of '\(first)' does not tell the project",
        hint: "write NAME @ \(address)")
    }
    do {
      let marker = try parts.count > 1 ? Marker(parsing: parts[1].trimmed) : nil
      return Requirement(name: wheel.project, source: .url(address), marker: marker)
    } catch { throw Failure(.badInput, "\(place)\(first.count + 1 + error.column): \(error)") }
  }

  private static func refuseUnpinnable(_ address: String, _ place: String) throws {
    for system in ["git", "hg", "svn", "bzr"] where address.hasPrefix("\(system)+") || address.hasPrefix("\(system):") {
      throw Failure(
        .badInput, "\(place)'\(address)' is a repository: what a commit builds to has no hash that could be pinned",
        hint: "name a released version, or an archive or wheel by its address")
    }
  }

  // MARK: Options

  private mutating func takeOption(
    _ option: RequirementLine.Option, _ place: String, folder: String?, as role: Role
  ) throws {
    func value() throws -> String {
      guard let value = option.value, !value.isEmpty else {
        throw Failure(.badInput, "\(place): \(option.name) needs a value")
      }
      return value
    }
    func beside(_ name: String) -> String { folder.map { Path.join($0, name) } ?? name }
    switch option.name {
    case "-r", "--requirement": try read(beside(try value()), as: role, from: place)
    case "-c", "--constraint": try read(beside(try value()), as: .constraints, from: place)
    case "-e", "--editable":
      throw Failure(
        .badInput, "\(place): an editable install is a folder of one machine and can't be pinned",
        hint: "name a released version, or build a wheel and name that")
    case "-i", "--index-url", "--pypi-url": list.sources.index = try value()
    case "--extra-index-url": list.sources.extraIndexes.append(try value())
    case "--no-index": list.sources.hasNoIndex = true
    case "-f", "--find-links":
      let text = try value()
      list.sources.findLinks.append(text.contains("://") || text.hasPrefix("~") ? text : Path.absolute(beside(text)))
    case "--trusted-host": list.sources.trustedHosts.append(try value())
    case "--pre": list.sources.allowsPreReleases = true
    case "--no-binary": try list.sources.noWheels.add(try value(), place)
    case "--only-binary": try list.sources.noBuilds.add(try value(), place)
    case "--require-hashes", "--prefer-binary", "--use-feature": break
    default:
      throw Failure(
        .badInput, "\(place): the option \(option.name) is not known",
        hint: "pip's documentation of the requirements file format lists those that are")
    }
  }
}
