public import HTTP

/// Where a service answers, and the region that a signature for it names.
public struct Endpoint: Hashable, Sendable {
  /// The address.
  public let url: HTTPURL
  /// The region that is signed.
  public let region: String
  /// Whether settings named the address instead of AWS's own.
  public let isCustom: Bool
}

extension AWSConfiguration {
  /// The address of a service in a region.
  ///
  /// AWS General Reference, "AWS service endpoints": the regional host, its FIPS and dual-stack forms, and the domain
  /// of the region's partition.
  ///
  /// - Throws: ``AWSError/configuration(place:reason:)`` if what settings name is no address.
  public func endpoint(of service: AWSService, region: String) throws(AWSError) -> Endpoint {
    try Self.checkRegion(region)
    if let url = try configuredEndpoint(of: service) { return Endpoint(url: url, region: region, isCustom: true) }
    let host = Self.host(
      of: service, region: region, isFIPS: usesFIPS, isDualStack: usesDualStack)
    do { return Endpoint(url: try HTTPURL(parsing: "https://\(host)/"), region: region, isCustom: false) } catch {
      throw .configuration(place: "region", reason: error.description)
    }
  }

  static func host(of service: AWSService, region: String, isFIPS: Bool, isDualStack: Bool) -> String {
    let partition = Partition(region: region)
    let dualStackDomain = isDualStack ? partition.dualStackDomain : nil
    let fips = isFIPS ? "-fips" : ""
    switch service {
    case .s3:
      // S3 had a dual-stack form before the common domain for it was there.
      return "s3\(fips)\(isDualStack ? ".dualstack" : "").\(region).\(partition.domain)"
    case .ecr where dualStackDomain != nil:
      return "ecr\(fips).\(region).\(dualStackDomain ?? "")"
    case .sts where isFIPS && partition.name == "aws-us-gov" && !isDualStack:
      // Every endpoint there is validated; none has the suffix.
      return "sts.\(region).\(partition.domain)"
    default:
      return "\(service.hostPrefix)\(fips).\(region).\(dualStackDomain ?? partition.domain)"
    }
  }
}
