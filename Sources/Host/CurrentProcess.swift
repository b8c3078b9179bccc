internal import Glibc

/// The running program itself.
public enum CurrentProcess {
  /// Ends the program.
  public static func exit(_ code: Int32) -> Never { Glibc.exit(code) }
}
