/// The texts that `help` writes.
enum Help {
  /// The text for a command, or for the whole program.
  static func text(for topic: String?) throws(UsageError) -> String {
    switch topic {
    case nil: overview
    case "run": run
    case "health": health
    case "serve": serve
    case "probes": probes
    case "versions": versions
    case "env": environment
    case "query": query
    case let topic?: throw UsageError("there is no command \"\(topic)\"", hint: "glue-athena help")
    }
  }

  private static let overview = """
    glue-athena: runs Glue and Athena jobs in a container, and says whether the container is well.

    usage: glue-athena COMMAND …

      run       run a job as the container's first process
      health    check the container (--live, --ready, --deep)
      serve     answer /healthz, /readyz and /metrics over HTTP
      probes    write the health checks for ECS, Kubernetes or Compose
      query     run SQL in Athena and write the rows
      versions  list what is installed beside what is locked
      env       show the settings a job would get, and why (--explain)
      help      explain a command

    examples:
      glue-athena run /jobs/daily.py --JOB_NAME daily --input s3://bucket/raw
      glue-athena health --ready --format json
      glue-athena query 'SELECT * FROM sales LIMIT 10' --database shop
      glue-athena env --explain

    exit codes: run hands back the job's own, or 128 and the number of the signal that ended it; health says
    0 for well and 1 for not; query says 1 for a statement that failed and 3 for a network, a key or a service that
    does not let it; 2 is a command line or file that is wrong, 4 a machine where the job can't start.

    """

  private static let run = """
    usage: glue-athena run [OPTIONS] SCRIPT.py|ARCHIVE.jar [ARGUMENTS…]
           glue-athena run [OPTIONS] -m MODULE [ARGUMENTS…]
           glue-athena run SCRIPT.py|ARCHIVE.jar|-m MODULE [OPTIONS] -- [ARGUMENTS…]

    Runs a job: finds Spark, Java and Python, sizes Spark by the container's limits, hands on signals, reaps
    orphans, hands back the job's exit code and writes a summary as one line of JSON on standard error.
    What stands after SCRIPT is the job's, but for --conf spark.KEY=VALUE right after it and for options that
    a -- closes; a first -- is dropped.

      --conf KEY=VALUE      a Spark setting that wins over the image's and over ours; may be repeated
      --profile TYPE        size Spark for a Glue worker: G.1X, G.2X, G.4X, G.8X, G.12X, G.16X, R.1X, R.2X, R.4X,
                            R.8X; default local, the container as it is, or GLUE_ATHENA_PROFILE
      --class NAME          the main class of ARCHIVE.jar
      --python              start SCRIPT.py by python3 alone; a session it makes starts Spark then
      --timeout SECONDS     ask the job to end when it takes longer
      --grace SECONDS       time to end after a signal before SIGKILL; default 8, or GLUE_ATHENA_GRACE
      --summary FILE        write the summary there, too
      --serve ADDRESS       answer /healthz, /readyz and /metrics meanwhile, for example at :8080
      --log-format FORMAT   text, json or image (leave the image's); default text, or GLUE_ATHENA_LOG_FORMAT
      --log-level LEVEL     error, warn, info or debug; default info, or GLUE_ATHENA_LOG_LEVEL. Spark's own notes
                            begin at warn, with debug they come in full
      --credentials WHEN    auto: a job that is given an s3:// address or imports a client of Athena is not started
                            without AWS credentials; require: no job is; skip: nobody looks
      --instance-metadata   ask the machine's metadata service for credentials

    examples:
      glue-athena run /jobs/daily.py --JOB_NAME daily --date 2024-05-01
      glue-athena run --conf spark.driver.memory=6g --log-format json /jobs/daily.py
      glue-athena run /jobs/daily.py --conf spark.sql.shuffle.partitions=64 -- --JOB_NAME daily
      glue-athena run --python /jobs/athena_to_pandas.py --query 'SELECT 1'
      glue-athena run --profile G.1X --serve :8080 -m reports.monthly -- --month 5

    """

