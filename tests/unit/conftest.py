import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_network():
    """Unit tests reach no network; asyncio's own socket pair (Streamlit's AppTest) is not one."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
