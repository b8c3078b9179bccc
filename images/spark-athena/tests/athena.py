"""PyAthena and boto3 in the image, against a stand-in of the services at AWS_ENDPOINT_URL."""

import os
import tempfile
from pathlib import Path

import boto3
import pandas as pd
from checks import check, equal, finish
from pyathena import connect
from pyathena.pandas.cursor import PandasCursor
from results import queue_result

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_DEFAULT_REGION"]
BUCKET = "drydock"
STAGING = f"s3://{BUCKET}/results/"

COLUMNS = [("city", "varchar"), ("ships", "bigint"), ("open", "boolean")]
ROWS = [["Hamburg", "12", "true"], ["Vigo", "7", "false"], ["Łódź", None, None]]


def main() -> None:
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=BUCKET)

    with check("boto3 writes to S3 and reads back") as found:
        content = os.urandom(1 << 16)
        s3.put_object(Bucket=BUCKET, Key="a/ü b", Body=content, Metadata={"ship": "dry"})
        answer = s3.get_object(Bucket=BUCKET, Key="a/ü b")
        equal(answer["Body"].read(), content)
        equal(answer["Metadata"], {"ship": "dry"})
        equal([entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="a/")["Contents"]], ["a/ü b"])
        s3.delete_object(Bucket=BUCKET, Key="a/ü b")
        found.detail = f"boto3 {boto3.__version__}"

    with check("boto3 sends large objects in parts"), tempfile.TemporaryDirectory() as scratch:
        original, copy = Path(scratch, "original"), Path(scratch, "copy")
        original.write_bytes(os.urandom(9 << 20))
        s3.upload_file(str(original), BUCKET, "large")
        s3.download_file(BUCKET, "large", str(copy))
        equal(copy.read_bytes() == original.read_bytes(), True)
        equal("-" in s3.head_object(Bucket=BUCKET, Key="large")["ETag"], True)

    with check("a frame goes through S3 as Parquet"), tempfile.TemporaryDirectory() as scratch:
        frame = pd.DataFrame({"city": ["Hamburg", "Vigo"], "ships": [12, 7]})
        original, copy = str(Path(scratch, "original")), str(Path(scratch, "copy"))
        frame.to_parquet(original, index=False)
        s3.upload_file(original, BUCKET, "frame.parquet")
        s3.download_file(BUCKET, "frame.parquet", copy)
        pd.testing.assert_frame_equal(pd.read_parquet(copy), frame)

    with check("PyAthena runs a query") as found:
        queue_result(ENDPOINT, REGION, COLUMNS, ROWS)
        with connect(s3_staging_dir=STAGING, region_name=REGION, poll_interval=0.05) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT city, ships, open FROM ports")
            equal([(column[0], column[1]) for column in cursor.description], COLUMNS)
            equal(cursor.fetchall(), [("Hamburg", 12, True), ("Vigo", 7, False), ("Łódź", None, None)])
            equal(cursor.state, "SUCCEEDED")
            found.detail = f"output {cursor.output_location.rsplit('/', 1)[0]}/"

    with check("PyAthena reads a result from S3 into pandas"):
        queue_result(ENDPOINT, REGION, COLUMNS, ROWS)
        with connect(s3_staging_dir=STAGING, region_name=REGION, poll_interval=0.05, cursor_class=PandasCursor) as connection:
            frame = connection.cursor().execute("SELECT city, ships, open FROM ports").as_pandas()
            equal(frame.columns.tolist(), [name for name, _ in COLUMNS])
            equal(frame["city"].tolist(), [row[0] for row in ROWS])
            equal(frame["ships"].dropna().tolist(), [12, 7])

    with check("Athena's own client sees the query"):
        athena = boto3.client("athena", region_name=REGION)
        equal(len(athena.list_query_executions()["QueryExecutionIds"]) >= 2, True)
    finish()


main()
