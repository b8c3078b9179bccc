public import JSON
public import OCI
internal import Packages
internal import Trust
internal import Versions

extension Spec {
  /// The specification in its canonical form: what it says, without layout, comments and the order of keys.
  public var canonical: JSONValue {
    .object([
      "name": .string(name), "summary": summary.map(JSONValue.string),
      // An image for one platform has the checksum that it had before there could be several.
      "platform": platforms.count == 1 ? .string(platforms[0].description) : nil,
      "platforms": platforms.count == 1 ? nil : .strings(platforms.map(\.description)),
      "base": base.canonical, "debian": debian?.canonical, "python": python?.canonical,
      "rpm": rpm?.canonical, "jars": jars?.canonical,
      "runtime": .bool(hasRuntime),
      "user": user.map { user in
        .object([
          "name": .string(user.name), "uid": user.account.map { .integer($0.uid) },
          "gid": user.account.map { .integer($0.gid) }, "home": user.account.map { .string($0.home) },
        ])
      },
      "environment": .map(environment), "workdir": workingDirectory.map(JSONValue.string),
      "files": .array(files.map { .object(["from": .string($0.source), "to": .string($0.target)]) }),
      "entrypoint": .strings(entrypoint), "command": .strings(command), "healthcheck": healthcheck?.json,
      "labels": .map(labels),
    ])
  }

  /// The digest that a lock carries, to know whether it belongs to this specification.
  public var checksum: Digest { SHA256.digest(of: canonical.canonicalText.utf8) }
}

extension Spec.Base {
  fileprivate var canonical: JSONValue {
    switch self {
    case .scratch: .string("scratch")
    case .image(let image):
      .object([
        "image": .string(image.reference), "glue": image.glue.map { .string($0.version) },
        "recorded": image.recorded.map {
          .object(["digest": .string($0.digest.description), "source": .string($0.source)])
        },
      ])
    }
  }
}

extension Spec.Debian {
  fileprivate var canonical: JSONValue {
    .object([
      "suites": .strings(suites), "components": .strings(components), "packages": .strings(packages.sorted()),
      "exclude": .strings(exclude), "include": .strings(include), "snapshot": snapshot.map { .integer($0) },
      "preferences": preferences.isEmpty
        ? nil
        : .array(
          preferences.map {
            .object([
              "packages": .strings($0.packages), "pin": .string($0.pin.description), "priority": .integer($0.priority),
            ])
          }),
    ])
  }
}

extension Spec.RPM {
  fileprivate var canonical: JSONValue {
    .object([
      "release": .string(release), "repositories": .strings(repositories), "extras": .strings(extras),
      "packages": .strings(packages.sorted()), "exclude": .strings(exclude),
    ])
  }
}

extension Spec.Jars {
  fileprivate var canonical: JSONValue {
    .object([
      "target": .string(target), "artifacts": .strings(artifacts.map(\.description)),
      "managed": .strings(managed.map(\.description)), "boms": .strings(boms.map(\.description)),
      "exclude": .strings(exclude.map(\.description)),
    ])
  }
}

extension Spec.Python {
  fileprivate var canonical: JSONValue {
    .object([
      "version": .string(version.description), "interpreter": .string(interpreter), "site": .string(site),
      "glibc": .string(glibc.description), "requirements": .strings(requirements.map(\.description)),
      // Left out when there are none: an older lock stays this specification's.
      "utilities": utilities.isEmpty ? nil : .strings(utilities.map(\.name).sorted()),
      "constraints": .strings(constraints.map(\.description)),
      "test-requirements": .strings(testRequirements.map(\.description)),
      "overrides": overrides.isEmpty ? nil : .strings(overrides.map(\.description)),
      "exclude-newer": excludeNewer.map(JSONValue.string),
      "pre-releases": preReleases == .ifNecessaryOrExplicit ? nil : .string(preReleases.rawValue),
    ])
  }
}
