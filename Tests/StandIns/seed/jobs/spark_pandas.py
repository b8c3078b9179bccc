"""A pandas frame to Spark and back without Arrow, as jobs for Spark 3.3.0 do it."""

import pandas as pd
from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("spark-pandas").getOrCreate()
spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "false")
frame = spark.createDataFrame(pd.DataFrame({"word": ["a", "b", "c"], "known": [True, False, True]}))
print(len(frame.toPandas()), "rows there and back")
spark.stop()
