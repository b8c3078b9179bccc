import Building
import Dockerfiles
import Host
import JSON
import Resolution

extension Export {
  /// Gives the pins to a job of the Glue service, as text, or with files in a new folder.
  func exportForGlue(
    _ folder: ImageFolder, _ plan: ImagePlan, _ progress: ProgressLine
  ) async throws {
    let spec = plan.spec
    let export = try GlueExport(plan.lock, for: try release(of: spec))
    if let outputFile { try await write(export, plan, to: outputFile, folder, progress) }
    progress.clear()
    let arguments = arguments(export, name: spec.name)
    for package in export.leftOut { output.note("note: \(package.name) is left out, Glue brings its own") }
    output.print(
      text: outputFile.map { "\($0): \(export.packages.count) packages for Glue \(export.release.version)\n" }
        ?? arguments.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined(),
      json: .map(arguments))
  }

  private func release(of spec: Spec) throws -> GlueRelease {
    if let release = glueVersion?.release { return release }
    if case .image(let base) = spec.base, let release = base.glue { return release }
    throw Failure(
      .badInput, "'\(spec.name)' does not stand on an image of Glue",
      hint: "name the version of the jobs: --glue-version 5.0")
  }

  private static func bundleName(_ name: String, _ export: GlueExport) -> String {
    "\(name)-glue\(export.release.version).gluewheels.zip"
  }

  private func arguments(_ export: GlueExport, name: String) -> [String: String] {
    guard let location else { return export.arguments }
    return export.arguments(bundle: Self.bundleName(name, export), location: location)
  }

  // MARK: Files

  private func write(
    _ export: GlueExport, _ plan: ImagePlan, to directory: String, _ folder: ImageFolder, _ progress: ProgressLine
  ) async throws {
    guard !Files.exists(directory) else {
      throw Failure(.badInput, "\(directory) exists", hint: "an export is written only into a new folder")
    }
    let workplace = try Workplace(
      progress: progress.progress, sources: sources.sources, strategy: sources.indexStrategy)
    let lock = plan.lock
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let wheels = try await build.wheels(of: export.packages, in: plan)
    let requirements = RequirementsFile(lock: lock).limited(to: export.packages)
    let bundle = GlueBundle(packages: export.packages, wheels: wheels, requirements: requirements)
    let target = Path.absolute(directory)
    let workspace = try TemporaryDirectory(in: Path.parent(target), prefix: ".drydock-export")
    let made = workspace.path + "/export"
    try Files.createDirectory(made)
    try await workplace.progress.during("write \(directory)") {
      try await BlockingPool.run {
        if export.takesBundles {
          try bundle.writeZip(to: "\(made)/\(Self.bundleName(lock.name, export))")
        } else {
          try bundle.writeWheels(to: "\(made)/wheels")
        }
      }
    }
    try Files.write(requirements.text, to: "\(made)/requirements.txt")
    try Files.write(
      JSONValue.map(arguments(export, name: lock.name)).canonicalText, to: "\(made)/arguments.json")
    try Files.rename(made, to: target)
  }
}
