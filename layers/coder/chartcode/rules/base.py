"""What the schemas of all rule files have in common."""

from pydantic import BaseModel, ConfigDict


class Rule(BaseModel):
    """A part of a rule file: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
