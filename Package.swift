// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "drydock",
  products: [
    .executable(name: "drydock", targets: ["drydock"]),
    .executable(name: "glue-athena", targets: ["GlueAthena"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // MARK: C libraries and what Swift can't see of them

    /* System calls that the Glibc module hides: clone3, pivot_root, openat2, prctl. */
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
    /* libcurl's variadic calls, one inline function for each kind of argument. */
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    /* OpenSSL's digests. */
    .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("crypto")]),
    /* The server's side of OpenSSL's TLS, and certificates for it. */
    .target(name: "CTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    /* libarchive's reading side. */
    .target(name: "CArchive", linkerSettings: [.linkedLibrary("archive")]),
    /* zlib's inflate and checksums. */
    .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
    /* libzstd's compressor. */
    .target(name: "CZstd", linkerSettings: [.linkedLibrary("zstd")]),
    /* libyaml's event parser with its marks. */
    .target(name: "CYAML", linkerSettings: [.linkedLibrary("yaml")]),
    /* expat's parser with three events. */
    .target(name: "CExpat", linkerSettings: [.linkedLibrary("expat")]),
    /* SQLite's calls, its variadic settings and its closures for values. */
    .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),

    // MARK: Values, no input or output

    /* JSON values with line and column, and their canonical form. */
    .target(name: "JSON"),
    /* YAML values with line and column. */
    .target(name: "YAML", dependencies: ["CYAML"]),
    /* TOML values with line and column. */
    .target(name: "TOML"),
    /* XML as events and as values. */
    .target(name: "XML", dependencies: ["CExpat"]),
    /* SQLite databases: rows out of files that nobody believes, and files whose bytes are always the same. */
    .target(name: "SQLite", dependencies: ["CSQLite"]),
    /* The nouns of the OCI image specification. */
    .target(name: "OCI", dependencies: ["JSON"]),
    /* PEP 440, 425 and 508; dpkg, rpm and Maven versions; package URLs. */
    .target(name: "Versions"),
    /* What a check found, and its text, JSON and JUnit forms. */
    .target(name: "Findings", dependencies: ["JSON"]),

    /* A compressor whose bytes never change; optimised in every build, as tests compress whole images. */
    .target(name: "Deflate", swiftSettings: [.unsafeFlags(["-O"])]),

    // MARK: Effects

    /* Files, processes, clock, environment, terminal. */
    .target(name: "Host", dependencies: ["CLinux"]),
    /* Digests and signatures. */
    .target(name: "Trust", dependencies: ["COpenSSL", "Host", "OCI"]),
    /* One libcurl loop: requests, retries, ranges. */
    .target(name: "HTTP", dependencies: ["CCurl", "Host", "OCI", "Trust"]),
    /* Signatures, keys, endpoints, Athena, S3. */
    .target(name: "AWS", dependencies: ["HTTP", "Host", "JSON", "OCI", "Trust"]),

    // MARK: Images

    /* Trees, tar, gzip and zip. */
    .target(name: "Layers", dependencies: ["CArchive", "CZlib", "CZstd", "Deflate", "Host", "OCI", "Trust"]),
    /* Store, OCI layout, docker-archive. */
    .target(name: "Images", dependencies: ["Host", "JSON", "Layers", "OCI", "Trust"]),

    /* The proxy of commands: what they fetch is written down, and given again. */
    .target(name: "Recording", dependencies: ["CTLS", "HTTP", "Host", "Images", "JSON", "OCI", "Trust"]),

    /* The distribution protocol: pull, push, copy. */
    .target(name: "Registry", dependencies: ["AWS", "HTTP", "Host", "Images", "JSON", "OCI", "TOML", "Trust"]),

    // MARK: Pins

    /* The Python index, the Debian archive, RPM and Maven repositories. */
    .target(
      name: "Packages",
      dependencies: ["HTTP", "Host", "JSON", "Layers", "OCI", "SQLite", "Trust", "Versions", "XML"]),
    /* Spec, resolver, lock. */
    .target(
      name: "Resolution",
      dependencies: ["Findings", "Host", "JSON", "OCI", "Packages", "Trust", "Versions", "YAML"]),
    /* The Dockerfile and requirements that a lock amounts to. */
    .target(
      name: "Dockerfiles", dependencies: ["Host", "JSON", "OCI", "Packages", "Resolution", "Trust", "Versions"]),

    // MARK: Building and testing

    /* One process in namespaces of its own. */
    .target(name: "Sandbox", dependencies: ["CLinux", "Host", "JSON"]),
    /* From a lock to an image. */
    .target(
      name: "Building",
      dependencies: [
        "Dockerfiles", "HTTP", "Host", "Images", "JSON", "Layers", "OCI", "Packages", "Recording", "Registry",
        "Resolution", "SQLite", "Sandbox", "TOML", "Trust", "Versions",
      ]),
    /* Tests and health checks inside an image. */
    .target(
      name: "Verification",
      dependencies: [
        "Findings", "Host", "JSON", "Layers", "OCI", "Packages", "Resolution", "Sandbox", "Versions", "YAML",
      ]),

    // MARK: Programs

    /* One subcommand a file. */
    .target(
      name: "Commands",
      dependencies: [
        "Building", "Dockerfiles", "Findings", "HTTP", "Host", "Images", "JSON", "Layers", "OCI",
        "Packages", "Recording", "Registry", "Resolution", "Sandbox", "TOML", "Trust", "Verification", "Versions",
        "YAML",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "drydock", dependencies: ["Commands", "Sandbox"]),
    /* The static runtime that images carry. */
    .executableTarget(name: "GlueAthena", dependencies: ["AWS", "CLinux", "HTTP", "Host", "JSON"]),

    // MARK: Tests

    .target(
      name: "TestSupport", dependencies: ["Host", "JSON", "OCI", "Trust"], path: "Tests/TestSupport"),
    /* Times Drydock beside its peers: make bench. */
    .executableTarget(
      name: "drydock-bench", dependencies: ["Host", "JSON", "OCI", "TestSupport", "Trust"], path: "Tests/Bench",
      exclude: ["endless.py", "exhaust.py", "shuffle.py"]),
    /* libFuzzer's driver, which is there only in a build for it. */
    .target(name: "FuzzDriver", path: "Tests/FuzzDriver"),
    /* Fuzzes the parsers of untrusted input: make fuzz. */
    .executableTarget(
      name: "drydock-fuzz", dependencies: ["FuzzDriver", "Host", "Layers", "OCI", "Registry"], path: "Tests/Fuzz"),
    .testTarget(name: "ConventionTests", dependencies: ["Host"]),
    .testTarget(name: "ValueTests", dependencies: ["Findings", "JSON", "OCI", "TOML", "TestSupport", "XML", "YAML"]),
    .testTarget(name: "VersionsTests", dependencies: ["Versions"]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "AWS", "Dockerfiles", "Findings", "HTTP", "Host", "Images", "JSON", "OCI", "Packages", "Registry", "Resolution",
        "TestSupport", "Trust", "Versions",
      ]),
    .testTarget(name: "HostTests", dependencies: ["Host", "TestSupport"]),
    .testTarget(name: "AWSTests", dependencies: ["AWS", "HTTP", "Host", "JSON", "OCI", "TestSupport", "Trust"]),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Host", "TestSupport"]),
    .testTarget(
      name: "LayersTests", dependencies: ["Deflate", "Images", "Host", "JSON", "Layers", "OCI", "TestSupport", "Trust"]),
    .testTarget(
      name: "RecordingTests", dependencies: ["HTTP", "Host", "Images", "JSON", "OCI", "Recording", "TestSupport"]),
    .testTarget(
      name: "RegistryTests",
      dependencies: [
        "HTTP", "Host", "Images", "JSON", "Layers", "OCI", "Registry", "TestSupport", "Trust", "drydock",
        "registry-transfer",
      ]),
    /* A transfer that a test can kill. */
    .executableTarget(
      name: "registry-transfer", dependencies: ["Host", "Images", "OCI", "Registry"], path: "Tests/TransferProgram"),
    .testTarget(
      name: "PackagesTests",
      dependencies: ["HTTP", "Host", "JSON", "Layers", "OCI", "Packages", "SQLite", "TestSupport", "Trust", "Versions"]),
    .testTarget(name: "DockerfilesTests", dependencies: ["Dockerfiles", "OCI", "Versions"]),
    .testTarget(
      name: "ResolutionTests",
      dependencies: ["Dockerfiles", "Host", "JSON", "OCI", "Packages", "Resolution", "TestSupport", "Versions", "YAML"]),
    /* The inner half of a sandbox for tests, whose runner can't be one. */
    .executableTarget(name: "sandbox-stage", dependencies: ["Sandbox"], path: "Tests/SandboxStage"),
    .testTarget(name: "SandboxTests", dependencies: ["Host", "JSON", "Sandbox", "TestSupport", "sandbox-stage"]),
    .testTarget(
      name: "BuildingTests",
      dependencies: [
        "Building", "HTTP", "Host", "Images", "Layers", "OCI", "Packages", "Resolution", "SQLite", "Sandbox",
        "TestSupport", "Trust", "Versions", "sandbox-stage",
      ]),
    .testTarget(
      name: "VerificationTests",
      dependencies: [
        "Findings", "Host", "Images", "JSON", "OCI", "Packages", "Resolution", "Sandbox", "TestSupport", "Trust",
        "Verification", "Versions", "YAML", "sandbox-stage",
      ]),
    .testTarget(
      name: "GlueAthenaTests", dependencies: ["GlueAthena", "Host", "JSON", "TestSupport"]),
    .testTarget(
      name: "InteropTests",
      dependencies: ["Building", "Host", "Images", "JSON", "Layers", "OCI", "TestSupport", "drydock"]),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "Commands", "Findings", "Host", "Images", "JSON", "Layers", "OCI", "Packages", "Resolution", "TestSupport",
        "Trust", "Versions", "drydock",
      ]),
  ]
)

for target in package.targets where target.type != .system {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
      .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
      .treatAllWarnings(as: .error),
    ]
}
