"""Public prices as dated data, and what an amount of something costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("prices.json")

Usage = Mapping[str, float]
"""How much of each price's unit is used in a month, by the price's id."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tier(_Data):
    """A price that holds up to an amount a month (None: from there on)."""

    up_to: Annotated[float, Field(gt=0)] | None
    usd: Annotated[float, Field(gt=0)]


class Free(_Data):
    """What AWS gives free every month, and for how long after an account was opened."""

    amount: Annotated[float, Field(gt=0)]
    lasts: Literal["always", "12 months", "1 month"]


class Price(_Data):
    """The list price of one thing, where it stands, and when it stood there."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
    service: str
    unit: str
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]
    free: Free | None = None
    region: Literal["us-east-1"]
    source: Annotated[str, Field(min_length=1)]
    as_of: Annotated[str, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]

    @model_validator(mode="after")
    def _tiers_ascend(self) -> Self:
        bounds = [tier.up_to for tier in self.tiers]
        if bounds[-1] is not None or None in bounds[:-1]:
            raise ValueError("the last tier, and only the last, has no bound")
        known = [bound for bound in bounds if bound is not None]
        if known != sorted(set(known)):
            raise ValueError("tiers must ascend")
        return self

    def cost(self, amount: float) -> float:
        """Return what `amount` units a month cost, tier by tier, without the free tier."""
        total, begin = 0.0, 0.0
        for tier in self.tiers:
            end = amount if tier.up_to is None else min(amount, tier.up_to)
            total += max(end - begin, 0.0) * tier.usd
            begin = max(begin, end)
        return total

    def saved(self, amount: float) -> float:
        """Return what the free tier takes off the cost of `amount` units a month."""
        free = self.free.amount if self.free else 0.0
        return self.cost(amount) - self.cost(max(amount - free, 0.0))


class Prices(_Data):
    """Every price that the calculation knows."""

    note: str
    currency: Literal["USD"]
    prices: tuple[Price, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [price.id for price in self.prices]
        if len(ids) != len(set(ids)):
            raise ValueError("an id stands twice")
        return self

    @classmethod
    def load(cls, file: Path = FILE) -> Self:
        """Return the prices of a file."""
        return cls.model_validate_json(file.read_text(encoding="utf-8"))

    def __getitem__(self, price_id: str) -> Price:
        return next(price for price in self.prices if price.id == price_id)

    def by_service(self, usage: Usage) -> dict[str, float]:
        """Return the cost of a month's usage by service, without free tiers."""
        costs: dict[str, float] = {}
        for price_id, amount in usage.items():
            price = self[price_id]
            costs[price.service] = costs.get(price.service, 0.0) + price.cost(amount)
        return costs

    def total(self, usage: Usage) -> float:
        """Return the cost of a month's usage, without free tiers."""
        return sum(self.by_service(usage).values())

    def saved(self, usage: Usage) -> float:
        """Return what the free tiers, those that end included, take off a month's usage."""
        return sum(self[price_id].saved(amount) for price_id, amount in usage.items())
