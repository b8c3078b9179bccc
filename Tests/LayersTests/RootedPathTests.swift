import Layers
import Testing

/// A path of an image stays in the image, whatever its links say.
@Suite struct `A path within a root` {
  private static let links = [
    "lib": "usr/lib", "usr/bin": "../lib", "etc/mtab": "/proc/mounts", "up": "../../../..", "a": "b", "b": "a",
    "self": ".", "chain/1": "2", "chain/2": "../chain/3", "chain/3": "/usr/./bin//tool",
  ]

  struct Case: Sendable, CustomTestStringConvertible {
    let path: String
    let place: String?
    var isFollowingLast = true

    var testDescription: String { path }
  }

  @Test(arguments: [
    Case(path: "", place: ""),
    Case(path: "/", place: ""),
    Case(path: "//usr/./share//", place: "usr/share"),
    Case(path: "lib/x", place: "usr/lib/x"),
    Case(path: "usr/bin/x", place: "usr/lib/x"),
    Case(path: "lib", place: "lib", isFollowingLast: false),
    Case(path: "usr/bin/../../etc", place: "etc"),
    Case(path: "../../etc", place: "etc"),
    Case(path: "up/up/etc", place: "etc"),
    Case(path: "etc/mtab", place: "proc/mounts"),
    Case(path: "missing/../etc/mtab/x", place: "proc/mounts/x"),
    Case(path: "self/self/self/lib", place: "usr/lib"),
    Case(path: "chain/1", place: "usr/lib/tool"),
    Case(path: "a/x", place: nil),
    Case(path: "a", place: "a", isFollowingLast: false),
    Case(path: String(repeating: "self/", count: 40) + "x", place: "x"),
    Case(path: String(repeating: "self/", count: 41) + "x", place: nil),
  ])
  func `leads where the kernel would lead`(_ one: Case) {
    let place = RootedPath(following: one.path.split(separator: "/"), followingLast: one.isFollowingLast) {
      Self.links[$0.joined(separator: "/")]
    }
    #expect((place.isLoop ? nil : place.path) == one.place)
  }
}
