/// The smoke tests of the utilities, as Python programs that report one check each.
enum UtilityProgram {
  /// The program for a utility; nil when there is none of the name.
  ///
  /// It is started with a stand-in of S3 where the image has packages for tests, and finds it as any program does: by
  /// AWS_ENDPOINT_URL. Without one, what needs S3 is not tried, and the detail says so.
  static func text(for name: String) -> String? {
    bodies[name].map { body in
      let indented = body.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
      return frame.replacing("BODY", with: indented.joined(separator: "\n")).replacing("NAME", with: name)
    }
  }

  private static let frame = """
    import importlib.metadata, json, os, tempfile, time
    start = time.monotonic()
    endpoint = os.environ.get("AWS_ENDPOINT_URL")

    def bucket(name):
        import boto3
        boto3.client("s3").create_bucket(Bucket=name)
        return name

    def smoke(folder):
        import pandas as pd
        frame = pd.DataFrame({"city": ["Hamburg", "Vigo", None], "ships": [12, 7, 1]})
    BODY

    ok = True
    try:
        with tempfile.TemporaryDirectory() as folder:
            detail = smoke(folder)
        detail = f"{importlib.metadata.version('NAME')}: {detail}"
    except BaseException as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    seconds = round(time.monotonic() - start, 3)
    print("\\n" + json.dumps({"check": "NAME", "ok": ok, "seconds": seconds, "detail": detail}), flush=True)
    """

  private static let bodies: [String: String] = [
    "awswrangler": """
    import awswrangler as wr
    if not endpoint:
        return "imported; there is no S3 here"
    path = f"s3://{bucket('smoke-awswrangler')}/frame/"
    wr.s3.to_parquet(frame, path=path, dataset=True)
    copy = wr.s3.read_parquet(path)
    assert copy["ships"].tolist() == [12, 7, 1], copy
    return "a frame went to S3 and back"
    """,
    "duckdb": """
    import duckdb
    file = os.path.join(folder, "frame.parquet")
    duckdb.sql("COPY (SELECT city, ships FROM frame) TO '" + file + "' (FORMAT parquet)")
    total = duckdb.sql(f"SELECT sum(ships) FROM '{file}' WHERE city IS NOT NULL").fetchall()[0][0]
    assert total == 19, total
    return "SQL over a frame and a Parquet file"
    """,
    "polars": """
    import polars
    file = os.path.join(folder, "frame.parquet")
    polars.DataFrame({"city": ["a", "b", None], "ships": [12, 7, 1]}).write_parquet(file)
    total = polars.scan_parquet(file).filter(polars.col("city").is_not_null()).select("ships").collect()["ships"].sum()
    assert total == 19, total
    return "a Parquet file was read lazily"
    """,
    "pyarrow": """
    import pyarrow as pa
    import pyarrow.parquet as pq
    file = os.path.join(folder, "frame.parquet")
    pq.write_table(pa.Table.from_pandas(frame), file)
    copy = pq.read_table(file, columns=["ships"], filters=[("ships", ">", 5)])
    assert copy.column("ships").to_pylist() == [12, 7], copy
    return "a Parquet file was written and filtered"
    """,
    "s3fs": """
    import s3fs
    if not endpoint:
        s3fs.S3FileSystem(anon=True)
        return "a file system was made; there is no S3 here"
    path = f"s3://{bucket('smoke-s3fs')}/frame.csv"
    frame.to_csv(path, index=False)
    assert pd.read_csv(path)["ships"].tolist() == [12, 7, 1]
    names = s3fs.S3FileSystem().ls("smoke-s3fs")
    assert names == ["smoke-s3fs/frame.csv"], names
    return "pandas wrote to S3 and read back"
    """,
  ]
}
