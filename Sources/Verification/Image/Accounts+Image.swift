internal import Sandbox

extension Accounts {
  /// The accounts of an unpacked image.
  init(of files: RootFiles) {
    let limit = 1 << 22
    self.init(
      passwd: (try? files.text("/etc/passwd", limit: limit)) ?? "",
      group: (try? files.text("/etc/group", limit: limit)) ?? "")
  }
}
