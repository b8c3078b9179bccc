extension RPMHeader {
  /// The number of a value (rpm's "Package Format", "Header tags"; those below 1000 and from 1000 on in a signature header overlap
  /// with others of the main header).
  public struct Tag: RawRepresentable, Sendable, Hashable {
    /// The number.
    public let rawValue: Int
    /// Wraps a number.
    public init(rawValue: Int) { self.rawValue = rawValue }
    init(_ number: Int) { rawValue = number }
  }
}

extension RPMHeader.Tag {
  // MARK: The signature header

  /// The digest of the header, in hexadecimal digits.
  public static let sha1 = Self(269)
  /// The digest of the header, in hexadecimal digits.
  public static let sha256 = Self(273)
  /// The OpenPGP signature of the header, by a key for RSA.
  public static let rsaSignature = Self(268)
  /// The OpenPGP signature of the header, by any other key.
  public static let dsaSignature = Self(267)
  /// The OpenPGP signatures of the header in base64, by any keys, as rpm 6 has them.
  public static let signatures = Self(278)
  /// The size of header and payload.
  public static let signedSize = Self(1000)
  /// The MD5 digest of header and payload, as bytes.
  public static let md5 = Self(1004)
  /// The size of the payload's plain form.
  public static let plainPayloadSize = Self(1007)
  /// The same where 32 bits do not hold it.
  public static let longSignedSize = Self(270)
  /// The same where 32 bits do not hold it.
  public static let longPlainPayloadSize = Self(271)

  // MARK: The package

  /// Its name.
  public static let name = Self(1000)
  /// Its version.
  public static let version = Self(1001)
  /// Its release.
  public static let release = Self(1002)
  /// Its epoch.
  public static let epoch = Self(1003)
  /// When it was built, in seconds since 1970.
  public static let buildTime = Self(1006)
  /// The size of its files.
  public static let size = Self(1009)
  /// Who made it.
  public static let vendor = Self(1011)
  /// The version of the rpm that built it.
  public static let builder = Self(1064)
  /// Its architecture.
  public static let architecture = Self(1022)
  /// The source package's file name.
  public static let sourcePackage = Self(1044)
  /// What the payload is, `cpio`.
  public static let payloadFormat = Self(1124)
  /// The digest of the payload as it lies in the file, in hexadecimal digits.
  public static let payloadDigest = Self(5092)
  /// The algorithm of the payload's digest.
  public static let payloadDigestAlgorithm = Self(5093)

  /// What it provides: names, comparisons, versions.
  public static let provideNames = Self(1047)
  /// What it provides: names, comparisons, versions.
  public static let provideFlags = Self(1112)
  /// What it provides: names, comparisons, versions.
  public static let provideVersions = Self(1113)
  /// What it needs: names, comparisons with the moment that it is needed at, versions.
  public static let requireNames = Self(1049)
  /// What it needs: names, comparisons with the moment that it is needed at, versions.
  public static let requireFlags = Self(1048)
  /// What it needs: names, comparisons with the moment that it is needed at, versions.
  public static let requireVersions = Self(1050)
  /// What may not be there beside it: names, comparisons, versions.
  public static let conflictNames = Self(1054)
  /// What may not be there beside it: names, comparisons, versions.
  public static let conflictFlags = Self(1053)
  /// What may not be there beside it: names, comparisons, versions.
  public static let conflictVersions = Self(1055)
  /// What it makes obsolete: names, comparisons, versions.
  public static let obsoleteNames = Self(1090)
  /// What it makes obsolete: names, comparisons, versions.
  public static let obsoleteFlags = Self(1114)
  /// What it makes obsolete: names, comparisons, versions.
  public static let obsoleteVersions = Self(1115)

  // MARK: An installed package

  /// When it was installed, in seconds since 1970.
  public static let installTime = Self(1008)
  /// Which of the architectures of a system it was installed for.
  public static let installColor = Self(1127)
  /// The transaction that installed it.
  public static let installID = Self(1128)
  /// The state of each file.
  public static let fileStates = Self(1029)
  /// ``signedSize`` beside the main header's tags.
  public static let installedSize = Self(257)
  /// ``md5`` beside the main header's tags.
  public static let installedMD5 = Self(261)
  /// ``plainPayloadSize`` beside the main header's tags.
  public static let installedPayloadSize = Self(1046)

  // MARK: Its files, a value for each

  /// The folders.
  public static let directories = Self(1118)
  /// The number of a file's folder.
  public static let directoryIndexes = Self(1116)
  /// The names in their folders.
  public static let baseNames = Self(1117)
  /// The sizes.
  public static let fileSizes = Self(1028)
  /// The sizes where 32 bits do not hold them.
  public static let longFileSizes = Self(5008)
  /// The modes with the kind of file.
  public static let fileModes = Self(1030)
  /// The times of the last change, in seconds since 1970.
  public static let fileTimes = Self(1034)
  /// The digests, in hexadecimal digits.
  public static let fileDigests = Self(1035)
  /// The algorithm of the digests; MD5 where it is absent.
  public static let fileDigestAlgorithm = Self(5011)
  /// What links hold.
  public static let fileLinks = Self(1036)
  /// Whether it is a configuration file, a ghost and the like.
  public static let fileFlags = Self(1037)
  /// The owners' names.
  public static let fileUsers = Self(1039)
  /// The groups' names.
  public static let fileGroups = Self(1040)
  /// The numbers of files, equal for the names of one.
  public static let fileInodes = Self(1096)
  /// The devices that special files stand for.
  public static let fileDevices = Self(1033)
  /// Capabilities, as text.
  public static let fileCapabilities = Self(5010)
}
