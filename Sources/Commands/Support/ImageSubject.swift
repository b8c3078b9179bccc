import Building
import Dockerfiles
import Host
import Images
import OCI
import Registry
import Resolution
import Verification

/// An image that a command looks into: a folder's, built if need be, or one that lies in a layout or an archive.
struct ImageSubject {
  let root: ImageRoot
  /// The folder of `image.yaml`, when there is one.
  let folder: ImageFolder?
  let image: Image

  /// Finds the image that an argument names.
  ///
  /// - Parameters:
  ///   - platform: The platform whose image is meant, of several.
  ///   - runs: What the image's programs are run for, if they are: this machine has to be able to.
  init(
    _ argument: String, of platform: Platform? = nil, runs: String? = nil, workplace: Workplace,
    runtime: RuntimeOptions, output: any OutputGroup
  ) async throws {
    if let image = try await Self.image(argument, platform ?? .linuxAMD64, workplace) {
      if let runs { try await workplace.require(image.config.platform, for: runs) }
      let directory = try await ImageRoots(cache: workplace.cache).directory(for: image)
      self.init(root: ImageRoot(name: argument, path: directory, config: image.config), folder: nil, image: image)
      return
    }
    let folder = try ImageFolder(argument)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    let result = try await build.build(of: platform, runs: runs)
    if platform == nil { result.noteOthers(output) }
    try await self.init(result, folder: folder, workplace: workplace)
  }

  /// The image that lies in a registry, a layout or an archive; nil for a folder.
  private static func image(_ argument: String, _ platform: Platform, _ workplace: Workplace) async throws -> Image? {
    if !Files.isDirectory(argument), case .registry(let reference)? = try? ImagePlace(parsing: argument) {
      return try await pulled(reference, platform, workplace)
    }
    let place = try ImageReference(parsing: argument)
    if case .directory = place { return nil }
    return try await ImageFinder.image(place, platform, workplace)
  }

  /// Brings an image of a registry into the store.
  private static func pulled(
    _ reference: Reference, _ platform: Platform, _ workplace: Workplace
  ) async throws -> Image {
    let store = try ContentStore(at: workplace.cache.folder(.store))
    let descriptor = try await workplace.copier().pull(reference, ImageCopier.Selection(platform: platform))
    return try await BlockingPool.run { try Image(manifest: descriptor.digest, in: store.root) }
  }

  /// Unpacks what was just built, and what its tests need.
  init(_ result: ImageBuild.Result, folder: ImageFolder, workplace: Workplace) async throws {
    let lock = result.plan.lock
    let image = result.built.image
    let directory = try await workplace.progress.during("unpack the image") {
      try await ImageRoots(cache: workplace.cache).directory(for: image)
    }
    var site: String?
    if let test = lock.python?.test, !test.isEmpty {
      let wheels = try await workplace.store.fetch(test, progress: workplace.progress)
      site = try await TestSite.directory(of: test, wheels: wheels, cache: workplace.cache)
    }
    self.init(
      root: ImageRoot(name: lock.name, path: directory, config: image.config, lock: lock, testSite: site),
      folder: folder, image: image)
  }

  private init(root: ImageRoot, folder: ImageFolder?, image: Image) {
    self.root = root
    self.folder = folder
    self.image = image
  }

  /// Reads the tests that belong to the image, or those of another file.
  func tests(at path: String?) throws -> (TestSpecification, folder: String) {
    guard let file = path ?? folder?.file(ImageFolder.testsName) else {
      throw Failure(.badInput, "'\(root.name)' has no tests of its own", hint: "name a file with --tests")
    }
    return try ImageFolder.tests(at: file)
  }
}
