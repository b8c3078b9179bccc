"""Reads Parquet with Spark, works on it in Spark and in pandas, and writes Parquet.

Run it in the image, without a network:

    docker run --network none IMAGE run /jobs/spark_pandas_parquet.py --JOB_NAME demo

With data of your own, a directory of Parquet files that has a column named by --key and a numeric one named by --value:

    docker run -v "$PWD/data:/data" IMAGE run /jobs/spark_pandas_parquet.py \
        --JOB_NAME daily --input /data/orders --output /data/totals --key customer --value amount

In AWS Glue the same file runs as it is: arguments arrive in the same form, and `awsglue` is used where it is installed.
The last line on standard output is the result as JSON; the exit code is 0, or 1 when the job raises.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def arguments(argv: list[str], **defaults: str) -> dict[str, str]:
    """Job arguments as Glue passes them: `--name value` or `--name=value`.

    Glue's own `getResolvedOptions` knows required arguments only. Names that are not among the defaults are left alone,
    because Glue adds some of its own (`--JOB_RUN_ID`, `--TempDir`, ...).
    """
    values = dict(defaults)
    words = iter(argv)
    for word in words:
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        if name in defaults:
            # A name at the very end has no value; that is a mistake worth a clear word.
            following = value if equals else next(words, None)
            if following is None:
                raise SystemExit(f"--{name} needs a value")
            values[name] = following
    return values


def session(name: str) -> SparkSession:
    """The Spark session, from Glue where the job runs in Glue.

    No memory, cores or Arrow settings here: `glue-athena run` has set what fits the container, and Glue what fits the
    worker. `glue-athena env --explain` shows them.
    """
    if importlib.util.find_spec("awsglue") is None:
        return SparkSession.builder.appName(name).getOrCreate()
    from awsglue.context import GlueContext
    from pyspark.context import SparkContext

    return GlueContext(SparkContext.getOrCreate()).spark_session


def sample(spark: SparkSession, path: str) -> None:
    """Writes a small input that has every type the job should carry: integers, text, booleans, times and a null."""
    frame = pd.DataFrame(
        {
            "customer": ["Ada", "Grace", "Ada", None],
            "amount": [10.5, 20.0, 4.5, 1.0],
            "items": [1, 2, 3, 4],
            "paid": [True, False, True, True],
            "at": pd.to_datetime(["2024-05-01 08:00", "2024-05-01 09:30", "2024-05-02 10:00", "2024-05-03 11:15"]),
        }
    )
    spark.createDataFrame(frame).write.mode("overwrite").parquet(path)


def totals(orders: DataFrame, key: str, value: str) -> DataFrame:
    """One row a key: how many rows it has and the sum of their values. This part runs in Spark, on data of any size."""
    return (
        orders.where(F.col(key).isNotNull())
        .groupBy(key)
        .agg(F.count("*").alias("rows"), F.sum(value).alias("total"))
        .orderBy(key)
    )


def shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds each key's share of the whole. This part runs in pandas, on the driver: only for small results."""
    return frame.assign(share=frame["total"] / frame["total"].sum())


def main() -> None:
    options = arguments(
        sys.argv[1:], JOB_NAME="spark_pandas_parquet", input="", output="", key="customer", value="amount", fail="no"
    )
    with tempfile.TemporaryDirectory() as scratch:
        source = options["input"] or str(Path(scratch, "orders"))
        target = options["output"] or str(Path(scratch, "totals"))
        spark = session(options["JOB_NAME"])
        try:
            if not options["input"]:
                sample(spark, source)
            orders = spark.read.parquet(source)

            # Spark to pandas and back: with Arrow, the columns move as they are.
            result = shares(totals(orders, options["key"], options["value"]).toPandas())
            spark.createDataFrame(result).write.mode("overwrite").parquet(target)

            if options["fail"] == "yes":
                raise RuntimeError("asked to fail by --fail yes")

            # What was written is read once more: a result nobody can read is no result.
            written = spark.read.parquet(target)
            print(
                json.dumps(
                    {
                        "job": options["JOB_NAME"],
                        "read": orders.count(),
                        "written": written.count(),
                        "total": round(float(result["total"].sum()), 2),
                        "largest": result.loc[result["total"].idxmax(), options["key"]],
                        "spark": spark.version,
                        "pandas": pd.__version__,
                    },
                    default=str,
                )
            )
        finally:
            spark.stop()


if __name__ == "__main__":
    main()
