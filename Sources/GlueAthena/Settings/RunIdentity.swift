/// What names a run: in each log line, in the summary, in the metrics.
struct RunIdentity: Equatable, Sendable {
  /// The job's name.
  let job: String
  /// The run's own name: what `--JOB_RUN_ID` says, as Glue passes it, else made up in its form.
  let run: String

  /// Names a run.
  init(job: String, run: String) {
    self.job = job
    self.run = run
  }

  /// Names the run that a command line asks for.
  init(_ options: RunOptions, in container: Container) {
    job = options.jobName
    run =
      options.argument("JOB_RUN_ID") ?? container["GLUE_ATHENA_RUN_ID"]
      ?? "jr_" + String(UInt64.random(in: 1 << 60...UInt64.max), radix: 16)
  }
}
