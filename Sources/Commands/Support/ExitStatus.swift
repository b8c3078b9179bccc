/// What a program's end says to the next one; the README has the same table.
public enum ExitStatus: Int32, Sendable {
  /// All is good.
  case success = 0
  /// The work was done and the verdict is bad: a test failed, a finding counts.
  case gateFailed = 1
  /// The call or an input file is wrong.
  case badInput = 2
  /// A network, an index or a registry failed, or a fetched file has the wrong hash.
  case network = 3
  /// This machine (disk, permission) or Drydock itself failed.
  case machine = 4
}
