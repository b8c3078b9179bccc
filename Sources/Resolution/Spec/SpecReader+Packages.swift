internal import Packages
internal import Versions
internal import YAML

extension SpecReader {
  mutating func debian(_ node: YAMLNode) -> Spec.Debian? {
    let keys = [
      "suites", "components", "packages", "snapshot", "preferences", "exclude", "include",
    ]
    guard let values = yaml.mapping(node, "debian", keys: keys) else { return nil }
    guard let suites = values["suites"].flatMap({ yaml.texts($0, "debian.suites") }), !suites.isEmpty else {
      yaml.report(node, "'debian' needs 'suites'", hint: "for example [bookworm, bookworm-updates, bookworm-security]")
      return nil
    }
    return Spec.Debian(
      suites: suites,
      components: values["components"].flatMap { yaml.texts($0, "debian.components") } ?? ["main"],
      packages: values["packages"].flatMap { yaml.texts($0, "debian.packages") } ?? [],
      snapshot: values["snapshot"].flatMap { snapshot($0) },
      preferences: values["preferences"].map { preferences($0) } ?? [],
      exclude: values["exclude"].flatMap { yaml.texts($0, "debian.exclude") } ?? [],
      include: values["include"].flatMap { yaml.texts($0, "debian.include") } ?? [])
  }

  private mutating func snapshot(_ node: YAMLNode) -> Int? {
    guard let text = yaml.text(node, "debian.snapshot") else { return nil }
    if let time = DebianSnapshot.time(text) { return time }
    yaml.report(node, "'\(text)' is no time of a snapshot", hint: "write it as 20250520T000000Z or 2025-05-20")
    return nil
  }

  private mutating func preferences(_ node: YAMLNode) -> [DebianPreference] {
    var preferences: [DebianPreference] = []
    for element in yaml.list(node, "debian.preferences") ?? [] {
      let keys = ["packages", "pin", "priority"]
      guard let values = yaml.mapping(element, "debian.preferences", keys: keys) else { continue }
      guard let names = values["packages"], let pinNode = values["pin"], let priorityNode = values["priority"] else {
        yaml.report(element, "each of 'debian.preferences' needs 'packages', 'pin' and 'priority'")
        continue
      }
      guard let packages = yaml.texts(names, "debian.preferences.packages"),
        let text = yaml.text(pinNode, "debian.preferences.pin"),
        let priority = yaml.integer(priorityNode, "debian.preferences.priority", in: -32768...32767)
      else { continue }
      guard let pin = DebianPreference.Pin(text) else {
        yaml.report(
          pinNode, "'\(text)' is no pin", hint: "write 'release n=bookworm-backports' or 'version 1.2*', as apt does")
        continue
      }
      preferences.append(DebianPreference(packages: packages, pin: pin, priority: priority))
    }
    return preferences
  }

  mutating func rpm(_ node: YAMLNode) -> Spec.RPM? {
    let keys = ["release", "repositories", "extras", "packages", "exclude"]
    guard let values = yaml.mapping(node, "rpm", keys: keys) else { return nil }
    guard let releaseNode = values["release"] else {
      yaml.report(
        node, "'rpm' needs 'release'", hint: "for example release: \"2023.6.20250317\", a dated release of Amazon Linux"
      )
      return nil
    }
    guard let release = yaml.text(releaseNode, "rpm.release") else { return nil }
    guard !release.isEmpty, release.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/$%?#\\".utf8.contains($0) }),
      !release.contains("..")
    else {
      yaml.report(releaseNode, "'\(release)' is no release: it becomes part of an address")
      return nil
    }
    func texts(_ key: String) -> [String] { values[key].flatMap { yaml.texts($0, "rpm.\(key)") } ?? [] }
    return Spec.RPM(
      release: release, repositories: texts("repositories"), extras: texts("extras"), packages: texts("packages"),
      exclude: texts("exclude"))
  }

  mutating func jars(_ node: YAMLNode) -> Spec.Jars? {
    let keys = ["target", "artifacts", "managed", "boms", "exclude"]
    guard let values = yaml.mapping(node, "jars", keys: keys) else { return nil }
    guard let target = values["target"].map({ absolutePath($0, "jars.target") }) else {
      yaml.report(node, "'jars' needs 'target', the directory that they are put into")
      return nil
    }
    var exclusions: [MavenExclusion] = []
    for element in values["exclude"].flatMap({ yaml.list($0, "jars.exclude") }) ?? [] {
      guard let text = yaml.text(element, "jars.exclude") else { continue }
      if let exclusion = MavenExclusion(text) {
        exclusions.append(exclusion)
      } else {
        yaml.report(element, "'\(text)' is no exclusion", hint: "write GROUP:ARTIFACT, '*' stands for any")
      }
    }
    let artifacts = coordinates(values["artifacts"], "jars.artifacts")
    let managed = coordinates(values["managed"], "jars.managed")
    let boms = coordinates(values["boms"], "jars.boms")
    return target.map {
      Spec.Jars(target: $0, artifacts: artifacts, managed: managed, boms: boms, exclude: exclusions)
    }
  }

  private mutating func coordinates(_ node: YAMLNode?, _ what: String) -> [MavenCoordinate] {
    guard let node else { return [] }
    var coordinates: [MavenCoordinate] = []
    for element in yaml.list(node, what) ?? [] {
      guard let text = yaml.text(element, what) else { continue }
      do { coordinates.append(try MavenCoordinate(parsing: text)) } catch {
        yaml.report(element, error.description)
      }
    }
    return coordinates
  }
}
