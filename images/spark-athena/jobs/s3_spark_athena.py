"""From S3 through Spark and pandas to Athena and back to S3: the whole way of a typical Glue job.

    docker run -e AWS_REGION -e AWS_ACCESS_KEY_ID -e AWS_SECRET_ACCESS_KEY -e AWS_SESSION_TOKEN \
        IMAGE run /opt/jobs/s3_spark_athena.py --JOB_NAME daily \
        --source s3://my-bucket/orders/ --target s3://my-bucket/daily/ --database sales

It reads the Parquet files below --source, adds up --value by --key in Spark, works out shares in pandas, and writes the result
below --target as `curated/`. Athena then gets a table over it, unloads its largest rows to `largest/`, and answers what the
whole comes to; the answer goes to `answer/`. What was at these three places before is removed first.

In AWS Glue the same file runs as it is. Where `awsglue` is installed with its Java side, the job goes through GlueContext and
Job; on a stand-in of the image, and in the open image, through a plain Spark session. Spark reads S3 itself where it has
Hadoop's connector, otherwise boto3 carries the files. Against an emulator, set AWS_ENDPOINT_URL.
The last line on standard output is the result as JSON; the exit code is 0, or 1 when the job raises.
"""

import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import boto3
import pandas as pd
from botocore.config import Config
from pyathena import connect
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

try:
    from awsglue.utils import getResolvedOptions
except ImportError:

    def getResolvedOptions(argv: list[str], names: list[str]) -> dict[str, str]:
        """What Glue's function of this name gives: the value of each `--name value` or `--name=value`, all of them needed."""
        values = {}
        for index, word in enumerate(argv):
            name, equals, value = word.removeprefix("--").partition("=")
            if word.startswith("--") and name in names and (equals or index + 1 < len(argv)):
                values[name] = value if equals else argv[index + 1]
        missing = [name for name in names if name not in values]
        if missing:
            raise SystemExit(f"the job needs {', '.join('--' + name for name in missing)}")
        return values


log = logging.getLogger("s3_spark_athena")


class Glue:
    """Glue's own context and bookkeeping where both halves of it are installed, a plain Spark session elsewhere."""

    def __init__(self, name: str, options: dict[str, str]) -> None:
        self.job = None
        try:
            from awsglue.context import GlueContext
            from awsglue.job import Job
            from pyspark.context import SparkContext

            context = GlueContext(SparkContext.getOrCreate())
            self.spark = context.spark_session
            self.job = Job(context)
            self.job.init(name, options)
        # The Python half alone raises a TypeError: the Java class behind it is not there.
        except (ImportError, TypeError) as error:
            log.info("no GlueContext here (%s): a plain Spark session does", error)
            self.spark = SparkSession.builder.appName(name).getOrCreate()

    def commit(self) -> None:
        if self.job is not None:
            self.job.commit()


