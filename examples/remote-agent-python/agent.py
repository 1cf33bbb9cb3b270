#!/usr/bin/env python3
"""A remote agent for Muster with nothing but the standard library of Python 3.9.

It claims tasks of the capability `count_words` by long poll, sends a heartbeat every ten seconds while it works, stops
working when its task is cancelled or its lease is lost, and gives its lease back when it is told to end.

Settings: MUSTER_KEY (the agent's own key), MUSTER_URL (default http://127.0.0.1:7700), MUSTER_AGENT (default counter).
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Optional

HEARTBEAT_S = float(os.environ.get("HEARTBEAT_S", "10"))
POLL_S = 20
BACKOFF_S_MAX = 10.0
LEASE_S = 30.0


class Refused(Exception):
    """The server answered with an error: a stable code, a status, and for how long to stay away."""

    def __init__(self, status: int, code: str, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class Unreachable(Exception):
    """No answer came, so nobody knows whether the request was carried out."""


class BadInput(Exception):
    """The task cannot be done with this input, however often it is tried."""


class Api:
    """The few calls that a worker needs."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.key = key

    def post(self, path: str, body: dict[str, Any], timeout_s: float = 30.0) -> Any:
        data = json.dumps(body).encode("utf-8")
        return json.loads(self._send(path, data, timeout_s))["data"]

    def content(self, artifact_id: str) -> bytes:
        return self._send(f"/api/v1/artifacts/{artifact_id}/content", None, 60.0)

    def _send(self, path: str, data: Optional[bytes], timeout_s: float) -> bytes:
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise refusal_of(error) from error
        except (OSError, ValueError) as error:
            # Also a connection that breaks in the middle of an answer.
            raise Unreachable(str(error)) from error


def refusal_of(error: urllib.error.HTTPError) -> Refused:
    try:
        found = json.loads(error.read())["error"]
        wait_s = float(found.get("detail", {}).get("retry_after_ms", 0)) / 1000
        return Refused(error.code, found["code"], found["message"], wait_s)
    except (OSError, ValueError, KeyError, TypeError):
        return Refused(error.code, "protocol", "the answer is not one of this API")


def may_pass(error: Exception) -> bool:
    """Whether coming again later may help."""
    if isinstance(error, Refused):
        return error.status in (429,) or error.status >= 500 or error.code == "stopped"
    return isinstance(error, Unreachable)


def wait_before_retry(error: Exception, tries: int, over: threading.Event) -> None:
    asked_s = error.retry_after_s if isinstance(error, Refused) else 0.0
    ceiling_s = min(BACKOFF_S_MAX, 0.25 * 2 ** min(tries, 10))
    over.wait(max(asked_s, ceiling_s * (0.5 + random.random() / 2)))


