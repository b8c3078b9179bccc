import ArgumentParser
import Building
import Dockerfiles
import Host
import Images
import JSON
import OCI
import Resolution

/// `drydock build`: builds an image from its lock, or from a Dockerfile.
struct Build: Command, NeedsUsers {
  static let configuration = CommandConfiguration(
    abstract: "Build an image from its lock or from a Dockerfile, without a daemon.",
    discussion: """
      The same lock gives the same bytes, wherever and whenever it is built. Several -o may be given; without one, the
      image is only kept in Drydock's store.

      A folder without an image.yaml is built from its Dockerfile, as 'docker build' would, but for this: commands have
      no network unless it is allowed, all times are SOURCE_DATE_EPOCH (1980-01-01 if that is not set), and what commands
      leave by the way (logs, package lists, caches of pip, backups) is no part of a layer.

      EXAMPLES
        drydock build images/spark-athena -o oci:out/spark-athena:latest
        drydock build images/spark-athena -o docker-archive:spark.tar:spark-athena:1.0
        drydock build images/spark-athena -o out/root
        drydock build . -t app:1 --build-arg VERSION=1.2 -o docker-archive:app.tar
        drydock build -f docker/Dockerfile --target test --secret id=token,src=token.txt .
        drydock build . --cache-from docker://example.com/app:cache --cache-to docker://example.com/app:cache
      """)

  @Argument(help: "A folder with an image.yaml and a drydock.lock, or the context of a Dockerfile.")
  var image: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp(
      "Write it as oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or unpacked into a new folder.",
      valueName: "dest"))
  var destinations: [String] = []

  @Flag(help: "Replace locked files that no source has any longer by their successors, and say so.")
  var repinMissing = false

  @OptionGroup(title: "Dockerfile") var dockerfile: DockerfileBuildOptions
  @OptionGroup var registry: RegistryOptions
  @OptionGroup var runtime: RuntimeOptions
  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    if let path = try dockerfilePath() { return try await buildDockerfile(path, progress) }
    let places = try destinations.map(ImageReference.init(parsing:))
    let workplace = try Workplace(progress: progress.progress)
    let build = ImageBuild(
      folder: try ImageFolder(image), workplace: workplace, runtime: runtime, output: output)
    let result = try await build.build(repinningMissing: repinMissing)
    for place in places {
      try await workplace.progress.during("write \(place)") {
        try await ImageWriter(cache: workplace.cache).write(result.built.image, to: place, name: result.plan.spec.name)
      }
    }
    progress.clear()
    output.print(text: Self.text(result), json: Self.json(result))
  }

  static func text(_ result: ImageBuild.Result) -> String {
    var table = Table(["LAYER", "SIZE", "UNPACKED"], rightAligned: [1, 2])
    for layer in result.built.layers {
      table.add(layer.name, ByteCount.text(layer.size), layer.plainSize.map(ByteCount.text) ?? "-")
    }
    return table.text + "\(result.built.image.digest)\n"
  }

  static func json(_ result: ImageBuild.Result) -> JSONValue {
    .object([
      "name": .string(result.plan.spec.name), "digest": .string(result.built.image.digest.description),
      "layers": .array(
        zip(result.built.layers, result.built.image.layers).map { summary, layer in
          .object([
            "name": .string(summary.name), "digest": .string(layer.descriptor.digest.description),
            "diffID": .string(layer.diffID.description), "size": .integer(summary.size),
            "unpacked": summary.plainSize.map { .integer($0) },
          ])
        }),
    ])
  }
}
