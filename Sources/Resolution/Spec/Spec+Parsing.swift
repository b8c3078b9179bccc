internal import OCI
internal import Versions
public import YAML

extension Spec {
  /// Reads `image.yaml`, strictly: an unknown key is a fault with its place and the nearest key that exists.
  ///
  /// - Throws: ``YAMLFaults`` with every fault in the order of the text.
  public init(parsing text: String) throws(YAMLFaults) {
    let root: YAMLNode
    do { root = try YAMLNode(parsing: text) } catch { throw YAMLFaults(diagnostics: [error]) }
    var reader = SpecReader()
    let spec = reader.spec(root)
    try reader.finish()
    guard let spec else {
      throw YAMLFaults(diagnostics: [YAMLDiagnostic(at: root.position, "the specification is incomplete")])
    }
    self = spec
  }
}

/// Turns nodes into the parts of a specification.
struct SpecReader: ~Copyable {
  var yaml = YAMLReader()

  consuming func finish() throws(YAMLFaults) { try yaml.finish() }

  mutating func spec(_ root: YAMLNode) -> Spec? {
    let keys = [
      "version", "name", "summary", "platform", "platforms", "base", "debian", "rpm", "python", "jars", "runtime",
      "user", "environment", "workdir", "files", "entrypoint", "command", "healthcheck", "labels",
    ]
    guard let values = yaml.mapping(root, "image.yaml", keys: keys) else { return nil }
    if let version = values["version"] {
      _ = yaml.integer(version, "version", in: 1...1)
    } else {
      yaml.report(root, "'version' is missing", hint: "begin the file with 'version: 1'")
    }
    let base = values["base"].map { self.base($0) } ?? .scratch
    if base == .scratch, values["debian"] == nil, values["rpm"] == nil {
      yaml.report(root, "the image has no base and no packages", hint: "add 'base', 'debian' or 'rpm'")
    }
    var name: String?
    if let node = values["name"] { name = self.name(node) } else { yaml.report(root, "'name' is missing") }
    let summary = values["summary"].flatMap { yaml.text($0, "summary") }
    let platforms = platforms(one: values["platform"], several: values["platforms"])
    let debian = values["debian"].flatMap { self.debian($0) }
    let python = values["python"].flatMap { self.python($0, suites: debian?.suites ?? []) }
    let rpm = values["rpm"].flatMap { self.rpm($0) }
    let jars = values["jars"].flatMap { self.jars($0) }
    let runtime = values["runtime"].flatMap { yaml.boolean($0, "runtime") } ?? true
    let user = values["user"].flatMap { self.user($0, base: base ?? .scratch) }
    let environment = values["environment"].flatMap { yaml.textMap($0, "environment") } ?? [:]
    let workdir = values["workdir"].flatMap { absolutePath($0, "workdir") }
    let files = values["files"].flatMap { self.files($0) } ?? []
    let entrypoint = values["entrypoint"].flatMap { yaml.texts($0, "entrypoint") }
    let command = values["command"].flatMap { yaml.texts($0, "command") } ?? []
    let healthcheck = values["healthcheck"].flatMap { self.healthcheck($0) }
    let labels = values["labels"].flatMap { yaml.textMap($0, "labels") } ?? [:]
    guard let name, let base else { return nil }
    return Spec(
      name: name, summary: summary, platform: platforms[0], platforms: platforms, base: base, debian: debian,
      python: python,
      rpm: rpm, jars: jars, hasRuntime: runtime, user: user, environment: environment, workingDirectory: workdir,
      files: files,
      entrypoint: entrypoint ?? (runtime ? [Runtime.path] : []), command: command,
      healthcheck: healthcheck ?? (runtime ? Runtime.healthcheck : nil), labels: labels)
  }

