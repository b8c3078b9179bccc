/// The owner of a file for whom there is no user here, kept in an attribute beside the file.
///
/// A user namespace may hold a single user. Files of others are then root's on disk, and have their owner again when they
/// are read back into a layer. The kernel copies the attribute with the file when an overlay copies it up.
enum OwnerRecord {
  /// The name of the attribute, which is none of any layer.
  static let attribute = "user.drydock.owner"

  /// The value: both numbers, for example `1000:100`.
  static func value(uid: UInt32, gid: UInt32) -> [UInt8] { Array("\(uid):\(gid)".utf8) }

  /// Reads a value; nil for anything else.
  static func owner(_ value: [UInt8]) -> (uid: UInt32, gid: UInt32)? {
    let numbers = String(decoding: value, as: UTF8.self).split(separator: ":").map { UInt32($0) }
    guard numbers.count == 2, let uid = numbers[0], let gid = numbers[1] else { return nil }
    return (uid, gid)
  }
}
