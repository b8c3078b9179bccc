import Host
import Testing

@testable import Verification

/// The public suite of container-structure-test, where `DRYDOCK_FIXTURES` says it lies.
@Suite struct StructureConformanceTests {
  static let files: [String] = {
    guard let fixtures = Environment["DRYDOCK_FIXTURES"] else { return [] }
    let folder = Path.join(fixtures, "structure-tests")
    return ((try? Files.list(folder)) ?? []).filter { $0.hasSuffix(".yaml") }.map { Path.join(folder, $0) }
  }()

  @Test(arguments: files)
  func `a file of the suite is read as it is`(_ path: String) throws {
    let specification = try TestSpecification(parsing: try Files.text(path))
    #expect(specification != TestSpecification())
  }
}
