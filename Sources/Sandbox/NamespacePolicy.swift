internal import Host

/// What this machine says about user namespaces of ordinary users.
enum NamespacePolicy {
  /// A switch of the kernel that refuses them at one value.
  private struct Switch {
    let path: String
    let refusing: String
    let remedy: String
  }

  private static let switches = [
    Switch(
      path: "user/max_user_namespaces", refusing: "0",
      remedy: "user namespaces are switched off: sysctl -w user.max_user_namespaces=10000"),
    Switch(
      path: "kernel/unprivileged_userns_clone", refusing: "0",
      remedy: "only root may make user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"),
    Switch(
      path: "kernel/apparmor_restrict_unprivileged_userns", refusing: "1",
      remedy: "AppArmor takes the privileges of user namespaces away: give drydock a profile with 'userns,', or "
        + "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
  ]

  /// The switch that refuses, and how it is turned; nil if none does.
  ///
  /// - Parameter value: What a file below `/proc/sys` holds.
  static func remedy(value: (String) -> String? = { try? Files.text("/proc/sys/" + $0) }) -> String? {
    switches.first { value($0.path)?.split(whereSeparator: \.isWhitespace).first.map(String.init) == $0.refusing }?
      .remedy
  }
}
