import JSON
import OCI
import Packages
import Resolution
import Versions

/// What a new lock has that the one before had not.
struct LockChanges {
  /// One package that came, went or moved.
  struct Change {
    let kind: String
    let name: String
    let old: String?
    let new: String?
  }

  let changes: [Change]
  private let counts: [(kind: String, count: Int)]
  private let isNew: Bool
  private let base: BaseEffects

  init(from old: Lock?, to new: Lock?, base: BaseEffects = BaseEffects()) {
    isNew = old == nil
    self.base = base
    let kinds: [(String, (Lock) -> [(String, String)])] = [
      ("base", { lock in lock.base.map { [($0.reference, $0.digest.description)] } ?? [] }),
      ("debian", { lock in lock.debian?.packages.map { ($0.name, $0.version.description) } ?? [] }),
      ("rpm", { lock in lock.rpm?.packages.map { ($0.name, $0.version.description) } ?? [] }),
      ("python", { lock in lock.python?.packages.map { ($0.name.description, $0.version.description) } ?? [] }),
      ("build", { lock in lock.python?.build.map { ($0.name.description, $0.version.description) } ?? [] }),
      ("test", { lock in lock.python?.test.map { ($0.name.description, $0.version.description) } ?? [] }),
      ("jar", { lock in lock.jars?.artifacts.map { ($0.coordinate.name.description, $0.coordinate.version) } ?? [] }),
      ("runtime", { lock in lock.runtime.map { [("glue-athena", $0.short)] } ?? [] }),
    ]
    var changes: [Change] = []
    for (kind, pins) in kinds {
      let before = Dictionary(old.map(pins) ?? []) { $1 }
      let after = Dictionary(new.map(pins) ?? []) { $1 }
      for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
        changes.append(Change(kind: kind, name: name, old: before[name], new: after[name]))
      }
    }
    self.changes = changes
    counts = kinds.map { ($0.0, new.map($0.1)?.count ?? 0) }.filter { $0.1 > 0 }
  }

  func text(path: String) -> String { pins(path) + base.text }

  private func pins(_ path: String) -> String {
    let summary = counts.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
    if isNew { return "\(path): \(summary)\n" }
    if changes.isEmpty { return "\(path): unchanged (\(summary))\n" }
    var table = Table(["", "PACKAGE", "FROM", "TO"])
    for change in changes { table.add(change.kind, change.name, change.old ?? "-", change.new ?? "-") }
    return "\(path): \(changes.count) changes (\(summary))\n\(table.text)"
  }

  var json: JSONValue {
    .object([
      "changes": .array(
        changes.map { change in
          .object([
            "kind": .string(change.kind), "name": .string(change.name), "old": change.old.map(JSONValue.string),
            "new": change.new.map(JSONValue.string),
          ])
        }),
      "counts": .object(counts.map { JSONMember($0.kind, .integer($0.count)) }), "base": base.json,
    ])
  }
}
