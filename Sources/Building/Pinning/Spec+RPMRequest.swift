public import OCI
public import Packages
public import Resolution

extension Spec.RPM {
  /// What repositories are asked for on a platform.
  public func request(for platform: Platform) -> RPMRepositories.Request {
    RPMRepositories.Request(
      release: release, architecture: platform.rpmArchitecture,
      repositories: repositories, extras: extras, exclude: exclude)
  }
}
