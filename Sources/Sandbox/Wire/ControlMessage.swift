internal import CLinux
internal import Glibc

/// One message on the socket between the caller and the supervisor.
struct ControlMessage {
  let bytes: [UInt8]
  let descriptors: [Descriptor]

  /// The next message, nil when the other side is gone.
  static func receive(_ socket: Int32) throws(SandboxError) -> ControlMessage? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var numbers = [Int32](repeating: -1, count: 8)
    var count = 0
    let length = clinux_receive(socket, &bytes, bytes.count, &numbers, &count)
    let descriptors = numbers[..<count].map { Descriptor($0) }
    try check(Int32(length), .exchange, "receive a message")
    return length == 0 ? nil : ControlMessage(bytes: Array(bytes[..<length]), descriptors: descriptors)
  }

  /// Sends the message; the descriptors stay the sender's as well.
  func send(_ socket: Int32) throws(SandboxError) {
    let numbers = descriptors.map(\.number)
    let code = withExtendedLifetime(descriptors) { clinux_send(socket, bytes, bytes.count, numbers, numbers.count) }
    try check(code, .exchange, "send a message to the sandbox")
  }
}
