internal import HTTP

/// What a command asks of its proxy, which is to read only.
public struct CommandRequest: Sendable {
  /// Whether only the fields of the answer are wanted.
  let isHead: Bool
  /// The address, with all its secrets.
  let url: HTTPURL
  /// The fields to hand on.
  let headers: HTTPHeaders

  var method: String { isHead ? "HEAD" : "GET" }
  var key: RequestKey {
    RequestKey(
      method: method, url: url.publicText, accept: headers["Accept"],
      isAuthorized: headers["Authorization"] != nil || url.credentials != nil)
  }

  /// The request as it goes to the server: a redirect is the command's own business, and recorded as well.
  var request: HTTPRequest {
    var request = HTTPRequest(isHead ? .head : .get, url, headers: headers)
    request.followsRedirects = false
    return request
  }
}

/// What tells one request from another.
struct RequestKey: Hashable, Sendable {
  let method: String
  let url: String
  var accept: String?
  let isAuthorized: Bool
}

/// What a command gets for a request.
public enum CommandAnswer: Sendable {
  /// An answer that was recorded, with the file of its body.
  case recorded(RecordedRequest, path: String?)
  /// An answer that is being recorded.
  case live(LiveAnswer)
  /// No answer, and why.
  case refused(status: Int, reason: String)
}

/// Where the answers to a command's requests come from.
public protocol AnswerSource: Sendable {
  /// Answers a request.
  func answer(_ request: CommandRequest) async -> CommandAnswer
}
