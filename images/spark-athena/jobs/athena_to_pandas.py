"""Runs an Athena query through PyAthena, takes the result as a pandas frame and puts it on S3 as Parquet.

Run it in the image; it needs no Spark, so `--python` starts it in a fraction of a second:

    docker run -e AWS_REGION -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN \
        IMAGE run --python /jobs/athena_to_pandas.py \
        --query "SELECT * FROM sales.orders LIMIT 100" --staging s3://my-bucket/athena/ --output s3://my-bucket/out.parquet

Against an emulator, such as moto, give its address with --endpoint or in AWS_ENDPOINT_URL. On a machine whose role should
be used (EC2), add `--instance-metadata` before the script: otherwise a job without credentials fails at once.
The last line on standard output is the result as JSON; the exit code is 0, or 1 when the job raises.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlparse

import boto3
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.config import Config
from pyathena import connect


def arguments(argv: list[str], **defaults: str) -> dict[str, str]:
    """Job arguments as Glue passes them: `--name value` or `--name=value`; names that are not known are left alone."""
    values = dict(defaults)
    words = iter(argv)
    for word in words:
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        if name in defaults:
            following = value if equals else next(words, None)
            if following is None:
                raise SystemExit(f"--{name} needs a value")
            values[name] = following
    return values


def place(url: str) -> tuple[str, str]:
    """Bucket and key of an address such as s3://bucket/some/key."""
    parts = urlparse(url)
    if parts.scheme not in ("s3", "s3a") or not parts.netloc:
        raise SystemExit(f"expected s3://BUCKET/KEY, not {url!r}")
    return parts.netloc, parts.path.lstrip("/")


def query(sql: str, options: dict[str, str]) -> pd.DataFrame:
    """The result of a query as a frame.

    The default cursor fetches pages through Athena's API and fits results of some thousand rows. For large ones pass
    `cursor_class=PandasCursor` (from pyathena.pandas.cursor), which reads the result file from S3 instead.
    """
    connection = connect(
        s3_staging_dir=options["staging"],
        work_group=options["workgroup"] or None,
        schema_name=options["database"],
        region_name=options["region"],
        # Given to Athena's client only; S3's follows AWS_ENDPOINT_URL, which main() sets.
        endpoint_url=options["endpoint"] or None,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        columns = [column[0] for column in cursor.description or []]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def store(frame: pd.DataFrame, options: dict[str, str]) -> None:
    """Writes a frame to S3 as Parquet, which keeps the types that CSV would lose, and reads it back.

    Files on the way, not `io.BytesIO`: Arrow's threads may let go of a Python object while the interpreter ends, and then
    the process aborts although its work is done (github.com/apache/arrow/issues/34314). With a path, no Python object is
    involved; `pandas.read_parquet` would open one by itself.
    """
    bucket, key = place(options["output"])
    s3 = boto3.client(
        "s3",
        region_name=options["region"],
        endpoint_url=options["endpoint"] or None,
        # An emulator is reached by one host name, so the bucket belongs into the path.
        config=Config(s3={"addressing_style": "path"} if options["endpoint"] else {}, connect_timeout=5),
    )
    with tempfile.TemporaryDirectory() as scratch:
        original, copy = Path(scratch, "original.parquet"), Path(scratch, "copy.parquet")
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, original)
        s3.upload_file(str(original), bucket, key)
        s3.download_file(bucket, key, str(copy))
        if not pq.read_table(copy).equals(table):
            raise RuntimeError(f"{options['output']} does not hold what was written")


def main() -> None:
    options = arguments(
        sys.argv[1:],
        JOB_NAME="athena_to_pandas",
        query="SELECT 1 AS one",
        staging=os.environ.get("AWS_ATHENA_S3_STAGING_DIR", ""),
        workgroup=os.environ.get("AWS_ATHENA_WORK_GROUP", ""),
        database="default",
        output="",
        region=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1",
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
    )
    if not options["staging"] and not options["workgroup"]:
        raise SystemExit("Athena needs a place for results: --staging s3://BUCKET/PREFIX/ or --workgroup NAME")
    if options["endpoint"]:
        os.environ["AWS_ENDPOINT_URL"] = options["endpoint"]

    started = time.monotonic()
    frame = query(options["query"], options)

    if options["output"]:
        store(frame, options)

    print(
        json.dumps(
            {
                "job": options["JOB_NAME"],
                "rows": len(frame),
                "columns": {name: str(kind) for name, kind in frame.dtypes.items()},
                "output": options["output"] or None,
                "seconds": round(time.monotonic() - started, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
