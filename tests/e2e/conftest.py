"""What the end-to-end tests share: the deployed stack, and a way to drop files into it."""

import httpx
import pytest

from tests.stack_fixture import deployed

CANARY = "XQ7CANARYZ9"


@pytest.fixture(scope="session")
def stack():
    with deployed("e2e") as (stack, _):
        yield stack


@pytest.fixture(scope="session")
def send(stack):
    """Send a request to the API, with its key unless told otherwise."""

    def request(method, path, key=True, **kwargs):
        headers = {"x-api-key": stack.api_key} if key else {}
        headers |= kwargs.pop("headers", {})
        return httpx.request(method, stack.api_url + path, headers=headers, timeout=60, **kwargs)

    return request


@pytest.fixture
def drop(stack, tmp_path):
    """Write a file and drop it into the notes bucket; return its key."""

    def write(name, content):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return stack.drop(path, name)

    return write
