internal import OCI
internal import Resolution

extension DockerfileGenerator {
  /// The content of one Dockerfile for all platforms: each has a stage, and the last line takes the one that is built for.
  ///
  /// That is what `docker buildx build --platform A,B` expects, which reads one file and sets `TARGETARCH` for each platform;
  /// whatever stages a platform does not need are not built for it.
  public static func text(of plans: ImagePlans) -> String {
    guard plans.hasSeveralPlatforms else { return DockerfileGenerator(plan: plans.first).text }
    var file = DockerfileText()
    let platforms = plans.plans.map(\.spec.platform)
    file.comment(
      head[0], head[1], "  drydock generate FOLDER --context CONTEXT",
      "  docker buildx build --network none --platform \(platforms.map(\.description).joined(separator: ",")) CONTEXT",
      "A platform's packages are its own, and so is its stage; the last line takes the one that is built for.")
    let hasVariants = platforms.contains { $0.label != "\($0.os)-\($0.architecture)" }
    let variables = ["TARGETOS", "TARGETARCH"] + (hasVariants ? ["TARGETVARIANT"] : [])
    // Buildah knows them in FROM only where they are declared, and BuildKit forgets them there if nothing gives them a value.
    file.comment("What is built for; the builder sets it.")
    for variable in variables { file.add("ARG", "\(variable)=$\(variable)") }
    for plan in plans.plans {
      DockerfileGenerator(plan: plan, base: nil, baseUser: nil, label: plan.spec.platform.label).write(&file)
    }
    file.comment("The platform that is built for.")
    file.add("FROM", "$TARGETOS-$TARGETARCH" + (hasVariants ? "$TARGETVARIANT" : ""))
    return file.text
  }
}
