import Host
import TestSupport
import Testing

@testable import Building

/// Commands reach the user's SSH agent through a socket of their own.
@Suite struct `An agent's forward` {
  /// An agent that answers its own user alone, as OpenSSH's does, and each connection with what it was sent.
  private static let agent = """
    import os, socket, struct, sys, threading
    listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1] + '.new'); listener.listen()
    os.rename(sys.argv[1] + '.new', sys.argv[1])
    def serve(connection):
        user = struct.unpack('3i', connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        while user == os.getuid():
            data = connection.recv(1 << 16)
            if not data: break
            connection.sendall(data)
        connection.close()
    while True: threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
    """
  private static let client = """
    import os, socket, sys
    ends = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for end in ends: end.connect(sys.argv[1])
    for number, end in enumerate(ends):
        sent, got = os.urandom(200_000 + number), b''
        for start in range(0, len(sent), 10_000):
            end.sendall(sent[start:start + 10_000])
            while len(got) < min(len(sent), start + 10_000): got += end.recv(1 << 16) or sys.exit('closed')
        assert got == sent
    for end in ends: end.close()
    """

  @Test func `several connections get the answers that are theirs, and nothing is left`() async throws {
    let directory = try TemporaryDirectory()
    let socket = directory.path + "/agent"
    let agent = try ServerProcess(["python3", "-c", Self.agent, socket])
    defer { agent.stop() }
    for _ in 0..<600 where !Files.exists(socket) { try await Task.sleep(for: .milliseconds(50)) }
    var forward: AgentForward? = try AgentForward(to: socket, mode: 0o640, uid: 7, gid: 8)
    let path = try #require(forward?.path)
    let status = try FileStatus(of: path)
    #expect((status.uid, status.gid, status.mode & 0o777) == (7, 8, 0o640))
    let client = try await Subprocess("python3", ["-c", Self.client, path]).run()
    #expect(client.status == 0, "\(client.errorText)")
    forward = nil
    #expect(!Files.exists(path))
    let late = try await Subprocess("python3", ["-c", Self.client, path]).run()
    #expect(late.status != 0)
  }
}
