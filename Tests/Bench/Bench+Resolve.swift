import Host
import TestSupport

/// Lists of requirements to hashed lists of pins, with empty caches and with those of the run before.
extension Bench {
  func resolutions() async throws {
    let glue = RequirementSet(python: "3.10", requirements: ["boto3", "pandas", "pyathena"])
    let universal = RequirementSet(python: "3.10", requirements: ["jupyter", "s3fs"])
    for (set, isUniversal) in [(glue, false), (universal, true)] {
      for isCold in [true, false] {
        print(try await resolve(set, isCold: isCold, isUniversal: isUniversal, runs: 5))
      }
    }
  }

  func requirementSets() async throws {
    for set in RequirementSet.all {
      for isCold in [true, false] { print(try await resolve(set, isCold: isCold, runs: 3)) }
    }
  }

  private func resolve(
    _ set: RequirementSet, isCold: Bool, isUniversal: Bool = false, runs: Int
  ) async throws -> Row {
    let list = "\(work)/requirements.in"
    try Files.write(set.requirements.joined(separator: "\n") + "\n", to: list)
    let results = (ours: "\(work)/ours.txt", theirs: "\(work)/theirs.txt")
    let caches = (ours: "\(work)/resolve-drydock", theirs: "\(work)/resolve-uv")
    let clear = {
      for path in [results.ours, results.theirs] + (isCold ? [caches.ours, caches.theirs] : []) {
        try Files.remove(path)
      }
    }
    let scope = isUniversal ? ["--universal"] : []
    // Both for the same machine: whoever names none resolves for the one that it runs on.
    let platform = isUniversal ? [] : ["--python-platform", "x86_64-manylinux_2_36"]
    return try await compare(
      "resolve \(set), \(isUniversal ? "universal, " : "")\(isCold ? "cold" : "warm")", "uv pip compile",
      runs: runs,
      ours: {
        try clear()
        return Subprocess(
          drydock, ["pin", list, "--python", set.python, "-o", results.ours] + scope,
          environment: environment(["DRYDOCK_CACHE": caches.ours]))
      },
      theirs: {
        Subprocess(
          uv,
          ["pip", "compile", "-q", "--generate-hashes", "--python-version", set.python, list, "-o", results.theirs]
            + platform + scope,
          environment: environment(["UV_CACHE_DIR": caches.theirs, "UV_PYTHON_DOWNLOADS": "never"]))
      })
  }
}
