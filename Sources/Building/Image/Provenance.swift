public import Dockerfiles
public import Images
public import JSON
public import OCI
public import Layers
internal import Packages
internal import Resolution
internal import Trust
internal import Versions

/// What an image was built from, as a statement that others can check and sign.
///
/// It holds no time, no name of a machine, no path of one and no value of a build argument or secret: the same inputs give the
/// same statement. Specification: in-toto Attestation Framework 1.0, Statement; SLSA 1.0, Provenance.
public struct Provenance: Sendable, Hashable {
  /// A file or an image that went into a build (in-toto, ResourceDescriptor).
  public struct Dependency: Sendable, Hashable {
    /// Its package URL or address; absent for what has only a place on this machine.
    public let uri: String?
    /// Its name, for people.
    public let name: String?
    /// Its digest.
    public let digest: Digest
    /// What it is for, when it is no part of the image itself.
    public let use: String?

    /// Names a dependency.
    public init(uri: String?, name: String? = nil, digest: Digest, use: String? = nil) {
      self.uri = uri
      self.name = name
      self.digest = digest
      self.use = use
    }
  }

  private static let builder = "urn:drydock:drydock"

  private let names: [String]
  private let image: Digest
  private let buildType: String
  private let parameters: JSONValue
  private let internalParameters: JSONValue
  private let dependencies: [Dependency]
  private let byproducts: [Dependency]
  private let version: String

  /// States what an image is made of that was built from its lock, or an index of images of several platforms.
  ///
  /// - Parameters:
  ///   - images: What was built for each platform.
  ///   - image: The image or the index.
  ///   - compression: How the images' own layers were compressed.
  ///   - version: The version of the program that built it.
  public init(
    _ images: [(plan: ImagePlan, image: Image)], image: Digest, compression: LayerCompression, builtBy version: String
  ) {
    let locks = images.map(\.plan.lock)
    names = Array(Set(locks.map(\.name)))
    self.image = image
    buildType = "urn:drydock:build-from-lock:1"
    parameters = .object([
      "lock": .string(locks.map(\.digest.description).joined(separator: ",")),
      "name": .string(names.joined(separator: ",")),
      "platform": .string(locks.map(\.platform.description).joined(separator: ",")),
      "specification": .string(locks.first?.spec.description ?? ""),
    ])
    internalParameters = .object([
      "compressor": .string(compression.name), "epoch": .integer(locks.map(\.date).max() ?? 0),
    ])
    dependencies = Self.merged(locks.map(Self.dependencies))
    byproducts =
      images.count == 1
      ? []
      : images.map { Dependency(uri: nil, name: $0.plan.lock.platform.description, digest: $0.image.digest) }
    self.version = version
  }

  /// States what an image is made of that was built from a Dockerfile, or an index of images of several platforms.
  ///
  /// - Parameters:
  ///   - results: What was built for each platform.
  ///   - image: The image or the index.
  ///   - names: The names that the image was given.
  ///   - file: The Dockerfile as it was read.
  ///   - context: The digest of what the build could see of its folder.
  public init(
    _ results: [(platform: Platform, result: DockerfileBuild.Result)], image: Digest, _ options: DockerfileOptions,
    names: [String], file: [UInt8], context: Digest, builtBy version: String
  ) {
    let dockerfile = SHA256.digest(of: file)
    self.names = names.isEmpty ? ["_"] : names
    self.image = image
    buildType = "urn:drydock:build-from-dockerfile:1"
    // Values of arguments may be passwords, against all advice; labels stand in the image for all to read.
    parameters = .object([
      "arguments": .strings(options.arguments.keys.sorted()), "context": .string(context.description),
      "contexts": .strings(options.contexts.keys.sorted()), "dockerfile": .string(dockerfile.description),
      "labels": .map(options.labels), "network": .bool(options.allowsNetwork),
      "platform": .string(results.map(\.platform.description).joined(separator: ",")), "scrub": .bool(options.scrubs),
      "secrets": .strings(options.secrets.keys.sorted()), "target": options.target.map(JSONValue.string),
    ])
    internalParameters = .object([
      "compressor": .string(options.compression.name), "epoch": .integer(options.epoch),
    ])
    dependencies =
      [
        Dependency(uri: nil, name: "Dockerfile", digest: dockerfile),
        Dependency(uri: nil, name: "context", digest: context),
      ] + Self.merged(results.map(\.result.dependencies))
    byproducts = results.flatMap { platform, result in
      let isAlone = results.count == 1
      let prefix = isAlone ? "" : "\(platform) "
      let steps = result.steps.compactMap { step in
        step.layer.map { Dependency(uri: nil, name: "\(prefix)\(step.stage):\(step.position.line)", digest: $0) }
      }
      return (isAlone ? [] : [Dependency(uri: nil, name: "\(platform)", digest: result.image.digest)]) + steps
    }
    self.version = version
  }

