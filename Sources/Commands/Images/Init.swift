import ArgumentParser
import Host
import JSON

/// `drydock init`: writes a specification to start from.
struct Init: Command {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a commented specification to start from.",
    discussion: """
      EXAMPLES
        drydock init images/report             Python on Debian packages
        drydock init images/report --glue 4.0  on the image of AWS Glue 4.0
      """)

  @Argument(help: "The folder; made if it does not exist.")
  var folder: String

  @Option(help: ArgumentHelp("Stand on the image of this Glue version: 4.0, 5.0 or 5.1.", valueName: "version"))
  var glue: StarterSpec.GlueVersion?

  @OptionGroup var output: OutputOptions

  func execute(_ progress: ProgressLine) async throws {
    let name = Path.name(Path.absolute(folder))
    let path = Path.join(folder, ImageFolder.specName)
    guard !Files.exists(path) else {
      throw Failure(.badInput, "\(path) exists", hint: "a specification is never overwritten; name another folder")
    }
    guard !Files.exists(folder) || Files.isDirectory(folder) else {
      throw Failure(.badInput, "\(folder) is no folder")
    }
    try Files.createDirectory(folder)
    try Files.write(StarterSpec(name: Self.imageName(name), glue: glue).text.replacing("DIR", with: folder), to: path)
    output.print(
      text: "\(path): written\nhint: drydock pin \(folder)\n",
      json: .object(["path": .string(path), "glue": (glue?.rawValue).map(JSONValue.string)]))
  }

  /// A folder's name as an image's: what may not stand there becomes a dash.
  static func imageName(_ folder: String) -> String {
    var name = String(
      folder.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
    if name.first?.isLetter != true { name = "image-" + name }
    return name
  }
}

extension StarterSpec.GlueVersion: ExpressibleByArgument {}
