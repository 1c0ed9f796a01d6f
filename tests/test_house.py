"""The house's rules: what depends on what, and that the lock and the list of dependencies agree."""

import ast
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "code" / "embedding_layer"
TOOLS = {"checks", "files", "progress", "vectors", "parity", "figures"}
ROOMS = {
    **{room: set() for room in TOOLS},
    **{room: {"checks"} for room in ("one_hot", "lookup", "layer", "measure")},
    "optim": {"checks", "files", "progress"},
    "vocabulary": {"checks", "files"},
    "corpus": {"files", "progress"},
    "training": {"layer", "checks", "progress"},
    "scale": {"layer", "optim", "checks"},
    "benchmarks": {"layer", "optim", "measure", "figures", "files", "progress"},
}
"""Which other rooms of the library each room may import. A chapter's room may import all of these."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LISTS = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
DIRECT = [Requirement(line) for lines in LISTS for line in lines]


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def locked() -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def test_code_is_a_source_root_and_no_package():
    assert not (ROOT / "code" / "__init__.py").exists()


def room_of(path: Path) -> str:
    """Return the room that a file of the library belongs to; each chapter's is one of its own."""
    first, *rest = path.relative_to(LIBRARY).parts
    return f"chapters.{rest[0]}" if first == "chapters" and len(rest) > 1 else first.removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    """Return the rooms that a file takes something from."""
    rooms = set()
    for name in imported_modules(path):
        package, *rest = name.split(".")
        if package == "bookkit":
            rooms.add(package)
        if package == "embedding_layer" and rest:
            rooms.add(".".join(rest[:2]) if rest[0] == "chapters" else rest[0])
    return rooms


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: str(p.relative_to(LIBRARY)))
def test_the_library_keeps_to_its_rooms(path):
    room = room_of(path)
    if room == "__init__":
        allowed = set(ROOMS)
    elif room.startswith("chapters"):
        allowed = {*ROOMS, room, "chapters.feedback"}
    else:
        assert room in ROOMS, (
            f"{path.relative_to(ROOT)} opens a room that the house does not have: put it into one of "
            f"{', '.join(sorted(ROOMS))} or a chapter's room, or add a line to ROOMS in {Path(__file__).name}"
        )
        allowed = {room, *ROOMS[room]}
    names = {
        name
        for name in rooms_imported(path)
        if (LIBRARY / name.replace(".", "/")).exists()
        or (LIBRARY / f"{name.replace('.', '/')}.py").exists()
        or name == "bookkit"
    }
    assert names <= allowed, (
        f"{path.relative_to(ROOT)} imports {', '.join(sorted(names - allowed))}, but {room} may only import "
        f"{', '.join(sorted(allowed - {room})) or 'nothing of the library'}: move what both need down, or "
        f"the file to another room"
    )


def drawing_modules() -> list[Path]:
    return sorted(
        path for path in (LIBRARY / "chapters").glob("*/figures/*.py") if path.name != "__init__.py"
    )


@pytest.mark.parametrize("path", drawing_modules(), ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_a_chapter_s_drawings_are_used_by_its_notebook(path):
    number = path.parts[-3].removeprefix("chapter_")
    (notebook,) = (ROOT / "book").glob(f"{number}_*.ipynb")
    text = notebook.read_text(encoding="utf-8")
    public = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert any(name in text for name in public), (
        f"{notebook.name} uses nothing of {path.relative_to(ROOT)}: draw with it there, or move it to the "
        "room of the chapter that does"
    )


def test_every_direct_dependency_is_pinned_at_an_allowed_version():
    pins = locked()
    for requirement in DIRECT:
        found = pins.get(canonicalize_name(requirement.name), [])
        assert found, f"{requirement.name} is missing from requirements.txt: run `make lock`"
        for pin in found:
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert requirement.specifier.contains(specifier.version), (
                f"{pin} is outside {requirement}: `make lock`"
            )


def test_the_lock_is_complete_and_holds_nothing_else():
    excluded = {canonicalize_name(name) for name in PROJECT["tool"]["uv"]["exclude-dependencies"]}
    pins = locked()
    needed, queue = set(), [(requirement, frozenset()) for requirement in DIRECT]
    while queue:
        requirement, extras_of_parent = queue.pop()
        name = canonicalize_name(requirement.name)
        environments = [default_environment() | {"extra": extra} for extra in {"", *extras_of_parent}]
        applies = requirement.marker is None or any(map(requirement.marker.evaluate, environments))
        key = (name, frozenset(requirement.extras))
        if not applies or name in excluded or key in needed:
            continue
        assert name in pins, f"{name} is needed but not in requirements.txt: run `make lock`"
        needed.add(key)
        for line in metadata.requires(name) or []:
            queue.append((Requirement(line), frozenset(requirement.extras)))
    names = {name for name, _ in needed}
    here = {
        name for name, found in pins.items() if any(p.marker is None or p.marker.evaluate() for p in found)
    }
    assert here <= names, f"nothing needs {sorted(here - names)}: run `make lock`"


def test_the_lock_names_no_cuda_package_and_no_address():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not re.search(r"^(nvidia|cuda|triton)", text, re.MULTILINE)
    assert not re.search(r"https?:|file:|^-", text, re.MULTILINE)


def test_installed_versions_are_the_locked_ones():
    for name, found in locked().items():
        for pin in found:
            if pin.marker is None or pin.marker.evaluate():
                installed = metadata.version(name)
                assert pin.specifier.contains(installed), f"{name} {installed} is installed, {pin} is locked"
