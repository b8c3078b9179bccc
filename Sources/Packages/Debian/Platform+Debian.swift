public import OCI

extension Platform {
  /// The processor in Debian's word, for example `i386` for `linux/386` and `armhf` for `linux/arm/v7`.
  ///
  /// Source: the tables of dpkg-architecture(1); Go's words are those of OCI image-spec 1.1, image-index.md.
  public var debianArchitecture: String {
    switch (architecture, variant) {
    case ("386", _): "i386"
    case ("arm", "v5"), ("arm", "v6"): "armel"
    case ("arm", _): "armhf"
    case ("ppc64le", _): "ppc64el"
    case ("mips64le", _): "mips64el"
    case ("mipsle", _): "mipsel"
    default: architecture
    }
  }
}
