"""The place of a code in the classification, and every instructional note that applies to it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from chartcode.codeset import Code, CodeSet

# A chapter has thousands of billable codes; nobody reads them.
MAX_BILLABLE_CHILDREN = 200


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class NamedCode(_Frozen):
    """A code, block or chapter with its description."""

    code: str
    description: str


class Chapters(_Frozen):
    """The chapters of the code set, in order."""

    chapters: tuple[NamedCode, ...]


class ChildCode(NamedCode):
    """A code directly below another."""

    billable: bool


class Notes(_Frozen):
    """Instructional notes at one place of the Tabular List; a note of several lines is as many texts."""

    includes: tuple[str, ...] = ()
    excludes1: tuple[str, ...] = Field(default=(), description="Never coded together with the code")
    excludes2: tuple[str, ...] = Field(default=(), description="Not part of the code; both may be coded")
    code_first: tuple[str, ...] = Field(default=(), description="Underlying condition, sequenced first")
    use_additional: tuple[str, ...] = Field(default=(), description="Further codes, sequenced after it")
    code_also: tuple[str, ...] = ()


class InheritedNotes(Notes):
    """Notes at a category, block or chapter, which apply to everything below it."""

    code: str


class CodeInHierarchy(Notes, NamedCode):
    """A code, block or chapter, its place, its own notes and those that it inherits."""

    billable: bool
    chapter: str
    block: str | None = None
    category: str | None = None
    parent: str | None = None
    ancestors: tuple[NamedCode, ...] = Field(description="The chapter first")
    children: tuple[ChildCode, ...]
    billable_children: tuple[NamedCode, ...] | None = Field(
        default=None,
        description=f"Of what is not billable itself: the billable codes below it, at most {MAX_BILLABLE_CHILDREN}",
    )
    inclusion_terms: tuple[str, ...] = ()
    seventh_character: dict[str, str] = {}
    inherited: tuple[InheritedNotes, ...] = Field(default=(), description="The nearest first")


def explain(codeset: CodeSet, code: str) -> CodeInHierarchy:
    """Return everything about `code`; `UnknownCodeError` if the release has no such code, block or chapter."""
    found = codeset.get(code)
    ancestors = list(_ancestors(codeset, found))
    children = (codeset.get(child) for child in found.children)
    below = [] if found.billable else codeset.billable_below(found.code, MAX_BILLABLE_CHILDREN)
    own = found.model_dump(include=set(CodeInHierarchy.model_fields) - {"children"})
    return CodeInHierarchy.model_validate(
        {
            **own,
            **_notes(found),
            "ancestors": [_named(codeset, each.code) for each in reversed(ancestors)],
            "children": [ChildCode(code=c.code, description=c.description, billable=c.billable) for c in children],
            "billable_children": None if found.billable else [_named(codeset, each) for each in below],
            "inherited": [{"code": each.code, **notes} for each in ancestors if any((notes := _notes(each)).values())],
        }
    )


def chapters(codeset: CodeSet) -> Chapters:
    """Return the chapters of the code set."""
    return Chapters(chapters=tuple(_named(codeset, each) for each in codeset.chapters()))


def _named(codeset: CodeSet, code: str) -> NamedCode:
    return NamedCode(code=code, description=codeset.description(code))


def _ancestors(codeset: CodeSet, code: Code) -> Iterator[Code]:
    """Yield the ancestors of `code`, the nearest first."""
    while code.parent:
        code = codeset.get(code.parent)
        yield code


def _notes(code: Code) -> dict[str, tuple[str, ...]]:
    found = {name: getattr(code, name) for name in Notes.model_fields}
    return {name: tuple(note.splitlines()) if isinstance(note, str) else note for name, note in found.items()}
