import CCurl
import Glibc

/// One easy handle with what its callbacks collect; it lives on the loop's thread from birth to end.
final class Transfer {
  let easy: UnsafeMutableRawPointer
  private let order: TransferOrder
  private let continuation: CheckedContinuation<TransferOutcome, Never>
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var fieldList: UnsafeMutablePointer<curl_slist>?
  private var head = ResponseHead()
  private var body: BodyReceiver?
  private var failure: HTTPError.Kind?
  private var upload: FileUpload?

  init(_ order: TransferOrder, _ continuation: CheckedContinuation<TransferOutcome, Never>) {
    easy = curl_easy_init()!
    self.order = order
    self.continuation = continuation
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(fieldList)
    errorText.deallocate()
  }

  /// Hands the outcome to whoever waits; called exactly once, after the handle left the multi handle.
  func finish(_ outcome: TransferOutcome) { continuation.resume(returning: outcome) }

  // MARK: Options

  private func configure() {
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_string(easy, CURLOPT_URL, order.url.text)
    ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
    // One connection for many requests where the server speaks HTTP/2.
    ccurl_set_long(easy, CURLOPT_PIPEWAIT, order.sharesConnection ? 1 : 0)
    if !order.sharesConnection { ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)) }
    ccurl_set_long(easy, CURLOPT_BUFFERSIZE, 128 << 10)
    configureMethod()
    configureFields()
    configureLimits()
    configureProxy()
    configureTrust()
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    ccurl_set_receive(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      let transfer = Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
      return transfer.receiveHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
    ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    ccurl_set_receive(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      let transfer = Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
      return transfer.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
  }

  private func configureMethod() {
    if order.method == .head { ccurl_set_long(easy, CURLOPT_NOBODY, 1) }
    if let file = order.file {
      configureUpload(file)
    } else if let body = order.body {
      ccurl_set_long(easy, CURLOPT_POST, 1)
      ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      body.withUnsafeBytes { bytes in
        _ =
          bytes.isEmpty
          ? ccurl_set_string(easy, CURLOPT_COPYPOSTFIELDS, "")
          : ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
      }
    }
    if order.method != .get && order.method != .head || order.body != nil || order.file != nil {
      ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, order.method.rawValue)
    }
  }

  private func configureUpload(_ file: HTTPRequest.FileBody) {
    upload = FileUpload(file, progress: order.progress)
    ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
    ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
    ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(file.count))
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_pointer(easy, CURLOPT_READDATA, context)
    ccurl_set_receive(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
      let transfer = Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
      let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
      return transfer.upload?.read(into: buffer) ?? Int(CURL_READFUNC_ABORT)
    }
    ccurl_set_pointer(easy, CURLOPT_SEEKDATA, context)
    ccurl_set_seek(easy, CURLOPT_SEEKFUNCTION) { context, offset, origin in
      let transfer = Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
      return origin == SEEK_SET && transfer.upload?.seek(to: Int64(offset)) == true
        ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
    }
  }

  private func configureFields() {
    for field in order.headers.fields {
      // libcurl drops a field that ends in a colon, and sends an empty one for a name that ends in a semicolon.
      let line = field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
      fieldList = curl_slist_append(fieldList, line)
    }
    fieldList = curl_slist_append(fieldList, "Expect:")
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, fieldList)
    ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_set_string(easy, CURLOPT_USERAGENT, order.configuration.userAgent)
    if order.acceptsCompression { ccurl_set_string(easy, CURLOPT_ACCEPT_ENCODING, "gzip") }
  }

  private func configureLimits() {
    let limits = order.limits
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, limits.connect.wholeMilliseconds))
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, max(1, limits.stallBytesPerSecond))
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, limits.stall.wholeMilliseconds / 1000))
  }

  private func configureProxy() {
    // Both are always set: libcurl reads the environment by itself where they are not.
    ccurl_set_string(easy, CURLOPT_PROXY, order.configuration.proxies.proxy(for: order.url) ?? "")
    ccurl_set_string(easy, CURLOPT_NOPROXY, order.configuration.proxies.exceptions ?? "")
    if let socket = order.configuration.unixSocket { ccurl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, socket) }
  }

  private func configureTrust() {
    let configuration = order.configuration
    let isConfigured = configuration.certificateFile != nil || configuration.certificateFolder != nil
    let bundle = isConfigured ? configuration.certificateFile : SystemCertificates.bundle
    if isConfigured || bundle != nil {
      for (file, folder) in [(CURLOPT_CAINFO, CURLOPT_CAPATH), (CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH)] {
        ccurl_set_string(easy, file, bundle)
        ccurl_set_string(easy, folder, configuration.certificateFolder)
      }
    }
    if let certificate = configuration.clientCertificate {
      ccurl_set_string(easy, CURLOPT_SSLCERT, certificate)
      ccurl_set_string(easy, CURLOPT_SSLKEY, configuration.clientKey ?? certificate)
    }
    if configuration.trustsBlindly(order.url) {
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
  }

  // MARK: Callbacks

  private func receiveHead(_ line: UnsafeRawBufferPointer) -> Bool {
    if let reason = head.receive(line) {
      failure = .malformed(reason)
      return false
    }
    return true
  }

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if body == nil { body = makeReceiver() }
    guard failure == nil else { return false }
    failure = body?.receive(bytes)
    return failure == nil
  }

  private func makeReceiver() -> BodyReceiver? {
    let receiver = BodyReceiver(head: head, order: order)
    failure = receiver.begin()
    return receiver
  }

  // MARK: The end

  /// What libcurl's result and the collected answer amount to.
  func outcome(of result: CURLcode) -> TransferOutcome {
    // An empty body never reaches the write callback, yet has to empty the file.
    if result == CURLE_OK, body == nil { body = makeReceiver() }
    if let failure = failure ?? upload?.failure { return .failure(failure) }
    guard result == CURLE_OK else { return .failure(kind(of: result)) }
    guard head.status >= 200, let body else { return .failure(.malformed("it has no status")) }
    return .answer(
      TransferAnswer(status: head.status, headers: head.headers, body: body.memory, file: body.finishFile()))
  }

  private func kind(of result: CURLcode) -> HTTPError.Kind {
    let text = String(cString: errorText)
    let reason = text.isEmpty ? String(cString: curl_easy_strerror(result)) : text
    var connectStatus = 0
    ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &connectStatus)
    if connectStatus >= 300 { return .proxy("it answered \(connectStatus) to CONNECT") }
    var systemError = 0
    ccurl_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
    switch result {
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy(reason)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: return .unreachable(reason)
    case CURLE_SSL_CONNECT_ERROR where systemError != 0: return .unreachable(reason)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
      return .tls(reason)
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(reason)
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return .broken(reason)
    default: return .malformed(reason)
    }
  }
}

extension Duration {
  /// The whole milliseconds of a duration.
  fileprivate var wholeMilliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
