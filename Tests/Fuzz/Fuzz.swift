import FuzzDriver
import Glibc
import Host

/// Feeds the parsers of untrusted input with what libFuzzer makes up, guided by the code that it reaches.
///
///     drydock-fuzz --list
///     drydock-fuzz NAME CORPUS [libFuzzer's options]
@main
struct Fuzz {
  static func main() throws {
    let words = CommandLine.arguments
    if words == [words[0], "--list"] {
      Terminal.write(Fuzzer.all.map { $0.name + "\n" }.joined(), to: .output)
      return
    }
    guard words.count >= 3, let fuzzer = Fuzzer.all.first(where: { $0.name == words[1] }) else {
      Terminal.write("usage: \(words[0]) --list | NAME CORPUS [OPTION…]\n", to: .error)
      CurrentProcess.exit(2)
    }
    try Files.createDirectory(words[2])
    for (number, seed) in fuzzer.seeds.enumerated() { try Files.write(seed, to: "\(words[2])/seed-\(number)") }
    chosen = fuzzer
    let arguments = [words[0]] + words.dropFirst(2)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { (word: String) in strdup(word) } + [nil]
    let status = drydock_fuzz_run(Int32(arguments.count), &pointers) { bytes, count in
      Fuzz.chosen!.attempt(Array(UnsafeBufferPointer(start: bytes, count: count)))
      return 0
    }
    guard status >= 0 else {
      Terminal.write("this program was built without libFuzzer: 'make fuzz' builds it with it\n", to: .error)
      CurrentProcess.exit(2)
    }
    CurrentProcess.exit(status)
  }

  /// Set once before libFuzzer starts, whose function has no room for it.
  private nonisolated(unsafe) static var chosen: Fuzzer?
}

/// One parser, what it is fed with at first, and what has to hold whatever comes.
struct Fuzzer: Sendable {
  let name: String
  let seeds: [String]
  /// Traps if something that has to hold does not.
  let attempt: @Sendable ([UInt8]) -> Void

  static let all: [Fuzzer] = registry + packages
}
