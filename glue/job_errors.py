"""Errors as type and place: their messages can quote a note, and the logs of Glue and Step Functions keep those."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class JobError(Exception):
    """An error of a job: the type and the place of what went wrong."""


@contextmanager
def without_message() -> Iterator[None]:
    """Let an error say its type and place only."""
    try:
        yield
    except JobError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise JobError(f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}") from None


def quotes_nothing(function: Function) -> Function:
    """Let the errors of a function, or of a generator, say their type and place only."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with without_message():
            return function(*args, **kwargs)

    @wraps(function)
    def generate(*args: Any, **kwargs: Any) -> Any:
        with without_message():
            yield from function(*args, **kwargs)

    wrapped: Any = generate if inspect.isgeneratorfunction(function) else call
    wrapped.__signature__ = inspect.signature(function)  # Spark looks at how many parameters there are
    return wrapped  # type: ignore[no-any-return]
