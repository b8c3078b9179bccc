internal import Host
internal import OCI
internal import Packages
internal import Resolution

/// The root on disk that a lock's Debian part amounts to.
enum DebianRoot {
  static func builder(_ debian: Lock.Debian, spec: Spec, epoch: Int) -> DebianRootBuilder {
    DebianRootBuilder(
      pins: debian.packages, epoch: epoch,
      exclusions: PathExclusions(spec.debian?.exclude ?? [], except: spec.debian?.include ?? []),
      architecture: spec.platform.debianArchitecture)
  }

  static func directory(
    _ debian: Lock.Debian, spec: Spec, epoch: Int, archive: DebianArchive, cache: BuildCache, progress: Progress
  ) async throws -> String {
    let builder = builder(debian, spec: spec, epoch: epoch)
    let fetching = "download \(debian.packages.count) Debian packages"
    let building = "build the Debian root"
    let size = debian.packages.reduce(0) { $0 + $1.size }
    progress.report(fetching, .started(total: size), unit: .bytes)
    progress.report(building, .started(total: debian.packages.count))
    defer { progress.report(building, .finished("\(debian.packages.count) packages")) }
    return try await builder.build(from: archive.at(spec.debian?.snapshot ?? epoch), in: cache.folder(.roots)) { step in
      switch step {
      case .fetching(let packages, let total, let bytes):
        progress.report(fetching, packages == total ? .finished(nil) : .advanced(completed: bytes), unit: .bytes)
      case .unpacking(let packages, _): progress.report(building, .advanced(completed: packages))
      case .configuring, .normalizing: break
      }
    }
  }
}
