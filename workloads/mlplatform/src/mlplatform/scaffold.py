"""Makes a project of its own from the files of `template`: those of every project, those of the type of its problem, those for notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlplatform.commands.refused import Refused
from mlplatform.problems import BINARY, MULTICLASS, REGRESSION
from mlplatform.project_names import package_of, wrong_name

#: Folder of the template by what the command calls the type.
KINDS = {"binary": BINARY, "multiclass": MULTICLASS, "regression": REGRESSION}
#: What stands for the project's package and its name in the files and in their paths, the longer one first.
PACKAGE, NAME = "project_name_project", "project-name"

_template = Path(__file__).with_name("template")


def make(name: str, kind: str, folder: Path, of_notebook: bool = False) -> list[Path]:
    """The files of the project, which are in `folder` then.

    @param of_notebook leaves out made-up rows and the tests with them
    @raises Refused where the platform would refuse the name later, or the folder holds something; then nothing is made
    """
    wrong = wrong_name(name)
    if wrong is not None:
        raise Refused(wrong)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"folder {folder} is there and not empty; empty it, or name another by --folder")
    made = []
    for file, path in _files(kind, of_notebook):
        target = folder / _named(path, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_named(file.read_text(encoding="utf-8"), name), encoding="utf-8")
        if target.suffix == ".sh":
            target.chmod(0o755)
        made.append(target)
    return made


def _files(kind: str, of_notebook: bool) -> Iterator[tuple[Path, str]]:
    """Each with its path in the project; of two with one path the later one counts."""
    for part in ("common", kind, *(["notebook"] if of_notebook else [])):
        root = _template / part
        for file in sorted(root.rglob("*")):
            left_out = "__pycache__" in file.parts or (of_notebook and file.name == "sample_data.py")
            if file.is_file() and not left_out:
                yield file, file.relative_to(root).as_posix()


def _named(text: str, name: str) -> str:
    return text.replace(PACKAGE, package_of(name)).replace(NAME, name)
