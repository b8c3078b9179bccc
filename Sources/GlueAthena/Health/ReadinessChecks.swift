import Glibc
import Host

/// The checks of what a job needs before it can start.
///
/// None starts Python or Java or touches the network: a health check that costs a second of a processor every half
/// minute is a load of its own.
struct ReadinessChecks {
  let container: Container
  private let layout: Layout
  private let lock: Result<LockedImage, LockedImage.Failure>

  init(container: Container) {
    self.container = container
    layout = Layout.detect(in: container)
    lock = Result { () throws(LockedImage.Failure) in try LockedImage(in: container) }
  }

  /// All checks, in the order a reader wants them.
  var all: [HealthCheck] {
    [
      HealthCheck("lock", lockAnswer),
      HealthCheck("python", python),
      HealthCheck("python-path", pythonPath),
      HealthCheck("python-packages", pythonPackages),
      HealthCheck("debian-packages", debianPackages),
      HealthCheck("java", java),
      HealthCheck("spark", spark),
      HealthCheck("user", user),
      HealthCheck("directories", directories),
      HealthCheck("disk", disk),
      HealthCheck("memory", memory),
      HealthCheck("certificates", certificates),
      HealthCheck("clock", clock),
    ]
  }

  private var locked: LockedImage? { try? lock.get() }

  // MARK: Versions

  private func lockAnswer() -> HealthCheck.Answer {
    switch lock {
    case .success(let lock):
      return .good("\(lock.python.count) Python and \(lock.debian.count) Debian packages are locked")
    case .failure(let failure):
      return .bad(failure.description, hint: "build the image with drydock, which puts its lock there")
    }
  }

  private func python() -> HealthCheck.Answer {
    guard let python = layout.python else {
      return .bad("no python3 was found", hint: "set PYSPARK_PYTHON, or add it to PATH")
    }
    guard isExecutable(python.program) else {
      return .bad("\(python.program) can't be executed", hint: "its mode or its owner changed")
    }
    if let wanted = locked?.pythonVersion, let version = python.version, !Self.matches(version, wanted) {
      return .bad("\(python.program) is \(version), the lock says \(wanted)", hint: "rebuild the image from its lock")
    }
    return .good("\(python.version ?? "of an unknown version") at \(python.program)")
  }

  private func pythonPath() -> HealthCheck.Answer {
    let entries = (container["PYTHONPATH"] ?? "").split(separator: ":").map { container.path(String($0)) }
    let missing = entries.filter { !Files.exists($0) }
    guard missing.isEmpty else {
      return .bad("PYTHONPATH names what is not there: \(missing.joined(separator: ", "))", hint: "mend PYTHONPATH")
    }
    return .good(entries.isEmpty ? "PYTHONPATH is not set" : "all \(entries.count) entries are there")
  }

  private func pythonPackages() -> HealthCheck.Answer {
    compare(locked?.python ?? [], InstalledPackage.python(in: layout.python?.packageDirectories ?? []), "Python")
  }

  private func debianPackages() -> HealthCheck.Answer {
    let wanted = locked?.debian ?? []
    guard !wanted.isEmpty else { return .good("none is locked") }
    guard let installed = InstalledPackage.debian(status: container.path("/var/lib/dpkg/status")) else {
      return .bad("/var/lib/dpkg/status can't be read", hint: "rebuild the image from its lock")
    }
    return compare(wanted, installed, "Debian")
  }

  private func compare(
    _ wanted: [InstalledPackage], _ installed: [InstalledPackage], _ kind: String
  ) -> HealthCheck.Answer {
    guard !wanted.isEmpty else { return .good("none is locked") }
    let versions = Dictionary(installed.map { ($0.name, $0.version) }) { first, _ in first }
    let differences = wanted.compactMap { package -> String? in
      switch versions[package.name] {
      case package.version: nil
      case nil: "\(package.name) \(package.version) is missing"
      case let version?: "\(package.name) is \(version), the lock says \(package.version)"
      }
    }
    guard let first = differences.first else { return .good("all \(wanted.count) are as locked") }
    let more = differences.count > 1 ? " (and \(differences.count - 1) more)" : ""
    return .bad(
      first + more, hint: "a \(kind) package was changed after the build; glue-athena versions lists all of them")
  }

