import Host
import Resolution
import Verification
import YAML

/// A folder that holds one image: its specification, its lock and what is generated from them.
struct ImageFolder {
  static let specName = "image.yaml"
  static let lockName = "drydock.lock"
  static let dockerfileName = "Dockerfile"
  static let requirementsName = "requirements.txt"
  static let testsName = "tests.yaml"

  /// The folder as it was given, for messages.
  let path: String

  init(_ path: String) throws {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard Files.exists(trimmed) else {
      throw Failure(.badInput, "\(path) does not exist", hint: "give a folder that holds an \(Self.specName)")
    }
    guard Files.isDirectory(trimmed) else {
      throw Failure(.badInput, "\(path) is no folder", hint: "give a folder that holds an \(Self.specName)")
    }
    guard Files.isFile("\(trimmed)/\(Self.specName)") else {
      throw Failure(
        .badInput, "\(path) has no \(Self.specName)", hint: "the images of a repository lie in its folder 'images'")
    }
    self.path = trimmed
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func spec() throws -> Spec {
    let text = try Failure.reading(file(Self.specName)) { path throws(SystemError) in
      try Files.text(path, limit: 1 << 20)
    }
    do { return try Spec(parsing: text) } catch { throw Failure(faults: error, in: file(Self.specName)) }
  }

  /// The lock as it stands, or nil when there is none yet.
  func lockIfPresent() throws -> LockFile? {
    let path = file(Self.lockName)
    guard Files.exists(path) else { return nil }
    let bytes = try Failure.reading(path) { path throws(SystemError) in try Files.read(path, limit: 1 << 26) }
    do { return try LockFile(parsing: bytes) } catch {
      let place = if case .malformed(let fault) = error { "\(path):\(fault)" } else { "\(path): \(error)" }
      throw Failure(
        .badInput, place, hint: "the lock is written by 'drydock pin \(self.path)'; restore it from version control")
    }
  }

  /// The image's tests, with the folder that their files lie in.
  func tests() throws -> (TestSpecification, folder: String) {
    guard Files.exists(file(Self.testsName)) else {
      throw Failure(
        .badInput, "\(path) has no \(Self.testsName)", hint: "without a test nothing can say which pins are good")
    }
    return try Self.tests(at: file(Self.testsName))
  }

  /// Reads a file of tests.
  static func tests(at file: String) throws -> (TestSpecification, folder: String) {
    let text = try Failure.reading(file) { path throws(SystemError) in try Files.text(path, limit: 1 << 20) }
    do {
      let specification = try TestSpecification(parsing: text)
      return (specification, Path.absolute(Path.parent(file) ?? "."))
    } catch {
      throw Failure(faults: error, in: file)
    }
  }

  /// The lock, which must belong to the specification.
  func lock(for spec: Spec) throws -> LockFile {
    guard let lock = try lockIfPresent() else {
      throw Failure(.badInput, "\(path) has no \(Self.lockName)", hint: "run 'drydock pin \(path)'")
    }
    do { try lock.check(against: spec) } catch {
      throw Failure(
        .badInput, "\(file(Self.lockName)): \(error)", hint: "run 'drydock pin \(path)' and look at what changes")
    }
    return lock
  }
}
