import Packages
import Resolution
import Versions

/// Says where packages come from and which files may be used, as far as options and files of requirements do.
struct PythonSources {
  var index: String?
  var extraIndexes: [String] = []
  var hasNoIndex = false
  var findLinks: [String] = []
  var trustedHosts: [String] = []
  var allowsPreReleases = false
  var noWheels = ProjectSelection()
  var noBuilds = ProjectSelection()

  /// Adds what a list says; what is set already wins.
  mutating func add(_ other: PythonSources) {
    index = index ?? other.index
    extraIndexes += other.extraIndexes
    hasNoIndex = hasNoIndex || other.hasNoIndex
    findLinks += other.findLinks
    trustedHosts += other.trustedHosts
    allowsPreReleases = allowsPreReleases || other.allowsPreReleases
    noWheels.add(other.noWheels)
    noBuilds.add(other.noBuilds)
  }

  /// Whether anything differs from what the machine is configured with.
  var isEmpty: Bool {
    index == nil && extraIndexes.isEmpty && !hasNoIndex && findLinks.isEmpty && trustedHosts.isEmpty
  }
}

/// Names projects, or all, as `--no-binary` takes them.
struct ProjectSelection {
  private(set) var selection: PythonRequest.Selection = []

  /// Adds names with commas between them, `:all:` or `:none:`.
  mutating func add(_ text: String, _ place: String) throws {
    for word in text.split(separator: ",").map({ $0.trimmed }) {
      switch word {
      case ":all:": selection = .all
      case ":none:": selection = []
      default:
        do throws(VersionNotationError) { add([try PackageName(parsing: word)]) } catch {
          throw Failure(.badInput, "\(place): \(error)", hint: "write NAME, NAME,NAME or :all:")
        }
      }
    }
  }

  mutating func add(_ other: ProjectSelection) {
    switch other.selection {
    case .all: selection = .all
    case .only(let names): add(names)
    }
  }

  private mutating func add(_ names: Set<PackageName>) {
    if case .only(let known) = selection { selection = .only(known.union(names)) }
  }
}
