import JSON
import OCI
import Packages
import Resolution
import Versions

/// What a new lock has that the one before had not.
struct LockChanges {
  /// One package that came, went or moved.
  struct Change: Hashable {
    let kind: String
    let name: String
    let old: String?
    let new: String?
    /// The platform on which it did, if it did not on all.
    var platform: Platform?
  }

  /// How many pins of a kind there are.
  struct Count: Hashable {
    let kind: String
    let count: Int
  }

  let changes: [Change]
  private let counts: [(platform: Platform, counts: [Count])]
  private let isNew: Bool
  private let base: [(platform: Platform, effects: BaseEffects)]

  /// - Parameter base: What the pins do to the base, on each platform.
  init(from old: LockFile?, to new: LockFile?, base: [(platform: Platform, effects: BaseEffects)] = []) {
    isNew = old == nil
    self.base = base
    var platforms = new?.platforms ?? []
    platforms += (old?.platforms ?? []).filter { !platforms.contains($0) }
    let lists = platforms.map { ($0, Self.changes(from: old?[$0], to: new?[$0])) }
    var seen: [Change: Int] = [:]
    for (_, list) in lists { for change in list { seen[change, default: 0] += 1 } }
    var changes: [Change] = []
    for (number, (platform, list)) in lists.enumerated() {
      for var change in list {
        if seen[change] == platforms.count {
          // What happened on all platforms alike stands there once.
          if number > 0 { continue }
        } else {
          change.platform = platform
        }
        changes.append(change)
      }
    }
    self.changes = changes
    counts = (new?.locks ?? []).map { lock in
      (lock.platform, Self.kinds.map { Count(kind: $0.0, count: $0.1(lock).count) }.filter { $0.count > 0 })
    }
  }

  private static let kinds: [(String, @Sendable (Lock) -> [(String, String)])] = [
    ("base", { lock in lock.base.map { [($0.reference, $0.digest.description)] } ?? [] }),
    ("debian", { lock in lock.debian?.packages.map { ($0.name, $0.version.description) } ?? [] }),
    ("rpm", { lock in lock.rpm?.packages.map { ($0.name, $0.version.description) } ?? [] }),
    ("python", { lock in lock.python?.packages.map { ($0.name.description, $0.version.description) } ?? [] }),
    ("build", { lock in lock.python?.build.map { ($0.name.description, $0.version.description) } ?? [] }),
    ("test", { lock in lock.python?.test.map { ($0.name.description, $0.version.description) } ?? [] }),
    ("jar", { lock in lock.jars?.artifacts.map { ($0.coordinate.name.description, $0.coordinate.version) } ?? [] }),
    ("runtime", { lock in lock.runtime.map { [("glue-athena", $0.short)] } ?? [] }),
  ]

  private static func changes(from old: Lock?, to new: Lock?) -> [Change] {
    var changes: [Change] = []
    for (kind, pins) in kinds {
      let before = Dictionary(old.map(pins) ?? []) { $1 }
      let after = Dictionary(new.map(pins) ?? []) { $1 }
      for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
        changes.append(Change(kind: kind, name: name, old: before[name], new: after[name]))
      }
    }
    return changes
  }

  func text(path: String) -> String {
    pins(path)
      + base.map { platform, effects in
        effects.text.isEmpty || base.count == 1 ? effects.text : "\(platform)\n\(effects.text)"
      }.joined()
  }

  /// The number of pins, of each platform by itself where there are several.
  private var summary: String {
    counts.map { platform, counts in
      let text = counts.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
      return self.counts.count == 1 ? text : "\(platform): \(text)"
    }.joined(separator: "; ")
  }

  private func pins(_ path: String) -> String {
    if isNew { return "\(path): \(summary)\n" }
    if changes.isEmpty { return "\(path): unchanged (\(summary))\n" }
    var table = Table(["", "PACKAGE", "FROM", "TO"])
    for change in changes { table.add(change.label, change.name, change.old ?? "-", change.new ?? "-") }
    return "\(path): \(changes.count) changes (\(summary))\n\(table.text)"
  }

  var json: JSONValue {
    var members: [JSONMember] = [
      JSONMember(
        "changes",
        .array(
          changes.map { change in
            .object([
              "kind": .string(change.kind), "name": .string(change.name), "old": change.old.map(JSONValue.string),
              "new": change.new.map(JSONValue.string), "platform": change.platform.map { .string($0.description) },
            ])
          })),
      JSONMember("counts", Self.json(counts.first?.counts ?? [])),
    ]
    if counts.count > 1 {
      members.append(
        JSONMember("platforms", .object(counts.map { JSONMember($0.platform.description, Self.json($0.counts)) })))
    }
    for (platform, effects) in base {
      guard let json = effects.json else { continue }
      members.append(JSONMember(members.contains { $0.name == "base" } ? "base \(platform)" : "base", json))
    }
    return .object(members)
  }

  private static func json(_ counts: [Count]) -> JSONValue {
    .object(counts.map { JSONMember($0.kind, .integer($0.count)) })
  }
}

extension LockChanges.Change {
  /// The kind, with the platform where it is not about all.
  var label: String { platform.map { "\(kind) \($0)" } ?? kind }
}
