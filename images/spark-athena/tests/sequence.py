"""The whole way of a Glue job in the image: submit, read S3, Spark and pandas, Athena, write S3, exit status, summary."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import boto3
import pandas as pd
from checks import check, equal, finish
from results import queue_result

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
# Results wait by region: in one of its own no other test takes them.
REGION = "eu-west-1"
BUCKET = "sequence"
JOB = "/opt/jobs/s3_spark_athena.py"

# A package of the shape of Glue's, which writes down how it is used; Glue's own needs a Java side that is not published.
AWSGLUE = {
    "__init__.py": "",
    "note.py": """
import json, os

def note(*words):
    with open(os.environ["AWSGLUE_NOTES"], "a") as file:
        file.write(json.dumps(words) + "\\n")
""",
    "utils.py": """
from .note import note

def getResolvedOptions(argv, names):
    note("options", *names)
    values = {word[2:]: value for word, value in zip(argv, argv[1:]) if word.startswith("--")}
    return {name: values[name] for name in names}
""",
    "context.py": """
from pyspark.sql import SparkSession

from .note import note

class GlueContext:
    def __init__(self, context):
        note("context", type(context).__name__)
        self.spark_session = SparkSession(context)
""",
    "job.py": """
from .note import note

class Job:
    def __init__(self, context):
        note("job", type(context).__name__)

    def init(self, name, options):
        note("init", name, options["source"])

    def commit(self):
        note("commit")
""",
}


def queue_answers() -> None:
    """What the stand-in answers to the job's four statements."""
    for _ in range(3):
        queue_result(ENDPOINT, REGION, [], [])
    queue_result(ENDPOINT, REGION, [("keys", "bigint"), ("orders", "bigint"), ("total", "double")], [["2", "6", "70.0"]])


def run(
    *arguments: str, without: tuple[str, ...] = (), options: tuple[str, ...] = (), more: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """A job, started as `docker run IMAGE run …` starts it."""
    variables = {name: value for name, value in os.environ.items() if name not in without}
    variables |= {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION} | (more or {})
    words = ["glue-athena", "run", *options, JOB, *arguments]
    return subprocess.run(words, env=variables, capture_output=True, text=True, timeout=300)


def main() -> None:
    s3 = boto3.client("s3", region_name=REGION)
    athena = boto3.client("athena", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    orders = pd.DataFrame({"customer": ["Ada", "Grace", "Ada", None], "amount": [10.5, 20.0, 4.5, 1.0]})
    with tempfile.TemporaryDirectory() as scratch:
        for index in range(2):
            file = str(Path(scratch, f"{index}.parquet"))
            orders.to_parquet(file, index=False)
            s3.upload_file(file, BUCKET, f"orders/day={index}/part.parquet")
        s3.put_object(Bucket=BUCKET, Key="daily/curated/old.parquet", Body=b"of an older run")

        words = ["--source", f"s3://{BUCKET}/orders/", "--target", f"s3://{BUCKET}/daily/", "--database", "sales"]
        queue_answers()
        summary_file = Path(scratch, "summary.json")
        result = run(
            "--JOB_NAME", "sequence", "--JOB_RUN_ID", "jr_1", *words,
            options=("--log-format", "json", "--summary", str(summary_file)),
        )

        with check("the job ends with 0 and says what it did") as found:
            if result.returncode != 0:
                raise AssertionError(f"exit code {result.returncode}: {result.stdout[-2000:]}{result.stderr[-2000:]}")
            told = json.loads(result.stdout.splitlines()[-1])
            found.detail = f"through {told.pop('through')}"
            answer = [{"keys": 2, "orders": 6, "total": 70.0}]
            equal(told, {"job": "sequence", "read": 8, "written": 2, "total": 70.0, "answer": answer})
        with check("the curated data and Athena's answer are on S3"):
            keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="daily/")["Contents"]]
            curated = [key for key in keys if key.startswith("daily/curated/")]
            equal(len(curated), 1)
            file = str(Path(scratch, "curated.parquet"))
            s3.download_file(BUCKET, curated[0], file)
            frame = pd.read_parquet(file)
            equal(frame.to_dict("list")["key"], ["Ada", "Grace"])
            equal([round(share, 4) for share in frame["share"]], [0.4286, 0.5714])
            equal(len([key for key in keys if key.startswith("daily/answer/")]), 1)
        with check("Athena was asked for a table, an unload and the sums"):
            queries = athena.list_query_executions()["QueryExecutionIds"]
            texts = [athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Query"] for name in queries]
            equal(sorted(text.split()[0] for text in texts), ["CREATE", "DROP", "SELECT", "UNLOAD"])
        with check("the summary counts Spark's work and names the run") as found:
            summary = json.loads(summary_file.read_text())
            equal(
                {name: summary[name] for name in ("job", "run", "outcome", "exitCode")},
                {"job": "sequence", "run": "jr_1", "outcome": "succeeded", "exitCode": 0})
            spark = summary["spark"]
            equal((spark["tasks"]["failed"], spark["stages"]["failed"]), (0, 0))
            equal(spark["stages"]["succeeded"] > 0 and spark["read"]["rows"] >= 8 and spark["written"]["rows"] >= 3, True)
            found.detail = f"{spark['stages']['succeeded']} stages, {summary['seconds']} s"
        with check("every line that is no print is JSON with job, run and application"):
            lines = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("{\"time\"")]
            entries = [json.loads(line) for line in lines]
            equal({(entry["job"], entry["run"]) for entry in entries}, {("sequence", "jr_1")})
            equal(summary["application"] in {entry["application"] for entry in entries}, True)
            equal({"s3_spark_athena", "glue-athena"} <= {entry["logger"] for entry in entries}, True)
            others = [line for line in result.stderr.splitlines() if not line.startswith("{")]
            equal(others, [])

        with check("where awsglue is installed the same job goes through GlueContext and Job"):
            package = Path(scratch, "python", "awsglue")
            package.mkdir(parents=True)
            for name, text in AWSGLUE.items():
                (package / name).write_text(text)
            notes = Path(scratch, "notes")
            queue_answers()
            variables = {"PYTHONPATH": str(package.parent), "AWSGLUE_NOTES": str(notes)}
            glue = run("--JOB_NAME", "glue", *words, more=variables)
            if glue.returncode != 0:
                raise AssertionError(f"exit code {glue.returncode}: {glue.stdout[-2000:]}{glue.stderr[-2000:]}")
            told = json.loads(glue.stdout.splitlines()[-1])
            equal((told["through"], told["written"], told["answer"]), ("GlueContext", 2, answer))
            expected = [
                ["options", "JOB_NAME", "source", "target", "database"], ["context", "SparkContext"],
                ["job", "GlueContext"], ["init", "glue", words[1]], ["commit"],
            ]
            equal([json.loads(line) for line in notes.read_text().splitlines()], expected)

        with check("a source that is not there ends the job with 1 and its reason"):
            words[1] = f"s3://{BUCKET}/none/"
            failed = run("--JOB_NAME", "sequence", *words)
            equal(failed.returncode, 1)
            equal("there are no Parquet files below" in failed.stdout + failed.stderr, True)
            equal(json.loads(failed.stderr.splitlines()[-1])["outcome"], "failed")
        with check("without credentials the job fails at once, with the reason") as found:
            started = time.monotonic()
            refused = run("--JOB_NAME", "sequence", *words, without=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
            seconds = time.monotonic() - started
            equal(refused.returncode, 4)
            equal("no AWS credentials were found" in refused.stderr, True)
            found.detail = f"{seconds:.3f} s"
    finish()


main()
