/// A place that takes bytes in order.
///
/// A sink blocks and belongs to one thread.
public protocol ByteSink: AnyObject {
  /// Takes all of the bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(LayerError)
}

extension ByteSink {
  /// Takes all of the bytes.
  public func write(_ bytes: [UInt8]) throws(LayerError) {
    try bytes.withRawBytes { (buffer) throws(LayerError) in try write(buffer) }
  }
}

extension [UInt8] {
  /// The bytes as they lie in memory; `withUnsafeBytes` has no typed error.
  func withRawBytes(_ body: (UnsafeRawBufferPointer) throws(LayerError) -> Void) throws(LayerError) {
    try withUnsafeBufferPointer { (buffer) throws(LayerError) in try body(UnsafeRawBufferPointer(buffer)) }
  }
}
