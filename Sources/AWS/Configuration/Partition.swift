/// A part of AWS that is a world of its own, with its own domain.
///
/// AWS SDKs, `partitions.json`.
struct Partition: Equatable, Sendable {
  let name: String
  let domain: String
  /// The domain of addresses that have IPv6, too; `nil` where there are none.
  let dualStackDomain: String?

  /// The partition that a region lies in; an unknown region is one of the public ones.
  init(region: String) {
    self = Self.all.first { region.hasPrefix($0.prefix) }?.partition ?? Self.aws
  }

  private init(_ name: String, _ domain: String, dualStack: String?) {
    self.name = name
    self.domain = domain
    dualStackDomain = dualStack
  }

  private static let aws = Partition("aws", "amazonaws.com", dualStack: "api.aws")
  private static let all: [(prefix: String, partition: Partition)] = [
    ("cn-", Partition("aws-cn", "amazonaws.com.cn", dualStack: "api.amazonwebservices.com.cn")),
    ("us-gov-", Partition("aws-us-gov", "amazonaws.com", dualStack: "api.aws")),
    ("us-isob-", Partition("aws-iso-b", "sc2s.sgov.gov", dualStack: "api.aws.scloud")),
    ("us-isof-", Partition("aws-iso-f", "csp.hci.ic.gov", dualStack: "api.aws.hci.ic.gov")),
    ("us-iso-", Partition("aws-iso", "c2s.ic.gov", dualStack: "api.aws.ic.gov")),
    ("eu-isoe-", Partition("aws-iso-e", "cloud.adc-e.uk", dualStack: "api.cloud-aws.adc-e.uk")),
    ("eusc-", Partition("aws-eusc", "amazonaws.eu", dualStack: "api.amazonwebservices.eu")),
  ]
}
