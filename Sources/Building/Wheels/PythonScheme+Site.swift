extension PythonScheme {
  /// The scheme of a site directory `PREFIX/lib/pythonX.Y/NAME`, whose programs and data lie below the same prefix.
  init(site: String, interpreter: String) {
    let path = String(site.drop { $0 == "/" })
    var parts = path.split(separator: "/")
    if parts.count > 1 { parts.removeLast() }
    let python = parts.popLast().map(String.init) ?? "python"
    if parts.last == "lib" { parts.removeLast() }
    let prefix = parts.joined(separator: "/")
    self.init(
      purelib: path, platlib: path, scripts: "\(prefix)/bin", headers: "\(prefix)/include/\(python)", data: prefix,
      interpreter: interpreter)
  }
}
