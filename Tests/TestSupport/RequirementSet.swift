/// A list of requirements as people have them, for one version of Python.
public struct RequirementSet: Sendable, CustomStringConvertible {
  /// The version of Python, as in `3.11`.
  public let python: String
  /// The requirements (PEP 508).
  public let requirements: [String]

  /// Names requirements for a version.
  public init(python: String, requirements: [String]) {
    self.python = python
    self.requirements = requirements
  }

  /// The requirements and the version.
  public var description: String { requirements.joined(separator: " ") + " on " + python }

  /// Twenty of them: notebooks, workflows, data frames, web services, and what people run beside Athena.
  public static let all: [RequirementSet] = [
    RequirementSet(python: "3.10", requirements: ["boto3", "pandas", "pyathena"]),
    RequirementSet(python: "3.11", requirements: ["pandas>=1.5,<2", "numpy<1.24", "pyarrow", "s3fs", "awswrangler"]),
    RequirementSet(python: "3.10", requirements: ["jupyter"]),
    RequirementSet(python: "3.11", requirements: ["dbt-athena-community"]),
    RequirementSet(python: "3.10", requirements: ["great-expectations[athena]", "pandas<2.2"]),
    RequirementSet(python: "3.11", requirements: ["apache-airflow[amazon,postgres]==2.9.3", "pandas"]),
    RequirementSet(python: "3.11", requirements: ["s3fs", "boto3", "aiobotocore[boto3]"]),
    RequirementSet(python: "3.12", requirements: ["fastapi[standard]", "sqlalchemy[asyncio]", "celery[redis]"]),
    RequirementSet(python: "3.10", requirements: ["black", "mypy", "pytest", "ruff", "moto[s3,athena]"]),
    RequirementSet(
      python: "3.11", requirements: ["pandas", "pyarrow", "pyathena[arrow,pandas]", "boto3", "py4j<0.10.9.8"]),
    RequirementSet(python: "3.11", requirements: ["dask[complete]", "xarray", "scikit-learn"]),
    RequirementSet(python: "3.10", requirements: ["tensorflow<2.17", "numba", "streamlit"]),
    RequirementSet(python: "3.11", requirements: ["sentry-sdk[flask]", "flask", "gunicorn", "requests[socks]"]),
    RequirementSet(python: "3.12", requirements: ["jupyterlab", "notebook<8", "ipywidgets", "papermill[s3]"]),
    RequirementSet(python: "3.10", requirements: ["dbt-athena", "dbt-core<1.9"]),
    RequirementSet(
      python: "3.11", requirements: ["delta-spark<3.3", "pandas<2.3", "pyarrow<18", "boto3-stubs[athena,glue,s3]"]),
    RequirementSet(python: "3.10", requirements: ["prefect[aws]<3", "sqlalchemy<2.1"]),
    RequirementSet(python: "3.12", requirements: ["langchain", "openai", "pydantic<2.12", "httpx"]),
    RequirementSet(python: "3.11", requirements: ["apache-beam[aws,dataframe]<2.60", "pandas<2.3"]),
    RequirementSet(python: "3.11", requirements: ["dagster", "dagster-aws", "dagster-pandas", "s3fs"]),
  ]
}
