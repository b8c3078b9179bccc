internal import TOML
internal import Versions

/// Says how a source distribution is built: the table `[build-system]` of its `pyproject.toml`.
///
/// Specification: PEP 517, "Source trees"; PEP 518, "build-system table".
struct BuildSystem: Sendable, Equatable {
  /// Why the table can't be used.
  struct Fault: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// What has to be there before the backend is asked anything.
  let requires: [Requirement]
  /// The backend, as `MODULE` or `MODULE:OBJECT`.
  let backend: String
  /// Folders of the source in which the backend lies, if it is part of it.
  let paths: [String]

  /// Reads a `pyproject.toml`; a source without one, or without the table, is built by setuptools.
  init(project: String?) throws(Fault) {
    let table: TOMLNode?
    do throws(TOMLError) {
      table = try project.map { text throws(TOMLError) in try TOMLNode(parsing: text) }?["build-system"]
    } catch { throw Fault(description: "\(error)") }
    var requires: [Requirement] = []
    for text in table.map({ ($0["requires"]?.array ?? []).map { $0.string ?? "" } }) ?? ["setuptools >= 40.8.0"] {
      do throws(VersionNotationError) { requires.append(try Requirement(parsing: text)) } catch {
        throw Fault(description: "\(error)")
      }
    }
    self.requires = requires
    backend = table?["build-backend"]?.string ?? "setuptools.build_meta:__legacy__"
    paths = (table?["backend-path"]?.array ?? []).compactMap(\.string)
  }
}
