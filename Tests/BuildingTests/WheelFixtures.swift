import Building
import Host
import Layers
import Testing

/// Makes wheels with Python's own zipfile and hashes.
struct WheelMaker {
  let directory: TemporaryDirectory

  /// Reads a JSON object of file names and texts; a name that starts with `+` is executable.
  private static let program = """
    import base64, hashlib, json, sys, zipfile
    path, fault, info, files = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
    files.setdefault(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    files.setdefault(info + "/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n")
    rows = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            mode = 0o644
            if name.startswith("+"): name, mode = name[1:], 0o755
            if fault == "link" and name == "demo/data.txt": mode = 0o120777
            member = zipfile.ZipInfo(name)
            member.external_attr = (mode | (0 if mode > 0o7777 else 0o100000)) << 16
            archive.writestr(member, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            if fault == "hash" and name == "demo/data.txt": digest = "A" * 43
            if fault == "md5" and name == "demo/data.txt": rows.append(f"{name},md5=AAAA,{len(text)}"); continue
            if fault == "unlisted" and name == "demo/data.txt": continue
            quoted = '"' + name + '"' if "," in name else name
            rows.append(f"{quoted},sha256={digest},{len(text.encode()) + (fault == 'size')}")
        if fault == "missing": rows.append("demo/gone.py,sha256=" + "A" * 43 + ",3")
        if fault == "columns": rows.append("demo/gone.py")
        rows.append(info + "/RECORD,,")
        if fault != "norecord": archive.writestr(info + "/RECORD", "\\n".join(rows) + "\\n")
    """

  /// Writes a wheel and gives its path.
  func wheel(
    _ files: [String: String], named fileName: String = "demo-1.0-py3-none-any.whl",
    info: String = "demo-1.0.dist-info", fault: String = ""
  ) async throws -> String {
    let path = "\(directory.path)/\(fileName)"
    func quoted(_ text: String) -> String {
      "\"" + text.unicodeScalars.map { $0 == "\n" ? "\\n" : $0 == "\"" ? "\\\"" : String($0) }.joined() + "\""
    }
    let json = files.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
    try await run("python3", ["-c", Self.program, path, fault, info, "{\(json.joined(separator: ","))}"])
    return path
  }

  /// Runs a program that must succeed and gives its output.
  @discardableResult
  func run(_ program: String, _ arguments: [String]) async throws -> String {
    let result = try await Subprocess(program, arguments).run()
    try #require(result.status == 0, "\(program): \(result.errorText)")
    return result.text
  }

  /// The files of a wheel with something of everything.
  static let everything = [
    "demo/__init__.py": "value = 1\n", "demo/data.txt": "data\n", "+demo/tool.sh": "#!/bin/sh\n",
    "demo/a,b.txt": "comma\n", "demo/ünïcode.txt": "ünïcode\n",
    "+demo-1.0.data/scripts/plain": "#!python\nprint(1)\n", "+demo-1.0.data/scripts/shell": "#!/bin/sh\necho\n",
    "demo-1.0.data/scripts/wrapped": "stale\n",
    "demo-1.0.data/data/share/demo/x": "x\n", "demo-1.0.data/headers/demo.h": "int x;\n",
    "demo-1.0.data/purelib/pure.py": "pure = 1\n", "demo-1.0.data/platlib/plat.py": "plat = 1\n",
    "demo-1.0.dist-info/entry_points.txt":
      "# programs\n[console_scripts]\nwrapped = demo:main\ndeep = demo.sub:Class.run [extra]\n[other]\nx = y\n",
  ]
}