  /// All dependencies in their order, each once.
  private static func merged(_ lists: [[Dependency]]) -> [Dependency] {
    var seen: Set<Dependency> = []
    return lists.joined().filter { seen.insert($0).inserted }
  }

  /// The in-toto statement.
  public var statement: JSONValue {
    .object([
      "_type": .string("https://in-toto.io/Statement/v1"),
      "subject": .array(
        names.map { .object(["digest": Self.digests(image), "name": .string($0)]) }),
      "predicateType": .string("https://slsa.dev/provenance/v1"),
      "predicate": .object([
        "buildDefinition": .object([
          "buildType": .string(buildType), "externalParameters": parameters, "internalParameters": internalParameters,
          "resolvedDependencies": .array(dependencies.map(Self.json)),
        ]),
        "runDetails": .object([
          "builder": .object(["id": .string(Self.builder), "version": .object(["drydock": .string(version)])]),
          "byproducts": byproducts.isEmpty ? nil : .array(byproducts.map(Self.json)),
        ]),
      ]),
    ])
  }

  private static func digests(_ digest: Digest) -> JSONValue {
    .object([JSONMember(digest.algorithm.rawValue, .string(digest.hex))])
  }

  private static func json(_ dependency: Dependency) -> JSONValue {
    .object([
      "annotations": dependency.use.map { .object(["use": .string($0)]) }, "digest": digests(dependency.digest),
      "name": dependency.name.map(JSONValue.string), "uri": dependency.uri.map(JSONValue.string),
    ])
  }

  /// Everything that a lock names by its hash.
  private static func dependencies(_ lock: Lock) -> [Dependency] {
    var list: [Dependency] = []
    if let base = lock.base {
      list.append(Dependency(uri: uri(ofImage: base.reference, base.digest), name: base.reference, digest: base.digest))
    }
    for archive in lock.debian?.archives ?? [] {
      list.append(Dependency(uri: nil, name: "\(archive.suite)/InRelease", digest: archive.release, use: "evidence"))
    }
    list += (lock.debian?.packages ?? []).map { Dependency(uri: $0.packageURL.description, digest: $0.digest) }
    for repository in lock.rpm?.repositories ?? [] {
      list.append(
        Dependency(uri: nil, name: "\(repository.repository)/repomd.xml", digest: repository.index, use: "evidence"))
    }
    list += (lock.rpm?.packages ?? []).map {
      Dependency(uri: $0.packageURL.description, digest: $0.digest)
    }
    list += (lock.jars?.artifacts ?? []).map {
      Dependency(uri: $0.coordinate.packageURL.description, name: $0.coordinate.fileName, digest: $0.digest)
    }
    for (use, packages) in [
      (nil, lock.python?.packages), ("build", lock.python?.build), ("test", lock.python?.test),
    ] as [(String?, [Lock.PythonPackage]?)] {
      list += (packages ?? []).map {
        Dependency(uri: $0.purl.description, name: $0.file.name, digest: $0.file.digest, use: use)
      }
    }
    if let runtime = lock.runtime {
      list.append(Dependency(uri: nil, name: "glue-athena, its sources", digest: runtime))
    }
    return list
  }

  /// The package URL of an image in a registry (purl-spec, type "oci").
  static func uri(ofImage name: String, _ digest: Digest) -> String? {
    guard let reference = try? Reference(parsing: name) else { return nil }
    let repository = reference.name
    return PackageURL(
      type: "oci", name: repository.split(separator: "/").last.map(String.init)?.lowercased() ?? repository,
      version: digest.description, qualifiers: ["repository_url": repository, "tag": reference.tag ?? ""]
    ).description
  }
}
