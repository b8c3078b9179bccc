import Testing

@testable import Sandbox

struct NamespacePolicyTests {
  struct Case: Sendable, CustomStringConvertible {
    let values: [String: String]
    let remedy: String?
    var description: String { "\(values)" }
  }

  static let cases = [
    Case(values: [:], remedy: nil),
    Case(
      values: ["user/max_user_namespaces": "96365\n", "kernel/unprivileged_userns_clone": "1\n"], remedy: nil),
    Case(values: ["user/max_user_namespaces": "0\n"], remedy: "user.max_user_namespaces=10000"),
    Case(
      values: ["user/max_user_namespaces": "9\n", "kernel/unprivileged_userns_clone": "0\n"],
      remedy: "kernel.unprivileged_userns_clone=1"),
    Case(values: ["kernel/apparmor_restrict_unprivileged_userns": "0\n"], remedy: nil),
    Case(
      values: ["kernel/apparmor_restrict_unprivileged_userns": "1\n"],
      remedy: "kernel.apparmor_restrict_unprivileged_userns=0"),
  ]

  @Test(arguments: cases) func `the switch that refuses is named with its remedy`(_ example: Case) {
    let remedy = NamespacePolicy.remedy { example.values[$0] }
    #expect(example.remedy.map { remedy?.hasSuffix($0) == true } ?? (remedy == nil))
  }
}
