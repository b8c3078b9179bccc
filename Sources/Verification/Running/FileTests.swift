internal import Host

/// Tests of an image's files, made on the unpacked files without running anything.
struct FileTests: Sendable {
  /// What an engine provides in every container, whatever the image holds.
  private static let provided: Set<String> = [
    "/", "/dev", "/dev/null", "/dev/pts", "/dev/shm", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/proc",
    "/sys",
  ]

  let files: RootFiles
  let variables: [String: String]

  func check(_ test: FileExistenceTest) -> Verdict {
    var verdict = Verdict()
    let path = Substitution.expand(test.path, variables, unset: .removed)
    guard let status = files.status(path, followingLink: false) else {
      let isProvided = Self.provided.contains(Path.normalize(path))
      if test.shouldExist != isProvided {
        verdict.note(test.shouldExist ? "\(path) does not exist" : "\(path) exists in every container")
      }
      return verdict
    }
    guard test.shouldExist else { return Verdict(problem: "\(path) exists") }
    verdict.detail = "\(status.permissions) \(status.uid):\(status.gid)"
    if let expected = test.permissions, expected != status.permissions, expected != status.goPermissions {
      verdict.note("\(path) has the permissions \(status.permissions), expected \(expected)")
    }
    if let uid = test.uid, UInt32(uid) != status.uid {
      verdict.note("\(path) belongs to user \(status.uid), expected \(uid)")
    }
    if let gid = test.gid, UInt32(gid) != status.gid {
      verdict.note("\(path) belongs to group \(status.gid), expected \(gid)")
    }
    if let executor = test.executableBy {
      // A link is always executable; what counts is where it leads.
      let mode = files.status(path)?.mode ?? 0
      if mode & executor.bits == 0 { verdict.note("\(path) can't be executed by \(executor.rawValue)") }
    }
    return verdict
  }

  func check(_ test: FileContentTest) -> Verdict {
    var verdict = Verdict()
    do throws(SystemError) {
      let path = Substitution.expand(test.path, variables, unset: .removed)
      verdict.check(try files.text(path), path, test.contents)
    } catch {
      verdict.note(error.description)
    }
    return verdict
  }

  /// Looks for licences that the schema's tool refuses, in the copyright files of Debian's packages and in others.
  func check(_ test: LicenseTest) -> Verdict {
    var verdict = Verdict()
    var paths = test.files
    if test.readsDebian {
      let names = files.list("/usr/share/doc").filter { files.status("/usr/share/doc/\($0)")?.kind == .directory }
      // Its text names the licence only to say that it doesn't hold.
      paths += names.filter { $0 != "libgnutls30" }.map { "/usr/share/doc/\($0)/copyright" }
    }
    for path in paths {
      do throws(SystemError) {
        let text = try files.text(path).uppercased()
        for license in ["AGPL", "WTFPL"] where text.contains(license) { verdict.note("\(path) names \(license)") }
      } catch {
        verdict.note(error.description)
      }
    }
    verdict.detail = "\(paths.count) files"
    return verdict
  }
}

extension FileExistenceTest.Executor {
  /// The permission bits of which one must be set.
  var bits: UInt32 {
    switch self {
    case .owner: 0o100
    case .group: 0o010
    case .other: 0o001
    case .any: 0o111
    }
  }
}

extension FileStatus {
  /// Type and permissions as `ls -l` writes them (POSIX, utility ls, "STDOUT").
  var permissions: String {
    let type =
      switch kind {
      case .file: "-"
      case .directory: "d"
      case .symbolicLink: "l"
      case .other: "?"
      }
    var text = Array(type + bits)
    for (bit, place, letter) in [(0o4000, 3, "s"), (0o2000, 6, "s"), (0o1000, 9, "t")] where mode & UInt32(bit) != 0 {
      text[place] = Character(text[place] == "x" ? letter : letter.uppercased())
    }
    return String(text)
  }

  /// Type and permissions as Go writes them (package io/fs, `FileMode.String`): special bits stand before the rest.
  var goPermissions: String {
    var letters = kind == .directory ? "d" : ""
    if kind == .symbolicLink { letters += "L" }
    for (bit, letter) in [(0o4000, "u"), (0o2000, "g"), (0o1000, "t")] where mode & UInt32(bit) != 0 {
      letters += letter
    }
    return (letters.isEmpty ? "-" : letters) + bits
  }

  /// The nine permission bits as letters.
  private var bits: String {
    let letters: [Character] = ["r", "w", "x"]
    return String((0..<9).map { index in mode & (0o400 >> UInt32(index)) != 0 ? letters[index % 3] : "-" })
  }
}
