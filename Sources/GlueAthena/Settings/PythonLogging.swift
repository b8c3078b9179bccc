/// The Python side of a job's log, as a module that the interpreter imports by itself.
///
/// Python's site module, "sitecustomize". The image's own module of that name is run after it. It sets up the root logger
/// as `log4j2.properties` sets up Spark's, tells Spark's side the application's name as soon as there is one, and lets a
/// job that sets up logging itself have its way.
enum PythonLogging {
  /// The file's name in the run's directory.
  static let fileName = "sitecustomize.py"

  static var text: String {
    """
    # Written by glue-athena run; it goes with the run.
    import os
    import sys


    def _set_up():
        import json
        import logging
        import time

        form = os.environ.get("GLUE_ATHENA_LOG_FORMAT", "text")
        if form == "image":
            return
        job = os.environ.get("GLUE_ATHENA_JOB", "-")
        run = os.environ.get("GLUE_ATHENA_RUN_ID", "-")
        names = {"WARNING": "WARN", "CRITICAL": "FATAL"}
        found = []

        def application():
            if not found:
                try:
                    with open(os.environ["GLUE_ATHENA_APPLICATION_FILE"], encoding="utf-8") as file:
                        found.append(file.read().strip())
                except (KeyError, OSError):
                    return "-"
            return found[0]

        class Lines(logging.Formatter):
            def format(self, record):
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
                stamp = "%s.%03dZ" % (stamp, record.msecs)
                level = names.get(record.levelname, record.levelname)
                error = self.formatException(record.exc_info) if record.exc_info else ""
                if record.stack_info:
                    error = (error + "\\n" + self.formatStack(record.stack_info)).strip()
                message = record.getMessage()
                if form == "json":
                    return json.dumps(
                        {
                            "time": stamp, "level": level, "job": job, "run": run, "application": application(),
                            "logger": record.name, "thread": record.threadName, "message": message, "error": error,
                        },
                        ensure_ascii=False,
                    )
                line = "%s %-5s [%s %s %s] %s: %s" % (stamp, level, job, run, application(), record.name, message)
                return line + "\\n" + error if error else line

        handler = logging.StreamHandler()
        handler.setFormatter(Lines())
        root = logging.getLogger()
        root.addHandler(handler)
        level = {"error": 40, "warn": 30, "debug": 10}.get(os.environ.get("GLUE_ATHENA_LOG_LEVEL"), 20)
        root.setLevel(level)
        for name in \(pythonList(LogSettings.noisyLibraries)):
            logging.getLogger(name).setLevel(30 if level == 20 else level)
        logging.captureWarnings(True)
        if form == "json":
            # A traceback over many lines would be the only thing that is no JSON.
            def uncaught(kind, value, trace):
                if issubclass(kind, KeyboardInterrupt):
                    sys.__excepthook__(kind, value, trace)
                else:
                    # Of an error from Spark's side the rest is Java's trace, which stands in the error as well.
                    message = "%s: %s" % (kind.__name__, (str(value).splitlines() or [""])[0])
                    root.critical(message, exc_info=(kind, value, trace))

            def uncaught_in_thread(args):
                if not issubclass(args.exc_type, SystemExit):
                    uncaught(args.exc_type, args.exc_value, args.exc_traceback)

            sys.excepthook = uncaught
            import threading

            threading.excepthook = uncaught_in_thread


    def _announce(context):
        # Spark chooses the application's name when the context starts; nothing says it to its log.
        name = context.applicationId
        try:
            context._jvm.java.lang.System.setProperty("\(LogSettings.applicationProperty)", name)
            with open(os.environ["GLUE_ATHENA_APPLICATION_FILE"], "w", encoding="utf-8") as file:
                file.write(name)
        except Exception:
            pass


    class _SparkWatch:
        # Waits for pyspark.context to be imported.
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "pyspark.context":
                return None
            sys.meta_path.remove(_SparkWatch)
            import importlib.util

            spec = importlib.util.find_spec(name)
            if spec is None or spec.loader is None:
                return spec
            spec.loader = _SparkLoader(spec.loader)
            return spec


    class _SparkLoader:
        # The module's own loader, which others of its archive share, and a watch on the context's start.
        def __init__(self, loader):
            self._loader = loader

        def __getattr__(self, name):
            return getattr(self._loader, name)

        def create_module(self, spec):
            create = getattr(self._loader, "create_module", None)
            return create(spec) if create else None

        def exec_module(self, module):
            run = getattr(self._loader, "exec_module", None)
            if run:
                run(module)
            else:
                # The loader of archives before Python 3.10.
                exec(self._loader.get_code(module.__name__), module.__dict__)
            start = module.SparkContext._do_init

            def _do_init(self, *args, **kwargs):
                start(self, *args, **kwargs)
                _announce(self)

            module.SparkContext._do_init = _do_init


    def _chain():
        # The image's own sitecustomize, which this one stands before.
        import importlib.machinery

        here = os.path.dirname(os.path.abspath(__file__))
        places = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
        spec = importlib.machinery.PathFinder.find_spec("sitecustomize", places)
        if spec is not None and spec.loader is not None:
            module = type(sys)("sitecustomize")
            module.__spec__, module.__file__, module.__loader__ = spec, spec.origin, spec.loader
            spec.loader.exec_module(module)


    try:
        _set_up()
        sys.meta_path.insert(0, _SparkWatch)
    except Exception as error:
        sys.stderr.write("glue-athena: Python's log could not be set up: %r\\n" % (error,))
    _chain()

    """
  }

  private static func pythonList(_ names: [String]) -> String {
    "[" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
  }
}
