"""What the end-to-end tests share: the deployed stack, its traces, and a way to drop files into it."""

import contextlib
import socket
import threading

import httpx
import pytest

from tests.stack_fixture import deployed

CANARY = "XQ7CANARYZ9"


@pytest.fixture(scope="session")
def daemon():
    """The address of an X-Ray daemon, and every segment that was sent to it."""
    segments = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as received:
        received.bind(("127.0.0.1", 0))

        def listen():
            while segment := received.recv(65_536):
                segments.append(segment.decode())

        threading.Thread(target=listen, daemon=True).start()
        host, port = received.getsockname()
        yield f"{host}:{port}", segments
        received.sendto(b"", (host, port))  # the end


@pytest.fixture(scope="session")
def stack(daemon):
    with deployed("e2e", {"AWS_XRAY_DAEMON_ADDRESS": daemon[0]}) as (stack, _):
        yield stack


@pytest.fixture(scope="session")
def send(stack):
    """Send a request to the API, with its key unless told otherwise."""

    def request(method, path, key=True, **kwargs):
        headers = {"x-api-key": stack.api_key} if key else {}
        headers |= kwargs.pop("headers", {})
        return httpx.request(method, stack.api_url + path, headers=headers, timeout=60, **kwargs)

    return request


@contextlib.contextmanager
def predict_that_fails(stack):
    """Put a version of the coder's function behind its alias that finds no model."""
    client = stack.client("lambda")
    names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
    (name,) = [each for each in names if "PredictFunction" in each]
    working = client.get_function_configuration(FunctionName=name)["Environment"]
    live = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    broken = {"Variables": {**working["Variables"], "CHARTCODE_MODEL_DIR": "/nowhere"}}
    client.update_function_configuration(FunctionName=name, Environment=broken)
    version = client.publish_version(FunctionName=name)["Version"]
    client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    try:
        yield
    finally:
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=live)
        client.update_function_configuration(FunctionName=name, Environment=working)


@pytest.fixture
def drop(stack, tmp_path):
    """Write a file and drop it into the notes bucket; return its key."""

    def write(name, content):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return stack.drop(path, name)

    return write
