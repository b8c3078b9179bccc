public import ArgumentParser
import Host
public import Packages
public import Resolution

/// Options that say where Python packages come from; names and meanings are those of pip and uv.
struct PythonSourceOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp("The main index, in place of the configured one.", valueName: "url"))
  var indexUrl: String?

  @Option(help: ArgumentHelp("A further index, asked before the main one; several may be given.", valueName: "url"))
  var extraIndexUrl: [String] = []

  @Flag(help: "Ask no index, only the places of --find-links.")
  var noIndex = false

  @Option(
    name: [.customShort("f"), .long],
    help: ArgumentHelp("A folder or page with files; several may be given.", valueName: "place"))
  var findLinks: [String] = []

  @Option(
    help: ArgumentHelp(
      "Of several indexes, take a project from the first that has it (first-index) or from all (unsafe-best-match).",
      valueName: "strategy"))
  var indexStrategy: SimpleIndex.Strategy = .firstIndex

  @Option(help: ArgumentHelp("A host whose certificate is not checked.", valueName: "host"))
  var trustedHost: [String] = []

  var sources: PythonSources {
    var sources = PythonSources()
    sources.index = indexUrl
    sources.extraIndexes = extraIndexUrl
    sources.hasNoIndex = noIndex
    sources.findLinks = findLinks
    sources.trustedHosts = trustedHost
    return sources
  }
}

extension SimpleIndex.Strategy: ExpressibleByArgument {}
extension PythonRequest.PreReleases: ExpressibleByArgument {}
extension PythonRequest.Strategy: ExpressibleByArgument {}
