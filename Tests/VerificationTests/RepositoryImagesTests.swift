import Host
import Testing

@testable import Verification

/// The tests that the repository's own images bring.
@Suite struct RepositoryImagesTests {
  /// The folders below `images/` that have tests.
  static let folders: [String] = {
    let images = Path.normalize(Path.join(#filePath, "../../../images"))
    return ((try? Files.list(images)) ?? []).map { Path.join(images, $0) }.filter { Files.exists("\($0)/tests.yaml") }
  }()

  @Test func `there are such images`() {
    #expect(Self.folders.map(Path.name).contains("spark-athena"))
  }

  @Test(arguments: folders)
  func `tests are read and their scripts lie beside them`(_ folder: String) throws {
    let specification = try TestSpecification(parsing: try Files.text("\(folder)/tests.yaml"))
    #expect(specification.comparesVersions)
    for script in specification.scripts { #expect(Files.isFile("\(folder)/\(script.file)"), "\(script.file)") }
  }
}