class Heartbeats(threading.Thread):
    """Keeps one lease alive, brings progress and log lines, and learns when the run is over from outside."""

    def __init__(self, api: Api, run: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.api = api
        self.run_id = run["run_id"]
        self.token = run["token"]
        self.over = threading.Event()
        self.outcome = "ok"
        self.progress: Optional[float] = None
        self.renewed_at = time.monotonic()
        self._lines: list[dict[str, str]] = []
        self._ended = threading.Event()

    def log(self, level: str, text: str) -> None:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._lines.append({"at": at, "level": level, "text": text[:2000]})

    def run(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            self.beat()

    def beat(self) -> None:
        lines, self._lines = self._lines[:200], self._lines[200:]
        report: dict[str, Any] = {"run_id": self.run_id, "token": self.token}
        if lines:
            report["log"] = lines
        if self.progress is not None:
            report["progress"] = self.progress
        try:
            answer = self.api.post("/api/v1/worker/heartbeat", {"runs": [report]}, timeout_s=HEARTBEAT_S + 5)
            self.outcome = answer["runs"][0]["outcome"]
        except (Refused, Unreachable) as error:
            self._lines = lines + self._lines
            say("trouble", self.run_id, str(error))
            return
        if self.outcome == "ok":
            self.renewed_at = time.monotonic()
        else:
            self.over.set()

    def lease_is_over(self) -> bool:
        return time.monotonic() - self.renewed_at > LEASE_S

    def end(self) -> None:
        self._ended.set()


class Shutdown(Exception):
    """The process was told to end; raised in the main thread, wherever that is."""


class Agent:
    def __init__(self, api: Api, agent_id: str) -> None:
        self.api = api
        self.agent_id = agent_id
        self.stopping = threading.Event()

    def work(self) -> None:
        """Claims and does one task after another until the process is told to end."""
        failures = 0
        while not self.stopping.is_set():
            try:
                runs = self.claim()
                failures = 0
            except (Refused, Unreachable) as error:
                if not may_pass(error):
                    raise
                say("trouble", None, str(error))
                wait_before_retry(error, failures, self.stopping)
                failures += 1
                continue
            for run in runs:
                self.perform(run)

    def claim(self) -> list[dict[str, Any]]:
        body = {"agent_id": self.agent_id, "capabilities": ["count_words"], "max": 1, "wait_ms": POLL_S * 1000}
        return self.api.post("/api/v1/worker/claim", body, timeout_s=POLL_S + 10)["runs"]

    def perform(self, run: dict[str, Any]) -> None:
        lease = {"run_id": run["run_id"], "token": run["token"]}
        say("claimed", run["run_id"], run["brief"]["title"])
        heartbeats = Heartbeats(self.api, run)
        heartbeats.start()
        try:
            output = count_everything(self.api, run["brief"], heartbeats)
            report = ("complete", {**lease, "output": output})
        except Shutdown:
            report = ("release", {**lease, "reason": "shutdown"})
        except BadInput as error:
            report = ("fail", {**lease, "error": {"code": "bad_input", "message": str(error)}, "retryable": False})
        except Exception as error:  # Whatever went wrong, the server is told, and decides about another try.
            message = f"{type(error).__name__}: {error}"[:2000]
            report = ("fail", {**lease, "error": {"code": "handler_failed", "message": message}, "retryable": True})
        try:
            if heartbeats.outcome != "ok":
                say("dropped", run["run_id"], heartbeats.outcome)
            else:
                self.tell(*report, heartbeats=heartbeats)
        finally:
            heartbeats.end()

    def tell(self, what: str, body: dict[str, Any], heartbeats: Heartbeats) -> None:
        """Sends a report until it is taken, refused, or the lease is over. Repeating it is harmless."""
        tries = 0
        while True:
            try:
                self.api.post(f"/api/v1/worker/{what}", body)
                return say(what, body["run_id"], None)
            except Shutdown:
                continue  # It ends once this is told.
            except (Refused, Unreachable) as error:
                say("trouble", body["run_id"], str(error))
                if not may_pass(error) or heartbeats.lease_is_over():
                    return None
                wait_before_retry(error, tries, heartbeats.over)
                tries += 1


def count_everything(api: Api, brief: dict[str, Any], heartbeats: Heartbeats) -> dict[str, Any]:
    """The work itself: how many words the text of the input and every artifact of the brief have."""
    given = brief["input"]
    text = given.get("text", "") if isinstance(given, dict) else ""
    if not isinstance(text, str):
        raise BadInput("input.text is not a string")
    sources = []
    for index, artifact in enumerate(brief["artifacts"]):
        if heartbeats.over.is_set():
            return {}
        content = api.content(artifact["artifact_id"]).decode("utf-8", errors="replace")
        sources.append({"name": artifact["name"], "words": count_words(content)})
        heartbeats.log("info", f"counted {artifact['name']}")
        heartbeats.progress = (index + 1) / len(brief["artifacts"])
    return {"words": count_words(text) + sum(source["words"] for source in sources), "sources": sources}


def count_words(text: str) -> int:
    return sum(1 for _ in re.finditer(r"[^\W_]+", text))


def say(kind: str, run_id: Optional[str], message: Optional[str]) -> None:
    print(json.dumps({"kind": kind, "run_id": run_id, "message": message}), flush=True)


def main() -> int:
    key = os.environ.get("MUSTER_KEY")
    if not key:
        print("Set MUSTER_KEY to the key of this agent: npx muster keys create counter --agent counter", file=sys.stderr)
        return 2
    api = Api(os.environ.get("MUSTER_URL", "http://127.0.0.1:7700"), key)
    agent = Agent(api, os.environ.get("MUSTER_AGENT", "counter"))

    def stop(_number: int, _frame: Any) -> None:
        # Once is enough: a second signal must not interrupt the giving back of a lease.
        if not agent.stopping.is_set():
            agent.stopping.set()
            raise Shutdown()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        agent.work()
    except Shutdown:
        return 0
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
