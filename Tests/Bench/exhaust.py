"""A job that uses up memory until something stops it: of the Python driver, the JVM's heap, or a Python worker."""

import sys

from pyspark.sql import SparkSession


def use_up(_rows=()):
    held = []
    while True:
        # A bytearray is zeroes that nobody has touched yet; this touches each page.
        held.append(bytes(range(256)) * (1 << 18))


spark = SparkSession.builder.getOrCreate()
match sys.argv[1]:
    case "driver":
        use_up()
    case "heap":
        arrays, jvm = spark._jvm.java.util.ArrayList(), spark._jvm
        one = spark.sparkContext._gateway.new_array(jvm.long, 1)
        while True:
            arrays.add(jvm.java.util.Arrays.copyOf(one, 8_000_000))
    case "worker":
        spark.sparkContext.parallelize(range(2), 2).foreachPartition(use_up)
