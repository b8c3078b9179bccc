import Host

/// Takes out of a configured root what depends on when and where it was made.
struct RootNormalizer {
  private let root: String
  private let epoch: Int
  private let packaged: Set<String>
  private let keepsModules: Bool

  /// Works on a root; no time in it may be later than `epoch`, in seconds since 1970.
  ///
  /// - Parameters:
  ///   - packaged: The places of the packages' own files.
  ///   - keepsModules: Whether compiled Python modules among those stay as they are.
  init(root: String, epoch: Int, packaged: Set<String> = [], keepsModules: Bool = false) {
    self.keepsModules = keepsModules
    self.root = root
    self.epoch = epoch
    self.packaged = packaged
  }

  /// Removes dirt, makes time-dependent files equal, and limits all times.
  func run() throws(SystemError) {
    try removeDirt()
    try redatePasswords()
    try rewrite("etc/ssl/certs/java/cacerts") { JavaKeyStore.redated($0, to: epoch) }
    try settle("")
  }

  /// Files that programs make again when they need them, logs, and what identifies one machine.
  private func removeDirt() throws(SystemError) {
    // Backups that dpkg, shadow's tools and debconf make before they write.
    let backups = [
      "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-",
      "var/lib/dpkg/status-old", "var/lib/dpkg/diversions-old", "var/lib/dpkg/statoverride-old",
      "var/lib/dpkg/available-old", "var/cache/debconf/config.dat-old", "var/cache/debconf/templates.dat-old",
      "var/cache/ldconfig/aux-cache", "var/lib/dbus/machine-id", "var/lib/systemd/random-seed", "etc/.pwd.lock",
      "root/.bash_history", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/dpkg/triggers/Lock",
    ]
    for name in backups { try Files.remove("\(root)/\(name)") }
    for folder in ["tmp", "var/tmp"] {
      let place = "\(root)/\(folder)"
      for name in (try? Files.list(place)) ?? [] { try Files.remove("\(place)/\(name)") }
    }
    for folder in ["run", "var/lib/apt/lists", "var/cache/apt", "var/cache/man", "var/cache/fontconfig"] {
      try removeFiles(below: "\(root)/\(folder)")
    }
    try removeFiles(below: "\(root)/var/log", keepingEmpty: true)
    // OpenJDK 11's script dumps its classes as they lie in memory, which is never the same twice; Java starts without.
    for machine in (try? Files.list("\(root)/usr/lib/jvm")) ?? [] {
      let dump = "usr/lib/jvm/\(machine)/lib/server/classes.jsa"
      if !packaged.contains(dump) { try Files.remove("\(root)/\(dump)") }
    }
    // systemd fills an empty one at its first start; none at all would count as a first boot.
    let machine = "\(root)/etc/machine-id"
    if Files.isFile(machine) { try Files.write([], to: machine, mode: 0o444) }
  }

  private func removeFiles(below folder: String, keepingEmpty: Bool = false) throws(SystemError) {
    guard let status = try? FileStatus(of: folder), status.kind == .directory else { return }
    for name in try Files.list(folder) {
      let path = "\(folder)/\(name)"
      let status = try FileStatus(of: path)
      if status.kind == .directory {
        try removeFiles(below: path, keepingEmpty: keepingEmpty)
      } else if !keepingEmpty || (status.kind == .file && (status.size > 0 || name.hasSuffix(".log"))) {
        try Files.remove(path)
      }
    }
  }

  /// Sets the day of the last change of each password, the third field of shadow(5), to that of the epoch.
  private func redatePasswords() throws(SystemError) {
    try rewrite("etc/shadow") { ShadowFile.redated($0, to: epoch / 86_400) { _ in true } }
  }

  /// Replaces a file's content and nothing else; a missing file, and one that the change does not apply to, stay as they are.
  private func rewrite(_ name: String, _ change: ([UInt8]) -> [UInt8]?) throws(SystemError) {
    let path = "\(root)/\(name)"
    guard let status = try? FileStatus(of: path), status.kind == .file else { return }
    let old = try Files.read(path)
    guard let new = change(old), new != old else { return }
    let file = try FileHandle(writing: path, .truncate)
    try file.write(new)
  }

  /// Goes through the tree: compiled Python modules get headers without times, and times are limited.
  ///
  /// A directory's time says when something was last put into it, so it is set always; a file's own time is a fact of its
  /// package and stays if it is old enough.
  private func settle(_ folder: String) throws(SystemError) {
    let place = folder.isEmpty ? root : "\(root)/\(folder)"
    for name in try Files.list(place) {
      let path = "\(place)/\(name)"
      let isKept = keepsModules && packaged.contains("\(folder)/\(name)")
      let isCache = Path.name(folder) == "__pycache__" && !isKept
      let status = try FileStatus(of: path)
      if status.kind == .directory {
        try settle(folder.isEmpty ? name : "\(folder)/\(name)")
        continue
      }
      if isCache, status.kind == .file, let source = PythonBytecode.source(of: path) {
        try settle(module: path, source: source)
        if !Files.exists(path) { continue }
      }
      // The links and files that scripts made, and the modules just written, are newer than any package.
      if status.modified > epoch || isCache { try Files.setModified(path, epoch) }
    }
    try Files.setModified(place, epoch)
  }

  private func settle(module path: String, source: String) throws(SystemError) {
    guard let status = try? FileStatus(of: source, followingLink: true), status.kind == .file else {
      return try Files.remove(path)
    }
    let module = try Files.read(path)
    let text = try Files.read(source)
    guard let settled = PythonBytecode.unchecked(module, source: text, sourceModified: status.modified) else {
      return try Files.remove(path)
    }
    let file = try FileHandle(writing: path, .truncate)
    try file.write(settled)
  }
}
