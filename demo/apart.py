"""The demo company as a process of its own, for tests and benchmarks.

Belongs here: starting `python -m demo serve`, asking what `python -m demo env` says of it, and its
`/demo/…` paths. Does not belong here: what the company is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
DEMO = (sys.executable, "-u", "-m", "demo")


@dataclass(frozen=True)
class Apart:
    """A demo company that answers at a port of this machine."""

    port: str

    def variables(self, *options: str) -> dict[str, str]:
        """What `demo env` with those options tells of it: the variables that sources need."""
        spoken = subprocess.run(
            [*DEMO, "env", "--port", self.port, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        lines = spoken.stdout.replace("export ", "").replace("'", "").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def happen(self, name: str) -> Any:
        """Makes the named thing happen now; what it did."""
        return self.ask("/demo/happen", {"name": name})

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


@contextmanager
def served(*options: str, log: IO[str] | int = subprocess.DEVNULL) -> Iterator[Apart]:
    """Serves the company of those options of `demo serve` on a free port, while the block lasts."""
    server = subprocess.Popen(
        [*DEMO, "serve", "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        assert server.stdout is not None
        ready = server.stdout.readline()
        yield Apart(ready.split("http://127.0.0.1:")[1].split("/")[0])
    finally:
        server.terminate()
        server.wait(timeout=60)
