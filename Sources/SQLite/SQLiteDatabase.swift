internal import CSQLite

/// A SQLite database in a file, used by one thread at a time.
public final class SQLiteDatabase {
  private let path: String
  private let handle: OpaquePointer

  /// The longest value that is read, in bytes.
  private static let valueLimit: Int32 = 256 << 20
  /// The most steps of SQLite's machine that one statement may take: a minute's work, far beyond an honest database.
  private static let stepLimit = 20_000
  private static let stepsAtOnce: Int32 = 1_000_000
  private var steps = 0

  /// Opens a file that nobody believes, for reading alone: it is taken as it lies there, without a lock or a journal.
  public convenience init(reading path: String) throws(SQLiteError) {
    try self.init(path, "?mode=ro&immutable=1", SQLITE_OPEN_READONLY)
    try distrust()
  }

  /// Opens the bytes of a file that nobody believes, for reading alone.
  ///
  /// - Parameter name: What they are, for errors.
  public convenience init(reading bytes: [UInt8], name: String) throws(SQLiteError) {
    try self.init(name, nil, SQLITE_OPEN_READONLY)
    guard bytes.count > 20, let copy = sqlite3_malloc64(UInt64(bytes.count)) else {
      throw SQLiteError(path: name, reason: "it is empty, or too large for the memory")
    }
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    // A database whose changes go to a log first is read without one: versions 1 of "File Format", section 1.3.3.
    copy.storeBytes(of: 0x0101, toByteOffset: 18, as: UInt16.self)
    let flags = UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY)
    let size = sqlite3_int64(bytes.count)
    guard
      sqlite3_deserialize(handle, "main", copy.assumingMemoryBound(to: UInt8.self), size, size, flags) == SQLITE_OK
    else { throw failure() }
    try distrust()
  }

  private func distrust() throws(SQLiteError) {
    guard csqlite_distrust(handle) == SQLITE_OK else { throw failure() }
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.valueLimit)
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    try run("PRAGMA cell_size_check = ON")
    try run("PRAGMA mmap_size = 0")
  }

  /// Opens a file of our own, for writing, or makes it; nothing is flushed, as who made it renames it into place.
  public convenience init(writing path: String) throws(SQLiteError) {
    try self.init(path, "?mode=rwc", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    for setting in ["synchronous = OFF", "journal_mode = MEMORY", "trusted_schema = OFF", "cell_size_check = ON"] {
      try run("PRAGMA \(setting)")
    }
  }

  /// - Parameter options: What follows the path in the address; without it the database is in memory.
  private init(_ path: String, _ options: String?, _ flags: Int32) throws(SQLiteError) {
    self.path = path
    // In an address all bytes but the plainest are written by their numbers (RFC 3986, section 2.1).
    let address = path.utf8.map { byte in
      let isPlain = byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || (0x2D...0x39).contains(byte))
      let digits = String(byte, radix: 16)
      return isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }
    var handle: OpaquePointer?
    let status = sqlite3_open_v2(
      options.map { "file:" + address.joined() + $0 } ?? ":memory:", &handle,
      flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
    guard let handle, status == SQLITE_OK else {
      let reason = String(cString: sqlite3_errstr(status))
      sqlite3_close_v2(handle)
      throw SQLiteError(path: path, reason: reason)
    }
    self.handle = handle
    sqlite3_progress_handler(
      handle, Self.stepsAtOnce,
      { context in
        guard let context else { return 0 }
        let database = Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue()
        database.steps += 1
        return database.steps > SQLiteDatabase.stepLimit ? 1 : 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { sqlite3_close_v2(handle) }

  private func failure() -> SQLiteError { SQLiteError(path: path, reason: String(cString: sqlite3_errmsg(handle))) }

  /// Runs a statement that gives no rows, or whose rows nobody wants.
  public func run(_ statement: String, _ values: [SQLiteValue] = []) throws(SQLiteError) {
    try rows(statement, values) { _ in }
  }

  /// Runs a statement and hands out its rows in order.
  public func rows(
    _ text: String, _ values: [SQLiteValue] = [], _ body: (SQLiteRow) throws(SQLiteError) -> Void
  ) throws(SQLiteError) {
    let statement = try prepare(text)
    defer { sqlite3_finalize(statement) }
    try step(statement, values, body)
  }

  /// Runs a statement once for each list of values.
  public func run(_ text: String, forEach lists: [[SQLiteValue]]) throws(SQLiteError) {
    let statement = try prepare(text)
    defer { sqlite3_finalize(statement) }
    for values in lists {
      try step(statement, values) { _ in }
      sqlite3_reset(statement)
    }
  }

  private func prepare(_ text: String) throws(SQLiteError) -> OpaquePointer {
    steps = 0
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, text, -1, &statement, nil) == SQLITE_OK, let statement else { throw failure() }
    return statement
  }

  private func step(
    _ statement: OpaquePointer, _ values: [SQLiteValue], _ body: (SQLiteRow) throws(SQLiteError) -> Void
  ) throws(SQLiteError) {
    for (index, value) in values.enumerated() {
      let number = Int32(index + 1)
      let status =
        switch value {
        case .null: sqlite3_bind_null(statement, number)
        case .integer(let integer): sqlite3_bind_int64(statement, number, sqlite3_int64(integer))
        case .text(let text): csqlite_bind_text(statement, number, text, Int32(text.utf8.count))
        case .blob(let bytes): csqlite_bind_blob(statement, number, bytes, Int32(bytes.count))
        }
      guard status == SQLITE_OK else { throw failure() }
    }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: try body(SQLiteRow(statement: statement))
      case SQLITE_DONE: return
      default: throw failure()
      }
    }
  }
}

/// A row, valid while it is handed out.
public struct SQLiteRow {
  let statement: OpaquePointer

  /// A column's text; nil when it is null.
  public func text(_ column: Int) -> String? {
    guard let text = sqlite3_column_text(statement, Int32(column)) else { return nil }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  /// A column's number; 0 when it is null or none.
  public func integer(_ column: Int) -> Int { Int(sqlite3_column_int64(statement, Int32(column))) }

  /// A column's bytes; empty when it is null.
  public func blob(_ column: Int) -> [UInt8] {
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    guard count > 0, let bytes = sqlite3_column_blob(statement, Int32(column)) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }
}
