"""What can be switched on an amoCRM account while it is served, and the account as it describes
itself.

Belongs here: the tariff's and the administrator's decisions that change every answer. Does not
belong: tokens (`amocrm_tokens`), planted faults (`faults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.amocrm_lists import ACCOUNT, DATETIME_SETTINGS, PRIVATE_OF_ACCOUNT, TASK_TYPES
from demo.selections import Record
from demo.settings import CUSTOMERS_MODES

AMOJO_RIGHTS = {"can_direct": False, "can_create_groups": False}


@dataclass
class Account:
    """The switches of one account.

    `customers_mode` "disabled": the tariff has no customers and everything about them is 402.
    `is_filter_enabled` off: filters are ignored in silence. `visible_to`: the token's user lost the
    rights of an administrator and sees only what they are responsible for; None sees everything.
    """

    customers_mode: str = "disabled"
    is_filter_enabled: bool = True
    visible_to: int | None = None

    def shows(self, record: Record) -> bool:
        """Whether the token's user may see the record."""
        return self.visible_to in (None, record.get("responsible_user_id", self.visible_to))

    def as_json(self) -> dict[str, Any]:
        return {
            "customers_mode": self.customers_mode,
            "is_api_filter_enabled": self.is_filter_enabled,
            "visible_to": self.visible_to,
        }

    def switch(self, asked: Any) -> None:
        """Set what the JSON object names as `as_json` does; ValueError says what to send."""
        if not isinstance(asked, Mapping) or not asked or not asked.keys() <= self.as_json().keys():
            raise ValueError(f"Send one JSON object with any of {', '.join(self.as_json())}.")
        wished = self.as_json() | dict(asked)
        if wished["customers_mode"] not in CUSTOMERS_MODES:
            raise ValueError(f"'customers_mode' is one of {', '.join(CUSTOMERS_MODES)}.")
        if not isinstance(wished["is_api_filter_enabled"], bool):
            raise ValueError("'is_api_filter_enabled' is true or false.")
        if not isinstance(wished["visible_to"], int | None):
            raise ValueError("'visible_to' is the id of a user, or null for an administrator.")
        self.customers_mode = wished["customers_mode"]
        self.is_filter_enabled = wished["is_api_filter_enabled"]
        self.visible_to = wished["visible_to"]

    def described(self, groups: list[Record], extras: list[str]) -> Record:
        """The account as `GET account?with=` shows it, without its links."""
        body = {
            name: value
            for name, value in ACCOUNT.items()
            if name not in PRIVATE_OF_ACCOUNT or name in extras
        }
        body["customers_mode"] = self.customers_mode
        if self.visible_to is not None:
            body["current_user_id"] = self.visible_to
        if "is_api_filter_enabled" in extras:
            body["is_api_filter_enabled"] = self.is_filter_enabled
        parts = {
            "users_groups": groups,
            "task_types": TASK_TYPES,
            "datetime_settings": DATETIME_SETTINGS,
            "amojo_rights": AMOJO_RIGHTS,
        }
        embedded = {name: part for name, part in parts.items() if name in extras}
        return body | ({"_embedded": embedded} if embedded else {})
