import ArgumentParser
import Building
import Dockerfiles
import OCI
import Resolution

/// Which platform is meant of an image that is for several.
struct PlatformOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Of an image for several platforms, take this one (default: this machine's own, else the first).",
      valueName: "os/arch"))
  var platform: String?

  /// What the option says; nil when it is not given.
  var named: Platform? {
    get throws {
      try platform.map { text in
        try Failure.argument("--platform") { () throws(Platform.ParseError) in try Platform(parsing: text) }
      }
    }
  }

  /// The choice that the option makes.
  var choice: PlatformChoice { get throws { try named.map { .named([$0]) } ?? .own } }
}

extension ImagePlans {
  /// Says which platforms were left aside by what is about one, so that nobody takes it for all.
  func noteOthers(than plan: ImagePlan, _ output: any OutputGroup) {
    let others = lock.platforms.filter { $0 != plan.spec.platform }.map(\.description)
    if others.isEmpty { return }
    output.note(
      "note: this is about \(plan.spec.platform); for \(others.joined(separator: ", ")) say so with --platform")
  }
}

/// Which of an image's platforms a piece of work is about.
enum PlatformChoice {
  /// All that the lock has.
  case all
  /// This machine's own if the lock has it, else the first.
  case own
  /// These, which the lock has to have.
  case named([Platform])

  /// The chosen of several plans; at least one.
  func plans(of plans: ImagePlans, in folder: ImageFolder) throws -> [ImagePlan] {
    switch self {
    case .all: return plans.plans
    case .own:
      let platform = plans.lock.lock(preferring: Processor.own).platform
      return plans.plans.filter { $0.spec.platform == platform }
    case .named(let platforms):
      return try platforms.map { platform in
        guard let plan = plans.plans.first(where: { $0.spec.platform == platform }) else {
          throw Failure(
            .badInput, "\(folder.path): \(LockError.noPlatform(platform, has: plans.lock.platforms))",
            hint: "list it under 'platforms' in image.yaml and run 'drydock pin \(folder.path)'")
        }
        return plan
      }
    }
  }
}
