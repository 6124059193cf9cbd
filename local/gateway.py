"""API Gateway at home: HTTP requests become REST proxy events, and the template says which handler answers them."""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from samtranslator.yaml_helper import yaml_parse

from local.settings import REGION, ROOT

FUNCTIONS = ("ApiFunction", "ReviewsFunction", "ComprehendMedicalFunction", "BatchesFunction")
NO_BATCHES = "There are no batches here. Code a file with `chartcode code notes.jsonl`, or start `make run`."
# What API Gateway takes at most.
MAX_BODY_BYTES = 10_000_000

Event = dict[str, Any]
Answer = dict[str, Any]


@cache
def template() -> dict[str, Any]:
    """Return the template."""
    return dict(yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Route:
    """A method and path of the API, and the function that answers it."""

    method: str
    path: str
    function: str
    needs_key: bool

    def parameters(self, path: str) -> dict[str, str] | None:
        """Return the path parameters of `path`; None if it is another path."""
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path), path)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


def routes() -> list[Route]:
    """Return the routes of the template."""
    found = []
    paths = template()["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    for function in FUNCTIONS:
        for event in template()["Resources"][function]["Properties"]["Events"].values():
            given = event["Properties"]
            needs_key = bool(paths[given["Path"]][given["Method"].lower()]["security"])
            found.append(Route(given["Method"], given["Path"], function, needs_key))
    return found


class Gateway:
    """Answers requests as API Gateway does: it finds the route, asks for the key, and calls the function."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._routes = routes()
        # A Lambda instance answers one request at a time.
        self._locks = {function: threading.Lock() for function in FUNCTIONS}
        self._handlers: dict[str, Callable[[Event, Any], Answer]] = {}

    def answer(self, event: Event) -> Answer:
        """Answer one request; its event has neither resource nor path parameters yet."""
        for route in self._routes:
            parameters = route.parameters(event["path"])
            if route.method == event["httpMethod"] and parameters is not None:
                event["resource"] = event["requestContext"]["resourcePath"] = route.path
                event["pathParameters"] = parameters or None
                return self._call(route, event)
        if (event["httpMethod"], event["path"]) == ("GET", "/openapi.json"):
            document = import_module("api.openapi").render()
            return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": document}
        return problem(event, HTTPStatus.NOT_FOUND, "There is no such path.")

    def _call(self, route: Route, event: Event) -> Answer:
        if self._key and route.needs_key and event["headers"].get("x-api-key") != self._key:
            return problem(event, HTTPStatus.FORBIDDEN, "Send the API key as x-api-key.")
        if route.function == "BatchesFunction":
            return problem(event, HTTPStatus.NOT_IMPLEMENTED, NO_BATCHES)
        if "InferenceJob" in event["headers"].get("x-amz-target", ""):
            body = json.dumps({"__type": "InternalServerException", "Message": NO_BATCHES})
            return {"statusCode": 501, "headers": {"Content-Type": "application/x-amz-json-1.1"}, "body": body}
        with self._locks[route.function]:
            return self.handler(route.function)(event, context(route.function, event))

    def handler(self, function: str) -> Callable[[Event, Any], Answer]:
        """Return the handler of a function, loaded when it is first needed."""
        if function not in self._handlers:
            module, _, name = template()["Resources"][function]["Properties"]["Handler"].rpartition(".")
            self._handlers[function] = getattr(import_module(module), name)
        return self._handlers[function]


def problem(event: Event, status: HTTPStatus, detail: str) -> Answer:
    """Return an error in the shape of the functions' own."""
    problems = import_module("chartcode_aws.problems")
    request_id = event["requestContext"]["requestId"]
    response = problems.problem_response(problems.Problem(status, detail), request_id)
    headers = {"Content-Type": response.content_type, "X-Request-Id": request_id}
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}


def context(function: str, event: Event) -> SimpleNamespace:
    """Return what Lambda tells a handler of its call."""
    return SimpleNamespace(
        function_name=function,
        memory_limit_in_mb=template()["Resources"][function]["Properties"]["MemorySize"],
        invoked_function_arn=f"arn:aws:lambda:{REGION}:000000000000:function:{function}",
        aws_request_id=event["requestContext"]["requestId"],
        get_remaining_time_in_millis=lambda: 29_000,
    )


def event_of(method: str, target: str, headers: list[tuple[str, str]], body: bytes, address: str) -> Event:
    """Return a request as API Gateway hands it to a function (REST, payload version 1)."""
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    named: dict[str, list[str]] = {}
    for name, value in headers:
        named.setdefault(name.lower(), []).append(value)
    try:
        text, is_base64 = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    return {
        "resource": "",
        "path": unquote(url.path),
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in named.items()},
        "multiValueHeaders": named,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "stage": "local",
            "httpMethod": method,
            "path": unquote(url.path),
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": address},
        },
        "body": text or None,
        "isBase64Encoded": is_base64,
    }


class RequestHandler(BaseHTTPRequestHandler):
    """Turns HTTP into events, and answers into HTTP."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer a request."""
        event = event_of(self.command, self.path, list(self.headers.items()), b"", self.client_address[0])
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self._send(problem(event, HTTPStatus.LENGTH_REQUIRED, "Send the body with its Content-Length."))
        elif int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            detail = f"The body is larger than {MAX_BODY_BYTES} bytes."
            self._send(problem(event, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail))
        else:
            body = self.rfile.read(int(length))
            event = event_of(self.command, self.path, list(self.headers.items()), body, self.client_address[0])
            self._send(self.server.gateway.answer(event))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815  (the server looks for these names)

    def _send(self, answer: Answer) -> None:
        body = answer["body"].encode()
        self.send_response(answer["statusCode"])
        headers = {name: [value] for name, value in answer.get("headers", {}).items()}
        for name, values in (headers | answer.get("multiValueHeaders", {})).items():
            for value in values:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log method, path and status; the query may hold words of a note."""
        status = code.value if isinstance(code, HTTPStatus) else code
        sys.stderr.write(f"{self.command} {urlsplit(self.path).path} {status}\n")


class Server(ThreadingHTTPServer):
    """The HTTP server of a gateway."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__(address, RequestHandler)
