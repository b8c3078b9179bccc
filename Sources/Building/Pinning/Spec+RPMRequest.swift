public import OCI
public import Packages
public import Resolution

extension Spec.RPM {
  /// What repositories are asked for on a platform; RPM has words of its own for processors.
  public func request(for platform: Platform) -> RPMRepositories.Request {
    let words = ["amd64": "x86_64", "arm64": "aarch64", "386": "i686"]
    return RPMRepositories.Request(
      release: release, architecture: words[platform.architecture] ?? platform.architecture,
      repositories: repositories, extras: extras, exclude: exclude)
  }
}
