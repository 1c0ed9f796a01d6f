from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from embedding_layer.corpus.sources import Library, compiled_docstrings, docstrings, files, locate


def found(source: str) -> list[str]:
    return list(docstrings(source.encode()))


# --- docstrings ------------------------------------------------------------------------------------------


def test_docstrings_come_in_the_order_of_the_file():
    assert found(
        '''"""module"""
class Table:
    """class"""
    def fill(self):
        "method"
        def inner():
            """inner"""
    async def wait(self):
        """coroutine"""
if True:
    def sometimes():
        """conditional"""
else:
    def otherwise():
        """alternative"""
try:
    pass
except ValueError:
    def handler():
        """handler"""
'''
    ) == ["module", "class", "method", "inner", "coroutine", "conditional", "alternative", "handler"]


def test_a_string_after_an_assignment_documents_it_except_in_a_function():
    assert found('size = 1\n"""of module"""\nclass A:\n    x: int = 1\n    """of class"""') == [
        "of module",
        "of class",
    ]
    assert found('def f():\n    x = 1\n    """left over"""') == []


def test_other_strings_are_not_documentation():
    assert (
        found('size = "a"\nprint("b")\nif size:\n    "c"\nfor x in "d":\n    pass\ndef f():\n    return "e"')
        == []
    )


@pytest.mark.parametrize(
    "source",
    [
        'fill.__doc__ = """the text"""',
        '__doc__ = """the text"""',
        'add_docstr(torch.fill, r"""the text""")',
        'fill = _add_docstr(torch.fill, "the text")',
        'add_docstr_all(FILL, """the text""".format(**common))',
        'core.add_newdoc(CORE, FILL, """the text""")',
        "add_newdoc(CORE, FILL, (BASE, 'the text'))",
        'fill = wrap(_add_docstr(torch.fill, "the text"))',
    ],
)
def test_documentation_added_by_calls_and_assignments(source: str):
    assert found(source) == ["the text"]


def test_what_an_f_string_fills_in_becomes_a_placeholder():
    assert found('fill.__doc__ = f"the {size + 1} text"') == ["the {filled_in} text"]


def test_a_file_that_does_not_parse_holds_nothing():
    assert found("def {{ template }}():") == []
    assert found('"""text"""\0') == []


def test_invalid_escapes_are_not_reported():  # warnings are errors here
    assert found(r'"""a \d escape"""') == [r"a \d escape"]


# --- files -----------------------------------------------------------------------------------------------


def test_files_are_sorted_by_their_path_as_a_string(tmp_path: Path):
    kept = ["B.py", "__init__.py", "a-b.py", "a.py", "a/__init__.py", "a/z.py", "ab.py"]
    skipped = [
        "a/tests/test_a.py",
        "testing/x.py",
        "_vendor/y.py",
        "version.py",
        "conftest.py",
        "test_top.py",
        "c.pyi",
    ]
    for name in [*reversed(kept), *skipped]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in files(Library("x", "1", tmp_path))] == kept


def test_a_folder_above_the_library_may_have_any_name(tmp_path: Path):
    root = tmp_path / "tests" / "library"
    root.mkdir(parents=True)
    (root / "a.py").touch()
    assert files(Library("library", "1", root)) == [root / "a.py"]


def test_a_library_may_be_a_single_file(tmp_path: Path):
    (tmp_path / "single.py").touch()
    assert files(Library("single", "1", tmp_path / "single.py")) == [tmp_path / "single.py"]


# --- libraries -------------------------------------------------------------------------------------------


def test_locating_a_library_gives_its_folder_and_version_and_does_not_import_it(install):
    root = install("tablelib", {"__init__.py": "raise RuntimeError"}, version="2.0+cpu")
    assert locate("tablelib") == Library("tablelib", "2.0+cpu", root)
    assert "tablelib" not in sys.modules


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("nosuchlibrary", "pip install nosuchlibrary"),
        ("scikit-learn", "'sklearn', not 'scikit-learn'"),
        ("no.such", "pip install no.such"),
        ("sys", "'sys' is not installed"),
        ("", "'' is not installed"),
    ],
)
def test_a_missing_library_is_named_with_the_way_out(name: str, advice: str):
    with pytest.raises(ModuleNotFoundError, match="is not installed here") as error:
        locate(name)
    assert advice in str(error.value)
    assert error.value.name == name


def test_a_name_that_pip_knows_differently_is_translated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        locate("sklearn")


def test_a_module_without_a_distribution_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "loose_module.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match=r"'loose_module' .* its version is unknown"):
        locate("loose_module")


# --- compiled code ---------------------------------------------------------------------------------------


def test_compiled_docstrings_hold_what_the_source_does_not():
    ufuncs = list(compiled_docstrings("numpy._core._multiarray_umath"))
    assert any("Add arguments element-wise." in text for text in ufuncs)
    generator = list(compiled_docstrings("numpy.random._generator"))
    assert any("Return random integers from" in text for text in generator)


def test_compiled_docstrings_are_not_those_of_python_itself():
    texts = set(compiled_docstrings("numpy._core._multiarray_umath"))
    texts |= set(compiled_docstrings("numpy.random._generator"))
    texts |= set(compiled_docstrings("numpy.random.bit_generator"))
    for thing in (int, float, object.__init__, object.__reduce__, type, dict, property, threading.RLock):
        assert thing.__doc__ not in texts