  private mutating func name(_ node: YAMLNode) -> String? {
    guard let name = yaml.text(node, "name") else { return nil }
    guard name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46 }),
      let first = name.utf8.first, (97...122).contains(first)
    else {
      yaml.report(node, "'\(name)' is no image name: it has only a-z, 0-9, '-' and '.', and starts with a letter")
      return nil
    }
    return name
  }

  private mutating func base(_ node: YAMLNode) -> Spec.Base? {
    if case .scalar("scratch", _) = node.content { return .scratch }
    guard let values = yaml.mapping(node, "base", keys: ["image", "recorded", "glue"]) else { return nil }
    guard let image = values["image"] else {
      yaml.report(node, "'base' needs 'image'", hint: "or write 'base: scratch'")
      return nil
    }
    guard let reference = yaml.text(image, "base.image") else { return nil }
    guard reference.contains("/"), reference.split(separator: "/").last?.contains(":") == true else {
      yaml.report(image, "'\(reference)' is no full reference", hint: "write REGISTRY/REPOSITORY:TAG")
      return nil
    }
    var glue: GlueRelease?
    if let value = values["glue"], let text = yaml.text(value, "base.glue") {
      glue = GlueRelease.all.first { $0.version == text }
      if glue == nil {
        let known = GlueRelease.all.map(\.version).joined(separator: ", ")
        yaml.report(value, "no documented packages are known of Glue '\(text)'", hint: "known are \(known)")
      }
    }
    return .image(
      Spec.BaseImage(reference: reference, recorded: values["recorded"].flatMap { recorded($0) }, glue: glue))
  }

  private mutating func recorded(_ node: YAMLNode) -> Spec.RecordedDigest? {
    guard let values = yaml.mapping(node, "base.recorded", keys: ["digest", "source"]) else { return nil }
    guard let digestNode = values["digest"], let sourceNode = values["source"] else {
      yaml.report(node, "'base.recorded' needs 'digest' and 'source'")
      return nil
    }
    guard let text = yaml.text(digestNode, "digest"), let source = yaml.text(sourceNode, "source") else { return nil }
    do { return Spec.RecordedDigest(digest: try Digest(parsing: text), source: source) } catch {
      yaml.report(digestNode, error.description)
      return nil
    }
  }

  private mutating func python(_ node: YAMLNode, suites: [String]) -> Spec.Python? {
    let keys = [
      "version", "interpreter", "site", "glibc", "requirements", "utilities", "constraints", "overrides",
      "test-requirements", "exclude-newer", "pre-releases",
    ]
    guard let values = yaml.mapping(node, "python", keys: keys) else { return nil }
    guard let versionNode = values["version"] else {
      yaml.report(node, "'python' needs 'version'", hint: "for example version: \"3.11\"")
      return nil
    }
    guard let version = self.version(versionNode, "python.version") else { return nil }
    let known = suites.lazy.compactMap { Self.glibc[$0] }.first.flatMap { try? PEP440Version(parsing: $0) }
    guard let glibc = values["glibc"].map({ self.version($0, "python.glibc") }) ?? known else {
      if values["glibc"] == nil {
        yaml.report(node, "'python' needs 'glibc', the version of the C library that wheels have to fit")
      }
      return nil
    }
    return Spec.Python(
      version: version,
      interpreter: values["interpreter"].flatMap { absolutePath($0, "python.interpreter") }
        ?? "/usr/bin/python\(version)",
      site: values["site"].flatMap { absolutePath($0, "python.site") }
        ?? "/usr/local/lib/python\(version)/dist-packages",
      glibc: glibc,
      requirements: values["requirements"].map { requirements($0, "python.requirements") } ?? [],
      utilities: values["utilities"].map { utilities($0) } ?? [],
      constraints: values["constraints"].map { requirements($0, "python.constraints") } ?? [],
      overrides: values["overrides"].map { requirements($0, "python.overrides") } ?? [],
      testRequirements: values["test-requirements"].map { requirements($0, "python.test-requirements") } ?? [],
      excludeNewer: values["exclude-newer"].flatMap { uploadLimit($0) },
      preReleases: values["pre-releases"].flatMap { preReleases($0) } ?? .ifNecessaryOrExplicit)
  }

  private mutating func uploadLimit(_ node: YAMLNode) -> String? {
    guard let text = yaml.text(node, "python.exclude-newer") else { return nil }
    if let limit = PythonRequest.uploadLimit(text) { return limit }
    yaml.report(node, "'\(text)' is no day or time", hint: "write 2024-05-01 or 2024-05-01T12:00:00Z")
    return nil
  }

  private mutating func preReleases(_ node: YAMLNode) -> PythonRequest.PreReleases? {
    guard let text = yaml.text(node, "python.pre-releases") else { return nil }
    if let use = PythonRequest.PreReleases(rawValue: text) { return use }
    let known = PythonRequest.PreReleases.allCases.map(\.rawValue).joined(separator: ", ")
    yaml.report(node, "'\(text)' says nothing of pre-releases", hint: "known are \(known)")
    return nil
  }

  /// The C library of Debian's releases (Debian package tracker, source package glibc).
  private static let glibc = ["bullseye": "2.31", "bookworm": "2.36", "trixie": "2.41"]

  private mutating func version(_ node: YAMLNode, _ what: String) -> PEP440Version? {
    guard let text = yaml.text(node, what) else { return nil }
    do { return try PEP440Version(parsing: text) } catch {
      yaml.report(node, error.description)
      return nil
    }
  }

  private mutating func utilities(_ node: YAMLNode) -> [Utility] {
    var utilities: [Utility] = []
    for element in yaml.list(node, "python.utilities") ?? [] {
      guard let name = yaml.text(element, "python.utilities") else { continue }
      guard let utility = Utility.named(name) else {
        let known = Utility.all.map(\.name).joined(separator: ", ")
        yaml.report(
          element, "there is no utility '\(name)'", hint: "known are \(known); anything else belongs into requirements")
        continue
      }
      if utilities.contains(utility) { yaml.report(element, "'\(name)' stands here twice") }
      utilities.append(utility)
    }
    return utilities
  }

  private mutating func requirements(_ node: YAMLNode, _ what: String) -> [Requirement] {
    var requirements: [Requirement] = []
    for element in yaml.list(node, what) ?? [] {
      guard let text = yaml.text(element, what) else { continue }
      do { requirements.append(try Requirement(parsing: text)) } catch {
        yaml.report(element, error.description)
      }
    }
    return requirements
  }

  private mutating func user(_ node: YAMLNode, base: Spec.Base) -> Spec.User? {
    guard let values = yaml.mapping(node, "user", keys: ["name", "uid", "gid", "home"]) else { return nil }
    guard let nameNode = values["name"] else {
      yaml.report(node, "'user' needs 'name'")
      return nil
    }
    guard let name = yaml.text(nameNode, "user.name") else { return nil }
    let numbers = 0...4_294_967_294
    guard let uidNode = values["uid"] else {
      if base == .scratch { yaml.report(node, "'user' needs 'uid': an image from scratch has no accounts") }
      return Spec.User(name: name, account: nil)
    }
    guard let uid = yaml.integer(uidNode, "user.uid", in: numbers) else { return nil }
    return Spec.User(
      name: name,
      account: Spec.Account(
        uid: uid, gid: values["gid"].flatMap { yaml.integer($0, "user.gid", in: numbers) } ?? uid,
        home: values["home"].flatMap { absolutePath($0, "user.home") } ?? "/home/\(name)"))
  }

  private mutating func files(_ node: YAMLNode) -> [Spec.FileCopy] {
    var files: [Spec.FileCopy] = []
    for element in yaml.list(node, "files") ?? [] {
      guard let values = yaml.mapping(element, "files", keys: ["from", "to"]) else { continue }
      guard let from = values["from"], let to = values["to"] else {
        yaml.report(element, "each of 'files' needs 'from' and 'to'")
        continue
      }
      guard let source = yaml.text(from, "files.from"), let target = absolutePath(to, "files.to") else { continue }
      if source.hasPrefix("/") || source.split(separator: "/").contains("..") {
        yaml.report(element, "'\(source)' leaves the folder of image.yaml", hint: "copy the file beside image.yaml")
        continue
      }
      files.append(Spec.FileCopy(source: source, target: target))
    }
    return files
  }

  private mutating func healthcheck(_ node: YAMLNode) -> Healthcheck? {
    if case .scalar("none", _) = node.content { return Healthcheck(test: .none) }
    let keys = ["test", "interval", "timeout", "start-period", "retries"]
    guard let values = yaml.mapping(node, "healthcheck", keys: keys) else { return nil }
    let standard = Runtime.healthcheck
    let words = values["test"].flatMap { yaml.texts($0, "healthcheck.test") }
    return Healthcheck(
      test: words.map(Healthcheck.Test.exec) ?? standard.test,
      interval: values["interval"].flatMap { yaml.duration($0, "interval") } ?? standard.interval,
      timeout: values["timeout"].flatMap { yaml.duration($0, "timeout") } ?? standard.timeout,
      startPeriod: values["start-period"].flatMap { yaml.duration($0, "start-period") } ?? standard.startPeriod,
      retries: values["retries"].flatMap { yaml.integer($0, "retries", in: 1...100) } ?? standard.retries)
  }

  mutating func absolutePath(_ node: YAMLNode, _ what: String) -> String? {
    guard let path = yaml.text(node, what) else { return nil }
    guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
      yaml.report(node, "expected \(what) as an absolute path without '..', found '\(path)'")
      return nil
    }
    return path
  }
}
