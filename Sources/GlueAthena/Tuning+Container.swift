import Glibc
import Host

extension Tuning {
  /// The settings for a job in a container, on top of what its Spark already has.
  init(for container: Container, layout: Layout, command: [SparkSetting]) {
    self.init(
      resources: Resources.detect(in: container), layout: layout,
      hasArrow: (layout.python?.packageDirectories ?? []).contains { Files.isDirectory(Path.join($0, "pyarrow")) },
      scratch: access(".", W_OK) == 0 ? nil : container.temporaryDirectory,
      image: JavaProperties(parsing: SparkConfiguration(of: layout.spark).imageDefaults), command: command)
  }
}
