"""Spark in the image: Parquet, and pandas frames both ways with and without Arrow, in one session."""

import datetime
import os
import tempfile
from pathlib import Path

import pandas as pd
from checks import check, equal, finish

# A container without network knows its own address only when it is told.
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ.setdefault("SPARK_LOCAL_HOSTNAME", "localhost")

from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

ROWS = {
    "count": [1, -2, 2**40],
    "word": ["one", "", "dreißig 🚢"],
    "flag": [True, False, True],
    "time": [
        datetime.datetime(2024, 2, 29, 12, 30, 15, 123456),
        datetime.datetime(1969, 12, 31, 23, 59, 59),
        datetime.datetime(2038, 1, 19, 3, 14, 8),
    ],
    "ratio": [0.5, -1.25, 1e300],
}
TYPES = {"count": "bigint", "word": "string", "flag": "boolean", "time": "timestamp", "ratio": "double"}


def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS)


def session() -> SparkSession:
    return (
        SparkSession.builder.master("local[2]")
        .appName("drydock")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # Without this, Spark would quietly go on without Arrow where Arrow fails.
        .config("spark.sql.execution.arrow.pyspark.fallback.enabled", "false")
        .getOrCreate()
    )


def main() -> None:
    spark = None
    with check("a session starts") as found:
        spark = session()
        spark.sparkContext.setLogLevel("ERROR")
        found.detail = f"Spark {spark.version}, Java {spark._jvm.System.getProperty('java.version')}"
    if spark is None:
        finish()

    with tempfile.TemporaryDirectory() as scratch:
        written = str(Path(scratch, "spark"))
        single = str(Path(scratch, "pandas.parquet"))

        for arrow in ["true", "false"]:
            mode = "with Arrow" if arrow == "true" else "without Arrow"
            spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", arrow)
            with check(f"a pandas frame goes to Spark {mode}"):
                data = spark.createDataFrame(frame())
                equal(dict(data.dtypes), TYPES)
                rows = [row.asDict() for row in data.orderBy(F.col("ratio")).collect()]
                equal([row["word"] for row in rows], ["", "one", "dreißig 🚢"])
                equal([row["flag"] for row in rows], [False, True, True])
                equal([row["count"] for row in rows], [-2, 1, 2**40])
                equal(data.where(F.year("time") == 2038).count(), 1)
            with check(f"a Spark frame comes to pandas {mode}"):
                copy = spark.createDataFrame(frame()).toPandas().sort_values("count", ignore_index=True)
                expected = frame().sort_values("count", ignore_index=True)
                pd.testing.assert_frame_equal(copy, expected.astype({"time": copy["time"].dtype}))
                equal(str(copy["time"].dtype).startswith("datetime64"), True)
                equal(str(copy["flag"].dtype), "bool")

        with check("nulls survive both ways"):
            for arrow in ["true", "false"]:
                spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", arrow)
                data = spark.createDataFrame([(1, None), (None, "b")], "number long, word string")
                copy = data.toPandas()
                equal(copy["word"].isna().tolist(), [True, False])
                equal(copy["number"].isna().tolist(), [False, True])

        spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
        with check("Parquet is written and read") as found:
            data = spark.createDataFrame(frame()).withColumn("year", F.year("time"))
            data.repartition(2).write.partitionBy("year").parquet(written)
            data = spark.read.parquet(written)
            equal({name: kind for name, kind in data.dtypes if name != "year"}, TYPES)
            equal(data.where("flag").agg(F.sum("count")).first()[0], 2**40 + 1)
            equal(data.where("year = 2024").count(), 1)
            found.detail = f"{len(list(Path(written).rglob('*.parquet')))} files"
        with check("pandas and Spark read each other's Parquet"):
            # pandas counts nanoseconds, which Spark does not read from Parquet.
            frame().to_parquet(single, index=False, coerce_timestamps="us")
            data = spark.read.parquet(single)
            equal({**dict(data.dtypes), "time": "timestamp"}, TYPES)
            equal(sorted(row["word"] for row in data.collect()), sorted(ROWS["word"]))
            equal(len(pd.read_parquet(written)), 3)
        with check("a pandas function runs in Spark's Python workers"):
            data = spark.createDataFrame(frame())
            doubled = data.mapInPandas(lambda frames: (part.assign(ratio=part["ratio"] * 2) for part in frames), data.schema)
            equal(sorted(row["ratio"] for row in doubled.collect()), [-2.5, 1.0, 2e300])
        with check("SQL joins, groups and orders"):
            spark.createDataFrame(frame()).createOrReplaceTempView("rows")
            result = spark.sql(
                "SELECT a.flag, count(*) AS n FROM rows a JOIN rows b ON a.flag = b.flag GROUP BY a.flag ORDER BY n"
            ).collect()
            equal([tuple(row) for row in result], [(False, 1), (True, 4)])
        with check("the session ends"):
            spark.stop()
    finish()


main()
