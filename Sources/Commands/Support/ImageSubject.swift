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
  init(
    _ argument: String, workplace: Workplace, runtime: RuntimeOptions, output: any OutputGroup
  ) async throws {
    if !Files.isDirectory(argument), case .registry(let reference)? = try? ImagePlace(parsing: argument) {
      try await self.init(Self.pulled(reference, workplace), name: argument, workplace: workplace)
      return
    }
    let place = try ImageReference(parsing: argument)
    guard case .directory(let path) = place else {
      try await self.init(ImageFinder.image(place, workplace), name: argument, workplace: workplace)
      return
    }
    let folder = try ImageFolder(path)
    let build = ImageBuild(folder: folder, workplace: workplace, runtime: runtime, output: output)
    try await self.init(build.build(), folder: folder, workplace: workplace)
  }

  private init(_ image: Image, name: String, workplace: Workplace) async throws {
    let directory = try await ImageRoots(cache: workplace.cache).directory(for: image)
    self.init(root: ImageRoot(name: name, path: directory, config: image.config), folder: nil, image: image)
  }

  /// Brings an image of a registry into the store.
  private static func pulled(_ reference: Reference, _ workplace: Workplace) async throws -> Image {
    let store = try ContentStore(at: workplace.cache.folder(.store))
    let descriptor = try await workplace.copier().pull(reference)
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