class Storage:
    """Frames on S3: through Spark's own connector where it is installed, through boto3 and local files elsewhere."""

    def __init__(self, spark: SparkSession, scratch: Path) -> None:
        self.spark = spark
        self.scratch = scratch
        # An emulator is reached by one host name, so the bucket belongs into the path.
        style = {"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}
        self.s3 = boto3.client("s3", config=Config(s3=style, connect_timeout=5))
        classes = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()
        self.has_connector = classes.getResource("org/apache/hadoop/fs/s3a/S3AFileSystem.class") is not None

    @staticmethod
    def place(url: str) -> tuple[str, str]:
        """Bucket and prefix of an address such as s3://bucket/some/prefix/."""
        parts = urlparse(url)
        if parts.scheme not in ("s3", "s3a") or not parts.netloc:
            raise SystemExit(f"expected s3://BUCKET/PREFIX/, not {url!r}")
        return parts.netloc, parts.path.strip("/") + "/"

    def keys(self, url: str) -> list[str]:
        bucket, prefix = self.place(url)
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def clear(self, url: str) -> None:
        """Removes what is there: Athena unloads into empty places only, and files of an older run would be read with the new."""
        bucket, _ = self.place(url)
        for key in self.keys(url):
            self.s3.delete_object(Bucket=bucket, Key=key)

    def read(self, url: str) -> DataFrame:
        if self.has_connector:
            return self.spark.read.parquet(url.replace("s3://", "s3a://", 1))
        bucket, prefix = self.place(url)
        folder = self.scratch / "in" / bucket / prefix
        keys = [key for key in self.keys(url) if key.endswith(".parquet")]
        if not keys:
            raise FileNotFoundError(f"there are no Parquet files below {url}")
        for key in keys:
            # Only what stands after the prefix: it keeps folders such as year=2024, by which Spark finds partitions.
            file = folder / key.removeprefix(prefix)
            file.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(bucket, key, str(file))
        return self.spark.read.parquet(str(folder))

    def write(self, frame: DataFrame, url: str) -> None:
        if self.has_connector:
            frame.write.mode("overwrite").parquet(url.replace("s3://", "s3a://", 1))
            return
        bucket, prefix = self.place(url)
        folder = self.scratch / "out"
        frame.write.mode("overwrite").parquet(str(folder))
        for file in sorted(folder.rglob("*.parquet")):
            self.s3.upload_file(str(file), bucket, prefix + str(file.relative_to(folder)))
        shutil.rmtree(folder)


def totals(orders: DataFrame, key: str, value: str) -> DataFrame:
    """One row a key: how many rows it has and the sum of their values. This part runs in Spark, on data of any size."""
    grouped = orders.where(F.col(key).isNotNull()).groupBy(F.col(key).alias("key"))
    return grouped.agg(F.count("*").alias("orders"), F.sum(value).cast("double").alias("total"))


def shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds each key's share of the whole. This part runs in pandas, on the driver: only for small results."""
    return frame.assign(share=frame["total"] / frame["total"].sum()).sort_values("key", ignore_index=True)


def answers(target: str, options: dict[str, str]) -> pd.DataFrame:
    """What Athena says of the curated data: a table over it, its largest rows unloaded, the sums as a frame."""
    with connect(
        s3_staging_dir=f"{target}staging/",
        work_group=os.environ.get("AWS_ATHENA_WORK_GROUP"),
        schema_name=options["database"],
    ) as connection:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS curated_totals")
        cursor.execute(
            "CREATE EXTERNAL TABLE curated_totals (key string, orders bigint, total double, share double) "
            f"STORED AS PARQUET LOCATION '{target}curated/'"
        )
        cursor.execute(
            "UNLOAD (SELECT key, total FROM curated_totals WHERE share >= 0.1) "
            f"TO '{target}largest/' WITH (format = 'PARQUET')"
        )
        cursor.execute("SELECT count(*) AS keys, sum(orders) AS orders, sum(total) AS total FROM curated_totals")
        columns = [column[0] for column in cursor.description or []]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def main() -> None:
    options = getResolvedOptions(sys.argv, ["JOB_NAME", "source", "target", "database"])
    extra = [name for name in ("key", "value") if f"--{name}" in sys.argv]
    options |= {"key": "customer", "value": "amount"} | (getResolvedOptions(sys.argv, extra) if extra else {})
    target = options["target"].rstrip("/") + "/"

    glue = Glue(options["JOB_NAME"], options)
    with tempfile.TemporaryDirectory() as scratch:
        storage = Storage(glue.spark, Path(scratch))
        orders = storage.read(options["source"])
        curated = shares(totals(orders, options["key"], options["value"]).toPandas())
        log.info("%d keys of %d orders", len(curated), orders.count())

        for part in ("curated", "largest", "answer"):
            storage.clear(f"{target}{part}/")
        storage.write(glue.spark.createDataFrame(curated).coalesce(1), f"{target}curated/")
        answer = answers(target, options)
        storage.write(glue.spark.createDataFrame(answer).coalesce(1), f"{target}answer/")

        # What was written is read once more: a result nobody can read is no result.
        written = storage.read(f"{target}curated/").count()
        if written != len(curated):
            raise RuntimeError(f"{target}curated/ holds {written} rows, {len(curated)} were written")
        print(
            json.dumps(
                {
                    "job": options["JOB_NAME"],
                    "read": orders.count(),
                    "written": written,
                    "total": round(float(curated["total"].sum()), 2),
                    "answer": json.loads(answer.to_json(orient="records")),
                    "through": "GlueContext" if glue.job is not None else "SparkSession",
                }
            ),
            flush=True,
        )
    glue.commit()
    glue.spark.stop()


if __name__ == "__main__":
    main()
