"""Where documentation lies: the installed libraries, their files, and the docstrings in them.

Text is read from source with `ast`, so no library has to be imported and what is found does not depend on
what a process did before. The exception is documentation that exists in compiled modules only.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import BuiltinFunctionType

SKIPPED_FOLDERS = frozenset(
    {
        # about tests
        "test", "tests", "testing",
        # copies of other projects
        "_vendor", "vendor", "vendored", "_external", "externals", "extern", "third_party",
        "array_api_compat", "array_api_extra",
        # in NumPy's packages for some Python versions only
        "distutils",
    }
)  # fmt: skip
"""Folders whose text is not the library's documentation, or is not the same on every machine."""

SKIPPED_FILES = frozenset({"version.py", "_version.py", "__config__.py", "conftest.py"})
"""Files that a build writes, which differ from build to build, and pytest's own."""

COMPILED = {
    "numpy": (
        "numpy._core._multiarray_umath",
        "numpy.random._generator",
        "numpy.random._mt19937",
        "numpy.random._pcg64",
        "numpy.random._philox",
        "numpy.random._sfc64",
        "numpy.random.bit_generator",
        "numpy.random.mtrand",
    )
}
"""Compiled modules whose documentation is in no Python file: the ufuncs and the random generators of NumPy.

PyTorch needs none: it documents its compiled functions by `add_docstr` calls, and their strings are source.
"""

INSTALL_NAMES = {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "PyYAML"}
"""What to ask pip for, where it is not the name that one imports."""

_ADDS_DOCUMENTATION = re.compile(r"_?add_?(?:new)?_?doc|parse_kwargs$")


@dataclass(frozen=True)
class Library:
    """An installed library.

    Attributes
    ----------
    name : str
        As in `import name`.
    version : str
        As its distribution says, a build label such as `+cpu` included.
    root : Path
        The folder of the package, or the file of a single module.
    """

    name: str
    version: str
    root: Path


def locate(name: str) -> Library:
    """Find an installed library without importing it.

    Parameters
    ----------
    name : str
        The name that one imports: `sklearn`, not `scikit-learn`.

    Raises
    ------
    ModuleNotFoundError
        If there is no such library here, or it has no source to read, or it was not installed with pip or the
        like and so has no version.
    """
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        wanted = INSTALL_NAMES.get(name, name)
        raise ModuleNotFoundError(
            f"the corpus is read from the source of installed libraries, and {name!r} is not installed here. "
            f"Install it with `python -m pip install {wanted}`, or leave it out of `libraries`. "
            f"The name to give is the one that you import: 'sklearn', not 'scikit-learn'.",
            name=name,
        )
    origin = Path(spec.origin)
    return Library(name, _version(name), origin.parent if spec.submodule_search_locations else origin)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        distributions = sorted(metadata.packages_distributions().get(name, []))
    if not distributions:
        raise ModuleNotFoundError(
            f"{name!r} can be imported, but belongs to no installed distribution, so its version is unknown. "
            f"Install it with pip, or leave it out of `libraries`.",
            name=name,
        )
    return metadata.version(distributions[0])


def files(library: Library) -> list[Path]:
    """Return the Python files that hold a library's documentation, sorted by their path inside the library.

    The order of `os.walk` and of paths differs between systems; that of plain strings does not.
    """
    if library.root.is_file():
        return [library.root]
    found = {path.relative_to(library.root).as_posix(): path for path in library.root.rglob("*.py")}
    return [found[name] for name in sorted(found) if not _is_skipped(name)]


def _is_skipped(name: str) -> bool:
    *folders, file = name.split("/")
    return not SKIPPED_FOLDERS.isdisjoint(folders) or file in SKIPPED_FILES or file.startswith("test_")


def docstrings(source: bytes) -> Iterator[str]:
    """Yield the documentation in a Python file, in the order of the file.

    That is: the docstrings of modules, classes and functions, nested ones too; a string right after an
    assignment in a module or class, which documents the attribute; strings assigned to `__doc__`; and the
    strings in calls such as `add_docstr(...)` and `add_newdoc(...)`, which document compiled code.

    Parameters
    ----------
    source : bytes
        The file's content. A file that does not parse, such as a template, yields nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in a library's strings are its own affair
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    yield from _in_body(tree, tree.body)


def _in_body(owner: ast.AST, body: list[ast.stmt]) -> Iterator[str]:
    previous: ast.stmt | None = None
    for statement in body:
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Expr) and _is_text(value):
            if _is_docstring_place(owner, previous):
                yield value.value
        elif _sets_doc(statement) or _adds_documentation(value):
            yield from _texts(value)
        for branch in ("body", "handlers", "orelse", "finalbody", "cases"):
            yield from _in_body(statement, getattr(statement, branch, []))
        previous = statement


def _is_docstring_place(owner: ast.AST, previous: ast.stmt | None) -> bool:
    """Say whether a string after `previous` in the body of `owner` documents the owner or an attribute."""
    if previous is None:
        return isinstance(owner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    return isinstance(previous, ast.Assign | ast.AnnAssign) and isinstance(owner, ast.Module | ast.ClassDef)


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _sets_doc(statement: ast.stmt) -> bool:
    """Say whether a statement is an assignment such as `function.__doc__ = ...`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any("__doc__" in (getattr(it, "id", None), getattr(it, "attr", None)) for it in targets)


def _adds_documentation(node: ast.expr | None) -> bool:
    """Say whether an expression calls a function that adds documentation, or is a call around such a one."""
    for call in ast.walk(node) if isinstance(node, ast.Call) else ():
        if isinstance(call, ast.Call):
            function = call.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if _ADDS_DOCUMENTATION.match(name):
                return True
    return False


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings in an expression; what an f-string fills in becomes a placeholder."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if _is_text(part) else "{filled_in}" for part in node.values)
    elif _is_text(node):
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def compiled_docstrings(module_name: str) -> Iterator[str]:
    """Yield the docstrings of a compiled module's own classes, their members, and functions, sorted by name.

    Built-in functions are left out: their docstrings are added when the library is imported, from its source.
    """
    library = module_name.partition(".")[0]
    for _, thing in sorted(vars(importlib.import_module(module_name)).items()):
        owner = getattr(thing, "__module__", None) or module_name
        if isinstance(thing, type):
            if owner == module_name:
                yield from _own_docstring(thing)
                for name, member in sorted(vars(thing).items()):
                    if not name.startswith("__"):  # those come from Python, and vary with its version
                        yield from _own_docstring(member)
        elif callable(thing) and owner.startswith(library) and not isinstance(thing, BuiltinFunctionType):
            yield from _own_docstring(thing)


def _own_docstring(thing: object) -> Iterator[str]:
    """Yield the docstring of an object, unless it is the one of its type."""
    text = getattr(thing, "__doc__", None)
    if isinstance(text, str) and text != type(thing).__doc__:
        yield text
