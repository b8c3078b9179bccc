internal import Host
internal import Images
internal import Layers
internal import OCI
internal import Packages
internal import Resolution
internal import Sandbox
internal import Versions

/// Makes a root of RPM packages alone, as `rpm --root` would in an empty directory, and the same to the last byte every time.
///
/// All files are unpacked at once, with the packages first whose links lead others to their places, and so is the database of
/// packages written. Scripts then run in the sandbox in rpm's order: each `%pre`, which may make the owners of files, then each
/// `%post`, and each `%posttrans`.
struct RPMRootBuilder: Sendable {
  /// What the packages' own programs are needed for.
  static let work = "the scripts of RPM packages are run"

  /// The locked packages, and their files on this machine in the same order.
  let pins: [RPMPin]
  let paths: [String]
  let platform: Platform
  let epoch: Int
  /// A folder for contents until the root is whole.
  let workspace: String
  /// A program that calls ``SandboxStage/runIfRequested()`` first thing in its `main`.
  var stage = "/proc/self/exe"

  /// Everything that the root's bytes depend on.
  static func key(_ pins: [RPMPin], epoch: Int) -> [String] {
    ["rpm-root", "1", String(epoch)] + pins.map { "\($0.description) \($0.digest.hex)" }
  }

  /// Fills an empty directory, and gives what somebody should know.
  func build(into root: String) async throws -> [String] {
    guard Environment.isRoot else { throw UserNamespace.refusal.map { RPMRootError.sandbox($0) } ?? .needsRoot }
    guard !UserNamespace.isSingle else { throw RPMRootError.needsUsers }
    let layer = RPMLayer(pins: pins, paths: paths, epoch: epoch, workspace: workspace)
    let archives = try layer.archives()
    if archives.contains(where: { RPMScript.all(of: $0.header).contains { $0.isProgram } }) {
      try await Processor.require(platform, for: Self.work, in: workspace)
    }
    let ordered = try RPMOrder.places(of: archives.map(\.header)).map { archives[$0] }
    let packages = try await layer.spool(ordered)
    var installation = try RPMInstallation(
      RPMInstallation.linksFirst(packages), over: ImageTree(merging: []), installed: [],
      accounts: AccountNumbers(passwd: "", group: ""), epoch: epoch, admitsStrangers: true)
    let database = "\(workspace)/rpmdb"
    let place = try RPMDatabase.write(to: database, of: ordered, in: workspace, date: epoch)
    try installation.put(.file(path: database), at: place)
    let (tree, strangers) = (installation.tree, installation.strangers)
    try await BlockingPool.run { try unpack(tree, into: root) }
    var notes: [String] = []
    for archive in ordered { try await run("%pre", of: archive, in: root, &notes) }
    notes += try await BlockingPool.run { try giveAway(strangers, in: root) }
    for moment in ["%post", "%posttrans"] {
      for archive in ordered { try await run(moment, of: archive, in: root, &notes) }
    }
    let packaged = Set(tree.nodes.map(\.entry.path))
    let epoch = epoch
    try await BlockingPool.run {
      try RootNormalizer(root: root, epoch: epoch, packaged: packaged, keepsModules: true).run()
    }
    return notes
  }

  private func unpack(_ tree: LayerTree, into root: String) throws {
    let archive = "\(workspace)/root.tar"
    try tree.writeTar(to: FileSink(path: archive), epoch: epoch)
    try Files.changeMode(root, 0o755)
    let extractor = try Extractor(into: root, style: .layer, allowsDevices: true)
    try extractor.extract(TarReader(FileSource(path: archive)))
    try Files.remove(archive)
  }

  // MARK: Owners

