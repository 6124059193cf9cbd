"""``chartcode search`` and ``explain``: the code set at the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from chartcode import artefact, hierarchy
from chartcode.cli.console import ExitCode, Json, stop
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.errors import ArtefactError, UnknownCodeError
from chartcode.hierarchy import CodeInHierarchy, Notes
from chartcode.search import MAX_RESULTS, CodeSearch, SearchResult

# Length of a code with its 7th character; all of a code's differ in it alone.
_EXTENDED = len("S72.001A")
_NOTE_TITLES = {
    "inclusion_terms": "Inclusion terms",
    "includes": "Includes",
    "excludes1": "Excludes1 (never coded together)",
    "excludes2": "Excludes2 (not part of it; both may be coded)",
    "code_first": "Code first",
    "use_additional": "Use additional",
    "code_also": "Code also",
}


def search(
    words: Annotated[list[str], typer.Argument(help="Words, an abbreviation, or the beginning of a code")],
    limit: Annotated[int, typer.Option(min=1, max=MAX_RESULTS, help="How many codes")] = 20,
    as_json: Json = False,
) -> None:
    """Search the code set: "ckd 3", "broken wrist", e11.6."""
    query = " ".join(words)
    try:
        folder = artefact.locate()
        found = CodeSearch.load(folder, CodeSet(folder / CODESET_FILE)).find(query, limit)
    except ArtefactError as error:
        raise stop(ExitCode.CANNOT_RUN, str(error)) from None
    if as_json:
        typer.echo(SearchResult(query=query, codes=tuple(found)).model_dump_json())
    elif found:
        table = Table("code", "billable", "description", "matched", "score")
        for each in found:
            billable = "yes" if each.billable else "no"
            table.add_row(each.code, billable, escape(each.description), escape(each.matched), f"{each.score:.2f}")
        Console().print(table)
    if not found:
        raise stop(ExitCode.INCOMPLETE, "No code was found. Try fewer or other words.")


def explain(
    code: Annotated[str, typer.Argument(help="A code, a block (I10-I1A) or the number of a chapter")],
    as_json: Json = False,
) -> None:
    """Show the place of a code, its instructional notes, and what lies below it."""
    try:
        codeset = CodeSet(artefact.locate() / CODESET_FILE)
        found = hierarchy.explain(codeset, code)
    except ArtefactError as error:
        raise stop(ExitCode.CANNOT_RUN, str(error)) from None
    except UnknownCodeError as error:
        raise stop(ExitCode.INCOMPLETE, str(error)) from None
    if as_json:
        typer.echo(found.model_dump_json(exclude_none=True))
    else:
        Console().print(_tree(codeset, found))


def _tree(codeset: CodeSet, found: CodeInHierarchy) -> Tree:
    """Return the line of ancestors with their notes, the code with its own, and what lies below it."""
    inherited = {each.code: each for each in found.inherited}
    root = branch = Tree("ICD-10-CM", hide_root=True)
    for ancestor in found.ancestors:
        branch = branch.add(_label(ancestor.code, ancestor.description))
        if ancestor.code in inherited:
            _add_notes(branch, inherited[ancestor.code])
    branch = branch.add(f"[bold]{_label(found.code, found.description, found.billable)}[/bold]")
    _add_texts(branch, "inclusion_terms", found.inclusion_terms)
    _add_notes(branch, found)
    if found.seventh_character:
        characters = branch.add("[dim]7th character[/dim]")
        for character, meaning in found.seventh_character.items():
            characters.add(f"{character} {escape(' '.join(meaning.split()))}")
    # Below a category stands everything, below a chapter or block what is directly under it.
    _add_children(branch, codeset, found.code, hierarchy.MAX_BILLABLE_CHILDREN, deep=found.category is not None)
    return root


def _label(code: str, description: str, billable: bool = False) -> str:
    return f"[cyan]{code}[/cyan] {escape(description)}{' [green]billable[/green]' if billable else ''}"


def _add_notes(branch: Tree, notes: Notes) -> None:
    for name in Notes.model_fields:
        _add_texts(branch, name, getattr(notes, name))


def _add_texts(branch: Tree, name: str, texts: Sequence[str]) -> None:
    if texts:
        group = branch.add(f"[dim]{_NOTE_TITLES[name]}[/dim]")
        for text in texts:
            group.add(escape(text))


def _add_children(branch: Tree, codeset: CodeSet, code: str, room: int, deep: bool) -> int:
    """Add what lies below `code`, in `room` lines at most, and return the lines that are left."""
    for child in codeset.get(code).children:
        if room <= 0:
            branch.add("[dim]…[/dim]")
            break
        known = codeset.get(child)
        twig = branch.add(_label(known.code, known.description, known.billable))
        room -= 1
        if any(len(each) == _EXTENDED for each in known.children):
            characters = " ".join(each[-1] for each in known.children)
            twig.add(f"[dim]{known.children[0][:-1]} and a 7th character: {characters}[/dim]")
        elif deep:
            room = _add_children(twig, codeset, child, room, deep)
    return room
