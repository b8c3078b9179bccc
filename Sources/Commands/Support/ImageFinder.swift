import Building
import Host
import Images
import Layers
import OCI
import Registry

/// Finds the image that an argument names, without unpacking it: a folder's, built if need be, or one in a registry, a
/// daemon, a layout or an archive.
struct ImageFinder {
  let workplace: Workplace
  let copier: ImageCopier
  /// The platform whose image is meant, of several; nil for the usual one.
  let platform: Platform?
  let runtime: RuntimeOptions
  let output: any OutputGroup

  func image(_ argument: String) async throws -> Image {
    guard !Files.isDirectory(argument), !argument.isEmpty else { return try await built(ImageFolder(argument)) }
    let named = try? ImagePlace(parsing: argument)
    if let named { await noteOthers(in: named) }
    switch named {
    case nil: return try await built(ImageFolder(argument))
    case .layout, .ociArchive, .dockerArchive:
      return try await Self.image(try ImageReference(parsing: argument), platform ?? .linuxAMD64, workplace)
    case let place?:
      let digest = try await copier.bring(place, ImageCopier.Selection(platform: platform ?? .linuxAMD64)).digest
      let store = try ContentStore(at: workplace.cache.folder(.store))
      return try await BlockingPool.run { try Image(manifest: digest, in: store.root) }
    }
  }

  /// Says which platforms of an index are left aside where none was named.
  private func noteOthers(in place: ImagePlace) async {
    guard platform == nil, let root = try? await copier.manifest(of: place), root.isIndex,
      let index = try? Index(parsing: root.bytes)
    else { return }
    let others = index.manifests.compactMap(\.platform).filter { $0.os != "unknown" && $0 != .linuxAMD64 }
    if others.isEmpty { return }
    let names = others.map(\.description).joined(separator: ", ")
    output.note("note: of \(place) this is about \(Platform.linuxAMD64); for \(names) say so with --platform")
  }

  private func built(_ folder: ImageFolder) async throws -> Image {
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let result = try await build.build(of: platform)
    if platform == nil { result.noteOthers(output) }
    return result.built.image
  }

  /// The image of a layout or an archive.
  static func image(_ place: ImageReference, _ platform: Platform, _ workplace: Workplace) async throws -> Image {
    if case .layout(let path, let tag) = place {
      return try await reading { () throws(ImageError) in try OCILayout(at: path).image(tag: tag, platform: platform) }
    }
    let store = try ContentStore(at: workplace.cache.folder(.store))
    return try await reading { () throws(ImageError) in try place.image(store: store) }
  }

  private static func reading(_ read: @escaping @Sendable () throws(ImageError) -> Image) async throws -> Image {
    try await BlockingPool.run {
      do throws(ImageError) { return try read() } catch {
        // What a person names and is not there is a wrong call, unlike a file of Drydock's own.
        switch error {
        case .system(let missing), .layer(.system(let missing)):
          if missing.isMissingFile { throw Failure(.badInput, missing.description) }
        default: break
        }
        throw error
      }
    }
  }
}
