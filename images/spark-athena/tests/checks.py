"""Reports the checks of a test script: a line of JSON each, as drydock reads them."""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

_failures = 0


class Check:
    """What a check found out, for the report."""

    detail = ""


@contextmanager
def check(name: str) -> Iterator[Check]:
    """Runs a block as a check: it holds unless the block raises, and the next check runs in any case."""
    global _failures
    found = Check()
    started = time.monotonic()
    ok = True
    try:
        yield found
    except Exception as error:
        ok = False
        _failures += 1
        # The first line is the reason, what follows is shown with the output.
        reason = (str(error).strip().splitlines() or [""])[0]
        found.detail = f"{type(error).__name__}: {reason}\n{traceback.format_exc()}"
    seconds = round(time.monotonic() - started, 3)
    print("\n" + json.dumps({"check": name, "ok": ok, "seconds": seconds, "detail": found.detail}), flush=True)


def equal(found: object, expected: object) -> None:
    """Raises when two values differ, naming both."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def finish() -> None:
    """Ends the script, with 1 when a check failed."""
    sys.exit(1 if _failures else 0)
