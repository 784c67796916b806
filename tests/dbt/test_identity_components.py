"""Which records are one person: the components in SQL against records joined one by one."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from random import Random

import pytest

from tests.dbt.conftest import Dbt
from tests.dbt.identity import (
    FIRST_DAY,
    SOME_INSTANT,
    Identifiers,
    Records,
    Warehouse,
    connected,
    opened,
)  # fmt: skip

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def warehouse(dbt_of: Callable[..., Dbt]) -> Iterator[Warehouse]:
    with opened(dbt_of("identity_components_", BUSINESS_NOW=SOME_INSTANT)) as warehouse:
        yield warehouse


def numbered(count: int, order: Iterable[int]) -> Records:
    return {f"r{number}": FIRST_DAY + timedelta(seconds=age)
            for number, age in zip(range(count), order, strict=True)}  # fmt: skip


def chain(count: int) -> Identifiers:
    links = [(f"phone:{number}", number) for number in range(count - 1)]
    return {(f"r{end}", link) for link, number in links for end in (number, number + 1)}


@pytest.mark.parametrize("order", ["along it", "against it", "at random", "from both ends"])
def test_a_chain_of_two_thousand_is_one_person(warehouse: Warehouse, order: str) -> None:
    count = 2_000
    ages = {
        "along it": list(range(count)),
        "against it": list(range(count))[::-1],
        "at random": Random(1).sample(range(count), count),
        "from both ends": [min(place, count - place) for place in range(count)],
    }[order]
    records = numbered(count, ages)
    warehouse.hold(records, chain(count))
    components = warehouse.components()
    assert components == connected(records, chain(count))
    assert set(components.values()) == {min(records, key=lambda it: (records[it], it))}


def test_a_star_of_twenty_thousand_is_one_person(warehouse: Warehouse) -> None:
    count = 20_001
    records = numbered(count, Random(2).sample(range(count), count))
    rays = {(record, f"phone:{ray}") for ray in range(1, count) for record in ("r0", f"r{ray}")}
    warehouse.hold(records, rays)
    components = warehouse.components()
    assert set(components.values()) == {min(records, key=records.__getitem__)}


@pytest.mark.parametrize("seed", range(5))
def test_any_records_fall_apart_as_when_joined_one_by_one(warehouse: Warehouse, seed: int) -> None:
    chance = Random(seed)
    count = 3_000
    records = numbered(count, (chance.randrange(count) for _ in range(count)))
    # From a few records a person up to nearly everybody being one.
    values = count * (4 - seed) // 4 + count // 8
    identifiers = {
        (record, f"{kind}:{chance.randrange(values)}")
        for record in records
        for kind in ("phone", "email", "client")
        if chance.random() < 0.6
    }
    warehouse.hold(records, identifiers)
    components = warehouse.components()
    assert 1 < len(set(components.values())) < count
    assert components == connected(records, identifiers)
