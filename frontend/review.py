"""A coder's decisions on the suggested codes of one note, each of which can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

# What the API takes.
MAX_EVIDENCE = 20

Action = Literal["accept", "reject", "replace", "add"]


@dataclass(frozen=True)
class Decision:
    """What a coder decided on one code; `replacement` is the code that takes its place."""

    action: Action
    code: str
    replacement: str | None = None
    description: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class FinalCode:
    """A code as it will be billed, and where it comes from; `decision` is None while there is none."""

    code: str
    description: str
    decision: Action | None
    source: Mapping[str, Any]


@dataclass
class Review:
    """The decisions on one note's `suggested` codes and on the codes that it mentions."""

    suggested: Sequence[Mapping[str, Any]]
    mentioned: Sequence[Mapping[str, Any]] = ()
    decisions: dict[str, Decision] = field(default_factory=dict)
    _past: list[dict[str, Decision]] = field(default_factory=list)

    def decide(self, *decisions: Decision) -> None:
        """Take decisions, as one step of `undo`; a later one on the same code replaces the earlier."""
        self._past.append(dict(self.decisions))
        self.decisions.update({decision.code: decision for decision in decisions})

    def add(self, code: str, description: str) -> None:
        """Add a code; one that was suggested is accepted instead."""
        suggested = code in {each["code"] for each in self.suggested}
        self.decide(Decision("accept", code) if suggested else Decision("add", code, description=description))

    def withdraw(self, code: str) -> None:
        """Take back the decision on a code."""
        self._past.append(dict(self.decisions))
        self.decisions.pop(code, None)

    def amend(self, code: str, reason: str | None) -> None:
        """Give a decision its reason."""
        self.decisions[code] = replace(self.decisions[code], reason=reason or None)

    def accept_rest(self) -> None:
        """Accept every code that has no decision."""
        self.decide(*(Decision("accept", code) for code in self.undecided))

    def undo(self) -> None:
        """Go back one step."""
        if self._past:
            self.decisions = self._past.pop()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to go back to."""
        return bool(self._past)

    @property
    def undecided(self) -> list[str]:
        """Suggested codes without a decision."""
        return [code["code"] for code in self.suggested if code["code"] not in self.decisions]

    @property
    def added(self) -> list[Decision]:
        """Codes that the coder added."""
        return [decision for decision in self.decisions.values() if decision.action == "add"]

    def final(self) -> list[FinalCode]:
        """Return the codes to bill, in billing order; added codes come last."""
        return [*self._kept(), *(self._addition(decision) for decision in self.added)]

    def _kept(self) -> Iterator[FinalCode]:
        for code in self.suggested:
            decision = self.decisions.get(code["code"])
            if decision is None or decision.action == "accept":
                yield FinalCode(code["code"], code["description"], decision and decision.action, code)
            elif decision.action == "replace" and decision.replacement:
                yield FinalCode(decision.replacement, decision.description, "replace", code)

    def _addition(self, decision: Decision) -> FinalCode:
        source = next((code for code in self.mentioned if code["code"] == decision.code), {})
        return FinalCode(decision.code, decision.description, "add", source)

    def payload(self) -> list[dict[str, Any]]:
        """Return the decisions as ``POST /v1/reviews`` takes them."""
        known = {code["code"]: code for code in (*self.mentioned, *self.suggested)}
        return [_payload(decision, known.get(decision.code, {})) for decision in self.decisions.values()]


def _payload(decision: Decision, source: Mapping[str, Any]) -> dict[str, Any]:
    places = [{"begin": each["begin"], "end": each["end"]} for each in source.get("evidence", ())]
    fields = {
        "code": decision.code,
        "action": decision.action,
        "replacement": decision.replacement,
        "reason": decision.reason,
        "probability": source.get("probability"),
        "route": source.get("route"),
        "evidence": places[:MAX_EVIDENCE] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}
