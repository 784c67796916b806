"""What each method of the Bitrix24 stand-in answers, and the permission it needs.

Belongs here: lists and dictionaries in both families, without the envelope. Does not belong: who
may call (`bitrix24`), the records (`bitrix24_cards`, `bitrix24_acts`, `bitrix24_company`), how a
list is asked (`bitrix24_query`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo import bitrix24_acts, bitrix24_company
from demo.bitrix24_cards import Cards
from demo.bitrix24_fields import COMPANY, CONTACT, DEAL, FIELDS, LEAD, Field, as_item
from demo.bitrix24_portal import WEBHOOK_USER, Portal
from demo.bitrix24_query import BitrixError, Params, Rows, page_of
from demo.selections import Selections

if TYPE_CHECKING:
    from demo.store import Record, Store

OLD_LISTS = {"lead": LEAD, "deal": DEAL, "contact": CONTACT, "company": COMPANY}
_ASKED_FOR = ("PHONE", "EMAIL", "CONTACT_IDS")
"""What a list of the old family gives only when it is named (the last one never)."""

Answer = dict[str, Any]


class Methods:
    """Answers out of a store. `now` is the world's, in unix seconds."""

    def __init__(
        self,
        store: Store,
        selections: Selections,
        portal: Portal,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._selections = selections
        self._portal = portal
        self._now = now
        self._methods: dict[str, tuple[str, Callable[[Params], Answer]]] = {
            "server.time": ("", lambda params: {"result": bitrix24_company.moment(int(now()))}),
            "scope": ("", lambda params: {"result": list(portal.scopes)}),
            "profile": ("", self._profile),
            "crm.item.list": ("crm", self._items),
            "crm.item.fields": ("crm", self._item_fields),
            "crm.category.list": ("crm", self._categories),
            "crm.status.list": ("crm", lambda params: self._plain(self._statuses(), params)),
            "crm.stagehistory.list": ("crm", self._stage_history),
            "crm.activity.list": ("crm", self._activities),
            "tasks.task.list": ("task", self._tasks),
            "user.get": ("user", lambda params: self._plain(self._users(), params)),
            "department.get": ("department", self._departments),
            "voximplant.statistic.get": ("telephony", self._calls),
            "call.followup.list": ("", _no_range),
        }
        for word, entity in OLD_LISTS.items():
            self._methods[f"crm.{word}.list"] = ("crm", self._old_list(entity))
            self._methods[f"crm.{word}.fields"] = ("crm", self._old_fields(entity))

    def find(self, name: str) -> tuple[str, Callable[[Params], Answer] | None]:
        """The permission that a method needs, and what answers it; None when there is none."""
        return self._methods.get(name, ("", None))

    # -- Cards ---------------------------------------------------------------------------------

    def _cards(self) -> Cards:
        return self._selections.get("bitrix24", lambda: Cards(self._store))

    def _of(self, entity: int) -> Rows:
        def rows() -> Rows:
            cards = self._cards()
            lists = {
                LEAD: cards.leads,
                DEAL: cards.deals,
                CONTACT: cards.contacts,
                COMPANY: cards.companies,
            }
            return self._visible(list(lists[entity]()))

        return self._selections.get(("bitrix24", entity), rows)

    def _visible(self, rows: list[Record], id_name: str = "ID") -> Rows:
        return Rows.of((row for row in rows if self._portal.shows(row)), id_name)

    def _old_list(self, entity: int) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            page, total, following = page_of(self._of(entity), params)
            named = [name for name in _ASKED_FOR[:2] if name in (params.get("select") or [])]
            shown = [
                {
                    name: value
                    for name, value in row.items()
                    if name not in _ASKED_FOR or name in named
                }
                for row in page
            ]
            return _list(shown, total, following)

        return answer

    def _old_fields(self, entity: int) -> Callable[[Params], Answer]:
        def answer(params: Params) -> Answer:
            fields = {one.name: one.described() for one in self._fields_of(entity)}
            for name, field in fields.items():
                if name.startswith("UF_"):  # the old family tells people's word elsewhere
                    field["formLabel"], field["title"] = field["title"], name
            return {"result": fields}

        return answer

    def _items(self, params: Params) -> Answer:
        entity = self._entity_of(params)
        rows = self._selections.get(
            ("bitrix24 items", entity),
            lambda: Rows.of(
                (as_item(entity, card) for card in self._of(entity).rows), "id", strict=True
            ),
        )
        page, total, following = page_of(rows, params)
        return _list({"items": page}, total, following)

    def _item_fields(self, params: Params) -> Answer:
        fields = self._fields_of(self._entity_of(params))
        return {"result": {"fields": {one.item_name: one.described() for one in fields}}}

    def _fields_of(self, entity: int) -> list[Field]:
        """Those every portal of ours has, and those that were added to deals."""
        added = self._cards().added if entity == DEAL else {}
        labels = self._store.amocrm["custom_fields/leads"]
        return [
            *FIELDS[entity],
            *(Field(name, name, "string", labels[one]["name"]) for name, one in added.items()),
        ]

    def _entity_of(self, params: Params) -> int:
        entity = int(params.get("entitytypeid") or 0)
        if entity not in FIELDS:
            raise BitrixError(400, "NOT_FOUND", "Smart process not found")
        return entity

    # -- What happened -------------------------------------------------------------------------

    def _stage_history(self, params: Params) -> Answer:
        entity = int(params.get("entitytypeid") or 0)
        if entity not in (LEAD, DEAL):
            raise BitrixError(400, 0, "Entity is not supported")
        rows = self._selections.get(
            ("bitrix24 history", entity),
            lambda: Rows.of(bitrix24_acts.stage_history(self._cards().paths)[entity]),
        )
        page, total, following = page_of(rows, params)
        return _list({"items": page}, total, following)

    def _activities(self, params: Params) -> Answer:
        rows = self._selections.get(
            "bitrix24 activities",
            lambda: self._visible(list(bitrix24_acts.activities(self._store, self._cards().paths))),
        )
        page, total, following = page_of(rows, params)
        if "COMMUNICATIONS" not in (params.get("select") or []):
            page = [{k: v for k, v in row.items() if k != "COMMUNICATIONS"} for row in page]
        return _list(page, total, following)

    def _tasks(self, params: Params) -> Answer:
        rows = self._selections.get(
            "bitrix24 tasks",
            lambda: self._visible(
                list(bitrix24_acts.tasks(self._store, self._cards().paths)), "id"
            ),
        )
        page, total, following = page_of(rows, params)
        return _list({"tasks": page}, total, following)

    def _calls(self, params: Params) -> Answer:
        if self._portal.visible_to is not None:
            raise BitrixError(403, "ACCESS_DENIED", "Access denied!")
        every = self._selections.get(
            "bitrix24 calls", lambda: sorted(bitrix24_acts.telephony(self._store), key=_ends_at)
        )
        ended = bisect_right(every, self._now(), key=_ends_at)
        rows = self._selections.get(("bitrix24 calls", ended), lambda: Rows.of(every[:ended]))
        page, total, following = page_of(rows, params)
        shown = [{name: one for name, one in row.items() if name != "ends_at"} for row in page]
        return _list(shown, total, following)

    # -- Dictionaries --------------------------------------------------------------------------

    def _plain(self, rows: Rows, params: Params) -> Answer:
        return _list(*page_of(rows, params))

    def _statuses(self) -> Rows:
        return Rows.of(bitrix24_company.statuses(self._store.amocrm["pipelines"].values()))

    def _users(self) -> Rows:
        founded = min(
            (reason["created_at"] for reason in self._store.amocrm["loss_reasons"].values()),
            default=0,
        )
        return Rows.of(bitrix24_company.users(founded))

    def _departments(self, params: Params) -> Answer:
        return self._plain(Rows.of(bitrix24_company.departments()), params)

    def _categories(self, params: Params) -> Answer:
        if int(params.get("entitytypeid") or 0) != DEAL:
            raise BitrixError(400, "NOT_FOUND", "Smart process not found")
        categories = bitrix24_company.categories()
        return {"result": {"categories": categories}, "total": len(categories)}

    def _profile(self, params: Params) -> Answer:
        return {
            "result": {
                "ID": str(WEBHOOK_USER),
                "ADMIN": self._portal.visible_to is None,
                "NAME": "Ирина",
                "LAST_NAME": "Соболева",
                "PERSONAL_GENDER": "",
            }
        }


def _ends_at(call: Record) -> int:
    return int(call["ends_at"])


def _no_range(params: Params) -> Answer:
    """A newer method, of which there is nothing but how it refuses: the error is an object."""
    raise BitrixError(
        400,
        {
            "code": "invalid_date_range",
            "message": "Incorrect date range: both from and to are required",
        },
        "",
    )


def _list(result: Any, total: int, following: int | None) -> Answer:
    answer = {"result": result, "total": total}
    return answer if following is None else answer | {"next": following}
