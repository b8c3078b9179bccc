public import Host

/// An ordinary user who exists for one program only: in a mount namespace of its own, on copies of the files that list
/// users, so that nothing of it is left, however the program ends.
public struct OrdinaryUser {
  /// The user's number.
  public static let uid = 54_321
  private static let name = "drydock-test"

  /// What the user is allowed.
  public enum Means: String, CaseIterable, Sendable {
    /// A range of other users.
    case subordinates
    /// Nobody but itself.
    case alone
    /// A range, but the program that maps it has lost its privilege.
    case powerless
    /// A range, in a container that hides a part of `/proc`.
    case contained
    /// A range, and a cache on a file system that carries no overlay.
    case copying
    /// A range, but no user namespaces.
    case forbidden

    /// What root prepares, where `$F` is the fixture's folder.
    fileprivate var preparation: String {
      switch self {
      case .subordinates, .alone, .forbidden: ""
      case .powerless:
        "cp /usr/bin/newuidmap $F/newuidmap && chmod 755 $F/newuidmap && mount --bind $F/newuidmap /usr/bin/newuidmap &&"
      case .contained: "mount --bind /dev/null /proc/keys &&"
      case .copying:
        """
        mkdir -p $F/l $F/u $F/w && chown \(uid) $F/u $F/l &&
        mount -t overlay -o lowerdir=$F/l,upperdir=$F/u,workdir=$F/w overlay $DRYDOCK_CACHE &&
        """
      }
    }
  }

  /// The words before a program's path and arguments.
  ///
  /// - Parameter folder: Belongs to the user from the first time on, with all that is in it.
  public static func wrapper(_ means: Means, in folder: String) throws(SystemError) -> [String] {
    guard Environment.isRoot else { throw SystemError("try what another user may do, without root,", name, code: 1) }
    let entry = "\(name):x:\(uid):\(uid)::\(folder)/home:/bin/sh\n"
    try Files.write(try Files.text("/etc/passwd") + entry, to: folder + "/passwd")
    try Files.write(means == .alone ? "" : "\(name):700000:65536\n", to: folder + "/subordinates")
    try Files.write("", to: folder + "/program")
    // The folder of the program may be one that nobody else walks through.
    let mounts = """
      export F=\(folder); P=$1; shift
      [ -e $F/owned ] || { touch $F/owned; chown -R \(uid):\(uid) $F; }
      mount --bind $F/passwd /etc/passwd && mount --bind $F/subordinates /etc/subuid &&
      mount --bind $F/subordinates /etc/subgid && mount --bind "$P" $F/program && \(means.preparation)
      """
    let become = "setpriv --reuid \(uid) --regid \(uid) --clear-groups $F/program \"$@\""
    guard means == .forbidden else { return ["unshare", "-m", "sh", "-c", "\(mounts) exec \(become)", "sh"] }
    // The switch of a user namespace holds for those below it: a namespace around the user is as good as a machine.
    let around = """
      \(mounts) unshare -U sleep 60 & N=$!
      for I in $(seq 500); do echo "0 0 65536" > /proc/$N/uid_map && break; sleep 0.01; done 2> /dev/null
      echo "0 0 65536" > /proc/$N/gid_map
      nsenter -t $N -U -S 0 -G 0 sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec \(become)' sh "$@"
      S=$?; kill $N; exit $S
      """
    return ["unshare", "-m", "sh", "-c", around, "sh"]
  }
}
