"""The desk of a demo server: where a test says what happens to the company and what breaks down."""

from typing import Any

import httpx


def ask_desk(url: str, path: str, body: dict[str, Any]) -> Any:
    """What the demo at `url` answers to `body` under /demo, such as `happen` or `faults`."""
    answer = httpx.post(f"{url}/demo/{path}", json=body)
    answer.raise_for_status()
    return answer.json()
