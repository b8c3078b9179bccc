"""Results for the stand-in of Athena, which computes none itself."""

import json
import urllib.request


def queue_result(endpoint: str, region: str, columns: list[tuple[str, str]], rows: list[list[str | None]]) -> None:
    """Puts a result into the stand-in, which gives it to the region's next query; the header is its first row, as in Athena's."""
    table = ([[name for name, _ in columns]] if columns else []) + rows
    data = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in table]
    info = [
        {"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
         "Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": False}
        for name, kind in columns
    ]
    body = {"account_id": "123456789012", "region": region, "results": [{"rows": data, "column_info": info}]}
    request = urllib.request.Request(
        f"{endpoint}/moto-api/static/athena/query-results",
        data=json.dumps(body).encode(), headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        if answer.status != 201:
            raise RuntimeError(f"moto answered {answer.status}")
