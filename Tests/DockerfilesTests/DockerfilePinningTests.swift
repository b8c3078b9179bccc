import Dockerfiles
import OCI
import Testing
import Versions

/// The edits that close what a Dockerfile leaves open.
@Suite struct `Pinning a Dockerfile` {
  static let digest = "sha256:\(String(repeating: "a", count: 64))"

  /// Pins with made-up answers: one digest for everything, version 1.2-3 of every package, one requirements file.
  static func pinned(_ text: String) throws -> String {
    let pinning = DockerfilePinning(try Dockerfile(parsing: text))
    var answers = DockerfilePinning.Answers()
    let digest = try Digest(parsing: digest)
    for image in pinning.images { answers.images[image] = digest }
    for address in pinning.addresses { answers.addresses[address] = digest }
    for install in pinning.systemInstalls {
      answers.packages[install.position] = Dictionary(install.packages.map { ($0, "1.2-3") }) { $1 }
    }
    for install in pinning.pythonInstalls { answers.requirements[install.position] = "pins.txt" }
    return String(decoding: pinning.pinned(with: answers), as: UTF8.self)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let before: String
    let after: String
    var testDescription: String { before }
    init(_ before: String, _ after: String) { (self.before, self.after) = (before, after) }
  }

  static let images: [Row] = [
    Row("FROM debian:12\n", "FROM debian:12@\(digest)\n"),
    Row("FROM --platform=linux/amd64 debian:12 AS a\n", "FROM --platform=linux/amd64 debian:12@\(digest) AS a\n"),
    Row("FROM scratch\n", "FROM scratch\n"),
    Row("FROM debian@\(digest)\n", "FROM debian@\(digest)\n"),
    Row("FROM a:1 AS Build\nFROM build\n", "FROM a:1@\(digest) AS Build\nFROM build\n"),
    // The default of an argument that is the whole name, so that another can still be given.
    Row("ARG BASE=debian:12\nFROM ${BASE}\n", "ARG BASE=debian:12@\(digest)\nFROM ${BASE}\n"),
    Row(
      "ARG BASE=\"debian:12\"\nFROM $BASE AS x\nFROM $BASE\n",
      "ARG BASE=\"debian:12@\(digest)\"\nFROM $BASE AS x\nFROM $BASE\n"),
    Row("ARG TAG=12\nFROM debian:${TAG}\n", "ARG TAG=12\nFROM debian:${TAG}@\(digest)\n"),
    Row("ARG TAG\nFROM debian:${TAG}\n", "ARG TAG\nFROM debian:${TAG}\n"),
    Row("FROM debian:${TAG:-12}\n", "FROM debian:${TAG:-12}@\(digest)\n"),
    Row(
      "FROM scratch\nCOPY --from=busybox:1 --chown=0:0 /bin /bin\nCOPY --from=0 /a /b\n",
      "FROM scratch\nCOPY --from=busybox:1@\(digest) --chown=0:0 /bin /bin\nCOPY --from=0 /a /b\n"),
    Row(
      "FROM a:1 AS s\nRUN --mount=type=bind,from=b:2,target=/x --mount=type=bind,from=s,target=/y ls\n",
      "FROM a:1@\(digest) AS s\nRUN --mount=type=bind,from=b:2@\(digest),target=/x --mount=type=bind,from=s,target=/y ls\n"
    ),
  ]

  static let packages: [Row] = [
    Row(
      "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends curl git=1 \\\n    # why\n    'jq' && rm -rf /x\n",
      "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends curl=1.2-3 git=1 \\\n    # why\n    'jq=1.2-3' && rm -rf /x\n"
    ),
    Row(
      "FROM scratch\nRUN DEBIAN_FRONTEND=noninteractive apt-get -o A=b install a -t sid b/sid ./c.deb $D e-; echo install f\n",
      "FROM scratch\nRUN DEBIAN_FRONTEND=noninteractive apt-get -o A=b install a=1.2-3 -t sid b/sid ./c.deb $D e-; echo install f\n"
    ),
    Row(
      "FROM scratch\nRUN set -e; if true; then apt-get install a; fi\n",
      "FROM scratch\nRUN set -e; if true; then apt-get install a=1.2-3; fi\n"),
    Row(
      "FROM scratch\nRUN yum install -y a b-1.0-2 && dnf -y install @dev c\n",
      "FROM scratch\nRUN yum install -y a-1.2-3 b-1.0-2 && dnf -y install @dev c-1.2-3\n"),
    Row("FROM scratch\nRUN apt-get remove a\n", "FROM scratch\nRUN apt-get remove a\n"),
    Row(
      "# escape=`\nFROM scratch\nRUN apt-get install `\n  a\n",
      "# escape=`\nFROM scratch\nRUN apt-get install `\n  a=1.2-3\n"),
  ]

