/// The Python program that imports modules and reports each as a script's check.
enum ImportProgram {
  /// Started with the modules' names as its arguments.
  ///
  /// The line feed before each result ends a line that a module may have begun to print.
  static let text = """
    import importlib, json, sys, time
    for name in sys.argv[1:]:
        start = time.monotonic()
        try:
            module = importlib.import_module(name)
            ok, detail = True, str(getattr(module, "__version__", ""))
        except BaseException as error:
            ok, detail = False, f"{type(error).__name__}: {error}"
        seconds = round(time.monotonic() - start, 3)
        print("\\n" + json.dumps({"check": name, "ok": ok, "seconds": seconds, "detail": detail}), flush=True)
    """
}
