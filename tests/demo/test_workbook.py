"""The workbook the company's people keep: its truth is what its sheets say."""

import hashlib
from collections import Counter
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from demo import company
from demo.__main__ import main
from demo.pbx import call_notes
from demo.workbook import Workbook
from demo.workbook_file import write
from demo.world import World, build_world

AS_OF = datetime(2026, 5, 14, 9, tzinfo=UTC)
MONTHS = 14


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, months=MONTHS, scale=0.3, as_of=AS_OF)


@pytest.fixture(scope="module")
def workbook(world: World) -> Workbook:
    return Workbook(world.store, AS_OF, MONTHS)


def test_a_department_plans_what_its_managers_and_its_vacancy_do(workbook: Workbook) -> None:
    of_departments: Counter[tuple[str, str, str]] = Counter()
    of_managers: Counter[tuple[str, str, str]] = Counter()
    for plan in workbook.truth()["plans"]:
        cell = plan["month"], plan["department_name"], plan["measure"]
        if plan["measure"] != "margin_amount":
            {"department": of_departments, "manager": of_managers}[plan["scope"]][cell] += plan[
                "amount"
            ]
    assert len(of_departments) == MONTHS * len(company.DEPARTMENTS) * 3
    assert of_departments == of_managers


def test_nothing_is_spent_after_today_and_vat_is_that_of_the_day(workbook: Workbook) -> None:
    rows = workbook.sheets()["Реклама"][1:]
    assert max(row[0] for row in rows) <= date(2026, 5, 14)
    expected: Counter[str] = Counter()
    for day, source, _, amount, with_vat, *_ in rows:
        vat = {"да": "1.22" if day >= date(2026, 1, 1) else "1.20", "нет": "1"}[with_vat]
        without = Decimal(str(amount)) / Decimal(vat)
        expected[source] += int(without.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
    told: Counter[str] = Counter()
    for row in workbook.truth()["ad_spend"]:
        told[row["channel"]] += round(row["amount"] * 100)
    assert told == {
        "vk_ads": expected["VK"],
        "exhibition": expected["Выставка"],
        "(unmatched)": told["(unmatched)"],
        "outdoor": expected["Щиты на МКАД"] - told["(unmatched)"],
    }
    assert min(told.values()) > 0


def test_reviews_and_answers_are_about_what_the_company_has(
    world: World, workbook: Workbook
) -> None:
    truth = workbook.truth()
    talked = {
        str(note["params"]["uniq"]): note["responsible_user_id"]
        for _, note in call_notes(world.store)
    }
    assert truth["call_reviews"]
    assert all(talked[one["call"]] == one["manager_id"] for one in truth["call_reviews"])
    assert truth["surveys"]
    deals = world.ledger.deals
    assert {deals[one["deal_id"]].status for one in truth["surveys"]} == {"won"}


def test_the_same_company_writes_the_same_bytes(world: World, tmp_path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write(tmp_path / name, Workbook(world.store, AS_OF, MONTHS).sheets())
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_env_names_the_workbook_of_who_asks_for_one(
    tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["env"])
    assert "WORKBOOK_FILE" not in capsys.readouterr().out
    main(["env", "--workbook", str(tmp_path / "Книга.xlsx")])
    assert f"WORKBOOK_FILE={tmp_path}/" in capsys.readouterr().out.replace("'", "")