  private static let health = """
    usage: glue-athena health [--live|--ready|--deep] [--only aws|spark] [--format text|json] [--timeout SECONDS]

      --live     the job's process is alive; costs a few milliseconds
      --ready    all that a job needs is there, in the locked versions (default)
      --deep     Athena and S3 answer with the credentials found here, and Spark really executes a job; takes some
                 seconds. The workgroup is AWS_ATHENA_WORK_GROUP or primary; the bucket is that of its results or of
                 AWS_ATHENA_S3_STAGING_DIR
      --only     one half of --deep: aws or spark
      --timeout  seconds after which the answer is no; default 10, with --deep 120

    examples:
      HEALTHCHECK CMD ["/usr/local/bin/glue-athena", "health"]
      livenessProbe: {exec: {command: [glue-athena, health, --live]}}
      docker exec CONTAINER glue-athena health --deep --format json

    """

  private static let serve = """
    usage: glue-athena serve [--listen ADDRESS] [--cache SECONDS] [--timeout SECONDS]

    Answers over HTTP: /healthz as health --live, /readyz as health --ready (200 for well, 503 for not) and
    /metrics for Prometheus: the checks, the container's memory, and the job that run runs in this container.

      --listen   where, for example :8080 (default), 127.0.0.1:9000 or [::1]:9000
      --cache    seconds that an answer about readiness is good for; default 10
      --timeout  seconds that its checks may take; default 10

    examples:
      glue-athena serve --listen :8080
      glue-athena run --serve :8080 /jobs/daily.py

    """

  private static let probes = """
    usage: glue-athena probes ecs|kubernetes|compose

    Writes the image's health check in the words of those who pass an image's HEALTHCHECK over.

    example:
      glue-athena probes kubernetes

    """

  private static let versions = """
    usage: glue-athena versions [--format text|json]

    Lists glue-athena, Python, Java, Spark and every locked package, as installed and as locked.

    example:
      glue-athena versions --format json

    """

  private static let environment = """
    usage: glue-athena env [--explain] [--profile TYPE] [--conf KEY=VALUE] [--format text|json]

    Shows the Spark settings and the variables that run would give a job here; secrets are masked.

    example:
      glue-athena env --explain --conf spark.driver.memory=6g

    """

  private static let query = """
    usage: glue-athena query [OPTIONS] 'SQL'
           glue-athena query [OPTIONS] --file FILE.sql
           … | glue-athena query [OPTIONS]

    Runs statements, separated by ;, in Athena one after the other and writes their rows to standard output. The first
    one that fails ends it. SIGINT and SIGTERM stop the statement in Athena, too. Keys, region and endpoints are found
    as AWS's own tools find them.

      --format FORMAT         table (default), csv (NULL is nothing, an empty text is "") or jsonl (an object a line)
      --output, -o FILE       write the rows there; the file appears whole or not at all
      --summary FILE          write a line of JSON there for each statement: rows, times, bytes scanned, cost
      --file, -f FILE         read the statements from a file; - is standard input
      --workgroup NAME        the workgroup; default AWS_ATHENA_WORK_GROUP, or the account's own
      --database NAME         the database of names without one
      --catalog NAME          the data catalog
      --output-location URL   where Athena stores results, s3://BUCKET/PREFIX/; default AWS_ATHENA_S3_STAGING_DIR
      --parameter LITERAL     the value of the next ?, as SQL writes it: 5, or 'text' in quotes; may be repeated
      --reuse-minutes N       an earlier result of this age will do
      --request-token TOKEN   starts that share a token are one run
      --timeout SECONDS       stop a statement that takes longer
      --results SOURCE        auto (default), pages (Athena's API) or file (the result's file in S3)
      --price-per-tb DOLLARS  what the estimate of the cost counts with; default 5
      --profile NAME          a profile of ~/.aws
      --region NAME           the region
      --endpoint-url URL      ask there instead of AWS
      --quiet, -q             no line about rows, time, bytes and cost on standard error

    examples:
      glue-athena query 'SELECT region, count(*) FROM sales GROUP BY 1' --database shop
      glue-athena query --file report.sql --format csv --output report.csv --workgroup analysts
      glue-athena query 'SELECT * FROM sales WHERE id = ?' --parameter 42 --format jsonl --reuse-minutes 60

    """
}
