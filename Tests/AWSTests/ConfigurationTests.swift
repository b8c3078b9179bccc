import HTTP
import Testing

@testable import AWS

/// What files, variables and options amount to.
@Suite struct ConfigurationTests {
  static let config = """
    # a comment
    [default]
    region = eu-west-1 ; where we are
    [profile "with space"]
    region=us-east-2
    endpoint_url = http://127.0.0.1:9/all
    [profile local]
    region = eu-central-1
    services = local
    s3 =
      addressing_style = path
      other = 1
    [services local]
    athena =
      endpoint_url = http://localhost:5000
    [plugins]
    cli_legacy = x
    [profile strict]
    use_fips_endpoint = yes

    """

  private func configuration(
    _ environment: [String: String] = [:], profile: String? = nil, config: String = Self.config
  ) throws -> AWSConfiguration {
    var options = AWSConfiguration.Options()
    options.profile = profile
    let home = try Home(config: config)
    return try AWSConfiguration(environment: home.environment(environment), options: options)
  }

  /// The region by what is set: an option is in nobody's way here.
  static let regions: [(environment: [String: String], profile: String?, region: String?)] = [
    ([:], nil, "eu-west-1"),
    (["AWS_PROFILE": "with space"], nil, "us-east-2"),
    (["AWS_PROFILE": "with space"], "local", "eu-central-1"),
    (["AWS_DEFAULT_REGION": "ca-central-1"], nil, "ca-central-1"),
    (["AWS_DEFAULT_REGION": "ca-central-1", "AWS_REGION": "sa-east-1"], "local", "sa-east-1"),
    (["AWS_REGION": ""], nil, "eu-west-1"),
    (["AWS_CONFIG_FILE": "/nowhere"], nil, nil),
  ]

  @Test(arguments: regions.indices)
  func `the region is the first that is named`(index: Int) throws {
    let row = Self.regions[index]
    #expect(try configuration(row.environment, profile: row.profile).region == row.region)
  }

  static let endpoints: [(environment: [String: String], profile: String?, athena: String, s3: String)] = [
    ([:], nil, "https://athena.eu-west-1.amazonaws.com/", "https://s3.eu-west-1.amazonaws.com/"),
    ([:], "with space", "http://127.0.0.1:9/all", "http://127.0.0.1:9/all"),
    ([:], "local", "http://localhost:5000/", "https://s3.eu-central-1.amazonaws.com/"),
    (["AWS_ENDPOINT_URL": "http://127.0.0.1:1"], "local", "http://127.0.0.1:1/", "http://127.0.0.1:1/"),
    (
      ["AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2"], "local",
      "http://127.0.0.1:1/", "http://127.0.0.1:2/"
    ),
    (
      ["AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], "local",
      "https://athena.eu-central-1.amazonaws.com/", "https://s3.eu-central-1.amazonaws.com/"
    ),
    (
      ["AWS_USE_FIPS_ENDPOINT": "true"], nil, "https://athena-fips.eu-west-1.amazonaws.com/",
      "https://s3-fips.eu-west-1.amazonaws.com/"
    ),
    (
      ["AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_REGION": "cn-north-1"], nil,
      "https://athena.cn-north-1.api.amazonwebservices.com.cn/", "https://s3.dualstack.cn-north-1.amazonaws.com.cn/"
    ),
  ]

  @Test(arguments: endpoints.indices)
  func `an endpoint is the one that is named, or AWS's own`(index: Int) throws {
    let row = Self.endpoints[index]
    let configuration = try configuration(row.environment, profile: row.profile)
    let region = configuration.region ?? ""
    #expect(try configuration.endpoint(of: .athena, region: region).url.text == row.athena)
    #expect(try configuration.endpoint(of: .s3, region: region).url.text == row.s3)
  }

  /// A file or variables that are wrong, and what is said of them; `HOME` stands for the home directory.
  static let faults: [(config: String, environment: [String: String], profile: String?, text: String)] = [
    ("region = x\n", [:], nil, "HOME/.aws/config:1: a setting stands before the first [section]"),
    ("[default]\nregion\n", [:], nil, "HOME/.aws/config:2: this line is no \"name = value\""),
    ("[default\n", [:], nil, "HOME/.aws/config:1: the section's header has no ]"),
    ("[ ]\n", [:], nil, "HOME/.aws/config:1: the section has no name"),
    ("", [:], "none", "--profile: there is no profile \"none\" in HOME/.aws/config or HOME/.aws/credentials"),
    (
      "", ["AWS_PROFILE": "none"], nil,
      "AWS_PROFILE: there is no profile \"none\" in HOME/.aws/config or HOME/.aws/credentials"
    ),
    (
      "", ["AWS_REGION": "evil.example/"], nil,
      "region: \"evil.example/\" is no name of a region, such as eu-central-1"
    ),
    (config, [:], "strict", "AWS_USE_FIPS_ENDPOINT: true or false is expected, not \"yes\""),
  ]

  @Test(arguments: faults.indices)
  func `a fault is told with its place`(index: Int) async throws {
    let row = Self.faults[index]
    let home = try Home(config: row.config)
    let error = await failure {
      var options = AWSConfiguration.Options()
      options.profile = row.profile
      _ = try AWSConfiguration(environment: home.environment(row.environment), options: options)
    }
    #expect(error?.description.replacing(home.path, with: "HOME") == row.text)
    #expect(error?.fault == .usage)
  }

  @Test func `an address that is none is told with the setting`() async throws {
    let configuration = try configuration(["AWS_ENDPOINT_URL_S3": "localhost:5000"])
    let error = await failure { _ = try configuration.endpoint(of: .s3, region: "eu-west-1") }
    #expect(error?.description.hasPrefix("AWS_ENDPOINT_URL_S3: ") == true)
  }

  @Test func `settings below a setting are its own`() throws {
    let profile = try configuration(profile: "local").profile
    #expect(profile?["s3", "addressing_style"] == "path")
    #expect(profile?["addressing_style"] == nil)
  }
}
