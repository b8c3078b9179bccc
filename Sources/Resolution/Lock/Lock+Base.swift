extension Lock.Base {
  /// Whether a user is root, who can do everything that a build has to; an image that names nobody runs as root.
  public static func isRoot(_ user: String) -> Bool { ["", "0", "0:0", "root", "root:root"].contains(user) }

  /// Whether a text is a user as `USER` takes it, with nothing in it that a Dockerfile would read in another way.
  ///
  /// An image's configuration is its author's, and becomes a line of somebody else's Dockerfile.
  public static func isUser(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }
}
