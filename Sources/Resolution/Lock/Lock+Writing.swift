public import JSON
internal import Host
internal import OCI
internal import Packages
internal import Versions

extension Lock {
  /// The lock as JSON, without layout.
  public var json: JSONValue { .object(members) }

  /// The members of the lock's JSON; those that it has nothing for are left out.
  var members: [JSONMember] {
    let common: [JSONMember] = [
      JSONMember("version", .integer(Self.formatVersion)), JSONMember("name", .string(name)),
      JSONMember("spec", .string(spec.description)), JSONMember("platform", .string(platform.description)),
      JSONMember("compressor", .string(compressor)),
    ]
    let runtime = runtime.map { digest in
      JSONMember("runtime", .object(["name": .string("glue-athena"), "inputs": .string(digest.description)]))
    }
    return common + parts + (runtime.map { [$0] } ?? [])
  }

  /// The members that may be others on another platform.
  var parts: [JSONMember] {
    let parts: [(String, JSONValue?)] = [
      ("date", .string(Clock.rfc3339(date))), ("base", base?.json), ("debian", debian?.json), ("python", python?.json),
      ("rpm", rpm?.json), ("jars", jars?.json),
    ]
    return parts.compactMap { name, value in value.map { JSONMember(name, $0) } }
  }

  /// The content of `drydock.lock`: sorted keys, line feeds, the same for the same value.
  public var text: String { json.canonicalText }
}

extension Lock.Evidence {
  fileprivate var json: JSONValue {
    switch self {
    case .resolved: .object(["kind": .string("resolved")])
    case .recorded(let source): .object(["kind": .string("recorded"), "source": .string(source)])
    }
  }
}

extension Lock.File {
  fileprivate var json: JSONValue {
    .object([
      "name": .string(name), "size": size.map { .integer($0) }, "sha256": .string(digest.hex),
    ])
  }
}

extension Lock.Base {
  fileprivate var json: JSONValue {
    .object([
      "reference": .string(reference), "digest": .string(digest.description), "evidence": evidence.json,
      "platforms": platforms.isEmpty ? nil : .map(platforms.mapValues(\.description)),
      "user": user.map(JSONValue.string),
      "kept": kept.isEmpty
        ? nil
        : .object([
          "documentation": documentation.map(JSONValue.string),
          "packages": .map(
            Dictionary(uniqueKeysWithValues: kept.map { ($0.name.description, $0.version.description) })),
        ]),
    ])
  }
}

extension Lock.Debian {
  fileprivate var json: JSONValue {
    .object([
      "archives": .array(
        archives.map { archive in
          .object([
            "suite": .string(archive.suite), "codename": .string(archive.codename),
            "date": .string(Clock.rfc3339(archive.date)), "inRelease": .string(archive.release.description),
            "signers": .strings(archive.signers),
            "indexes": .array(
              archive.indexes.map { index in
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
            "architecture": .string(package.architecture), "filename": .string(package.filename),
            "size": .integer(package.size), "sha256": .string(package.digest.hex), "suite": .string(package.suite),
            "essential": package.isEssential ? .bool(true) : nil, "dependencies": .strings(package.dependencies),
            "purl": .string(package.packageURL.description),
          ])
        }),
    ])
  }
}

extension Lock.PythonPackage {
  fileprivate var json: JSONValue {
    .object([
      "name": .string(name.description), "version": .string(version.description),
      "purl": .string(purl.description), "direct": isDirect ? .bool(true) : nil,
      "dependencies": .strings(dependencies.map(\.description)), "file": file.json,
      "buildRequires": buildRequires.isEmpty ? nil : .strings(buildRequires.map(\.description)),
      "built": builtWheel?.json, "address": address.map(JSONValue.string),
    ])
  }
}

extension Lock.Python {
  fileprivate var json: JSONValue {
    .object([
      "version": .string(version.description), "glibc": .string(glibc.description),
      "packages": .array(packages.map(\.json)), "build": .array(build.map(\.json)),
      "test": .array(test.map(\.json)),
    ])
  }
}