  static let others: [Row] = [
    Row(
      "FROM scratch\nRUN pip install --no-cache-dir boto3 'pandas<2' \\\n      pyathena --upgrade && echo done\n",
      "FROM scratch\nRUN --mount=type=bind,target=/mnt pip install --no-cache-dir --require-hashes -r /mnt/pins.txt --upgrade && echo done\n"
    ),
    Row(
      "FROM scratch\nRUN python3 -m pip install -r requirements.txt\n",
      "FROM scratch\nRUN --mount=type=bind,target=/mnt python3 -m pip install --require-hashes -r /mnt/pins.txt\n"),
    Row(
      "FROM scratch\nRUN --mount=type=cache,target=/root/.cache pip3.11 install a\n",
      "FROM scratch\nRUN --mount=type=bind,target=/mnt --mount=type=cache,target=/root/.cache pip3.11 install --require-hashes -r /mnt/pins.txt\n"
    ),
    Row("FROM scratch\nRUN pip install -e .\n", "FROM scratch\nRUN pip install -e .\n"),
    Row("FROM scratch\nRUN pip install $THINGS\n", "FROM scratch\nRUN pip install $THINGS\n"),
    Row(
      "FROM scratch\nADD --chown=0:0 https://example.org/a.tar /a\nADD a.txt https://example.org/b /c/\n",
      "FROM scratch\nADD --chown=0:0 --checksum=\(digest) https://example.org/a.tar /a\nADD a.txt https://example.org/b /c/\n"
    ),
  ]

  @Test(arguments: images + packages + others)
  func `only what is open changes, and pinning twice is pinning once`(_ row: Row) throws {
    let once = try Self.pinned(row.before)
    #expect(once == row.after)
    #expect(try Self.pinned(once) == once)
  }

  static let guesses: [(name: String, codename: String?, python: String?, glibc: String?, glue: String?)] = [
    ("debian:12", "bookworm", "3.11", "2.36", nil), ("debian:12.5-slim", "bookworm", "3.11", "2.36", nil),
    ("docker.io/library/debian:bullseye-slim", "bullseye", "3.9", "2.31", nil),
    ("python:3.10-slim-bookworm", "bookworm", "3.10", "2.36", nil), ("python:3.10", nil, "3.10", nil, nil),
    ("ubuntu:12.04", nil, nil, nil, nil),
    ("docker.io/amazon/aws-glue-libs:glue_libs_4.0.0_image_01", nil, nil, nil, "4.0"),
    ("public.ecr.aws/glue/aws-glue-libs:5", nil, nil, nil, "5.0"),
    ("public.ecr.aws/glue/aws-glue-libs:5.1.0", nil, nil, nil, "5.1"),
  ]

  @Test(arguments: guesses)
  func `a name says what is inside`(
    _ name: String, _ codename: String?, _ python: String?, _ glibc: String?, _ glue: String?
  ) {
    let guess = BaseGuess(name)
    #expect(guess.codename == codename)
    #expect(guess.python?.description == python)
    #expect(guess.glibc?.description == glibc)
    #expect(guess.glue == glue)
  }

  @Test func `what can't be pinned is told with its place`() throws {
    let file = try Dockerfile(
      parsing: """
        FROM scratch
        RUN ["apt-get", "install", "a"]
        RUN apt-get install $A b
        RUN <<EOF
        pip install c
        EOF
        ADD https://example.org/$D /d
        """)
    #expect(
      DockerfilePinning(file).notes.map { "\($0.position): \($0.text)" } == [
        "2:1: the exec form is not pinned; write it as a shell command", "3:21: '$A' is for the shell to fill in",
        "4:1: commands in a here-document are not pinned",
        "7:1: ADD is pinned only for a single address without variables",
      ])
  }
}
