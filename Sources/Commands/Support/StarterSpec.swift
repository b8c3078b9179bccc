import Resolution

/// The specification that `drydock init` writes: complete, with a comment where a person will want to decide.
struct StarterSpec {
  let name: String
  /// The Glue version whose image it stands on; nil starts from Debian packages.
  let glue: GlueVersion?

  /// A version of AWS Glue whose image can be stood on.
  ///
  /// Interpreter, C library and Spark: AWS Glue Developer Guide, "Using Python libraries with AWS Glue", appendix B.
  enum GlueVersion: String, CaseIterable, Sendable {
    case glue4 = "4.0"
    case glue5 = "5.0"
    case glue51 = "5.1"

    /// The packages that the image is documented to hold, when a list is on record.
    var release: GlueRelease? { GlueRelease.all.first { $0.version == rawValue } }
  }

  var text: String {
    let base = glue.map(Self.glueBase) ?? Self.debianBase
    return """
      # What this image is to be. After a change:
      #   drydock pin DIR        resolve everything into drydock.lock
      #   drydock generate DIR   write Dockerfile and requirements.txt from it
      #   drydock build DIR      build it; drydock verify DIR does all of it
      version: 1
      name: \(name)
      summary: \(glue.map { "AWS Glue \($0.rawValue)" } ?? "Python on Debian") with boto3, pandas and PyAthena
      platform: linux/amd64
      # One lock for machines of several kinds: in place of 'platform'
      # platforms: [linux/amd64, linux/arm64]

      \(base)
      # Variables of every process in the container.
      environment:
        AWS_EC2_METADATA_DISABLED: "true"
      \(glue == nil ? "  LANG: C.UTF-8\n" : "")
      # Files beside this one that go into the image:
      # files:
      #   - from: jobs
      #     to: /opt/jobs

      # The glue-athena binary is entrypoint and health check; 'false' leaves it out.
      runtime: true

      """
  }

  private static let debianBase = """
    # Nothing below: the root is made of Debian packages, each locked by hash.
    base: scratch

    debian:
      suites: [bookworm, bookworm-updates, bookworm-security]
      packages:
        - ca-certificates
        - python3
        - tzdata
      # Documentation that a container never reads; licences stay.
      exclude:
        - /usr/share/doc/*
        - /usr/share/info/*
        - /usr/share/locale/*
        - /usr/share/man/*
      include:
        - /usr/share/doc/*/copyright
        - /usr/share/locale/locale.alias

    python:
      version: "3.11"
      # Requirements as pip takes them; leave versions out and the lock has the newest that fit together.
      requirements:
        - boto3
        - pandas
        - pyathena
      # Limits without asking for a package:
      # constraints:
      #   - numpy<3

    # Orchestrators that refuse root want a number.
    user:
      name: app
      uid: 10000
      gid: 0
      home: /home/app

    workdir: /home/app

    """

  private static func glueBase(_ version: GlueVersion) -> String {
    switch version {
    case .glue4:
      """
      base:
        image: docker.io/amazon/aws-glue-libs:glue_libs_4.0.0_image_01
        \(documented(version))
        # Stated by a public page and unconfirmed until a registry answers.
        recorded:
          digest: sha256:dbb856b644ec3c3ffc960c245e2ba7b252799015d925d2ddb0a12d05e9d1d65b
          source: awslabs/aws-glue-libs issue 205 (2024-03-30), link to the image's layers; its platform is not stated

      python:
        version: "3.10"
        interpreter: /usr/local/bin/python3
        site: /usr/local/lib/python3.10/site-packages
        # Amazon Linux 2: newer wheels than this do not load.
        glibc: "2.26"
        # What the base holds is kept where it can be. boto3 1.24 of the base is too old for a current PyAthena; these move
        # together.
        requirements:
          - aiobotocore==2.13.1
          - boto3==1.34.131
          - botocore==1.34.131
          - fsspec==2024.6.1
          - pandas
          - patsy==0.5.3
          - pyathena==3.30.1
          - s3fs==2024.6.1
        constraints:
          # Spark 3.3.0 calls what pandas 2 and numpy 1.24 dropped.
          - numpy<1.24
          - pandas<2

      user:
        name: glue_user

      workdir: /home/glue_user

      """
    case .glue5:
      """
      base:
        image: public.ecr.aws/glue/aws-glue-libs:5
        \(documented(version))
        # Stated by a public page and unconfirmed until a registry answers.
        recorded:
          digest: sha256:a54bd25fb72c55a2f28d07656a3cda943a042f345cc25f4c2c170667be864f01
          source: the Dockerfile of the Go project stackd; probably the digest of an index, its date is not stated

      \(python311)
      """
    case .glue51:
      """
      base:
        # No digest of this tag is on public record: pinning needs a registry that has it.
        image: public.ecr.aws/glue/aws-glue-libs:5.1
        \(documented(version))

      \(python311)
      """
    }
  }

  /// The list that takes part in the resolution, named by its release.
  private static func documented(_ version: GlueVersion) -> String {
    """
    # What AWS documents to be in it (\(version.release?.packages.count ?? 0) packages) takes part in the resolution.
      glue: "\(version.rawValue)"
    """
  }

  private static let python311 = """
    python:
      version: "3.11"
      interpreter: /usr/bin/python3.11
      site: /usr/local/lib/python3.11/site-packages
      # Amazon Linux 2023.
      glibc: "2.34"
      # What the base holds is kept where it can be.
      requirements:
        - boto3
        - pandas
        - pyathena

    user:
      name: hadoop

    workdir: /home/hadoop

    """
}
