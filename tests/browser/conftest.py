"""The deployed stack, the workbench on it, and a browser to use it with."""

from types import SimpleNamespace

import pytest

from local import browser, run
from local.settings import ROOT, Settings
from tests.stack_fixture import deployed, free_port

FAILURES = ROOT / ".local" / "browser" / "failures"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep a picture of what a failed test saw."""
    report = yield
    if report.when == "call" and report.failed and "chromium" in item.funcargs:
        FAILURES.mkdir(parents=True, exist_ok=True)
        for context in item.funcargs["chromium"].contexts:
            for page in context.pages:
                page.screenshot(path=FAILURES / f"{item.originalname}.png")
    return report


def workbench(settings, processes, api):
    """Start a workbench for `api` and return its address."""
    run.start_workbench(settings, processes, api)
    address = f"http://127.0.0.1:{settings.workbench_port}"
    processes.wait_for("workbench", f"{address}/_stcore/health", 60)
    return address


@pytest.fixture(scope="session")
def chromium():
    try:
        with browser.chromium() as started:
            yield started
    except browser.NoBrowser as missing:
        pytest.exit(str(missing), returncode=2)


@pytest.fixture(scope="session")
def running(chromium):
    """The stack and the address of its workbench."""
    with deployed("browser") as (stack, processes):
        run.warm_up(stack)
        yield SimpleNamespace(stack=stack, url=workbench(stack.settings, processes, stack))


@pytest.fixture(scope="session")
def without_api(chromium, tmp_path_factory):
    """The address of a workbench whose API does not answer."""
    settings = Settings(workbench_port=free_port(), state=tmp_path_factory.mktemp("workbench"))
    processes = run.Processes(settings.state)
    try:
        nobody = SimpleNamespace(api_url=f"http://127.0.0.1:{free_port()}", api_key="none")
        yield workbench(settings, processes, nobody)
    finally:
        processes.stop()


@pytest.fixture
def open_page(chromium):
    """Open an address at a width; whatever the browser calls an error fails the test."""
    errors = []

    def open_(address, width=1280):
        page = chromium.new_page(viewport={"width": width, "height": 900})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        browser.settle(page)
        return page

    yield open_
    for context in chromium.contexts:
        context.close()
    assert not errors
