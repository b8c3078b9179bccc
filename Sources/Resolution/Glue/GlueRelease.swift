public import Versions

/// A release of AWS Glue, with the Python packages that its image is documented to hold.
///
/// The list lets pins be made before the image was ever pulled: what is preinstalled takes part in the resolution, and
/// is kept unless a requirement moves it. It is evidence of the kind `documented`: the image itself may differ.
/// Source: AWS Glue Developer Guide, "Using Python libraries with AWS Glue", section on provided libraries; for 5.0 also
/// awslabs/aws-glue-libs, branch glue-5.0, base-requirements.txt at commit 23918d0.
public struct GlueRelease: Sendable, Hashable {
  /// One package that the image is documented to hold.
  public struct Package: Sendable, Hashable {
    /// The normalised name.
    public let name: PackageName
    /// The version.
    public let version: PEP440Version

    /// Names a package.
    public init(name: PackageName, version: PEP440Version) {
      self.name = name
      self.version = version
    }
  }

  /// The release, for example `4.0`.
  public let version: String
  /// The version of Python that jobs run on.
  public let python: PEP440Version
  /// The C library's version, which decides what wheels load.
  public let glibc: PEP440Version
  /// Where the package list is documented.
  public let source: String
  /// The packages in the order of the list.
  public let packages: [Package]

  /// The releases whose packages are documented.
  public static let all = [glue4, glue5, glue51]

  /// Glue 4.0: Amazon Linux 2, glibc 2.26, Python 3.10, Spark 3.3.0, Java 8.
  ///
  /// The key packages of the list only; it contradicts itself in three places (boto3 wants a newer botocore, s3fs a newer
  /// fsspec, statsmodels a newer patsy), so a resolution over it always moves something.
  public static let glue4 = GlueRelease(
    version: "4.0", python: PEP440Version(release: 3, 10), glibc: PEP440Version(release: 2, 26),
    source: "AWS Glue Developer Guide, Python libraries provided in AWS Glue 4.0",
    list: """
      boto3==1.24.70 botocore==1.27.59 aiobotocore==2.4.1 s3fs==2022.11.0 fsspec==2021.8.1 s3transfer==0.6.0
      pandas==1.5.1 numpy==1.23.5 pyarrow==10.0.0 scipy==1.9.3 scikit-learn==1.1.3 requests==2.23.0
      urllib3==1.25.11 certifi==2021.5.30 idna==2.10 chardet==3.0.4 aiohttp==3.8.3 pyyaml==6.0.1
      pymysql==1.0.2 statsmodels==0.13.5 patsy==0.5.1 matplotlib==3.4.3 nltk==3.7 pmdarima==2.0.1
      setuptools==49.1.3 pip==23.0.1 wheel==0.37.0 typing-extensions==4.4.0 click==8.1.3
      python-dateutil==2.8.2 pytz==2021.1 jmespath==0.10.0
      """)

  /// Glue 5.0: Amazon Linux 2023, glibc 2.34, Python 3.11, Spark 3.5.4, Java 17.
  public static let glue5 = GlueRelease(
    version: "5.0", python: PEP440Version(release: 3, 11), glibc: PEP440Version(release: 2, 34),
    source: "awslabs/aws-glue-libs, branch glue-5.0, base-requirements.txt at commit 23918d0",
    list: """
      aiobotocore==2.13.1 aiohappyeyeballs==2.3.5 aiohttp==3.10.1 aioitertools==0.11.0 aiosignal==1.3.1
      appdirs==1.4.4 attrs==24.2.0 boto3==1.34.131 botocore==1.34.131 certifi==2024.7.4
      charset-normalizer==3.3.2 contourpy==1.2.1 cycler==0.12.1 fonttools==4.53.1 frozenlist==1.4.1
      fsspec==2024.6.1 idna==2.10 jmespath==0.10.0 kaleido==0.2.1 kiwisolver==1.4.5 matplotlib==3.9.0
      multidict==6.0.5 numpy==1.26.4 packaging==24.1 pandas==2.2.2 pillow==10.4.0 pip==23.0.1 plotly==5.23.0
      pyarrow==17.0.0 pyparsing==3.1.2 python-dateutil==2.9.0.post0 pytz==2024.1 requests==2.32.2
      s3fs==2024.6.1 s3transfer==0.10.2 seaborn==0.13.2 setuptools==59.6.0 six==1.16.0 tenacity==9.0.0
      tzdata==2024.1 urllib3==1.25.10 virtualenv==20.4.0 wrapt==1.16.0 yarl==1.9.4
      """)

  /// Glue 5.1: Amazon Linux 2023, glibc 2.34, Python 3.11, Spark 3.5.6.
  public static let glue51 = GlueRelease(
    version: "5.1", python: PEP440Version(release: 3, 11), glibc: PEP440Version(release: 2, 34),
    source: "AWS Glue Developer Guide, Python libraries provided in AWS Glue 5.1, as HH-MWB/aws-glue-toolkit has it at "
      + "commit 360b0f7",
    list: """
      aiobotocore==2.25.1 aiohappyeyeballs==2.6.1 aiohttp==3.13.2 aioitertools==0.12.0 aiosignal==1.4.0
      appdirs==1.4.4 attrs==25.4.0 boto3==1.40.61 botocore==1.40.61 certifi==2025.10.5
      charset-normalizer==3.4.4 choreographer==1.2.0 contourpy==1.3.3 cycler==0.12.1 distlib==0.4.0
      filelock==3.20.0 fonttools==4.60.1 frozenlist==1.8.0 fsspec==2025.10.0 idna==3.11 iniconfig==2.3.0
      jmespath==1.0.1 kaleido==1.2.0 kiwisolver==1.4.9 logistro==2.0.1 matplotlib==3.10.7 multidict==6.7.0
      narwhals==2.10.2 numpy==2.3.4 orjson==3.11.4 packaging==25.0 pandas==2.3.3 pillow==12.0.0 pip==24.0
      platformdirs==4.5.0 plotly==6.4.0 pluggy==1.6.0 propcache==0.4.1 pyarrow==22.0.0 pygments==2.19.2
      pyparsing==3.2.5 pytest-timeout==2.4.0 pytest==8.4.2 python-dateutil==2.9.0.post0 pytz==2025.2
      requests==2.32.5 s3fs==2025.10.0 s3transfer==0.14.0 seaborn==0.13.2 setuptools==79.0.1 simplejson==3.20.2
      six==1.17.0 tenacity==9.1.2 typing-extensions==4.15.0 tzdata==2025.2 urllib3==2.5.0 uv==0.9.7
      virtualenv==20.35.4 wrapt==1.17.3 yarl==1.22.0
      """)

  private init(version: String, python: PEP440Version, glibc: PEP440Version, source: String, list: String) {
    self.version = version
    self.python = python
    self.glibc = glibc
    self.source = source
    packages = list.split { $0 == " " || $0 == "\n" }.compactMap { pair in
      let parts = pair.split(separator: "=")
      guard parts.count == 2, let name = try? PackageName(parsing: parts[0]),
        let version = try? PEP440Version(parsing: String(parts[1]))
      else { return nil }
      return Package(name: name, version: version)
    }
  }
}