  private func java() -> HealthCheck.Answer {
    guard let java = layout.java else { return .bad("no Java was found", hint: "set JAVA_HOME") }
    guard isExecutable(Path.join(java.home, "bin/java")) else {
      return .bad("\(java.home)/bin/java can't be executed", hint: "its mode or its owner changed")
    }
    if let wanted = locked?.javaVersion, let version = java.version, version != wanted {
      return .bad("\(java.home) is \(version), the lock says \(wanted)", hint: "rebuild the image from its lock")
    }
    return .good("\(java.version ?? "of an unknown version") at \(java.home)")
  }

  private func spark() -> HealthCheck.Answer {
    guard let spark = layout.spark else { return .bad("no Spark was found", hint: "set SPARK_HOME") }
    guard isExecutable(spark.submit) else {
      return .bad("\(spark.submit) can't be executed", hint: "its mode or its owner changed")
    }
    guard let version = spark.version else {
      return .bad("\(spark.home)/jars has no spark-core archive", hint: "Spark is not complete: rebuild the image")
    }
    if let wanted = locked?.pythonVersion(of: "pyspark"), version != wanted {
      return .bad("\(spark.home) is \(version), the lock says \(wanted)", hint: "rebuild the image from its lock")
    }
    return .good("\(version) at \(spark.home) (\(layout.kind.rawValue))")
  }

  /// Whether a version is the wanted one, as far as both are stated: 3.11 and 3.11.2 match.
  private static func matches(_ version: String, _ wanted: String) -> Bool {
    zip(version.split(separator: "."), wanted.split(separator: ".")).allSatisfy { $0 == $1 }
  }

  // MARK: The machine

  private func user() -> HealthCheck.Answer {
    let id = geteuid()
    let lines = ((try? Files.text(container.path("/etc/passwd"), limit: 1 << 24)) ?? "").lines
    for line in lines {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, fields[2] == String(id) { return .good("\(fields[0]) (\(id))") }
    }
    return .bad(
      "user \(id) has no line in /etc/passwd",
      hint: "Hadoop's login fails for a user without a name: run the container as the image's own user")
  }

  /// The directories that a job writes to.
  private var writableDirectories: [String] {
    let local = (container["SPARK_LOCAL_DIRS"] ?? "").split(separator: ",").map { container.path(String($0)) }
    let runs = RunDirectory.parent(in: container).path
    return [container.temporaryDirectory] + (runs == container.temporaryDirectory ? [] : [runs]) + local
  }

  private func directories() -> HealthCheck.Answer {
    let refused = writableDirectories.filter { access($0, W_OK | X_OK) != 0 }
    guard refused.isEmpty else {
      return .bad(
        "can't write to \(refused.joined(separator: ", "))",
        hint: "mount something writable there, for example docker run --tmpfs /tmp")
    }
    // A directory of credentials is often mounted from a user of another number.
    let profiles = ["credentials", "config"].map { container.path("\(container.home)/.aws/\($0)") }
    if let closed = profiles.first(where: { access($0, R_OK) != 0 && errno == EACCES }) {
      return .bad(
        "\(closed) can't be read by user \(geteuid())",
        hint: "give the mounted files this owner, or pass AWS_ variables")
    }
    return .good("\(writableDirectories.joined(separator: ", ")) can be written to")
  }

  private func disk() -> HealthCheck.Answer {
    let needed = 256
    var free: [String] = []
    for directory in writableDirectories {
      var status = statvfs()
      guard statvfs(directory, &status) == 0 else { continue }
      let mebibytes = (Int(status.f_bavail) * Int(status.f_frsize)) >> 20
      guard mebibytes >= needed else {
        return .bad(
          "\(mebibytes) MiB are free in \(directory), a job needs \(needed)",
          hint: "Spark spills and shuffles there: remove files or set SPARK_LOCAL_DIRS")
      }
      free.append("\(mebibytes) MiB in \(directory)")
    }
    return .good("free: \(free.joined(separator: ", "))")
  }

