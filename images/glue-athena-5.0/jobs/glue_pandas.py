"""A Glue job: a pandas frame to Spark and back, the result as one line of JSON."""

import json
import sys

import pandas as pd
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F


def main() -> None:
    arguments = getResolvedOptions(sys.argv, ["JOB_NAME"])
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    if "--fail" in sys.argv:
        raise RuntimeError("asked to fail")
    frame = context.spark_session.createDataFrame(pd.DataFrame({"word": ["a", "b", "c"], "count": [1, 2, 3]}))
    found = frame.agg(F.count("*").alias("rows"), F.sum("count").alias("total")).toPandas().iloc[0]
    print(json.dumps({"job": arguments["JOB_NAME"], "rows": int(found["rows"]), "total": int(found["total"])}))
    job.commit()


if __name__ == "__main__":
    main()
