import Host
import Testing

@testable import Sandbox

/// A made-up tree of control groups: what a kernel does with these files is not to be seen here.
@Suite struct `Control groups` {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ text: String, _ path: String) throws {
    let full = directory.path + "/" + path
    try Files.createDirectory(try #require(Path.parent(full)))
    try Files.write(text, to: full)
  }

  private func place(_ limit: ControlGroup.Limit, _ membership: String) throws -> String {
    let place = try limit.place(root: directory.path, membership: membership)
    #expect(place.directory.hasPrefix(directory.path))
    return String(place.directory.dropFirst(directory.path.count)) + " " + place.file
  }

  @Test func `version 1 has a tree for each controller`() throws {
    try write("", "memory/jobs/7/tasks")
    try write("", "cpu,pids/tasks")
    let membership = "9:memory:/jobs/7\n8:cpu,pids:/not/mounted/here\n1:name=systemd:/\n0::/x\n"
    #expect(try place(.memory(1), membership) == "/memory/jobs/7 memory.limit_in_bytes")
    #expect(try place(.processes(1), membership) == "/cpu,pids pids.max")
  }

  @Test func `version 2 has one tree, and controllers where the group above passes them on`() throws {
    try write("cpu memory pids\n", "cgroup.controllers")
    try write("memory pids\n", "cgroup.subtree_control")
    try write("memory\n", "user/cgroup.subtree_control")
    try write("\n", "user/job/cgroup.subtree_control")
    #expect(try place(.memory(1), "0::/user/job\n") == "/user memory.max")
    #expect(try place(.processes(1), "0::/user/job\n") == " pids.max")
    try write("\n", "cgroup.subtree_control")
    #expect(throws: SandboxError(.limits, "find a control group that passes on the controller", "pids")) {
      try ControlGroup.Limit.processes(1).place(root: directory.path, membership: "0::/user/job\n")
    }
  }

  @Test func `without control groups a limit is an error`() throws {
    let error = #expect(throws: SandboxError.self) {
      try ControlGroup([.memory(1)], root: directory.path, membership: "")
    }
    #expect(error?.description == "cannot find the controller of control groups named memory")
    #expect(error?.hint != nil)
  }

  @Test func `a group that can't take its limit is removed, and so are those of makers that are gone`() throws {
    try write("", "pids/tasks")
    try Files.createDirectory(directory.path + "/pids/drydock-999999999-1")
    try Files.createDirectory(directory.path + "/pids/drydock-1-1")
    #expect(throws: SandboxError.self) {
      try ControlGroup([.processes(5)], root: directory.path, membership: "1:pids:/\n")
    }
    #expect(try Files.list(directory.path + "/pids").sorted() == ["drydock-1-1", "tasks"])
  }
}
