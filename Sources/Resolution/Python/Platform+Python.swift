public import OCI

extension Platform {
  /// The processor in Python's word, `platform.machine()`; nil for one that no wheels are chosen for.
  public var pythonMachine: String? { ["amd64": "x86_64", "arm64": "aarch64"][architecture] }
}
