"""A job that shuffles ten million rows three times: grouped, joined and sorted, then written. Prints its seconds."""

import sys
import tempfile
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
spark = SparkSession.builder.appName("shuffle").getOrCreate()
started = time.monotonic()
orders = spark.range(rows).select(
    F.col("id"), (F.xxhash64("id") % (rows // 10)).alias("customer"), (F.col("id") % 997).alias("amount")
)
totals = orders.groupBy("customer").agg(F.count("*").alias("orders"), F.sum("amount").alias("total"))
joined = orders.join(totals.hint("shuffle_merge"), "customer").orderBy("total", "id")
with tempfile.TemporaryDirectory() as folder:
    joined.write.parquet(f"{folder}/out")
    written = spark.read.parquet(f"{folder}/out")
    assert written.count() == rows, written.count()
print(f"seconds {time.monotonic() - started:.1f}", flush=True)
spark.stop()
