import Layers

/// Images from scratch: what archives, links, ignore files, permissions and quotes come to.
extension DockerfileCase {
  private static func file(_ path: String, mode: UInt32 = 0o644, attributes: [String: [UInt8]] = [:]) -> TarEntry {
    TarEntry(path: path, kind: .file, mode: mode, uid: 7, gid: 8, size: 1, attributes: attributes)
  }
  private static func folder(_ path: String, mode: UInt32 = 0o755) -> TarEntry {
    TarEntry(path: path, kind: .directory, mode: mode, uid: 7, gid: 8)
  }
  private static func link(_ path: String, to target: String) -> TarEntry {
    TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777, uid: 7, gid: 8)
  }
  private static func hardLink(_ path: String, to target: String) -> TarEntry {
    TarEntry(path: path, kind: .hardLink(target: target), mode: 0o644, uid: 7, gid: 8)
  }

  /// Archives whose entries meet what is there, or each other.
  static let replacements: [DockerfileCase] = [
    ("a file over a folder", [file("one")]), ("a link over a folder", [link("one", to: "two")]),
    ("a folder over a file", [folder("plain", mode: 0o700), file("plain/x")]),
    ("a folder over a link", [folder("link", mode: 0o700), file("link/x")]),
    ("a file through a link", [file("link/x")]), ("a file over a link", [file("link")]),
    ("a link of its own on the way", [folder("etc"), link("way", to: "etc"), file("way/x")]),
    ("an absolute link on the way", [folder("f"), folder("f/etc"), link("way", to: "/f/etc"), file("way/x")]),
    ("a link out of the root on the way", [folder("etc"), link("way", to: "../../etc"), file("way/x")]),
    ("a folder that becomes a link", [folder("a"), file("a/x"), folder("b"), link("a", to: "b")]),
    ("a folder that becomes a file", [folder("a"), file("a/x"), file("a")]),
    ("a file twice", [file("a", mode: 0o600), file("a", mode: 0o640)]),
    ("hard links", [file("p"), hardLink("s/p", to: "p"), hardLink("s/q", to: "p")]),
    ("a hard link through a link", [folder("d"), file("d/p"), link("l", to: "d"), hardLink("q", to: "l/p")]),
    ("no folders of its own", [file("p/q/x")]),
    ("special bits", [file("u", mode: 0o4755), file("g", mode: 0o2755), file("t", mode: 0o1755)]),
    ("folders with special bits", [folder("u", mode: 0o4755), folder("g", mode: 0o2755), folder("t", mode: 0o1777)]),
    ("an attribute", [file("x", attributes: ["user.a": [1]])]),
  ].map { name, entries in
    DockerfileCase(
      name: "an archive with \(name)",
      dockerfile: "FROM scratch\nCOPY t /g\nADD a.tar /f/\nADD a.tar /g/\n",
      items: [
        .file("t/one/y", "y"), .file("t/two/z", "z"), .file("t/plain", "p"), .link("t/link", to: "two"),
        .entries("a.tar", entries),
      ])
  }

  private static let populated: [Item] = [
    .file(".a.txt", "1"), .file("a.txt", "2"), .file("b.txt", "3"), .file("sub-a/.b", "4"), .file("sub-a/a.txt", "5"),
    .file("sub-b/a.txt", "6"), .link("sub-b/link", to: "../a.txt"), .file("sub-e/a.txt", "7"),
    .file("sub-e/sub-f/a.txt", "8"), .file("sub-e/sub-f/sub-g/sub-b", "9"),
  ]

  /// Ignore files, seen by the whole context and by a pattern.
  static let paths: [DockerfileCase] =
    [
      "**/*-a\n!**/*-c", "sub-*", "**/sub-*", "**/sub-e\n!**/sub-f", "**/sub-f\n!**/sub-g", "*\n!sub-e/sub-f",
      "sub-e\n!*/sub*", "sub-e\n!*/sub*\n!sub-e/a*", "./a.txt", "a.txt/", "*/a.txt", "**",
      "**\n!sub-e\nsub-e/sub-f\n!sub-e/sub-f/sub-g", ".*", "!a.txt\na.txt", "a.txt\n!a.txt", "[a-b]*", "sub-e/**/a*",
      "sub-e/*/*", ".dockerignore\nDockerfile", "\u{FEFF}a.txt", "a.txt  \n  b.txt", "sub-a/..", "**/sub-g/**",
      "sub-[^a]", "../a.txt", "sub-b/**\n!sub-b/link", "*.txt\n!?.txt\nb*", "sub-e\n!sub-e", "a.txt\n\n#b.txt\n",
      "**\n!sub-e/none", "**\n!sub-e/none/deep\n!sub-e/sub-f/none", "sub-e\n!sub-e/*.none",
    ].map { text in
      DockerfileCase(
        name: "ignoring \(text.split(separator: "\n").joined(separator: " ")) in a deeper tree",
        dockerfile:
          "FROM scratch\nCOPY . /all/\nCOPY * /star/\nCOPY Dockerfil[e] a.tx[t] /some/\nADD sub-e* /e/\n",
        items: populated + [.file(".dockerignore", text)])
    }
    + [
      ("a link above the destination", "COPY t /\nCOPY f /link/sub/x\nCOPY f /abs/\nCOPY f /up/x"),
      ("a dangling link above the destination", "COPY t /\nCOPY f /dangling/sub/"),
      ("a link to a file as the destination", "COPY t /\nCOPY f /to-file"),
      ("a link to a folder as the destination", "COPY t /\nCOPY f /link"),
      ("a folder as the destination of a file", "COPY t /\nCOPY f /real"),
      ("dots in the destination", "COPY f /a/../b/../../c\nCOPY f ../../d\nWORKDIR /w\nCOPY f ../e"),
      ("a WORKDIR through a link", "COPY t /\nWORKDIR /link/x\nCOPY f ."),
      ("a folder's own mode", "COPY t/closed /\nWORKDIR /x\nCOPY t/closed y\nCOPY t/closed/ z/"),
      ("folders that are merged", "COPY m/a m/b /d/\nCOPY m/b m/a /e/"),
      ("equal files", "COPY f g /x/\nCOPY f /y\nCOPY f /z"), ("escaped brackets", "COPY [[]b]/x /y/"),
      ("an escaped star", "COPY s\\*r/x /y/"), ("an escaped question mark", "COPY [\"n\\\\?pe/x\", \"/y/\"]"),
      ("a star that stands for more", "COPY s*r/x /y/"), ("links by a pattern", "COPY t/l* t/to* /y/"),
      ("dot files by a pattern", "COPY .* /y/"), ("a source with slashes", "COPY //t//real//q /y"),
      ("the root as a source", "COPY / /y/"), ("a missing pattern beside a file", "COPY f missing* /y/"),
      ("two names of one stage", "COPY f /1\nFROM scratch AS b\nCOPY --from=0 /1 /2\nFROM b\nCOPY --from=B 2 3"),
      (
        "stages that copy back",
        "COPY f /1\nFROM 0 AS b\nCOPY g /2\nFROM scratch\nCOPY --from=b / /all\nCOPY --from=b . ."
      ),
    ].map { name, steps in
      DockerfileCase(
        name: name, dockerfile: "FROM scratch AS first\n\(steps.replacing("FROM 0", with: "FROM first"))\n",
        items: [
          .file("f", "f"), .file("g", "f"), .file("t/real/q", "q"), .link("t/link", to: "real"),
          .link("t/abs", to: "/real"), .link("t/up", to: "../../real"), .link("t/dangling", to: "none"),
          .link("t/to-file", to: "real/q"), .directory("t/closed", mode: 0o700), .file("m/a/s/x", "1"),
          .file("m/b/s/y", "2"), .file("m/b/s/x", "3"), .directory("m/a/s", mode: 0o700), .file("[b]/x", "4"),
          .file("s*r/x", "5"), .file("star/x", "6"), .file("n?pe/x", "7"), .file("nope/x", "8"), .file(".h", "9"),
          .file(".dockerignore", "Dockerfile"),
        ])
    }

  /// Modes, owners and attributes.
  static let permissions: [DockerfileCase] = [
    ("special bits of files", "COPY u g s /x/\nADD u /y\nCOPY . /z"),
    ("attributes of files", "COPY a /x\nADD a /y/\nCOPY . /z\nFROM scratch\nCOPY --from=0 /x /y/a /"),
    ("an owner over files", "COPY d /d\nCOPY --chown=9:9 d /d"),
    ("files over an owner", "COPY --chown=9:9 d /d\nCOPY d /d"),
    ("root by name", "COPY --chown=root u /1\nCOPY --chown=root:root u /2\nCOPY --chown=0:5 u /3"),
    ("big numbers", "COPY --chown=3000000:3000001 u /1"),
    (
      "owners by name",
      "COPY etc /etc\nCOPY --chown=me a /1\nCOPY --chown=me:team d /2/3\nCOPY --chown=9:team a /4\nCOPY --chown=me:7 a /5"
    ),
    ("a user of its own", "USER 66:67\nCOPY a /1\nADD a /2/\nCOPY --chown=1:1 a /3\nWORKDIR /w"),
    ("modes", "COPY --chmod=0711 a /1\nCOPY --chmod=700 d /d\nADD --chmod=755 a /x/"),
    ("a volume", "COPY a /v/1\nVOLUME /v\nCOPY u /v/2"),
  ].map { name, steps in
    DockerfileCase(
      name: name, dockerfile: "FROM scratch\n\(steps)\n",
      items: [
        .file("u", "u", mode: 0o4755), .file("g", "g", mode: 0o2755), .file("s", "s", mode: 0o1644), .file("a", "a"),
        .attribute("user.a", of: "a"), .file("d/e/x", "x", mode: 0o600), .directory("d", mode: 0o711),
        .directory("k/sticky", mode: 0o1777), .file("etc/passwd", "root:x:0:0::/:\nme:x:12:13::/h:/s\n"),
        .file("etc/group", "root:x:0:\nme:x:13:\nteam:x:77:me\n"),
      ])
  }

  /// Quotes, escapes and the form of the file.
  static let texts: [DockerfileCase] =
    [
      "name value", "name=value name2=value2", "name=\"a b\"", "name=a\\ b", "name=\"a'b c'd\"", "name='a\"b c\"d'",
      "name=\"a\\\"b\"", "name=\"a\\'b\"", "name='a\\\"b'", "name='a\\'b''", "name=\"''\"",
      "name=a \\\n    n1=b \\\n    n2=\"c \\\n       d\" \\\n    n3=\"e\\n\\\"f\\\"\" n4=\"g\\\\nh\" \\", "PATH=/x",
      "PATH=$PATH:/x", "A=${B:-x}${B:+y}${A}", "A=\"$A\" B='$A' C=\\$A D=$", "A=a#b C=b=c", "S 1 D 3", "S \"1 D 3\"",
    ].map { text in
      DockerfileCase(
        name: "ENV \(text)", dockerfile: "FROM scratch\nCOPY a /\nENV \(text)", items: [.file("a", "a")])
    }
    + [
      ("a label over lines", "LABEL a=1 \\\n  b=\"2 3\" \\\n  # between\n  'c d'=4"),
      ("HEALTHCHECK of some times", "HEALTHCHECK --timeout=7s CMD x && y"),
      ("HEALTHCHECK of no times", "HEALTHCHECK CMD [\"x\"]"),
      ("HEALTHCHECK in full", "HEALTHCHECK --interval=1m30s --timeout=3s --start-period=2s --retries=5 CMD x"),
      ("commands that are reset", "CMD a\nENTRYPOINT [\"b\"]"), ("commands in order", "ENTRYPOINT [\"b\"]\nCMD a"),
      ("empty commands", "CMD []\nENTRYPOINT []"), ("no JSON", "CMD [\"a\", 'b']"), ("a pipe", "CMD echo \"x\" | wc"),
      ("a shell", "SHELL [\"/q\", \"-c\"]\nENTRYPOINT x\nHEALTHCHECK CMD y"),
      ("ports", "EXPOSE 80/tcp 81/UDP 70-72/udp"),
      ("volumes", "VOLUME [\"/1\"]\nVOLUME [\"/1\", \"/2\"]\nVOLUME /3 rel"), ("a signal by number", "STOPSIGNAL 15"),
      ("folders by folders", "WORKDIR rel\nWORKDIR /b/c\nWORKDIR ../d/"), ("a user by variable", "ARG U=me\nUSER $U"),
      ("triggers", "ONBUILD RUN [\"a\", \"b\"]\nONBUILD COPY . /"), ("an argument that is not there", "LABEL a=$X"),
      ("arguments of the platform", "ARG TARGETOS\nARG TARGETARCH\nLABEL a=$TARGETOS-$TARGETARCH b=$TARGETVARIANT"),
      ("a variable over an argument", "ENV H=/h\nARG H=/i\nWORKDIR $H/x\nCOPY a $H/"),
      ("small letters", "env A b\nlabel c=d\nexpose 80\nworkdir /w"),
      ("a here-and-there comment", "# x\n\nENV A=b#c"),
    ].map { name, steps in
      DockerfileCase(name: name, dockerfile: "FROM scratch\nCOPY a /\n\(steps)\n", items: [.file("a", "a")])
    }
    + [
      ("another escape", "# escape=`\nFROM scratch\nCOPY a `\n /x/\nENV A=b` c B=\\\n"),
      ("lines of Windows", "FROM scratch\r\nCOPY a \\\r\n /x/\r\nENV A=b\r\n"),
      ("continued lines", "FROM scratch\nCOPY a \\\n# comment\n\n  a \\\n /x/\n"),
      ("no last line break", "FROM scratch\nCOPY a /x/"),
      ("letters of other scripts", "FROM scratch\nCOPY a /ö/日本\nLABEL ä=ß\n"),
    ].map { DockerfileCase(name: $0.0, dockerfile: $0.1, items: [.file("a", "a")]) }
}
