import Building
import Dockerfiles
import Host
import OCI
import Packages
import Versions

extension DockerfilePin {
  /// Is what is known of a release of a distribution, for one platform after the other.
  private enum Release {
    case debian([DebianUniverse])
    case rpm([RPMUniverse])

    /// The newest version of a package on each platform, as its package manager is asked for it.
    func versions(of package: String) throws -> [String?] {
      switch self {
      case .debian(let universes):
        // `name:arch` has the version of the name.
        let name = package.split(separator: ":").first.map(String.init) ?? package
        return try universes.map { try $0.versions(of: name).first?.version.description }
      case .rpm(let universes):
        let name = RPMName(package).name
        return universes.map { universe in
          universe.versions(of: name).first.map { package in
            "\(package.version.version)\(package.version.release.map { "-\($0)" } ?? "")"
          }
        }
      }
    }
  }

  /// The versions of the packages that package managers are asked for, where all platforms have the same.
  func versions(
    for installs: [DockerfilePinning.SystemInstall], on platforms: [Platform], _ notes: inout [String]
  ) async throws -> [SourcePosition: [String: String]] {
    var versions: [SourcePosition: [String: String]] = [:]
    var releases: [String: Release] = [:]
    for install in installs {
      let place = "\(path):\(install.position)"
      guard let name = releaseName(of: install, place, &notes) else { continue }
      let key = "\(install.tool) \(name)"
      if releases[key] == nil { releases[key] = try await release(name, install.tool, platforms) }
      guard let release = releases[key] else { continue }
      for package in install.packages {
        let found = try release.versions(of: package)
        if let version = found[0], found.allSatisfy({ $0 == version }) {
          versions[install.position, default: [:]][package] = version
          continue
        }
        let title = name.isEmpty ? "the given repository" : name
        if found.allSatisfy({ $0 == nil }) {
          notes.append("\(place): \(title) has no package '\(package)'")
        } else {
          // One line of the file stands for all platforms.
          let list = zip(platforms, found).map { "\($1 ?? "none") on \($0)" }.joined(separator: ", ")
          notes.append("\(place): '\(package)' differs between platforms: \(list)")
        }
      }
    }
    return versions
  }

  /// The release that an image's package manager takes packages of; nil, with a note, where nobody says it.
  private func releaseName(
    of install: DockerfilePinning.SystemInstall, _ place: String, _ notes: inout [String]
  ) -> String? {
    let guess = install.base.map(BaseGuess.init)
    switch install.tool {
    case .apt:
      if let codename = options.suite ?? guess?.codename { return codename }
      notes.append("\(place): the base does not say its Debian release; name it with --suite")
    case .rpm:
      if let release = options.rpmRelease ?? guess?.release { return release }
      // Addresses that were given may do without.
      if !options.rpmRepositories.isEmpty { return "" }
      notes.append("\(place): the base does not say its release; name it with --rpm-release, or --rpm-repo URL")
    }
    return nil
  }

  private func release(
    _ name: String, _ tool: DockerfilePinning.SystemInstall.Tool, _ platforms: [Platform]
  ) async throws -> Release {
    switch tool {
    case .apt:
      var universes: [DebianUniverse] = []
      for platform in platforms {
        universes.append(
          try await workplace.progress.during("read the indexes of \(name)") {
            try await workplace.archive().universe(
              suites: DebianArchive.suites(ofRelease: name), architecture: platform.debianArchitecture)
          })
      }
      return .debian(universes)
    case .rpm:
      var universes: [RPMUniverse] = []
      for platform in platforms {
        universes.append(
          try await workplace.progress.during("read the indexes of RPM packages") {
            try await workplace.rpmRepositories(at: options.rpmRepositories).universe(
              RPMRepositories.Request(release: name, architecture: platform.rpmArchitecture))
          })
      }
      return .rpm(universes)
    }
  }
}
