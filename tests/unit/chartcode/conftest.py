import pytest

from chartcode import Coder


@pytest.fixture(scope="session")
def coder() -> Coder:
    return Coder.load()
