import Host
import Testing

/// Holds the sources against the map in `Sources/README.md`, so that the map stays true.
@Suite struct `The map of the sources` {
  static let root = Path.normalize(#filePath + "/../../..")

  /// The table's rows: a target, and the targets that it may import.
  static func table() throws -> [(target: String, imports: Set<String>)] {
    try Files.text(root + "/Sources/README.md").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
      let texts = cells.map { $0.split(separator: "`", omittingEmptySubsequences: false) }
      guard texts.count == 3, texts[0].count == 3 else { return nil }
      let names = texts[2].enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
      return (String(texts[0][1]), Set(names))
    }
  }

  static func swiftFiles(below directory: String) throws -> [String] {
    try Files.list(directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      if Files.isDirectory(path) { return try swiftFiles(below: path) }
      return name.hasSuffix(".swift") ? [path] : []
    }
  }

  /// The modules that a file imports, whatever the access of the import.
  static func imports(of path: String) throws -> Set<String> {
    Set(
      try Files.text(path).split(separator: "\n").compactMap { line in
        // An indented one is not Swift's: it stands in the text of another language's program.
        if line.first == " " { return nil }
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position <= 1, position + 1 < words.count else {
          return nil
        }
        if position == 1, !["public", "package", "internal", "private", "@testable"].contains(words[0]) { return nil }
        return String(words[position + 1])
      })
  }

  static let outside: Set<String> = ["Glibc", "Synchronization", "FoundationEssentials"]

  @Test func `every target stands in the table, and every row is a target`() throws {
    let folders = try Files.list(Self.root + "/Sources").filter { Files.isDirectory("\(Self.root)/Sources/\($0)") }
    #expect(try Self.table().map(\.target).sorted() == folders.sorted())
  }

  @Test func `a target imports what its row says, no more and no less`() throws {
    for (target, allowed) in try Self.table() {
      var found: Set<String> = []
      for file in try Self.swiftFiles(below: "\(Self.root)/Sources/\(target)") {
        found.formUnion(try Self.imports(of: file))
      }
      #expect(found.subtracting(Self.outside) == allowed, "\(target)")
    }
  }

  @Test func `a target imports only rows above it`() throws {
    var above: Set<String> = ["ArgumentParser"]
    for (target, allowed) in try Self.table() {
      #expect(allowed.isSubset(of: above), "\(target)")
      above.insert(target)
    }
  }

  @Test func `nothing imports all of Foundation, and the runtime none of it`() throws {
    for (target, _) in try Self.table() {
      for file in try Self.swiftFiles(below: "\(Self.root)/Sources/\(target)") {
        let imports = try Self.imports(of: file)
        #expect(!imports.contains("Foundation"), "\(file)")
        if ["JSON", "Host", "Trust", "HTTP", "AWS", "OCI", "GlueAthena"].contains(target) {
          #expect(!imports.contains("FoundationEssentials"), "\(file)")
        }
      }
    }
  }
}
