"""What `glue-athena health --deep` says in the image, beside a stand-in of Athena and S3."""

import json
import os
import subprocess
import time

import boto3
from checks import check, equal, finish

BUCKET = "deep-health"
NAMES = ["aws-credentials", "athena", "s3", "spark-job"]
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def health(variables: dict[str, str]) -> tuple[int, dict[str, dict]]:
    """The exit code, and each check by its name."""
    words = ["glue-athena", "health", "--deep", "--format", "json"]
    result = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=300)
    return result.returncode, {entry["name"]: entry for entry in json.loads(result.stdout)["checks"]}


def main() -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    variables = dict(os.environ) | {"AWS_ATHENA_S3_STAGING_DIR": f"s3://{BUCKET}/results/"}

    with check("Athena, S3 and Spark answer") as found:
        code, checks = health(variables)
        equal([(name, entry["ok"]) for name, entry in checks.items()], [(name, True) for name in NAMES])
        equal(code, 0)
        equal("executed a job" in checks["spark-job"]["detail"], True)
        found.detail = ", ".join(f"{name} {entry['seconds']} s" for name, entry in checks.items())

    with check("a bucket that is not there fails its own check"):
        code, checks = health(variables | {"AWS_ATHENA_S3_STAGING_DIR": "s3://nobody-has-this/"})
        equal([name for name, entry in checks.items() if not entry["ok"]], ["s3"])
        equal(code, 1)

    with check("without credentials nothing is started, and the reason comes at once") as found:
        started = time.monotonic()
        code, checks = health({name: value for name, value in variables.items() if name not in KEYS})
        seconds = time.monotonic() - started
        equal((code, [name for name, entry in checks.items() if entry["ok"]]), (1, []))
        equal("there are no AWS credentials" in checks["aws-credentials"]["detail"], True)
        equal(seconds < 5, True)
        found.detail = f"{seconds:.3f} s"
    finish()


main()
