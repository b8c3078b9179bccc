import OCI
import Testing

/// The names of processors that people use mean the ones that images have.
@Suite struct `A platform that somebody names` {
  @Test(arguments: [
    ("linux/amd64", "linux/amd64"), ("linux/amd64/v1", "linux/amd64"), ("linux/amd64/v3", "linux/amd64/v3"),
    ("linux/x86_64", "linux/amd64"), ("LINUX/AMD64", "linux/amd64"), ("linux/i386", "linux/386"),
    ("linux/aarch64", "linux/arm64"), ("linux/arm64/v8", "linux/arm64"), ("linux/arm64/v9", "linux/arm64/v9"),
    ("linux/arm", "linux/arm/v7"), ("linux/arm/6", "linux/arm/v6"), ("linux/armhf", "linux/arm/v7"),
    ("linux/armel", "linux/arm/v6"), ("arm64", "linux/arm64"), ("x86-64", "linux/amd64"), ("riscv64", "linux/riscv64"),
    ("linux", "linux/s390x"),
  ])
  func `is normalized`(_ text: String, _ expected: String) throws {
    #expect(try Platform(argument: text, own: "s390x").description == expected)
  }

  @Test(arguments: ["", "plan9", "linux/", "/amd64", "linux/amd64/v1/x", "a b/c"])
  func `or refused`(_ text: String) {
    #expect(throws: Platform.ParseError.self) { try Platform(argument: text, own: "amd64") }
  }

  @Test(arguments: [
    ("linux/arm64", "linux/arm64/v8", 0), ("linux/arm/v7", "linux/arm/v7", 0), ("linux/arm/v7", "linux/arm/v5", 2),
    ("linux/arm/v6", "linux/arm/v7", nil), ("linux/amd64", "linux/amd64/v3", 100),
    ("linux/amd64/v3", "linux/amd64", nil),
    ("linux/amd64", "linux/arm64", nil), ("linux/amd64", "windows/amd64", nil),
  ])
  func `takes what comes nearest`(_ wanted: String, _ given: String, _ distance: Int?) throws {
    #expect(try Platform(parsing: wanted).distance(to: try Platform(parsing: given)) == distance)
  }
}
