"""From the tagged cells of a notebook to the modules of a project."""

from __future__ import annotations

import ast
import builtins
import json
import symtable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlplatform.commands.refused import Refused
from mlplatform.project_names import package_of

#: By tag: what a cell is given, and what it has to assign. A cell that defines a function of that name is taken as it is.
FUNCTIONS = {
    "prepare": (("rows",), "rows"),
    "train": (("rows", "hyperparameters"), "model"),
    "score": (("model", "inputs"), "answers"),
}
CONTRACT, IMPORTS = "contract", "imports"
TAGS = (CONTRACT, IMPORTS, *FUNCTIONS)
REQUIRED = ("TARGET", "PROBLEM_TYPE", "NUMBERS", "CATEGORIES", "FLAGS")


@dataclass(frozen=True)
class Cell:
    #: Counted from 1, all cells of the notebook.
    number: int
    tag: str
    source: str

    def says(self, what: str, line: int | None = None) -> str:
        return f"cell {self.number} ({self.tag}){f' line {line}' if line else ''}: {what}"


@dataclass
class Converted:
    """What the cells say."""

    contract: dict[str, Any] = field(default_factory=dict)
    #: Text of `prepare.py`, `train.py`, `score.py`, by name.
    modules: dict[str, str] = field(default_factory=dict)


def convert(notebook: Path, name: str) -> Converted:
    """@raises Refused with everything that cannot be turned, by cell"""
    cells, problems = _cells(notebook)
    converted = Converted()
    imports: dict[str, str] = {}
    for cell in cells:
        if cell.tag == CONTRACT:
            problems += _contract(cell, converted.contract)
        if cell.tag == IMPORTS:
            problems += _imports(cell, imports)
    if any(cell.tag == CONTRACT for cell in cells):
        lacking = [each for each in REQUIRED if each not in converted.contract]
        problems += [f"cells tagged contract do not assign {', '.join(lacking)}"] if lacking else []
    for cell in cells:
        if cell.tag in FUNCTIONS:
            text, found = _module(cell, imports, converted.contract, package_of(name))
            problems += found
            if cell.tag in converted.modules:
                problems.append(cell.says(f"a second cell has the tag {cell.tag}; write both into one"))
            converted.modules[cell.tag] = text
    for tag in (CONTRACT, "train"):
        if not any(cell.tag == tag for cell in cells):
            problems.append(f"no cell has the tag {tag}; set it in the cell's properties (metadata.tags)")
    if problems:
        raise Refused(f"{notebook} cannot be turned into a project:\n" + "\n".join(f"  {each}" for each in problems))
    return converted


def _cells(notebook: Path) -> tuple[list[Cell], list[str]]:
    """Cells of code with a tag that means something here, and what is wrong with them."""
    try:
        given = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{notebook} is no notebook that can be read: {error!r}; save it as .ipynb, version 4") from error
    cells, problems = [], []
    for number, each in enumerate(given, start=1):
        tags = [tag for tag in each.get("metadata", {}).get("tags", []) if tag in TAGS]
        if not tags:
            continue
        source = each["source"] if isinstance(each["source"], str) else "".join(each["source"])
        cell = Cell(number, "+".join(tags), source)
        if each.get("cell_type") != "code":
            problems.append(cell.says("it is no code; take the tag away"))
        elif len(tags) > 1:
            problems.append(cell.says("it has several of the tags; write a cell for each"))
        else:
            found = _unreadable(cell)
            problems += found
            cells += [] if found else [cell]
    return cells, problems


def _unreadable(cell: Cell) -> list[str]:
    for line, text in enumerate(cell.source.splitlines(), start=1):
        if text.lstrip().startswith(("%", "!", "?")):
            return [cell.says(f"{text.strip()!r} is for notebooks alone; take it out, or the tag away", line)]
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        return [cell.says(f"{error.msg}", error.lineno)]
    return []


