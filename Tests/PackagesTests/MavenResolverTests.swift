import Host
import TestSupport
import Testing
import Versions

@testable import Packages

@Suite(.serialized) struct `Maven resolver` {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let universe: String
    var poms: [String: String] = [:]
    let request: [String]
    var managed: [String] = []
    /// The set, in the order of names; "error" when there is none.
    let result: String
  }

  private static func managing(_ entries: String...) -> String {
    "<dependencyManagement><dependencies>\(entries.map { MavenRepositoryFixture.dependency($0) }.joined())"
      + "</dependencies></dependencyManagement>"
  }

  private static func needing(_ entries: String...) -> String {
    "<dependencies>\(entries.map { MavenRepositoryFixture.dependency($0) }.joined())</dependencies>"
  }

  private static func parent(_ name: String, _ version: String) -> String {
    "<parent><groupId>x</groupId><artifactId>\(name)</artifactId><version>\(version)</version></parent>"
  }

  static let cases = [
    Case(
      testDescription: "what is needed follows", universe: "a 1: b 1\nb 1: c 2\nc 2", request: ["a:1"],
      result: "a:1 b:1 c:2"),
    Case(
      testDescription: "the nearest version wins, though it is older",
      universe: "a 1: b 1; c 1\nb 1: c 2\nc 1\nc 2", request: ["a:1"], result: "a:1 b:1 c:1"),
    Case(
      testDescription: "at one distance the first wins", universe: "a 1: b 1; d 1\nb 1: c 2\nd 1: c 1\nc 1\nc 2",
      request: ["a:1"], result: "a:1 b:1 c:2 d:1"),
    Case(
      testDescription: "what a loser needs does not count", universe: "a 1: b 1; c 1\nb 1: c 2\nc 1\nc 2: d 1\nd 1",
      request: ["a:1"], result: "a:1 b:1 c:1"),
    Case(
      testDescription: "tests, what is provided and what is optional are left out",
      universe:
        "a 1: b 1 scope=test; c 1 scope=provided; d 1 optional; e 1 scope=runtime\nb 1\nc 1\nd 1\ne 1",
      request: ["a:1"], result: "a:1 e:1"),
    Case(
      testDescription: "exclusions hold for all that is below", universe: "a 1: b 1 -d\nb 1: c 1\nc 1: d 1\nd 1",
      request: ["a:1"], result: "a:1 b:1 c:1"),
    Case(
      testDescription: "everything can be excluded", universe: "a 1: b 1 -*\nb 1: c 1\nc 1", request: ["a:1"],
      result: "a:1 b:1"),
    Case(
      testDescription: "a managed version counts everywhere", universe: "a 1: b 1\nb 1: c 1\nc 1\nc 3",
      request: ["a:1"],
      managed: ["c:3"], result: "a:1 b:1 c:3"),
    Case(
      testDescription: "what an artifact manages counts for what it needs itself, not below",
      universe: "b 1: c 1\nc 1\nc 9\nd 1\nd 5",
      poms: ["a 1": managing("c 9", "d 5") + needing("b 1", "d")], request: ["a:1"], result: "a:1 b:1 c:1 d:5"),
    Case(
      testDescription: "a parent's properties, management and dependencies", universe: "b 1\nb 2\nc 1\nd 1",
      poms: [
        "p 1": "<packaging>pom</packaging><properties><b.version>1</b.version></properties>"
          + managing("b ${b.version}")
          + needing("d 1"),
        "a 1": parent("p", "1") + "<properties><b.version>2</b.version></properties>"
          + needing("b", "c ${project.version}"),
      ], request: ["a:1"], result: "a:1 b:2 c:1 d:1"),
    Case(
      testDescription: "the project's version in a parent is the child's", universe: "b 3\nb 1",
      poms: [
        "p 1": "<packaging>pom</packaging>" + managing("b ${project.version}"),
        "a 3": "<own/>" + parent("p", "1") + needing("b"),
      ], request: ["a:3"], result: "a:3 b:3"),
    Case(
      testDescription: "an imported POM's management, after its own", universe: "b 1\nb 2\nc 1\nc 2",
      poms: [
        "bom 1": "<packaging>pom</packaging>" + managing("b 2", "c 2"),
        "a 1": managing("bom 1 type=pom scope=import", "c 1") + needing("b", "c"),
      ], request: ["a:1"], result: "a:1 b:2 c:1"),
    Case(
      testDescription: "what has moved", universe: "a 1: old 1\nnew 2: c 1\nc 1",
      poms: [
        "old 1":
          "<distributionManagement><relocation><artifactId>new</artifactId><version>2</version></relocation></distributionManagement>"
      ], request: ["a:1"], result: "a:1 c:1 new:2"),
    Case(
      testDescription: "the highest version of a range", universe: "a 1: b [1,2)\nb 1.0\nb 1.5\nb 2.0",
      request: ["a:1"],
      result: "a:1 b:1.5"),
    Case(
      testDescription: "a range that comes later overrules what is nearest",
      universe: "a 1: b 2; c 1\nb 1\nb 2\nc 1: b [1,2)", request: ["a:1"], result: "a:1 b:1 c:1"),
    Case(
      testDescription: "ranges that exclude each other", universe: "a 1: b [2]; c 1\nb 1\nb 2\nc 1: b [1]",
      request: ["a:1"],
      result: "error"),
    Case(
      testDescription: "files of one version beside each other",
      universe: "a 1: b 1; b 1 classifier=tests; c 1 type=test-jar\nb 1\nc 1",
      request: ["a:1"], result: "a:1 b:1 b:tests:1 c:tests:1"),
    Case(
      testDescription: "a POM that is needed as such", universe: "a 1: p 1 type=pom\nb 1",
      poms: ["p 1": "<packaging>pom</packaging>" + needing("b 1")], request: ["a:1"], result: "a:1 b:1"),
    Case(
      testDescription: "circles end", universe: "a 1: b 1\nb 1: a 1; c 1\nc 1", request: ["a:1"], result: "a:1 b:1 c:1"),
    Case(
      testDescription: "several requests in their order", universe: "a 1: c 1\nb 1: c 2\nc 1\nc 2",
      request: ["b:1", "a:1"],
      result: "a:1 b:1 c:2"),
    Case(
      testDescription: "a request overrules what others need", universe: "a 1: c 1\nc 1\nc 2", request: ["a:1", "c:2"],
      result: "a:1 c:2"),
  ]

  private static func coordinates(_ texts: [String]) throws -> [MavenCoordinate] {
    try texts.map { try MavenCoordinate(parsing: "x:\($0)") }
  }

  @Test(arguments: cases) func `the set is the one that Maven would choose`(_ test: Case) async throws {
    let outcome = try await MavenRepositoryFixture(test.universe, poms: test.poms).with { repositories, _, _ in
      let request = MavenResolver.Request(
        artifacts: try Self.coordinates(test.request), managed: try Self.coordinates(test.managed))
      do throws(MavenError) {
        let nodes = try await MavenResolver(repositories).resolve(request)
        return nodes.map { Self.short($0.coordinate) }.sorted().joined(separator: " ")
      } catch { return "error" }
    }
    #expect(outcome == test.result)
  }

  private static func short(_ coordinate: MavenCoordinate) -> String {
    ([coordinate.name.artifact] + (coordinate.classifier.map { [$0] } ?? []) + [coordinate.version]).joined(
      separator: ":")
  }

  @Test func `Maven's own resolver chooses the same`() async throws {
    let work = try TemporaryDirectory()
    defer { work.remove() }
    var lines = ""
    for (number, test) in Self.cases.enumerated() {
      for (path, bytes) in MavenRepositoryFixture(test.universe, poms: test.poms).files {
        let place = "\(work.path)/\(number)\(path)"
        try Files.createDirectory(Path.parent(place) ?? "")
        try Files.write(bytes, to: place)
      }
      let managed = test.managed.map { "x:\($0)" }.joined(separator: " ")
      lines += "\(work.path)/\(number)|\(test.request.map { "x:\($0)" }.joined(separator: " "))|\(managed)\n"
    }
    try Files.write(MavenOracle.program, to: work.path + "/Oracle.java")
    let result = try await Subprocess(
      "java", ["-cp", try MavenOracle.classPath(), work.path + "/Oracle.java", work.path + "/local"]
    ).run(input: Array(lines.utf8))
    let answers = result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    try #require(answers.count == Self.cases.count + 1, "\(result.errorText)")
    for (test, answer) in zip(Self.cases, answers) { #expect(answer == test.result, "\(test.testDescription)") }
  }
}