  private func memory() -> HealthCheck.Answer {
    let group = ControlGroup(of: container)
    guard let limit = group.memoryLimit else { return .good("the container sets no limit") }
    // The kernel gives up cached files before it kills: they don't count.
    let used = group.workingSet ?? 0
    let sizes = "\(used >> 20) of \(limit >> 20) MiB are in use"
    guard limit >= 1 << 30 else {
      return .bad("the container's limit is \(limit >> 20) MiB", hint: "Spark and Python need at least 1024 MiB")
    }
    guard limit - used >= 32 << 20 else {
      return .bad(sizes, hint: "the kernel is about to kill: give the container more memory")
    }
    return .good(sizes)
  }

  /// Whether the certificates by which servers are known are still good.
  ///
  /// Those that a variable names are somebody's own, and each counts; a distribution's bundle always holds a few that
  /// have expired, which hurts only when none is left.
  private func certificates() -> HealthCheck.Answer {
    let now = Clock.now
    let variables = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"]
    var report: [String] = []
    for variable in variables {
      guard let path = container[variable] else { continue }
      if let fault = fault(of: path, namedBy: variable, at: now) { return fault }
      report.append(variable)
    }
    let common = [
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ].map(container.path)
    let packaged = (layout.python?.packageDirectories ?? []).flatMap { directory in
      ["certifi/cacert.pem", "botocore/cacert.pem"].map { Path.join(directory, $0) }
    }
    for path in common + packaged {
      guard let bytes = try? Files.read(path, limit: 1 << 24) else { continue }
      let bundle = CertificateBundle(parsing: bytes)
      let good = bundle.ends.count { $0 > now }
      guard good > 0 else {
        return .bad(
          "none of the \(bundle.ends.count) certificates in \(path) is valid today",
          hint: "rebuild the image with current certificates, or look at the clock")
      }
      report.append("\(path) (\(good) of \(bundle.ends.count))")
    }
    guard !report.isEmpty else {
      return .bad(
        "no certificates were found", hint: "install ca-certificates, or name a file by AWS_CA_BUNDLE")
    }
    return .good("valid: \(report.joined(separator: ", "))")
  }

  private func fault(of path: String, namedBy variable: String, at now: Int) -> HealthCheck.Answer? {
    // A directory of hashed links is read by others, one certificate at a time.
    if Files.isDirectory(container.path(path)) { return nil }
    guard let bytes = try? Files.read(container.path(path), limit: 1 << 24) else {
      return .bad("\(variable) names \(path), which can't be read", hint: "mount the file, or unset \(variable)")
    }
    let bundle = CertificateBundle(parsing: bytes)
    guard !bundle.ends.isEmpty, bundle.unreadable == 0 else {
      return .bad("\(path) is no file of PEM certificates", hint: "\(variable) needs one")
    }
    guard let expired = bundle.ends.filter({ $0 <= now }).max() else { return nil }
    return .bad(
      "a certificate in \(path) has expired on \(Clock.rfc3339(expired))", hint: "renew the file that \(variable) names"
    )
  }

  private func clock() -> HealthCheck.Answer {
    let now = Clock.now
    guard let date = locked?.date else { return .good(Clock.rfc3339(now)) }
    guard now >= date else {
      return .bad(
        "it is \(Clock.rfc3339(now)), before the lock was made (\(Clock.rfc3339(date)))",
        hint: "set the machine's clock: signatures and certificates depend on it")
    }
    guard now - date < Self.longestLife else {
      return .bad(
        "it is \(Clock.rfc3339(now)), more than 30 years after the lock was made (\(Clock.rfc3339(date)))",
        hint: "set the machine's clock: signatures and certificates depend on it")
    }
    return .good(Clock.rfc3339(now))
  }

  /// More seconds than an image is in use: thirty years.
  private static let longestLife = 30 * 365 * 86400

  private func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
}
