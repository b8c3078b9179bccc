/// One Spark setting.
struct SparkSetting: Equatable, Sendable {
  let key: String
  let value: String

  init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  /// Understands `KEY=VALUE`.
  init(parsing text: String) throws(UsageError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw UsageError("--conf needs KEY=VALUE, not \"\(text)\"", hint: "--conf spark.driver.memory=2g")
    }
    key = String(text[..<equals])
    value = String(text[text.index(after: equals)...])
  }
}
