/// What `serve` was asked for.
struct ServeOptions: Equatable {
  let address: ListenAddress
  /// A socket that is bound already, nil to bind one.
  let socket: Int32?
  /// Seconds that an answer about readiness is good for.
  let cache: Double
  /// Seconds that the checks of readiness may take.
  let timeout: Double

  /// Understands the words after `serve`.
  init(_ scanner: inout ArgumentScanner) throws(UsageError) {
    var address = ListenAddress.usual
    var socket: Int32?
    var cache = 10.0
    var timeout = 10.0
    while let word = try scanner.next() {
      switch word {
      case .option("--listen"): address = try ListenAddress(parsing: scanner.value(of: "--listen", "an address"))
      case .option("--cache"): cache = try scanner.seconds(of: "--cache")
      case .option("--timeout"): timeout = try scanner.seconds(of: "--timeout")
      case .option("--socket"):
        let text = try scanner.value(of: "--socket", "a descriptor")
        guard let number = Int32(text), number > 2 else { throw UsageError("--socket needs a descriptor above 2") }
        socket = number
      case .option(let text), .argument(let text):
        throw UsageError("serve does not know \"\(text)\"", hint: "glue-athena serve --listen :8080")
      }
    }
    self.address = address
    self.socket = socket
    self.cache = cache
    self.timeout = timeout
  }
}
