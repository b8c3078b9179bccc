import Host
import Layers
import Packages

extension DebianRootBuilder {
  /// Unpacks all archives, the largest first, on as many threads as there are processors.
  func unpack(
    _ files: [String], into root: String, progress: (@Sendable (Step) -> Void)? = nil
  ) async throws(DebianRootError) -> [UnpackedPackage] {
    let tree = RootTree(root)
    try onDisk { () throws(SystemError) in try prepare(tree) }
    let queue = UnpackQueue(Array(zip(pins, files)))
    let exclusions = exclusions
    let outcome: Result<[UnpackedPackage], DebianRootError> = await withTaskGroup(
      of: Result<[UnpackedPackage], DebianRootError>.self
    ) { group in
      for _ in 0..<Environment.processorCount {
        group.addTask { @concurrent in
          do throws(DebianRootError) {
            return .success(
              try await BlockingPool.run { () throws(DebianRootError) in
                try queue.work(into: tree, exclusions: exclusions, progress: progress)
              })
          } catch {
            return .failure(error)
          }
        }
      }
      var packages: [UnpackedPackage] = []
      for await result in group {
        switch result {
        case .success(let part): packages += part
        case .failure(let error): return .failure(error)
        }
      }
      return .success(packages)
    }
    var packages = try outcome.get().sorted { $0.pin.name < $1.pin.name }
    try settleOverlaps(&packages, in: tree)
    try settleDirectories(packages, in: tree)
    return packages
  }

  /// Makes the root and the links into `/usr` before any package can.
  private func prepare(_ tree: RootTree) throws(SystemError) {
    try Files.createDirectory(tree.path)
    try Files.changeMode(tree.path, 0o755)
    for link in MergedUsr.links(architecture: architecture) {
      _ = try tree.makeDirectory("usr/\(link)")
      try Files.link(tree.place(link), to: "usr/\(link)")
    }
  }

  /// Gives each file that two packages have to the one that replaces the other (Debian Policy, section 7.6.1).
  private func settleOverlaps(_ packages: inout [UnpackedPackage], in tree: RootTree) throws(DebianRootError) {
    for place in Set(packages.flatMap(\.occupied)).sorted() {
      let owners = packages.indices.filter { packages[$0].files[place] != nil }
      var winners: [Int] = []
      for index in owners {
        let replaced: [DebianRelation]
        do throws(DebianError) {
          replaced = try DebianDependency.list(parsing: packages[index].control["Replaces"] ?? "").flatMap(
            \.alternatives)
        } catch { throw .package(error) }
        let wins = owners.allSatisfy { other in
          let pin = packages[other].pin
          return other == index || replaced.contains { $0.name == pin.name && $0.admits(pin.version) }
        }
        if wins { winners.append(index) }
      }
      guard winners.count == 1 else {
        throw .overlap(
          path: "/\(place)", first: packages[owners.first ?? 0].pin.name, second: packages[owners.last ?? 0].pin.name)
      }
      try packages[winners[0]].restore([place], in: tree)
      for index in owners where index != winners[0] { packages[index].yield([place]) }
    }
  }

  /// Sets mode and owner of directories, which several packages have: base-files decides first, then the order of names.
  private func settleDirectories(_ packages: [UnpackedPackage], in tree: RootTree) throws(DebianRootError) {
    var settled: Set<String> = []
    let ordered = packages.filter { $0.pin.name == "base-files" } + packages.filter { $0.pin.name != "base-files" }
    for directory in ordered.flatMap(\.directories) where settled.insert(directory.path).inserted {
      let place = tree.place(directory.path)
      try onDisk { () throws(SystemError) in
        try Files.changeOwner(place, uid: directory.uid, gid: directory.gid)
        try Files.changeMode(place, directory.mode)
      }
    }
  }
}
