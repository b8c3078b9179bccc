import Host

/// The profiles of both files, merged as all of AWS's tools merge them: a credentials file wins over a configuration.
struct ProfileSet: Sendable {
  let config: ProfileFile
  let credentials: ProfileFile

  /// Reads the files that the environment names, or those below the home directory.
  init(environment: [String: String]) throws(AWSError) {
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? Environment.home
    func path(_ variable: String, _ fallback: String) -> String {
      let path = environment[variable].flatMap { $0.isEmpty ? nil : $0 } ?? fallback
      return path.hasPrefix("~/") ? Path.join(home, String(path.dropFirst(2))) : path
    }
    config = try ProfileFile(path: path("AWS_CONFIG_FILE", "~/.aws/config"), isCredentials: false)
    credentials = try ProfileFile(path: path("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), isCredentials: true)
  }

  /// The settings of one profile; `nil` if neither file has it.
  func profile(_ name: String) -> Profile? {
    let section = ProfileFile.SectionName(kind: .profile, name: name)
    guard config.sections[section] != nil || credentials.sections[section] != nil else { return nil }
    let settings = (config.sections[section] ?? [:]).merging(credentials.sections[section] ?? [:]) { $1 }
    return Profile(name: name, settings: settings)
  }

  /// The settings of a section that is no profile, for example `[services local]`.
  func section(_ kind: ProfileFile.SectionKind, _ name: String) -> Profile? {
    config.sections[ProfileFile.SectionName(kind: kind, name: name)].map { Profile(name: name, settings: $0) }
  }
}

/// The settings of one section.
struct Profile: Sendable {
  let name: String
  private let settings: [String: ProfileFile.Setting]

  init(name: String, settings: [String: ProfileFile.Setting]) {
    self.name = name
    self.settings = settings
  }

  /// The value of a setting that is there and not empty.
  subscript(_ name: String) -> String? {
    settings[name].flatMap { $0.value.isEmpty ? nil : $0.value }
  }

  /// The value of a setting that stands indented below another one.
  subscript(_ name: String, _ nested: String) -> String? {
    settings[name]?.nested[nested].flatMap { $0.isEmpty ? nil : $0 }
  }
}
