public import Versions

/// A Python library that jobs over Glue and Athena often want, and that no image has by itself.
///
/// `python.utilities` in `image.yaml` asks for some by name: each is resolved and locked like any other requirement, and
/// `drydock test` runs a smoke test of its own for it.
public struct Utility: Sendable, Hashable {
  /// The name, which is the package's on the index.
  public let name: String
  /// What it is for.
  public let purpose: String
  /// What is asked of the resolver: any version; the specification's constraints and other requirements decide.
  public let requirement: Requirement

  private init?(name: String, purpose: String) {
    guard let package = try? PackageName(parsing: name) else { return nil }
    self.name = name
    self.purpose = purpose
    requirement = Requirement(name: package)
  }

  /// All that are known, by name.
  public static let all = [
    Utility(name: "awswrangler", purpose: "frames to and from S3, Athena and the Glue catalog in one call"),
    Utility(name: "duckdb", purpose: "SQL over Parquet files and frames, without a server"),
    Utility(name: "polars", purpose: "frames that are read lazily and worked on in parallel"),
    Utility(name: "pyarrow", purpose: "columns in memory and in Parquet files"),
    Utility(name: "s3fs", purpose: "S3 as a file system, for pandas and others"),
  ].compactMap { $0 }

  /// The utility of a name.
  public static func named(_ name: String) -> Utility? { all.first { $0.name == name } }
}