/// Maven's own resolver, from Debian's packages.
enum MavenOracle {
  static func classPath() throws -> String {
    let library = "/usr/share/maven/lib"
    let jars = try Files.list(library).filter { $0.hasSuffix(".jar") }.map { "\(library)/\($0)" }
    return (jars.sorted() + ["/usr/share/java/maven-resolver-transport-file.jar"]).joined(separator: ":")
  }

  /// Reads lines of `repository|artifacts|managed artifacts` and prints the set of each, or `error`.
  static let program = """
    import java.io.*;
    import java.util.*;
    import org.apache.maven.repository.internal.MavenRepositorySystemUtils;
    import org.eclipse.aether.*;
    import org.eclipse.aether.artifact.*;
    import org.eclipse.aether.collection.CollectRequest;
    import org.eclipse.aether.connector.basic.BasicRepositoryConnectorFactory;
    import org.eclipse.aether.graph.Dependency;
    import org.eclipse.aether.impl.DefaultServiceLocator;
    import org.eclipse.aether.repository.*;
    import org.eclipse.aether.spi.connector.RepositoryConnectorFactory;
    import org.eclipse.aether.spi.connector.transport.TransporterFactory;
    import org.eclipse.aether.transport.file.FileTransporterFactory;
    import org.eclipse.aether.util.graph.visitor.PreorderNodeListGenerator;

    public class Oracle {
      public static void main(String[] arguments) throws Exception {
        DefaultServiceLocator locator = MavenRepositorySystemUtils.newServiceLocator();
        locator.addService(RepositoryConnectorFactory.class, BasicRepositoryConnectorFactory.class);
        locator.addService(TransporterFactory.class, FileTransporterFactory.class);
        RepositorySystem system = locator.getService(RepositorySystem.class);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        String line;
        int number = 0;
        while ((line = input.readLine()) != null) {
          String[] parts = line.split("\\\\|", -1);
          DefaultRepositorySystemSession session = MavenRepositorySystemUtils.newSession();
          LocalRepository local = new LocalRepository(arguments[0] + "/" + number++);
          session.setLocalRepositoryManager(system.newLocalRepositoryManager(session, local));
          session.setSystemProperties(System.getProperties());
          CollectRequest request = new CollectRequest();
          for (String text : parts[1].split(" "))
            request.addDependency(new Dependency(new DefaultArtifact(text), "compile"));
          for (String text : parts[2].split(" "))
            if (!text.isEmpty()) request.addManagedDependency(new Dependency(new DefaultArtifact(text), null));
          request.addRepository(new RemoteRepository.Builder("test", "default", "file://" + parts[0]).build());
          try {
            PreorderNodeListGenerator list = new PreorderNodeListGenerator();
            system.collectDependencies(session, request).getRoot().accept(list);
            TreeSet<String> found = new TreeSet<>();
            for (Artifact artifact : list.getArtifacts(true)) {
              if (artifact.getExtension().equals("pom")) continue;
              String classifier = artifact.getClassifier().isEmpty() ? "" : artifact.getClassifier() + ":";
              found.add(artifact.getArtifactId() + ":" + classifier + artifact.getVersion());
            }
            System.out.println(String.join(" ", found));
          } catch (Exception error) {
            System.out.println("error");
          }
        }
      }
    }
    """
}
