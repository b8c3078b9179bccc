import Building
import Packages
import Recording
import Resolution
import Sandbox

extension Failure {
  /// Errors on the way from a lock to an image.
  static func ofBuild(_ error: any Error) -> Failure? {
    switch error {
    case let error as PlatformFailure: ofPlatform(error)
    case let error as EmulationError: Failure(.machine, error.description, hint: error.hint)
    case let error as PinningError: Failure(.badInput, error.description, hint: error.hint)
    case let error as BuildError: ofImage(error)
    case let error as EngineError: Failure(status(of: error), error.description, hint: error.hint)
    case let error as RuntimeBinary.Failure: ofRuntime(error)
    case let error as BaseImageError: Failure(.badInput, error.description, hint: error.hint)
    case let error as ApplicationLayer.Failure: Failure(.badInput, error.description, hint: error.hint)
    case let error as DebianRootError: ofRoot(error)
    case let error as RPMRootError: ofRoot(error)
    case let error as RPMInstallationError: ofRPM(error)
    case let error as SourceBuildError: ofSource(error)
    case let error as WheelError: ofWheel(error)
    case let error as RecordingError: ofRecording(error)
    case let error as GlueExport.Failure: Failure(.badInput, error.description, hint: error.hint)
    case let error as VendoredFolder.Failure: ofVendor(error)
    case let error as IgnoredDifferences.UnknownAspect: Failure(.badInput, error.description)
    case let error as BytecodeError: Failure(.machine, error.description)
    default: nil
    }
  }

  /// What happened, with the platform that it happened on in front.
  private static func ofPlatform(_ error: PlatformFailure) -> Failure {
    let failure = Failure(error.cause)
    // That names the platform itself.
    if error.cause is EmulationError { return failure }
    return Failure(failure.status, "\(error.platform): \(failure.message)", hints: failure.hints)
  }

  private static func status(of error: EngineError) -> ExitStatus {
    switch error {
    case .noAddress, .badAddress, .hasNoAddress, .lacks: .badInput
    // As in a build of Drydock's own, what a command of the Dockerfile does wrong is the file's fault.
    case .failed(_, let call, _, _): call.isBuild ? .badInput : .machine
    case .unreachable(_, _, let address, _):
      ["tcp://", "ssh://", "kube-pod://"].contains { address?.hasPrefix($0) ?? false } ? .network : .machine
    case .missing, .noBuildx, .tooOld, .unknownVersion, .interrupted: .machine
    }
  }

  private static func ofVendor(_ error: VendoredFolder.Failure) -> Failure {
    switch error {
    case .foreign: Failure(.badInput, error.description, hint: "name a new folder, or one that 'drydock vendor' wrote")
    case .missing: Failure(.badInput, error.description, hint: "run 'drydock vendor' where the file can be had")
    case .changed:
      Failure(.network, error.description, hint: "nothing of it was used; fetch the folder anew from where it is kept")
    }
  }

  private static func ofRecording(_ error: RecordingError) -> Failure {
    switch error {
    case .changed:
      Failure(.network, error.description, hint: "nothing of it was used; --record takes it as it is now")
    case .unavailable:
      Failure(.network, error.description, hint: "build where it was recorded, or build again with --record")
    case .tooMuch:
      Failure(.network, error.description, hint: "a server that never ends? look at what the command fetches")
    case .malformed:
      Failure(.badInput, error.description, hint: "build with --record to write it anew, after it has been removed")
    case .authority, .file: Failure(.machine, error.description)
    }
  }

  private static func ofImage(_ error: BuildError) -> Failure {
    switch error {
    case .empty, .packagesWithoutBase, .compressor: Failure(.badInput, error.description, hint: error.hint)
    case .builtWheel: Failure(.machine, error.description, hint: error.hint)
    }
  }

  private static func ofRuntime(_ error: RuntimeBinary.Failure) -> Failure {
    switch error {
    case .inputs: Failure(.badInput, error.description, hint: "'make runtime' writes it")
    case .processor(_, _, let wanted):
      Failure(
        .badInput, error.description,
        hint: "build glue-athena on a machine of that kind, and name it with --runtime \(wanted)=FILE")
    case .stale:
      Failure(.badInput, error.description, hint: "run 'make runtime', or 'drydock pin' to lock the one that is here")
    }
  }

  private static func ofRoot(_ error: DebianRootError) -> Failure {
    switch error {
    case .needsRoot: Failure(.machine, error.description, hint: "run it as root, or in a container as its root")
    case .needsUsers: Failure(.machine, error.description, hint: SandboxError.singleUserHint)
    case .emulation(let error): Failure(error)
    case .package(let error): Failure(error)
    case .archive(let error): Failure(error)
    case .sandbox(let error): Failure(.machine, "The packages' scripts can't be run: \(error).", hint: error.hint)
    case .system(let error): Failure(error)
    case .overlap, .unsupported:
      Failure(.badInput, error.description, hint: "leave one of them out of 'debian.packages' in image.yaml")
    case .configuration:
      Failure(
        .badInput, error.description,
        hint: "the output names the package; leave it out of 'debian.packages', or pin anew")
    case .audit: Failure(.machine, error.description, hint: "this is a fault of Drydock's own; please report it")
    }
  }

  private static func ofRoot(_ error: RPMRootError) -> Failure {
    switch error {
    case .needsRoot: Failure(.machine, error.description, hint: "run it as root, or in a container as its root")
    case .needsUsers: Failure(.machine, error.description, hint: SandboxError.singleUserHint)
    case .sandbox(let inner): Failure(.machine, error.description, hint: inner.hint)
    case .script:
      Failure(.badInput, error.description, hint: "leave the package out of 'rpm.packages', or pin another version")
    }
  }

  private static func ofRPM(_ error: RPMInstallationError) -> Failure {
    switch error {
    case .conflict, .owner, .database: Failure(.badInput, error.description, hint: error.hint)
    case .capabilities, .missing, .package, .whiteout: Failure(.network, error.description, hint: error.hint)
    }
  }

  private static func ofSource(_ error: SourceBuildError) -> Failure {
    switch error {
    case .noInterpreter:
      Failure(.badInput, error.description, hint: "constrain it to a version that has a wheel")
    case .failed:
      Failure(
        .badInput, error.description,
        hint: "put what its build needs into 'debian.packages', or constrain it to a version that has a wheel")
    case .unexpected: Failure(.machine, error.description)
    }
  }

  /// A locked wheel has the right hash, so whatever is wrong with it is its author's doing.
  private static func ofWheel(_ error: WheelError) -> Failure {
    switch error {
    case .archive(let error): Failure(error)
    case .malformed, .record, .version:
      Failure(.network, error.description, hint: "constrain it to another version and pin anew")
    case .conflict: Failure(.badInput, error.description, hint: "leave one of them out of 'python.requirements'")
    }
  }
}
