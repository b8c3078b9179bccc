import Host
import Layers
import Testing

@testable import Building

/// What a command changed, found in a full copy where the kernel gives no overlay.
struct OverlayCaptureTests {
  @Test func `changes of a copy are found by comparing`() throws {
    let directory = try TemporaryDirectory()
    let (before, after) = (directory.path + "/before", directory.path + "/after")
    for root in [before, after] {
      for folder in ["kept/deep", "gone/deep", "swapped"] { try Files.createDirectory("\(root)/\(folder)") }
      for name in ["kept/deep/same", "kept/written", "gone/deep/x", "kept/removed", "kept/mode", "swapped/y"] {
        try Files.write("old", to: "\(root)/\(name)")
        try Files.setModified("\(root)/\(name)", 1000)
      }
      try Files.link("\(root)/kept/link", to: "old")
      try Files.setModified("\(root)/kept/link", 1000)
    }
    try Files.write("new", to: after + "/kept/written")
    try Files.write("new", to: after + "/kept/deep/added")
    try Files.remove(after + "/kept/removed")
    try Files.remove(after + "/gone")
    try Files.changeMode(after + "/kept/mode", 0o600)
    try Files.remove(after + "/swapped")
    try Files.write("a file", to: after + "/swapped")

    var base = FileIndex()
    base.apply(try TreeScanner.scan(before).nodes.map(\.entry), layer: 0)
    let layer = try OverlayCapture(base: base).layer(ofCopy: after)
    #expect(
      layer.nodes.map(\.entry.path) == [
        ".wh.gone", "kept", "kept/.wh.removed", "kept/deep", "kept/deep/added", "kept/mode", "kept/written", "swapped",
      ])
    #expect(layer["swapped"]?.entry.kind == .file)
  }
}
