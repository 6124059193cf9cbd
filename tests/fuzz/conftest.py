"""Prints how many cases there were."""

import time

import pytest

from tests.fuzz.cases import count


@pytest.fixture(scope="session", autouse=True)
def report(request):
    began = time.monotonic()
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\nfuzz: {count.total()} cases in {time.monotonic() - began:.0f} s, {dict(count)}")  # noqa: T201
