import Building
import JSON
import Resolution
import Versions

/// What the pins do to the Python packages that the base image has already, as `pip check` would find it in the image.
struct BaseEffects {
  var moves: [PythonInstallation.Move] = []
  var breaks: [PythonInstallation.Problem] = []

  /// What nothing was pinned for.
  init() {}

  /// What the pins of a platform do.
  init(_ pins: PlatformPins) {
    moves = pins.moves
    breaks = pins.breaks
  }

  /// Empty if nothing moves or breaks.
  var text: String {
    var text = ""
    if !moves.isEmpty {
      var table = Table(["IN THE BASE", "FROM", "TO"])
      for move in moves { table.add(move.name.description, move.before.description, move.after.description) }
      text += table.text
    }
    for problem in breaks { text += "breaks: \(problem)\n" }
    return text
  }

  var json: JSONValue? {
    if moves.isEmpty, breaks.isEmpty { return nil }
    return .object([
      "moves": .array(
        moves.map { move in
          .object([
            "name": .string(move.name.description), "old": .string(move.before.description),
            "new": .string(move.after.description),
          ])
        }),
      "breaks": .array(
        breaks.map { problem in
          .object([
            "name": .string(problem.name.description), "version": .string(problem.version.description),
            "requirement": .string(problem.requirement.description),
            "found": problem.found.map { .string($0.description) }, "message": .string(problem.description),
          ])
        }),
    ])
  }
}
