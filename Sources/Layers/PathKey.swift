/// A path compared by its bytes.
///
/// Two names that differ in Unicode normalisation are two files, which Swift's own string comparison would not say.
package struct PathKey: Hashable, Sendable {
  /// The path.
  package let path: String

  /// Wraps a path.
  package init(_ path: String) { self.path = path }

  package static func == (left: PathKey, right: PathKey) -> Bool { left.path.utf8.elementsEqual(right.path.utf8) }

  package func hash(into hasher: inout Hasher) {
    var path = path
    path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
