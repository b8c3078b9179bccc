public import OCI

extension Platform {
  /// The processor in RPM's word, for example `x86_64` for `linux/amd64`.
  ///
  /// Source: the table `arch_canon` of rpm's `rpmrc.in`.
  public var rpmArchitecture: String {
    ["amd64": "x86_64", "arm64": "aarch64", "386": "i686"][architecture] ?? architecture
  }
}
