import JSON

/// What a workgroup is like.
///
/// Amazon Athena API Reference, `WorkGroup` and `WorkGroupConfiguration`.
public struct AthenaWorkGroup: Hashable, Sendable {
  /// Its name.
  public let name: String
  /// Whether statements may run in it.
  public let isEnabled: Bool
  /// Where it stores results, if it says so.
  public let outputLocation: S3Location?
  /// Whether its settings win over those of a statement.
  public let isEnforced: Bool
  /// Whether Athena keeps the results by itself, and nobody names a place.
  public let keepsResults: Bool
  /// The engine's version, for example `Athena engine version 3`.
  public let engine: String?
}

extension AthenaClient {
  /// Describes a workgroup.
  public func workGroup(_ name: String) async throws(AWSError) -> AthenaWorkGroup {
    let answer = try await aws.call("GetWorkGroup", of: .athena, .object(["WorkGroup": .string(name)]))
    guard let group = answer["WorkGroup"], let found = group["Name"]?.string else {
      throw .malformed(service: "Athena GetWorkGroup", reason: "there is no workgroup \(name) in it")
    }
    let configuration = group["Configuration"]
    let engine = configuration?["EngineVersion"]
    return AthenaWorkGroup(
      name: found, isEnabled: group["State"]?.string != "DISABLED",
      outputLocation: configuration?["ResultConfiguration"]?["OutputLocation"]?.string
        .flatMap { S3Location(parsing: $0) },
      isEnforced: configuration?["EnforceWorkGroupConfiguration"]?.bool ?? false,
      keepsResults: configuration?["ManagedQueryResultsConfiguration"]?["Enabled"]?.bool ?? false,
      engine: engine?["EffectiveEngineVersion"]?.string ?? engine?["SelectedEngineVersion"]?.string)
  }
}
