"""Start a new chapter: `make chapter number=16 name=compression`.

What `template/` holds is copied to where a chapter's parts live, with the number and the name put in: a
notebook that runs, a drawing, an exercise with its solution, and their tests. The table of contents gets a
line.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from embedding_layer.files import replacing

TEMPLATE = Path(__file__).with_name("template")
ROOM = "code/embedding_layer/chapters/chapter_NN"
TARGETS = {
    "chapter.ipynb": "book/NN_name.ipynb",
    "room.py.txt": f"{ROOM}/__init__.py",
    "figures.py.txt": f"{ROOM}/figures.py",
    "exercises.py.txt": f"{ROOM}/exercises.py",
    "test_figures.py.txt": "tests/chapters/test_NN_figures.py",
    "test_exercises.py.txt": "tests/chapters/test_NN_exercises.py",
}
"""Where each file of the template goes."""
LONGEST = 40


class ChapterError(ValueError):
    """A chapter that cannot be started; the message says why, and what to do."""


def start_chapter(root: Path, number: int, name: str) -> list[Path]:
    """Write the files of a new chapter, all or none, and add it to the end of the table of contents.

    Parameters
    ----------
    root : Path
        The folder of the project, which holds `_toc.yml`.
    number : int
        1 to 99; no other chapter may have it.
    name : str
        Words of lower-case letters and digits, joined by underscores.

    Returns
    -------
    list of Path
        The files that are new, the notebook first.

    Raises
    ------
    ChapterError
        If the number or the name will not do, if a file of the chapter is already there or cannot be
        written, or if the folder is not the project's.
    """
    contents = root / "_toc.yml"
    if not contents.is_file():
        raise ChapterError(f"{root} holds no _toc.yml: go to the folder of the project, where it lies")
    if not 1 <= number <= 99:
        raise ChapterError(f"number={number}, but a chapter's number has two digits: take 1 to 99")
    if len(name) > LONGEST or not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ChapterError(
            f"name={name!r}, but a chapter's name is words of lower-case letters joined by underscores, as "
            f"custom_embedding is, at most {LONGEST} characters"
        )
    if taken := sorted((root / "book").glob(f"{number:02}_*.ipynb")):
        raise ChapterError(f"chapter {number} is {taken[0].name}: take another number")
    files = {
        root / target.replace("NN_name", f"{number:02}_{name}").replace("NN", f"{number:02}"): _filled(
            (TEMPLATE / source).read_text(encoding="utf-8"), number, name
        )
        for source, target in TARGETS.items()
    }
    if there := [path for path in files if path.exists()]:
        raise ChapterError(
            f"{there[0].relative_to(root)} is already there: move it away, or take another number"
        )
    listed = _with_line(contents.read_text(encoding="utf-8"), f"book/{number:02}_{name}")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with replacing(contents) as file:
            file.write(listed)
    except OSError as error:
        for path in files:
            with suppress(OSError):
                path.unlink()
        raise ChapterError(
            f"nothing was made, because {error.filename} cannot be written: {error}"
        ) from error
    return list(files)


def _filled(text: str, number: int, name: str) -> str:
    title = name.replace("_", " ").capitalize()
    return text.replace("NN", f"{number:02}").replace("NUMBER", str(number)).replace("TITLE", title)


def _with_line(contents: str, docname: str) -> str:
    """Put the chapter behind the last one; the author moves it to its part."""
    lines = contents.splitlines(keepends=True)
    chapters = [i for i, line in enumerate(lines) if re.search(r"- file: book/\d\d_", line)]
    if not chapters:
        raise ChapterError("_toc.yml lists no chapter that this one could follow")
    indent = re.match(r"\s*", lines[chapters[-1]])[0]
    lines.insert(chapters[-1] + 1, f"{indent}- file: {docname}\n")
    return "".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="make chapter",
        usage="make chapter number=16 name=compression",
        description=__doc__.split("\n")[0],
    )
    parser.add_argument("number", type=int)
    parser.add_argument("name")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    try:
        files = start_chapter(root, options.number, options.name)
    except ChapterError as error:
        print(error, file=sys.stderr)
        return 1
    for path in files:
        print(path.relative_to(root))
    print("_toc.yml has a new line behind the last chapter: move it to the part where it belongs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
