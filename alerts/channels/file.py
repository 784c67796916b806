"""The outbox file: one JSON object a line, for demos and for whoever forwards it by other means.

Needs no address, so every recipient is reachable.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

from alerts.formats import text
from alerts.models import AlertsError, Message, Outcome, Recipient, Status


class FileChannel:
    """Appends to `path`. Each line carries `message_id`, by which a reader can drop doubles."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def address(self, recipient: Recipient) -> str:
        return recipient.id

    def send(self, message: Message, address: str, *, now: datetime) -> Outcome:
        """Raises AlertsError when the file cannot be written: the next would fare no better."""
        line = json.dumps(_as_json(message, address, now), ensure_ascii=False) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _append(self._path, line.encode())
        except OSError as error:
            raise AlertsError(
                f"{self._path}: the alert outbox cannot be written ({error.strerror}); "
                "free or repair the disk, or name another file in ALERTS_FILE."
            ) from None
        return Outcome(Status.SENT)


def _append(path: Path, line: bytes) -> None:
    """Add the whole line or nothing: a half line would spoil the file for its readers."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size_before = os.fstat(descriptor).st_size
        try:
            # One write with O_APPEND is not interleaved with another process's.
            if os.write(descriptor, line) != len(line):
                raise OSError(28, "no space left on device")
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size_before)
            raise
    finally:
        os.close(descriptor)


def _as_json(message: Message, address: str, now: datetime) -> dict[str, object]:
    return {
        "message_id": message.id,
        "sent_at": now.isoformat(),
        "recipient_id": address,
        "recipient_role": message.recipient.role,
        "recipient_name": message.recipient.name,
        "form": message.form.value,
        "alerts": [
            {"candidate_key": each.candidate.key, "kind": each.kind.value}
            for each in message.decisions
        ],
        "text": text.render(message),
    }
