/// The program that runs inside the sandbox to turn a source distribution into a wheel.
///
/// It is the frontend's half of PEP 517: it calls one hook of the backend that it is told and answers with one line of JSON on the last line of standard output, as backends print what they like before.
enum BuildScript {
  /// Where the script, the source, the backend's packages and the result are inside.
  enum Place {
    static let script = "/run/drydock/build.py"
    static let source = "/run/drydock/source"
    static let site = "/run/drydock/site"
    static let output = "/run/drydock/output"
  }

  static let text = #"""
    import importlib, json, os, sys

    def backend(name, paths):
        root = os.path.realpath(".")
        for path in paths:
            if not (os.path.realpath(path) + "/").startswith(root + "/"):
                sys.exit("backend-path leaves the source: " + path)
        sys.path[:0] = [os.path.realpath(path) for path in paths]
        module, _, attribute = name.partition(":")
        found = importlib.import_module(module)
        for part in attribute.split(".") if attribute else []:
            found = getattr(found, part)
        return found

    def answer(value):
        print()
        print(json.dumps(value))

    action, output, name, *paths = sys.argv[1:]
    if action == "dynamic":
        hook = getattr(backend(name, paths), "get_requires_for_build_wheel", lambda settings=None: [])
        answer(hook())
    else:
        answer(backend(name, paths).build_wheel(output))
    """#
}
