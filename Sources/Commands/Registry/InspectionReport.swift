import Images
import JSON
import OCI
import Registry

/// What is inside an image, for people and programs.
struct InspectionReport {
  private let inspection: ImageInspection

  init(_ inspection: ImageInspection) { self.inspection = inspection }

  /// How many hidden files are named.
  private static let longestList = 10

  var text: String {
    var text = facts.text
    if !inspection.layers.isEmpty { text += "\n" + layers.text }
    if let usage = inspection.usage {
      text += "\n\(ByteCount.text(usage.hiddenBytes)) of \(ByteCount.text(usage.bytes)) are hidden by later layers"
      text += ", \(ByteCount.text(usage.duplicateBytes)) are duplicates\n"
      var table = Table(["hidden", "times", "path"], rightAligned: [0, 1])
      for file in usage.waste.prefix(Self.longestList) {
        table.add(ByteCount.text(file.bytes), String(file.count), Self.line(file.path))
      }
      if !usage.waste.isEmpty { text += table.text }
      var copies = Table(["wasted", "copies", "paths"], rightAligned: [0, 1])
      for duplicate in usage.duplicates.prefix(Self.longestList) {
        let more = duplicate.paths.count > 2 ? " …" : ""
        copies.add(
          ByteCount.text(duplicate.bytes), String(duplicate.paths.count),
          Self.line(duplicate.paths.prefix(2).joined(separator: " ")) + more)
      }
      if !usage.duplicates.isEmpty { text += "\n" + copies.text }
    }
    if !inspection.referrers.isEmpty {
      var table = Table(["referrer", "size", "type"], rightAligned: [1])
      for referrer in inspection.referrers {
        table.add(referrer.digest.description, ByteCount.text(referrer.size), referrer.mediaType.description)
      }
      text += "\n" + table.text
    }
    return text
  }

  private var facts: Table {
    var table = Table(["", ""])
    table.add("digest", inspection.root.descriptor.digest.description)
    table.add("type", Self.line(inspection.root.descriptor.mediaType.description))
    if inspection.root.isIndex {
      table.add("platforms", Self.line(inspection.platforms.map(\.description).joined(separator: " ")))
      table.add("manifest", inspection.manifest.descriptor.digest.description)
    }
    table.add("size", ByteCount.text(inspection.layers.reduce(0) { $0 + $1.size }))
    guard let config = inspection.config else { return table }
    table.add("platform", Self.line(config.platform.description))
    if let created = config.created { table.add("created", Self.line(created)) }
    if let user = config.user { table.add("user", Self.line(user)) }
    if let directory = config.workingDirectory { table.add("directory", Self.line(directory)) }
    if !config.entrypoint.isEmpty { table.add("entrypoint", Self.line(JSONValue.strings(config.entrypoint).text())) }
    if !config.command.isEmpty { table.add("command", Self.line(JSONValue.strings(config.command).text())) }
    for variable in config.environment { table.add("environment", Self.line(variable)) }
    for label in config.labels.sorted(by: { $0.key < $1.key }) {
      table.add("label", Self.line("\(label.key)=\(label.value)"))
    }
    return table
  }

  private var layers: Table {
    let commands = inspection.commands
    guard let usage = inspection.usage else {
      var table = Table(["layer", "size", "made by"], rightAligned: [1])
      for (layer, command) in zip(inspection.layers, commands) {
        table.add(layer.digest.short, ByteCount.text(layer.size), Self.short(command))
      }
      return table
    }
    var table = Table(["layer", "size", "files", "content", "hidden", "made by"], rightAligned: [1, 2, 3, 4])
    for (layer, command) in zip(usage.layers, commands) {
      table.add(
        layer.descriptor.digest.short, ByteCount.text(layer.descriptor.size), String(layer.files),
        ByteCount.text(layer.bytes), ByteCount.text(layer.hiddenBytes), Self.short(command))
    }
    return table
  }

  var json: JSONValue {
    let usage = inspection.usage
    let commands = inspection.commands
    let layers = inspection.layers.indices.map { index -> JSONValue in
      let used = usage?.layers[index]
      return .object([
        "digest": .string(inspection.layers[index].digest.description), "size": .integer(inspection.layers[index].size),
        "mediaType": .string(inspection.layers[index].mediaType.rawValue),
        "createdBy": commands[index].map(JSONValue.string), "files": used.map { .integer($0.files) },
        "bytes": used.map { .integer($0.bytes) }, "hiddenBytes": used.map { .integer($0.hiddenBytes) },
      ])
    }
    return .object([
      "digest": .string(inspection.root.descriptor.digest.description),
      "mediaType": .string(inspection.root.descriptor.mediaType.rawValue),
      "manifest": .string(inspection.manifest.descriptor.digest.description),
      "platforms": inspection.root.isIndex ? .strings(inspection.platforms.map(\.description)) : nil,
      "config": inspection.config.flatMap { try? JSONValue(parsing: $0.bytes) },
      "layers": .array(layers), "referrers": .array(inspection.referrers.map(\.json)),
      "waste": usage.map { usage in
        .array(
          usage.waste.map {
            .object(["path": .string($0.path), "bytes": .integer($0.bytes), "count": .integer($0.count)])
          })
      },
      "duplicates": usage.map { usage in
        .array(usage.duplicates.map { .object(["paths": .strings($0.paths), "size": .integer($0.size)]) })
      },
    ])
  }

  /// Text out of an image, which may hold anything, without what could play tricks with a terminal.
  private static func line(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? " " : $0 }))
  }

  private static func short(_ command: String?) -> String { String(line(command ?? "").prefix(80)) }
}
