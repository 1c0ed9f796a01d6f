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
LAYER = {
    "layer",
    "functional",
    "autograd",
    "operators",
    "kernels",
    "refusals",
    "lookup",
    "one_hot",
    "ids",
    "vocabulary",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DIRECT = [Requirement(line) for line in PROJECT["project"]["dependencies"]]


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


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: str(p.relative_to(LIBRARY)))
def test_the_library_keeps_to_its_rooms(path):
    room = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    forbidden = {"bookkit"}
    if room in LAYER:
        others = ("training", "data", "models", "optim", "measure", "figures", "exercises")
        forbidden |= {f"embedding_layer.{other}" for other in others}
    if room == "optim":
        forbidden |= {f"embedding_layer.{other}" for other in ("layer", "functional", "autograd", "training")}
    if room in {"training", "data", "models", "corpus", "optim"}:
        forbidden |= {"embedding_layer.figures", "embedding_layer.exercises"}
    if room != "exercises" and path.name != "__init__.py":
        forbidden.add("embedding_layer.exercises")
    wrong = {
        name for name in imported_modules(path) for other in forbidden if (name + ".").startswith(other + ".")
    }
    assert not wrong


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
