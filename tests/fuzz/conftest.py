"""How many cases a target gets, and how many there were: ``make fuzz`` asks for many, the unit tests for few."""

import os
import time

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.cases import count

# Of each target.
CASES = int(os.environ.get("FUZZ_CASES", "40"))
settings.register_profile(
    "fuzz",
    max_examples=CASES,
    derandomize=CASES < 1000,  # the same cases whenever the unit tests run
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("fuzz")


@pytest.fixture(scope="session", autouse=True)
def report(request):
    began = time.monotonic()
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nfuzz: {count.total()} cases in {time.monotonic() - began:.0f} s, {dict(count)}")  # noqa: T201
