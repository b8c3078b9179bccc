"""A job that never ends by itself: tasks that wait in Python workers below a JVM."""

import time

from pyspark.sql import SparkSession


def wait(rows):
    list(rows)
    time.sleep(3600)


spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize(range(8), 2).foreachPartition(wait)
