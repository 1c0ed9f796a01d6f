"""Find a Chromium for the tests of the site, or install one.

`python -m bookkit.browser` prints the path of the browser. Nothing is skipped in silence: if no browser can
be had, the command fails and says what it tried.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

VARIABLE = "EMBEDDING_LAYER_BROWSER"
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
APT = (("apt-get", "update"), ("apt-get", "install", "-y", "--no-install-recommends", "chromium"))
PLAYWRIGHT = ((sys.executable, "-m", "playwright", "install", "chromium"),)

# The browser of the tests is alone, and asks nobody anything. Chromium refuses its sandbox to root, and many
# containers have none.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Run = Callable[[tuple[str, ...]], bool]


class NoBrowserError(RuntimeError):
    """There is no browser, and none could be installed."""


def find_installed() -> Path | None:
    """Return the browser that is there already: on the path, among the applications, or playwright's own."""
    for command in COMMANDS:
        if found := shutil.which(command):
            return Path(found)
    return next((path for path in (*APPLICATIONS, playwright_browser()) if path.is_file()), None)


def playwright_browser() -> Path:
    """Return where playwright keeps its own Chromium, whether or not it is there."""
    from playwright.sync_api import sync_playwright  # here, because looking on the path does not need it

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def run(command: tuple[str, ...]) -> bool:
    """Run `command`, with its output on standard error; tell whether it succeeded."""
    print("+", *command, file=sys.stderr, flush=True)
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def may_use_apt() -> bool:
    """Tell whether this process may install Debian packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def find_or_install(
    find: Callable[[], Path | None] = find_installed,
    apt_allowed: Callable[[], bool] = may_use_apt,
    run: Run = run,
) -> Path:
    """Return the path of a browser; install one if there is none.

    Parameters
    ----------
    find : callable
        Returns the path of an installed browser, or None.
    apt_allowed : callable
        Tells whether apt-get may be used.
    run : callable
        Runs a command, and tells whether it succeeded.

    Returns
    -------
    Path
        What the environment variable EMBEDDING_LAYER_BROWSER names; else an installed browser; else one
        installed with apt-get (as root, where there is apt-get); else one that playwright downloads.

    Raises
    ------
    NoBrowserError
        If the variable names no file, or if every way failed; the message lists the ways.
    """
    if named := os.environ.get(VARIABLE):
        if Path(named).is_file():
            return Path(named)
        raise NoBrowserError(f"{VARIABLE} names {named}, which is no file; set it to the path of a Chromium")

    tried = [f"looked for {', '.join(COMMANDS)} on the path, for applications, and for playwright's Chromium"]
    if found := find():
        return found
    ways = [("ran apt-get", APT)] if apt_allowed() else []
    for name, commands in [*ways, ("ran playwright install", PLAYWRIGHT)]:
        tried.append(name)
        if all(run(command) for command in commands) and (found := find()):
            return found
    if not ways:
        tried.append("left apt-get alone: it needs root, and a system that has it")
    raise NoBrowserError(
        "the site cannot be tested, for there is no browser.\n"
        + "".join(f"  - {step}\n" for step in tried)
        + f"Install Chromium or Chrome, or set {VARIABLE} to the path of one."
    )


def main() -> int:
    """Print the path of the browser; return the exit status."""
    try:
        print(find_or_install())
    except NoBrowserError as error:
        print(f"bookkit.browser: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
