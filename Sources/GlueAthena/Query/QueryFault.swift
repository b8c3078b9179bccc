import AWS
import HTTP
import Host

/// Why `query` could not do what it was asked for.
enum QueryFault: Error {
  case usage(UsageError)
  case script(place: String, SQLScript.ParseError)
  case aws(AWSError, statement: String?)
  case system(SystemError)

  /// What happened, with the statement among several.
  var reason: String {
    switch self {
    case .usage(let error): error.reason
    case .script(let place, let error): "\(place):\(error.description)"
    case .aws(let error, let statement): (statement.map { "\($0): " } ?? "") + error.description
    case .system(let error): error.description
    }
  }

  /// What to do about it.
  var hint: String? {
    switch self {
    case .usage(let error): error.hint
    case .script: "close it, or put the text into a file and name that with --file"
    case .aws(.service(let failure), _) where failure.reason == "IDEMPOTENT_PARAMETER_MISMATCH":
      "this --request-token was used for another statement: take a new one"
    case .aws(let error, _): error.hint
    case .system(let error): error.isFullDisk ? "make room on the disk" : nil
    }
  }

  /// 1: Athena refused or failed the statement; 2: the command line or a file is wrong; 3: network and keys; 4: this
  /// machine.
  var exitCode: Int32 {
    switch self {
    case .usage, .script: 2
    case .system: 4
    case .aws(.query, _), .aws(.timedOut, _): 1
    case .aws(.service(let failure), _)
    where failure.status == 400 && !failure.isAboutCredentials
      && !failure.isThrottling:
      1
    case .aws(let error, _):
      switch error.fault {
      case .usage: 2
      case .network: 3
      case .machine: 4
      }
    }
  }
}
