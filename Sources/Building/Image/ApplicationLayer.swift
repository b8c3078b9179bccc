internal import Dockerfiles
internal import Host
internal import Layers
internal import OCI
internal import Resolution

/// The topmost layer: what is the image's own, and small enough to change often.
public enum ApplicationLayer {
  /// Why a file beside the specification can't go into the image.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    /// There is no such file.
    case missing(String)
    /// It is a device, a socket or a pipe.
    case special(String)
    /// There is nothing to add the user to.
    case noAccounts

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .missing(let path): "\(path) is named by 'files' in image.yaml and does not exist"
      case .special(let path): "\(path) is neither a file, a directory nor a link, and can't go into an image"
      case .noAccounts: "the packages of the image have no /etc/passwd to add a user to"
      }
    }

    /// What to do about it, if there is something.
    public var hint: String? {
      switch self {
      case .missing: "paths under 'files' start at the folder of image.yaml"
      case .special: nil
      case .noAccounts: "add base-passwd to 'debian.packages', or leave 'user' out"
      }
    }
  }

  /// What is put in, whatever it lies on.
  static func tree(_ plan: ImagePlan, folder: String, runtime: RuntimeBinary?) throws -> LayerTree {
    let epoch = plan.lock.date
    var tree = LayerTree()
    if let runtime {
      try add(runtime.path, at: Runtime.path, mode: 0o755, to: &tree, epoch: epoch)
      try addParents(of: Runtime.lockPath, to: &tree, epoch: epoch)
      try tree.addFile(String(Runtime.lockPath.dropFirst()), Array(plan.lock.text.utf8), modified: epoch)
    }
    for copy in plan.spec.files {
      try self.copy("\(folder)/\(copy.source)", to: copy.target, into: &tree, epoch: epoch)
    }
    return tree
  }

  /// Adds the user and the working directory that what lies below does not have.
  static func settle(_ tree: LayerTree, _ plan: ImagePlan, on foundation: Foundation) async throws -> LayerTree {
    let epoch = plan.lock.date
    var tree = tree
    let accounts = try await foundation.text("/etc/passwd")
    if let user = plan.spec.user {
      if let account = user.account {
        guard let accounts, let groups = try await foundation.text("/etc/group") else { throw Failure.noAccounts }
        try add(account, named: user.name, accounts, groups, to: &tree, epoch: epoch)
      } else if let reference = foundation.reference, UInt32(user.name) == nil {
        let names = (accounts ?? "").lines.map { $0.prefix { $0 != ":" } }
        guard names.contains(user.name[...]) else { throw BaseImageError.noUser(reference: reference, name: user.name) }
      }
    }
    if let directory = plan.spec.workingDirectory, directory != "/" {
      try addParents(of: directory + "/x", to: &tree, epoch: epoch)
    }
    return try await foundation.fit(tree)
  }

  static func addParents(of path: String, to tree: inout LayerTree, epoch: Int) throws {
    var directory = Path.parent(path)
    var missing: [String] = []
    while let name = directory, name != "/" {
      missing.append(String(name.dropFirst()))
      directory = Path.parent(name)
    }
    for name in missing.reversed() { try tree.addDirectory(name, modified: epoch) }
  }

  static func add(
    _ source: String, at target: String, mode: UInt32, to tree: inout LayerTree, epoch: Int
  ) throws {
    try addParents(of: target, to: &tree, epoch: epoch)
    let size = try FileStatus(of: source, followingLink: true).size
    let entry = TarEntry(
      path: String(target.dropFirst()), kind: .file, mode: mode, size: size, modified: epoch)
    try tree.add(entry, content: .file(path: source), from: source)
  }

  /// Copies a file or a tree; of the permissions only "may be executed" counts, as in version control.
  static func copy(_ source: String, to target: String, into tree: inout LayerTree, epoch: Int) throws {
    guard Files.exists(source) else { throw Failure.missing(source) }
    let status = try FileStatus(of: source)
    switch status.kind {
    case .file:
      try add(source, at: target, mode: status.mode & 0o100 != 0 ? 0o755 : 0o644, to: &tree, epoch: epoch)
    case .symbolicLink:
      try addParents(of: target, to: &tree, epoch: epoch)
      try tree.addSymbolicLink(
        String(target.dropFirst()), to: try Files.target(ofLink: source), modified: epoch)
    case .directory:
      try addParents(of: target + "/x", to: &tree, epoch: epoch)
      for name in try Files.list(source) where name != "__pycache__" && name != ".git" {
        try copy("\(source)/\(name)", to: "\(target)/\(name)", into: &tree, epoch: epoch)
      }
    case .other: throw Failure.special(source)
    }
  }

  /// Adds the user's account and home directory, unless the packages have the account already.
  private static func add(
    _ account: Spec.Account, named name: String, _ accounts: String, _ groups: String, to tree: inout LayerTree,
    epoch: Int
  ) throws {
    try addParents(of: "/etc/passwd", to: &tree, epoch: epoch)
    if !accounts.lines.contains(where: { $0.hasPrefix(name + ":") }) {
      let line = "\(name):x:\(account.uid):\(account.gid)::\(account.home):/bin/bash\n"
      try tree.addFile("etc/passwd", Array((accounts + line).utf8), modified: epoch)
    }
    if !groups.lines.contains(where: {
      $0.split(separator: ":").dropFirst(2).first == "\(account.gid)"
    }) {
      try tree.addFile("etc/group", Array((groups + "\(name):x:\(account.gid):\n").utf8), modified: epoch)
    }
    try addParents(of: account.home, to: &tree, epoch: epoch)
    let home = TarEntry(
      path: String(account.home.dropFirst()), kind: .directory, mode: 0o750, uid: UInt32(account.uid),
      gid: UInt32(account.gid), modified: epoch)
    try tree.set(home)
  }
}
