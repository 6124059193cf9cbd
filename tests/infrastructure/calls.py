"""Which calls of AWS a function can make, read from its code without running it.

Reachable is what the handler's module names, and what that names, by import or as a method of a class in use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from botocore import xform_name
from botocore.session import get_session

from tests.infrastructure.sam import ROOT

FUNCTIONS = ROOT / "functions"
# Operations whose permission bears another name; the others' bears the operation's.
PERMISSIONS = {
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:HeadObject": ["s3:GetObject"],
    "lambda:Invoke": ["lambda:InvokeFunction"],
}
PREFIXES = {"stepfunctions": "states"}
# What a transaction does is named in its items.
TRANSACTION = {"Put": "dynamodb:PutItem", "Update": "dynamodb:UpdateItem", "Delete": "dynamodb:DeleteItem"}
# Calls that a library makes.
LIBRARIES = {
    "DynamoDBPersistenceLayer": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
    "get_secret": ["secretsmanager:GetSecretValue"],
}
Definition = ast.FunctionDef | ast.ClassDef


@cache
def operations(service: str) -> dict[str, str]:
    """Return the operations of a service by the name of boto3's method."""
    names = get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


@dataclass
class Module:
    """A module of a function: what it defines and imports, and the services that it has clients of."""

    name: str
    tree: ast.Module
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)

    @classmethod
    @cache
    def load(cls, name: str) -> Module | None:
        """Return a module below functions/; None if it is none of ours."""
        path = FUNCTIONS.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if not file.is_file():
            return None
        module = cls(name, ast.parse(file.read_text()))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in node.names:
                    module.imports[each.asname or each.name] = (node.module, each.name)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("boto3.client", "boto3.resource"):
                module.services.append(ast.literal_eval(node.args[0]))
        for node in module.tree.body:
            if isinstance(node, Definition):
                module.definitions[node.name] = node
        return module

    def resolve(self, name: str) -> tuple[Module, str | None] | None:
        """Return where a name comes from: a module and a definition in it (None: the module itself)."""
        if name in self.definitions:
            return self, name
        if name not in self.imports:
            return None
        source, imported = self.imports[name]
        if submodule := Module.load(f"{source}.{imported}"):
            return submodule, None
        origin = Module.load(source)
        return (origin, imported) if origin and imported in origin.definitions else None

    def actions(self, node: ast.AST) -> Iterator[str]:
        """Yield the permissions that the calls in `node` need."""
        if any(isinstance(each, ast.Attribute) and each.attr == "NoSuchKey" for each in ast.walk(node)):
            yield "s3:ListBucket"  # without it S3 answers "access denied" instead
        for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            yield from LIBRARIES.get(name, [])
            if name in ("get_paginator", "generate_presigned_url"):
                name = ast.literal_eval(call.args[0])
            if name == "transact_write_items":
                keys = {each.value for each in ast.walk(self.tree) if isinstance(each, ast.Constant)}
                yield from (action for key, action in TRANSACTION.items() if key in keys)
                continue
            for service in self.services:
                if name in operations(service):
                    action = f"{PREFIXES.get(service, service)}:{operations(service)[name]}"
                    yield from PERMISSIONS.get(action, [action])


@dataclass
class Reach:
    """What can be reached from a handler."""

    found: dict[tuple[str, str], tuple[Module, ast.AST]] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)

    def of_module(self, module: Module) -> None:
        """Add a handler's module: all that it defines and does."""
        for name in module.definitions:
            self.add(module, name)
        for node in module.tree.body:
            if not isinstance(node, Definition | ast.Import | ast.ImportFrom):
                self._visit(module, node)

    def add(self, module: Module, name: str) -> None:
        """Add a function, or a class with its constructor and fields; its other methods when their name is used."""
        key = (module.name, name)
        if key in self.found:
            return
        node = module.definitions[name]
        if isinstance(node, ast.ClassDef):
            self.found[key] = (module, ast.Module(body=[], type_ignores=[]))
            for each in node.body:
                if isinstance(each, ast.FunctionDef):
                    if each.name in self.methods or each.name.startswith("__"):
                        self._method(module, node, each)
                else:
                    self._visit(module, each)
        else:
            self.found[key] = (module, node)
            self._visit(module, node)

    def _method(self, module: Module, owner: ast.ClassDef, node: ast.FunctionDef) -> None:
        key = (module.name, f"{owner.name}.{node.name}")
        if key not in self.found:
            self.found[key] = (module, node)
            self._visit(module, node)

    def _visit(self, module: Module, node: ast.AST) -> None:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and (source := module.resolve(each.id)) and source[1]:
                self.add(source[0], source[1])
            elif isinstance(each, ast.Attribute):
                source = module.resolve(each.value.id) if isinstance(each.value, ast.Name) else None
                if source and source[1] is None:
                    if each.attr in source[0].definitions:
                        self.add(source[0], each.attr)
                elif each.attr not in self.methods:
                    self.methods.add(each.attr)
                    self._revisit(each.attr)

    def _revisit(self, method: str) -> None:
        for module_name, name in list(self.found):
            module, _ = self.found[module_name, name]
            owner = module.definitions.get(name)
            if isinstance(owner, ast.ClassDef):
                for each in owner.body:
                    if isinstance(each, ast.FunctionDef) and each.name == method:
                        self._method(module, owner, each)


def reach_of(handler: str) -> Iterator[tuple[Module, str, ast.AST]]:
    """Yield what a handler's code reaches: module, name, and node."""
    module = Module.load(handler.rpartition(".")[0])
    assert module, handler
    reach = Reach()
    reach.of_module(module)
    for (_, name), (source, node) in reach.found.items():
        yield source, name, node


def of_handler(handler: str) -> dict[str, set[str]]:
    """Return the permissions that a handler's code needs, each with the places that need it."""
    needed: dict[str, set[str]] = {}
    for module, name, node in reach_of(handler):
        for action in module.actions(node):
            needed.setdefault(action, set()).add(f"{module.name}:{name}")
    return needed


def metrics_of(handler: str) -> set[str]:
    """Return the metrics that a handler's code emits."""
    return {
        ast.literal_eval(call.args[0])
        for _, _, node in reach_of(handler)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_metric"
    }
