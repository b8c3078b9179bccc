import ArgumentParser
import Host

/// Options of `drydock pin` for a Dockerfile that people have already.
struct DockerfilePinOptions: ParsableArguments {
  @Flag(help: "For a Dockerfile: print the changes as a patch and write nothing.")
  var diff = false

  @Option(
    help: ArgumentHelp(
      "For a Dockerfile: the Debian release that its packages come from, where the base's name does not say it.",
      valueName: "codename"))
  var suite: String?

  @Option(
    name: .customLong("rpm-repo"),
    help: ArgumentHelp(
      "For a Dockerfile: a repository of RPM packages that counts instead of this machine's; can be repeated.",
      valueName: "url"))
  var rpmRepositories: [String] = []

  @Option(
    name: .customLong("rpm-release"),
    help: ArgumentHelp(
      "For a Dockerfile: the release of the RPM distribution ($releasever), where the base's name does not say it.",
      valueName: "version"))
  var rpmRelease: String?

  /// Whether a file's name is one of a Dockerfile.
  static func isDockerfile(_ path: String) -> Bool {
    let name = Path.name(path).lowercased()
    return ["dockerfile", "containerfile"].contains {
      name == $0 || name.hasPrefix("\($0).") || name.hasSuffix(".\($0)")
    }
  }
}
