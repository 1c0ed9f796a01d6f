"""The search for a browser: which way is tried when, and that it never gives up in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

from bookkit import browser
from bookkit.browser import APT, PLAYWRIGHT, VARIABLE, NoBrowserError, find_or_install

CHROMIUM = Path("/somewhere/chromium")


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


class Machine:
    """A machine on which a browser appears after one of the commands."""

    def __init__(self, *, installed=False, appears_after=None, apt=False, failing=()):
        self.installed, self.appears_after, self.apt, self.failing = installed, appears_after, apt, failing
        self.commands = []

    def find(self):
        return CHROMIUM if self.installed else None

    def run(self, command):
        self.commands.append(command)
        if command == self.appears_after:
            self.installed = True
        return command not in self.failing

    def search(self):
        return find_or_install(self.find, lambda: self.apt, self.run)


def test_the_variable_comes_first(monkeypatch, tmp_path):
    mine = tmp_path / "my-chrome"
    mine.touch()
    monkeypatch.setenv(VARIABLE, str(mine))
    machine = Machine(installed=True, apt=True)
    assert machine.search() == mine
    assert machine.commands == []


def test_a_wrong_variable_is_an_error_even_with_another_browser_there(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(NoBrowserError, match=f"{VARIABLE} names .*none, which is no file"):
        Machine(installed=True).search()


def test_an_installed_browser_is_taken_as_it_is():
    machine = Machine(installed=True, apt=True)
    assert machine.search() == CHROMIUM
    assert machine.commands == []


def test_apt_is_next_where_it_may_be_used():
    machine = Machine(apt=True, appears_after=APT[-1])
    assert machine.search() == CHROMIUM
    assert machine.commands == list(APT)


def test_a_failed_update_ends_the_way_of_apt():
    machine = Machine(apt=True, failing=[APT[0]], appears_after=PLAYWRIGHT[0])
    assert machine.search() == CHROMIUM
    assert machine.commands == [APT[0], *PLAYWRIGHT]


def test_without_root_playwright_is_next():
    machine = Machine(appears_after=PLAYWRIGHT[0])
    assert machine.search() == CHROMIUM
    assert machine.commands == list(PLAYWRIGHT)


def test_a_command_that_succeeds_without_a_browser_is_not_believed():
    machine = Machine(apt=True)
    with pytest.raises(NoBrowserError):
        machine.search()
    assert machine.commands == [*APT, *PLAYWRIGHT]


@pytest.mark.parametrize(
    ("apt", "words"), [(True, "ran apt-get"), (False, "left apt-get alone: it needs root")]
)
def test_failure_says_what_was_tried_and_what_to_do(apt, words):
    machine = Machine(apt=apt, failing=[*APT, *PLAYWRIGHT])
    with pytest.raises(NoBrowserError) as error:
        machine.search()
    for part in (
        words,
        "ran playwright install",
        "chromium-browser",
        f"Install Chromium or Chrome, or set {VARIABLE}",
    ):
        assert part in str(error.value)


def test_the_path_comes_before_applications(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: "/bin/c" if name == "google-chrome" else None)
    assert browser.find_installed() == Path("/bin/c")


def test_applications_and_playwright_come_next(monkeypatch, tmp_path):
    application, own = tmp_path / "application", tmp_path / "own"
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setattr(browser, "APPLICATIONS", (application,))
    monkeypatch.setattr(browser, "playwright_browser", lambda: own)
    assert browser.find_installed() is None
    own.touch()
    assert browser.find_installed() == own
    application.touch()
    assert browser.find_installed() == application


def test_apt_needs_root_and_apt_get(monkeypatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    assert not browser.may_use_apt()
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert browser.may_use_apt()
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000, raising=False)
    assert not browser.may_use_apt()


def test_a_command_s_output_does_not_mix_with_the_path(capfd):
    assert browser.run((sys.executable, "-c", "print('noise')"))
    assert not browser.run((sys.executable, "-c", "raise SystemExit(3)"))
    assert capfd.readouterr().out == ""


def test_the_command_prints_the_path(monkeypatch, tmp_path, capsys):
    mine = tmp_path / "my-chrome"
    mine.touch()
    monkeypatch.setenv(VARIABLE, str(mine))
    assert browser.main() == 0
    assert capsys.readouterr().out == f"{mine}\n"


def test_the_command_fails_aloud(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bookkit.browser"],
        env={VARIABLE: str(tmp_path / "none"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "which is no file" in done.stderr
