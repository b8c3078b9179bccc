"""A context whose session is plain Spark's."""

from pyspark.sql import SparkSession


class GlueContext:
    def __init__(self, spark_context):
        self.spark_context = spark_context
        self.spark_session = SparkSession.builder.getOrCreate()

    def get_logger(self):
        jvm = self.spark_context._jvm
        return jvm.org.apache.log4j.LogManager.getLogger("awsglue")
