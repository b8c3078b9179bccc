import HTTP
import Host
import OCI
import TestSupport
import Versions

@testable import Packages

/// A small archive with one release, signed once with a key that was thrown away.
enum DebianArchiveFixture {
  /// A second after the release was signed.
  static let now = 1_704_067_201
  static let fingerprint = "3D91390D2A4785106EE899504FAE270243F906E3"
  static let tool = Array("tool\n".utf8)
  static let toolPath = "/debian/pool/main/t/tool/tool_3.1~rc1+dfsg-1_all.deb"
  static let packedPath =
    "/debian/dists/trial/main/binary-amd64/by-hash/SHA256/8d2b4701043b52d0ec1811de77ae9a1d8c8ab50b820a60a90ad7e69347c76995"
  /// The index as xz packs it, in Base64.
  static var packed: [UInt8] {
    let armoured = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n\(packedText)\n-----END PGP PUBLIC KEY BLOCK-----\n"
    return OpenPGPArmor.decoded(Array(armoured.utf8))
  }

  /// The archive's files by path.
  static var files: [String: [UInt8]] {
    [
      "/debian/dists/trial/InRelease": Array((release + "\n").utf8), packedPath: packed, toolPath: tool,
    ]
  }

  /// Serves files and runs a body with an archive that is configured for them.
  static func with<Result>(
    files: [String: [UInt8]] = files, suites: String = "trial", key: String = key, options: String = "", now: Int = now,
    _ body: (DebianArchive, HTTPTestServer, TemporaryDirectory) async throws -> Result
  ) async throws -> Result {
    let machine = try TemporaryDirectory()
    defer { machine.remove() }
    return try await HTTPTestServer.with({ request in
      files[request.target.split(separator: "%2B").joined(separator: "+")].map { .init(body: $0) } ?? .init(404)
    }) { server in
      let indented = key.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? " ." : " \($0)" }
      try Files.createDirectory("\(machine.path)/etc/apt/sources.list.d")
      try Files.write(
        """
        Types: deb
        URIs: \(server.origin)/debian
        Suites: \(suites)
        Components: main
        \(options)Signed-By:
        \(indented.joined(separator: "\n"))

        """, to: "\(machine.path)/etc/apt/sources.list.d/test.sources")
      var configuration = HTTPConfiguration()
      configuration.retry = RetryPolicy(attempts: 1)
      let archive = DebianArchive(
        configuration: try AptConfiguration(root: machine.path), client: HTTPClient(configuration: configuration),
        cache: "\(machine.path)/cache", now: now)
      return try await body(archive, server, machine)
    }
  }

  static let release = """
    -----BEGIN PGP SIGNED MESSAGE-----
    Hash: SHA256

    Origin: Example
    Suite: stable
    Codename: trial
    Date: Mon, 01 Jan 2024 00:00:00 UTC
    Valid-Until: Mon, 08 Jan 2024 00:00:00 UTC
    Acquire-By-Hash: yes
    Architectures: amd64
    Components: main
    SHA256:
     877e23717ee7f958d7af780cb26f2375bf9348e795e620ef3ea79e43a16ae28c 411 main/binary-amd64/Packages
     8d2b4701043b52d0ec1811de77ae9a1d8c8ab50b820a60a90ad7e69347c76995 344 main/binary-amd64/Packages.xz
    -----BEGIN PGP SIGNATURE-----

    iHUEARYIAB0WIQQ9kTkNKkeFEG7omVBPricCQ/kG4wUCZZIAgAAKCRBPricCQ/kG
    4zxeAP9dHYy7wuWZbZaPcTt2ix8J64m/sJDP7wdnxrQ88mp0pwD+JnD1g2yS9ud9
    OIAxzaPPRzO58A1SR+5RDdgHnw/xZgE=
    =bsOs
    -----END PGP SIGNATURE-----
    """

  static let key = """
    -----BEGIN PGP PUBLIC KEY BLOCK-----

    mDMEZZIAgBYJKwYBBAHaRw8BAQdADzgXF9kxjp4k19XDvgRpofySCqITMvypOO5r
    gTGOk9y0JUV4YW1wbGUgQXJjaGl2ZSA8YXJjaGl2ZUBleGFtcGxlLm9yZz6IkAQT
    FggAOBYhBD2ROQ0qR4UQbuiZUE+uJwJD+QbjBQJlkgCAAhsDBQsJCAcCBhUKCQgL
    AgQWAgMBAh4BAheAAAoJEE+uJwJD+Qbjk+MA/izsLAWyua9ZG+2VYa4y+VuMBjjr
    I8kpXxuvAsOIiOa9AP4l6aMv8W2QVa7wI7sZtIs5gsdD1c2fd8z6Dbr6mLtfDg==
    =NRoq
    -----END PGP PUBLIC KEY BLOCK-----
    """

  static let strangersKey = """
    -----BEGIN PGP PUBLIC KEY BLOCK-----

    mDMEZZIAgBYJKwYBBAHaRw8BAQdAHSe+M1WJzIKmtDxoAF276yf6MOw8aJSZrGpG
    OLD0j9W0H1N0cmFuZ2VyIDxzdHJhbmdlckBleGFtcGxlLm9yZz6IkAQTFggAOBYh
    BBGdcHb2DrWCfCByrIZ3n2qw4156BQJlkgCAAhsDBQsJCAcCBhUKCQgLAgQWAgMB
    Ah4BAheAAAoJEIZ3n2qw4156lZ0A/R4KARUxA8FJ1VI7TNtfrRSy3nk3N+VwspMP
    ZUabCr47AQCvlGLdCQlH4ORf0cUdgq2ud+Rw5fYGPDoUskoDuw2OCQ==
    =39h3
    -----END PGP PUBLIC KEY BLOCK-----
    """

  static let packedText = """
    /Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AGaARZdACgYSGbb2jCF/hbfymYLfGNAaK3jBslOiJu9Y1cInviG1jHrZBrP8ErfNO9Y
    dUYrvbraWixatPMvib3gsLOzPcoX9/r1KWUotSexCJDpTACmBhoPkfKGwb8As/zFnVb2i+GZFAVR1+4zN96djiyPXHD2AqEBE1uM
    UQbF2hx0pvm3a8JiQno4VaYN3TyzDyu2aRdfYOGmkBb7ufbh1xtIoECzfEPIXeqwKKG1yl4S2acKC2rAO5w9wDHYoJL6sVgKy3om
    2Cles+yJ9K+rDxIF2aOvLh23wXbiTKlfHnNGo3CshewA/qE4OtEc6DKU1ORL/X77xf0FmwOqWEW4lPg7kjMb6+MbDekjp5/8swyb
    /CRFE0QxXopoAAAAmrmPbZpDhVoAAbICmwMAAD/tkIaxxGf7AgAAAAAEWVo=
    """
}
