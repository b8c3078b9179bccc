import Host
import OCI
import TestSupport

@testable import Verification

/// A tiny image of one static program, and a folder for its tests.
final class ImageFixture: Sendable {
  static let stage = BuiltProgram.path("sandbox-stage")

  private let directory: TemporaryDirectory
  var root: String { directory.path + "/root" }
  var folder: String { directory.path + "/tests" }

  init() throws {
    directory = try TemporaryDirectory(prefix: "drydock-verification")
    try Files.changeMode(directory.path, 0o755)
    for name in ["bin", "etc", "tmp", "srv"] { try Files.createDirectory(root + "/" + name) }
    try Files.changeMode(root + "/tmp", 0o1777)
    try Files.createDirectory(folder)
    try Files.write(try Files.read("/bin/busybox"), to: root + "/bin/busybox", mode: 0o755)
    let applets = [
      "sh", "cat", "echo", "sleep", "env", "id", "pwd", "touch", "test", "ls", "true", "hostname", "wc",
    ]
    for name in applets { try Files.link(root + "/bin/" + name, to: "busybox") }
    try Files.write("root:x:0:0:root:/root:/bin/sh\nglue:x:10000:0::/srv:/bin/sh\n", to: root + "/etc/passwd")
    try Files.write("root:x:0:\nusers:x:100:glue\n", to: root + "/etc/group")
    try Files.write("original\n", to: root + "/etc/marker")
  }

  /// The image, with changes to its configuration.
  func image(testSite: String? = nil, _ change: (inout ImageConfig) -> Void = { _ in }) -> ImageRoot {
    var config = ImageConfig(platform: .linuxAMD64)
    config.environment = ["PATH=/bin", "GREETING=hello"]
    config.workingDirectory = "/srv"
    change(&config)
    return ImageRoot(name: "tiny", path: root, config: config, testSite: testSite)
  }

  func runner(_ image: ImageRoot? = nil) -> TestRunner {
    TestRunner(image: image ?? self.image(), folder: folder, width: 2, stage: Self.stage)
  }

  /// Lets `python3` be a shell, so that scripts need no Python.
  func addShellAsPython() throws {
    try Files.write("#!/bin/sh\nexec /bin/sh \"$@\"\n", to: root + "/bin/python3", mode: 0o755)
  }

  /// Everything in the root with its content, to see that nothing changed.
  func contents() throws -> [String] {
    try contents(of: root)
  }

  private func contents(of directory: String) throws -> [String] {
    try Files.list(directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      let status = try FileStatus(of: path)
      let line = "\(path) \(status.mode) \(status.size) \(status.modified)"
      return status.kind == .directory ? [line] + (try contents(of: path)) : [line]
    }
  }
}

/// The processes that have an argument.
///
/// - Parameter root: What has to be in their file system, where the argument is one that others may have, too.
func processes(with marker: String, seeing root: String = "") -> Int {
  ((try? Files.list("/proc")) ?? []).count { name in
    Int(name) != nil && ((try? Files.text("/proc/\(name)/cmdline")) ?? "").contains(marker)
      && (root.isEmpty || ((try? Files.text("/proc/\(name)/mountinfo")) ?? "").contains(root))
  }
}