def _contract(cell: Cell, contract: dict[str, Any]) -> list[str]:
    problems = []
    for node in ast.parse(cell.source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                try:
                    contract[name] = ast.literal_eval(value)
                except ValueError:
                    problems.append(cell.says(f"{name} is computed; write its value", node.lineno))
            case ast.Expr(value=ast.Constant()):
                pass  # A comment in quotes.
            case _:
                problems.append(
                    cell.says("a contract has assignments of values alone, such as TARGET = 'churned'", node.lineno)
                )
    return problems


def _imports(cell: Cell, imports: dict[str, str]) -> list[str]:
    problems = []
    for node in ast.parse(cell.source).body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or any(each.name == "*" for each in node.names):
            problems.append(cell.says("it has to import, by name, and nothing else", node.lineno))
            continue
        for each in node.names:
            one = (
                ast.Import([each]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [each], node.level)
            )
            imports[each.asname or each.name.partition(".")[0]] = ast.unparse(one)
    return problems


def _module(cell: Cell, imports: dict[str, str], contract: dict[str, Any], package: str) -> tuple[str, list[str]]:
    """Its text, and why the cell cannot be turned."""
    given, result = FUNCTIONS[cell.tag]
    defined = [
        node for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef) and node.name == cell.tag
    ]
    body = cell.source.strip("\n") if defined else _wrapped(cell.tag, given, result, cell.source)
    try:
        compile(body, cell.tag, "exec")
        table = symtable.symtable(body, cell.tag, "exec")
    except SyntaxError as error:
        return "", [cell.says(f"{error.msg}: this cannot stand in a function")]
    if defined:
        arguments = [each.arg for each in defined[0].args.args]
        if arguments != list(given):
            return "", [
                cell.says(f"{cell.tag} takes {', '.join(arguments)}; allowed: {', '.join(given)}", defined[0].lineno)
            ]
    elif not table.lookup(cell.tag).get_namespace().lookup(result).is_assigned() and result not in given:
        return "", [cell.says(f"it assigns no {result}; give that name to what it makes")]
    wanted = _unresolved(table) - set(dir(builtins))
    unknown = sorted(wanted - imports.keys() - contract.keys())
    if unknown:
        remedy = f"a cell of {cell.tag} is given {' and '.join(given)}; make the rest in it, or import it in a cell tagged imports"
        return "", [cell.says(f"it uses {', '.join(unknown)}, which no tagged cell gives; {remedy}")]
    header = sorted({imports[each] for each in wanted & imports.keys()})
    named = sorted(wanted & contract.keys() - imports.keys())
    if named and cell.tag == "score":  # A version keeps this file alone.
        header += ["", *(f"{each} = {contract[each]!r}" for each in named)]
    elif named:
        header += ["", f"from {package}.contract import {', '.join(named)}"]
    return "\n".join(header).strip("\n") + ("\n\n\n" if header else "") + body + "\n", []


def _wrapped(name: str, given: tuple[str, ...], result: str, source: str) -> str:
    """The cell as the body of a function. Lines within texts of several lines stay as they are."""
    inner = ast.unparse(ast.parse(source)) if _has_long_text(source) else source.strip("\n")
    indented = "\n".join(f"    {line}" if line.strip() else "" for line in inner.splitlines())
    return f"def {name}({', '.join(given)}):\n{indented}\n    return {result}"


def _has_long_text(source: str) -> bool:
    texts = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant | ast.JoinedStr))
    return any(node.end_lineno != node.lineno for node in texts)


def _unresolved(table: symtable.SymbolTable) -> set[str]:
    """Names that the text reads and does not make, within functions too."""
    module = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
    found = {each.get_name() for each in table.get_symbols() if each.is_referenced()} - module

    def within(inner: symtable.SymbolTable) -> None:
        found.update(
            each.get_name() for each in inner.get_symbols() if each.is_global() and each.get_name() not in module
        )
        for child in inner.get_children():
            within(child)

    for child in table.get_children():
        within(child)
    return found
