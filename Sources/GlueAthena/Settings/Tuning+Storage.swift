extension Tuning {
  /// The settings of Hadoop's S3 connector for data as Athena keeps it: many Parquet files, read in ranges.
  ///
  /// Hadoop's hadoop-aws documentation, "Performance", "Committing work to S3 with the S3A Committers"; each only where
  /// the connector's version knows it.
  var storage: [Choice] {
    guard let spark = layout.spark, let version = spark.s3aVersion else { return [] }
    var choices: [Choice] = []
    func set(_ key: String, _ value: String, _ reason: String) {
      choices.append(Choice("spark.hadoop.fs.s3a.\(key)", value, reason))
    }
    // HADOOP-19015: 96 was the default before 3.4.0, and waiting for a connection ended in time-outs.
    let connections = max(Self.isAtLeast(version, 3, 4, 0) ? 500 : 200, resources.processors * 32)
    set("connection.maximum", String(connections), "each task reads several ranges of a Parquet file at a time")
    set("threads.max", String(max(96, connections / 4)), "more would wait for a connection")
    if Self.isAtLeast(version, 3, 3, 1), spark.hasCloudCommitters {
      set("committer.name", "magic", "files are completed where they lie: S3 has no rename, a copy takes its place")
      choices += [
        Choice(
          "spark.sql.sources.commitProtocolClass", "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
          "the S3A committer is reached through it"),
        Choice(
          "spark.sql.parquet.output.committer.class",
          "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
          "Parquet's own committer knows renames only"),
      ]
    }
    if Self.isAtLeast(version, 3, 3, 5) {
      let reason = "Hadoop \(version) reads the ranges of several columns at once; those that lie close become one"
      set("vectored.read.min.seek.size", "128K", reason)
      set("vectored.read.max.merged.size", "2M", reason)
      choices.append(Choice("spark.hadoop.parquet.hadoop.vectored.io.enabled", "true", reason))
    }
    if let region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"], Self.isAtLeast(version, 3, 3, 1) {
      set("endpoint.region", region, "AWS_REGION says so; otherwise the connector asks the metadata service")
    }
    let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].first { environment[$0]?.isEmpty == false }
    if let endpoint, let address = environment[endpoint] {
      set("endpoint", address, "\(endpoint) says so, which Hadoop does not read")
      set("path.style.access", "true", "behind one address there is no host name a bucket")
      if address.hasPrefix("http://") { set("connection.ssl.enabled", "false", "\(endpoint) is plain HTTP") }
    }
    return choices
  }

  /// Whether a version such as `3.3.3-amzn-0` is not before another.
  static func isAtLeast(_ version: String, _ wanted: Int...) -> Bool {
    let numbers = version.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
    return !numbers.lexicographicallyPrecedes(wanted)
  }
}
