"""Every installed Python package has what it requires, as `pip check` finds, without pip in the image."""

import re
from importlib import metadata

from checks import check, equal, finish

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def missing(installed: dict[str, metadata.Distribution]) -> list[str]:
    """Requirements by name: that versions fit is what the lock's resolution made sure of."""
    found = []
    for name, distribution in sorted(installed.items()):
        for requirement in distribution.requires or []:
            # With a marker it belongs to an extra or to other machines.
            if ";" in requirement:
                continue
            match = NAME.match(requirement)
            if match and normalized(match[0]) not in installed:
                found.append(f"{name} needs {requirement}")
    return found


with check("requirements are installed") as found:
    installed = {normalized(entry.metadata["Name"]): entry for entry in metadata.distributions()}
    found.detail = f"{len(installed)} packages"
    equal(missing(installed), [])
finish()
