internal import JSON
internal import OCI
internal import Resolution

/// A `docker-bake.json` that builds the contexts of a fleet of images: `docker buildx bake` beside their folders.
///
/// Specification: Docker, "Bake file reference", in its JSON form; paths in it are seen from where bake is called.
public struct BakeFile: Sendable {
  /// The name by which bake finds the file.
  public static let name = "docker-bake.json"
  /// What stands for an image's name in the place of a cache.
  public static let placeholder = "{name}"

  private let targets: [(name: String, target: JSONValue)]

  /// Why images can't be in one file.
  public enum Failure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Two images, or their targets, have one name.
    case twice(String)
    /// Several images would write to one cache.
    case sharedCache(String)

    /// What is wrong, in one sentence.
    public var description: String {
      switch self {
      case .twice(let name): "two of the images are the target '\(name)' of one file"
      case .sharedCache(let place): "--cache-to: all images would write to '\(place)'"
      }
    }

    /// What to do about it.
    public var hint: String {
      switch self {
      case .twice: "give them different names in image.yaml, or make a file for each"
      case .sharedCache: "let '\(BakeFile.placeholder)' stand for the name of each image in it"
      }
    }
  }

  /// Makes a target of each plan, whose context is the folder with the image's name.
  ///
  /// - Parameters:
  ///   - cacheFrom: Places as bake takes them, with `{name}` for the image's name.
  ///   - cacheTo: The same.
  public init(plans: [ImagePlans], cacheFrom: [String] = [], cacheTo: [String] = []) throws(Failure) {
    var targets: [(name: String, target: JSONValue)] = []
    if plans.count > 1, let place = cacheTo.first(where: { !$0.contains(Self.placeholder) }) {
      throw .sharedCache(place)
    }
    for plan in plans {
      let name = Self.target(plan.first.spec.name)
      guard !targets.contains(where: { $0.name == name }) else { throw .twice(name) }
      targets.append((name, Self.target(plan, cacheFrom, cacheTo)))
    }
    self.targets = targets
  }

  /// The file's content.
  public var text: String {
    JSONValue.object([
      "variable": .object([
        "REGISTRY": .object(["default": .string("")]), "TAG": .object(["default": .string("latest")]),
      ]),
      "group": .object(["default": .object(["targets": .strings(targets.map(\.name))])]),
      "target": .object(targets.map { JSONMember($0.name, $0.target) }),
    ]).canonicalText
  }

  private static func target(_ image: ImagePlans, _ cacheFrom: [String], _ cacheTo: [String]) -> JSONValue {
    let name = image.first.spec.name
    func places(_ texts: [String]) -> JSONValue? {
      texts.isEmpty ? nil : .strings(texts.map { $0.replacing(placeholder, with: name) })
    }
    return .object([
      "context": .string(name),
      "dockerfile": .string(DockerfileGenerator.Context.dockerfile),
      "platforms": .strings(image.plans.map(\.spec.platform.description)),
      // BuildKit's own argument, from 0.11 on: the time of everything that is younger.
      "args": .object(["SOURCE_DATE_EPOCH": .string("\(image.plans.map(\.lock.date).max() ?? 0)")]),
      "tags": .strings(["${REGISTRY}\(name):${TAG}"]),
      "network": .string("none"),
      "cache-from": places(cacheFrom),
      "cache-to": places(cacheTo),
    ])
  }

  /// The name of an image's target: bake allows letters, digits, `-` and `_`.
  private static func target(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" })
  }
}
