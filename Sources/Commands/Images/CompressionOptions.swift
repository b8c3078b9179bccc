import ArgumentParser
import Layers

/// How layers are compressed, by BuildKit's names.
enum CompressionName: String, ExpressibleByArgument, CaseIterable, Sendable {
  case gzip
  case zstd
  case uncompressed
}

/// Options of the layers that a build writes.
struct CompressionOptions: ParsableArguments {
  @Option(
    name: .customLong("compression"),
    help: "Compress layers with gzip, zstd or not at all: uncompressed. (default: as the lock says, else gzip)")
  var name: CompressionName?

  @Option(
    name: .customLong("compression-level"),
    help: ArgumentHelp("The level: 0 of gzip stores without compressing; 1 to 19 of zstd.", valueName: "number"))
  var level: Int?

  /// The compression that was asked for, if one was.
  func compression() throws -> LayerCompression? {
    switch (name ?? (level == nil ? nil : .gzip), level) {
    case (nil, _): return nil
    case (.gzip, nil): return .gzip
    case (.gzip, 0): return .storedGzip
    case (.zstd, nil): return .zstd(level: LayerCompression.zstdLevel)
    case (.zstd, let level?) where LayerCompression.zstdLevels.contains(level): return .zstd(level: level)
    case (.uncompressed, nil): return .uncompressed
    case (.gzip, let level?):
      throw Failure(
        .badInput, "--compression-level: gzip has no level \(level) here",
        hint: "leave it out for the one whose bytes never change, or give 0 to store without compressing")
    case (.zstd, let level?):
      throw Failure(.badInput, "--compression-level: zstd has no level \(level)", hint: "give 1 to 19")
    case (.uncompressed, _?): throw Failure(.badInput, "--compression-level: what is not compressed has no level")
    }
  }

  /// The options as they are written.
  var repeated: [String] {
    (name.map { ["--compression=\($0.rawValue)"] } ?? []) + (level.map { ["--compression-level=\($0)"] } ?? [])
  }
}
