internal import Host
internal import JSON
internal import OCI
internal import Packages
internal import Versions

extension Lock.RPM {
  var json: JSONValue {
    .object([
      "release": .string(release),
      "repositories": .array(
        repositories.map { repository in
          .object([
            "name": .string(repository.repository), "date": .string(Clock.rfc3339(repository.date)),
            "repomd": .string(repository.index.description), "signers": .strings(repository.signers),
            "indexes": .array(
              repository.indexes.map { index in
                .object([
                  "path": .string(index.path), "size": .integer(index.size), "sha256": .string(index.digest.hex),
                ])
              }),
          ])
        }),
      "packages": .array(
        packages.map { package in
          .object([
            "name": .string(package.name), "version": .string(package.version.description),
            "architecture": .string(package.architecture), "location": .string(package.location),
            "size": .integer(package.size), "sha256": .string(package.digest.hex),
            "repository": .string(package.repository), "dependencies": .strings(package.dependencies),
            "purl": .string(package.packageURL.description),
          ])
        }),
    ])
  }

  init(_ reader: LockReader) throws(LockError) {
    release = try reader.text("release")
    repositories = try reader.map("repositories") { repository throws(LockError) in
      RPMRepositoryEvidence(
        repository: try repository.text("name"), date: try repository.time("date"),
        index: try repository.digest("repomd"), signers: try repository.strings("signers"),
        indexes: try repository.map("indexes") { index throws(LockError) in
          RPMRepositoryEvidence.Index(
            path: try index.text("path"), size: try index.integer("size"), digest: try index.sha256("sha256"))
        })
    }
    packages = try reader.map("packages") { package throws(LockError) in
      RPMPin(
        name: try package.text("name"),
        version: try package.value("version", "an RPM version") { try? RPMVersion(parsing: $0) },
        architecture: try package.text("architecture"),
        location: try package.value("location", "a path below the repository's root") { Path.contained($0) },
        size: try package.integer("size"), digest: try package.sha256("sha256"),
        repository: try package.text("repository"), dependencies: try package.strings("dependencies"))
    }
  }
}

extension Lock.Jars {
  var json: JSONValue {
    .object([
      "artifacts": .array(
        artifacts.map { artifact in
          .object([
            "coordinate": .string(artifact.coordinate.description),
            "purl": .string(artifact.coordinate.packageURL.description), "size": .integer(artifact.size),
            "sha256": .string(artifact.digest.hex), "direct": artifact.isDirect ? .bool(true) : nil,
            "dependencies": .strings(artifact.dependencies.map(\.description)),
          ])
        }),
      "poms": .array(
        poms.map { pom in
          .object(["coordinate": .string(pom.coordinate.description), "sha256": .string(pom.digest.hex)])
        }),
    ])
  }

  init(_ reader: LockReader) throws(LockError) {
    artifacts = try reader.map("artifacts") { artifact throws(LockError) in
      MavenPin(
        coordinate: try Self.coordinate(artifact), size: try artifact.integer("size"),
        digest: try artifact.sha256("sha256"), isDirect: artifact.json["direct"]?.bool ?? false,
        dependencies: try Self.names(artifact))
    }
    poms = try reader.map("poms") { pom throws(LockError) in
      MavenEvidence(coordinate: try Self.coordinate(pom), digest: try pom.sha256("sha256"))
    }
  }

  private static func coordinate(_ reader: LockReader) throws(LockError) -> MavenCoordinate {
    try reader.value("coordinate", "GROUP:ARTIFACT:VERSION") { text in
      // An exact version becomes part of a path.
      (try? MavenCoordinate(parsing: text)).flatMap { $0.isExact ? $0 : nil }
    }
  }

  private static func names(_ reader: LockReader) throws(LockError) -> [MavenName] {
    var names: [MavenName] = []
    for text in try reader.strings("dependencies") {
      guard let name = MavenName(text) else {
        throw .invalid(path: "\(reader.path).dependencies", expected: "a list of GROUP:ARTIFACT")
      }
      names.append(name)
    }
    return names
  }
}
