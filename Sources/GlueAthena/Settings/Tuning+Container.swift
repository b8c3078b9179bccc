import Glibc
import Host

extension Tuning {
  /// The settings for a job in a container, on top of what its Spark already has.
  ///
  /// - Parameter profile: The name of a type of worker, nil for the container as it is.
  init(
    for container: Container, layout: Layout, profile: String?, identity: RunIdentity?, directory: RunDirectory,
    command: [SparkSetting]
  ) throws(UsageError) {
    let profile = try profile.flatMap { text throws(UsageError) in try WorkerProfile.named(text) }
    let all = Resources.detect(in: container)
    self.init(
      resources: profile.map(all.limited) ?? all, profile: profile, layout: layout,
      hasArrow: (layout.python?.packageDirectories ?? []).contains { Files.isDirectory(Path.join($0, "pyarrow")) },
      offersHugePages: Self.offersHugePages(in: container),
      warehouse: access(".", W_OK) == 0 ? nil : container.temporaryDirectory,
      image: JavaProperties(parsing: SparkConfiguration(of: layout.spark).imageDefaults), command: command,
      environment: container.environment, identity: identity, directory: directory)
  }

  /// Linux's Documentation/admin-guide/mm/transhuge.rst, "Global THP controls": the word in brackets holds.
  private static func offersHugePages(in container: Container) -> Bool {
    let text = try? Files.text(container.path("/sys/kernel/mm/transparent_hugepage/enabled"), limit: 1 << 10)
    return text?.contains("[madvise]") ?? false
  }
}
