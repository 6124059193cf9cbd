"""Clients of the API, all at once: how fast, and whether each gets the answer to its own note."""

from __future__ import annotations

import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from local.chaos.lab import Lab
from local.settings import ROOT

NOTE = (ROOT / "events" / "notes" / "clinic_visit.txt").read_text(encoding="utf-8")
# Each client adds a problem to it, by whose code it knows the answer to its own note.
PROBLEMS = {"Gout": "M10.9", "Migraine": "G43.909", "Asthma": "J45.909", "Psoriasis": "L40.9"}
# Too many requests: what a client takes as a wish to wait.
BUSY = (429, 503)


@dataclass
class Load:
    """What the clients saw."""

    clients: int
    seconds: float
    answers: Counter[int] = field(default_factory=Counter)
    # Each client's first answer waits for a process to start; the others do not.
    first: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return the figures, latencies in milliseconds."""
        cuts = statistics.quantiles(self.latencies, n=100) if len(self.latencies) > 1 else [0.0] * 99
        return {
            "clients": self.clients,
            "seconds": round(self.seconds, 1),
            "requests": self.answers.total(),
            "by_status": dict(self.answers),
            "per_second": round(self.answers[200] / self.seconds, 2),
            "p50_ms": round(cuts[49] * 1000),
            "p95_ms": round(cuts[94] * 1000),
            "p99_ms": round(cuts[98] * 1000),
            "first_ms": round(max(self.first, default=0.0) * 1000),
        }


def run(lab: Lab, clients: int, seconds: float) -> Load:
    """Let `clients` code notes for some seconds, each one after the other."""
    load, lock = Load(clients, seconds), threading.Lock()
    began = time.monotonic()
    threads = [
        threading.Thread(target=_client, args=(lab, number, began + seconds, load, lock)) for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.monotonic() - began
    if not load.first:
        load.broken.append("no request was answered")
    return load


def _client(lab: Lab, number: int, until: float, load: Load, lock: threading.Lock) -> None:
    problem, code = list(PROBLEMS.items())[number % len(PROBLEMS)]
    body = {"id": f"client-{number}", "text": f"{NOTE}\nASSESSMENT:\n1. {problem}.\n"}
    headers, latencies = {"x-api-key": lab.stack.api_key}, load.first
    with httpx.Client(headers=headers, timeout=120) as http:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                response = http.post(f"{lab.stack.api_url}/v1/codes", json=body)
            except httpx.HTTPError as error:
                with lock:
                    load.broken.append(f"client {number}: {type(error).__name__}")
                continue
            took = time.monotonic() - began
            with lock:
                load.answers[response.status_code] += 1
                if response.status_code == 200:
                    latencies.append(took)
                    latencies = load.latencies
                    if wrong := _wrong(response.json(), body["id"], code):
                        load.broken.append(f"client {number}: {wrong}")
                elif response.status_code not in BUSY:
                    load.broken.append(f"client {number}: status {response.status_code}")
            if response.status_code in BUSY:
                time.sleep(0.2)


def _wrong(answer: dict[str, Any], note: str, code: str) -> str:
    if answer.get("id") != note:
        return "the answer is to another note"
    found = {each["code"] for each in answer["codes"]} & set(PROBLEMS.values())
    return "" if found == {code} else "the codes are another note's"
