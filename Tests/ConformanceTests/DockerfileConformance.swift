import Dockerfiles
import Host
import Testing

/// Runs the parser's and the variable expander's public tables.
@Suite(.enabled(if: Fixtures.folder != nil))
struct `Dockerfile language` {
  @Test func `valid files are parsed to the published trees and printed to the same bytes`() throws {
    let folder = "dockerfile-parser/valid"
    var (passed, all) = (0, 0)
    for name in try Fixtures.names(folder) {
      all += 1
      let source = try Fixtures.bytes("\(folder)/\(name)/Dockerfile")
      let expected = try Fixtures.text("\(folder)/\(name)/result")
      let file = try Dockerfile(parsing: source)
      if file.dump == expected { passed += 1 }
      #expect(file.dump == expected, "\(name)")
      #expect(file.printed() == source, "\(name)")
    }
    print("\(folder): \(passed) of \(all)")
    #expect(all > 0)
  }

  @Test func `invalid files are refused`() throws {
    let folder = "dockerfile-parser/invalid"
    var (passed, all) = (0, 0)
    for name in try Fixtures.names(folder) {
      all += 1
      let source = try Fixtures.bytes("\(folder)/\(name)/Dockerfile")
      let error = #expect(throws: DockerfileError.self, "\(name)") { try Dockerfile(parsing: source) }
      if error != nil { passed += 1 }
    }
    print("\(folder): \(passed) of \(all)")
    #expect(all > 0)
  }

  @Test func `variables are expanded as in the published table`() throws {
    var (passed, all) = (0, 0)
    let variables = ["PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""]
    for line in try Fixtures.text("dockerfile-shell/envVarTest").split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(Self.trimmed)
      guard fields.count == 3 else { continue }
      all += 1
      let expander = WordExpander(variables, options: fields[0] == "W" ? .foldsNames : [])
      let text = (try? expander.expand(fields[1]).text) ?? "error"
      if text == fields[2] { passed += 1 }
      #expect(text == fields[2], "\(line)")
    }
    print("dockerfile-shell/envVarTest: \(passed) of \(all)")
    #expect(all > 0)
  }

  @Test func `words are split as in the published table`() throws {
    var (passed, all) = (0, 0)
    var variables: [String: String] = [:]
    for line in try Fixtures.text("dockerfile-shell/wordsTest").split(separator: "\n") where !line.hasPrefix("#") {
      if line.hasPrefix("ENV ") {
        let pair = line.dropFirst(4).drop { $0 == " " }.split(separator: "=", maxSplits: 1)
        variables[String(pair[0])] = String(pair[1])
        continue
      }
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      guard fields.count == 2 else { continue }
      all += 1
      let expected = fields[1].drop { $0 == " " }.split(separator: ",", omittingEmptySubsequences: false).map(
        String.init)
      let words = (try? WordExpander(variables).expand(Self.trimmed(fields[0])).words) ?? ["error"]
      if words == expected { passed += 1 }
      #expect(words == expected, "\(line)")
    }
    print("dockerfile-shell/wordsTest: \(passed) of \(all)")
    #expect(all > 0)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
