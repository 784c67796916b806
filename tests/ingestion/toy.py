"""A source made of lists in memory, for the rules of a run that hold for every source."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingestion.batches import to_arrow
from ingestion.catalog import (
    Checkpoint,
    Gone,
    OpenSource,
    SourceSpec,
    Sweep,
    Unchanged,
    Variable,
    table,
)
from ingestion.errors import SourceError

ORDERS = table(
    "orders", key="id", columns="id bigint, name text, updated_at timestamptz", about="Orders."
)
STAFF = table("staff", key="id", mode="snapshot", columns="id bigint, name text", about="Staff.")
START = 1_767_225_600


@dataclass
class Toy:
    """What the source holds; `orders` and `staff` map an id to the rest of the row."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    staff: dict[int, dict[str, Any]] = field(default_factory=lambda: {1: {"name": "Анна"}})
    before_order: Callable[[int], None] = lambda number: None
    states: list[Mapping[str, Any]] = field(default_factory=list)
    staff_unchanged: bool = False
    page: int = 10

    def spec(self) -> SourceSpec:
        @contextmanager
        def opened(values: Mapping[str, str], context: Any) -> Iterator[OpenSource]:
            account = values["TOY_ACCOUNT"]
            if values["TOY_URL"] == "broken":
                raise SourceError("toy", None, "the source cannot be reached", "Check TOY_URL")
            yield OpenSource(
                readers={
                    "orders": lambda state: self._orders(account, state),
                    "staff": lambda state: self._staff(account),
                },
                windows={"orders": lambda start, end: self._window(account, start, end)},
                sweeps={
                    "orders": Sweep("id", 3, ("id",), lambda rows: self._look(account, rows)),
                },
            )

        return SourceSpec(
            name="toy",
            title="a toy",
            tables=(ORDERS, STAFF),
            variables=(
                Variable("TOY_URL", "where it is"),
                Variable("TOY_ACCOUNT", "its name", "main"),
            ),
            account_variable="TOY_ACCOUNT",
            open=opened,
        )

    def _orders(self, account: str, state: Mapping[str, Any]) -> Iterator[Any]:
        self.states.append(state)
        last = state.get("last", 0)
        for number in sorted(key for key in self.orders if key > last):
            self.before_order(number)
            yield self._rows(ORDERS, account, [(number, self.orders[number])])
            if number % self.page == 0:
                yield Checkpoint({"last": number})
        yield Checkpoint({"last": max(self.orders, default=last)})

    def _staff(self, account: str) -> Iterator[Any]:
        if self.staff_unchanged:
            yield Unchanged()
        elif self.staff:
            yield self._rows(STAFF, account, list(self.staff.items()))

    def _window(self, account: str, start: datetime, end: datetime) -> Iterator[Any]:
        within = [
            (number, order)
            for number, order in self.orders.items()
            if start.timestamp() <= order["updated_at"] < end.timestamp()
        ]
        for number, order in within:
            self.before_order(number)
            yield self._rows(ORDERS, account, [(number, order)])

    def _look(self, account: str, held: list[tuple[Any, ...]]) -> Iterator[Any]:
        keys = [key for (key,) in held]
        there = [(key, self.orders[key]) for key in keys if key in self.orders]
        if there:
            yield self._rows(ORDERS, account, there)
        if missing := tuple((key,) for key in keys if key not in self.orders):
            yield Gone(missing)

    def _rows(self, spec: Any, account: str, rows: list[tuple[int, dict[str, Any]]]) -> Any:
        return to_arrow(
            "toy", spec, [{"id": key, "account_name": account, **row} for key, row in rows]
        )


def dies_at(order_number: int) -> Callable[[int], None]:
    """What the source does when that order is asked for: it cuts its answer short."""

    def before_order(number: int) -> None:
        if number == order_number:
            raise SourceError("toy", "orders", "the answer was cut short", "Run again")

    return before_order


def orders(bench) -> list[tuple[Any, ...]]:
    return bench.rows("select id, name, _gone_at is null from t_raw_toy.orders order by id")


def numbered(count: int, **more: Any) -> dict[int, dict[str, Any]]:
    return {
        number: {"name": f"Заказ {number}", "updated_at": START + number, **more}
        for number in range(1, count + 1)
    }
