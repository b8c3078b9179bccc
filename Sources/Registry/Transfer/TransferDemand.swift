import OCI
import Synchronization

/// How much is wanted of the network at a time, so that whatever moves knows its share of the line.
final class TransferDemand: Sendable {
  private let sum = Mutex(0)

  /// The bytes of all that somebody wants and has not yet.
  var bytes: Int { sum.withLock { $0 } }

  /// Says that a blob is wanted.
  func add(_ blob: Descriptor) { sum.withLock { $0 += Self.size(of: blob) } }

  /// Says that a blob is there, or wanted no more.
  func remove(_ blob: Descriptor) { sum.withLock { $0 -= Self.size(of: blob) } }

  /// A descriptor may lie about its size: the sum of many has to stay a number.
  private static func size(of blob: Descriptor) -> Int { min(blob.size, 1 << 40) }
}