  /// Gives files to the users and groups that exist by now; those that packages only describe are made first.
  private func giveAway(_ strangers: [RPMInstallation.Stranger], in root: String) throws -> [String] {
    if strangers.isEmpty { return [] }
    func text(_ name: String) -> String { (try? Files.text("\(root)/etc/\(name)")) ?? "" }
    var accounts = AccountNumbers(passwd: text("passwd"), group: text("group"))
    func isKnown(_ stranger: RPMInstallation.Stranger) -> Bool {
      accounts.user(stranger.file.user) != nil && accounts.group(stranger.file.group) != nil
    }
    if !strangers.allSatisfy(isKnown) {
      var described = Sysusers(passwd: text("passwd"), group: text("group"))
      let folder = "\(root)/usr/lib/sysusers.d"
      for name in ((try? Files.list(folder)) ?? []).sorted() where name.hasSuffix(".conf") {
        described.apply(try Files.text("\(folder)/\(name)"))
      }
      try Files.createDirectory("\(root)/etc")
      try Files.write(described.passwd, to: "\(root)/etc/passwd")
      try Files.write(described.group, to: "\(root)/etc/group")
      accounts = AccountNumbers(passwd: described.passwd, group: described.group)
    }
    var notes: Set<String> = []
    for stranger in strangers {
      let file = stranger.file
      // As rpm does: what belongs to nobody who exists belongs to root.
      if accounts.user(file.user) == nil { notes.insert("nobody made the user '\(file.user)': its files are root's") }
      if accounts.group(file.group) == nil {
        notes.insert("nobody made the group '\(file.group)': its files are root's")
      }
      let path = "\(root)/\(stranger.place)"
      try Files.changeOwner(path, uid: accounts.user(file.user) ?? 0, gid: accounts.group(file.group) ?? 0)
      if case .symbolicLink = file.kind { continue }
      // The kernel takes these from a file that gets another owner.
      try Files.changeMode(path, file.mode)
      if let capabilities = FileCapabilities(parsing: file.capabilities), !file.capabilities.isEmpty,
        file.capabilities != "="
      {
        let handle = try FileHandle(writing: path, .keep)
        try handle.setAttribute(FileCapabilities.attribute, capabilities.bytes)
      }
    }
    return notes.sorted()
  }

  // MARK: Scripts

  /// Runs a package's script of a moment, if it has one; what fails before files count is an error, later a note, as in rpm.
  private func run(
    _ moment: String, of archive: RPMArchive, in root: String, _ notes: inout [String]
  ) async throws {
    guard let script = RPMScript.all(of: archive.header).first(where: { $0.moment == moment }) else { return }
    let name = "\(moment) of \(archive.label)"
    guard script.isProgram else {
      if script.reasonItIsHarmless == nil { notes.append("\(name) was not run (\(script.interpreter))") }
      return
    }
    let words = script.interpreter.split(separator: " ").map(String.init)
    let place = "/var/tmp/rpm-script"
    var command = SandboxCommand(
      script.body.isEmpty ? words : words + [place, "1"],
      environment: [
        "PATH": "/sbin:/bin:/usr/sbin:/usr/bin", "HOME": "/root", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb",
        "SOURCE_DATE_EPOCH": String(epoch), "PYTHONHASHSEED": "0",
      ])
    command.errors = .joined
    command.flushes = false
    command.timeout = .seconds(600)
    var plan = SandboxPlan(root: .directory(root), command: command)
    plan.hostname = "localhost"
    if !script.body.isEmpty { plan.mounts = [.init(place, .file(script.body, mode: 0o700))] }
    let result: SandboxResult
    do { result = try await Sandbox.run(plan, stage: stage) { _ in } } catch {
      throw RPMRootError.sandbox(error)
    }
    if result.status.isSuccess { return }
    let tail = result.text.split(separator: "\n").suffix(20).joined(separator: "\n")
    if moment == "%pre" { throw RPMRootError.script(name, status: result.status, output: tail) }
    let end = tail.split(separator: "\n").last.map { ": \($0)" } ?? ""
    notes.append("\(name) \(result.status)\(end)")
  }
}
