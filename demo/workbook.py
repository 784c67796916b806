"""What the company's people keep in Excel: plans, budgets, leftover ad costs, salaries, leave, what
they heard in calls and what customers answered, and two settings.

Drawn once, from the store and random numbers of its own, so no other figure of the company depends
on it. Belongs here: what stands in the workbook and what it means. Does not belong: cells and
formats (`workbook_file`).

`Workbook.truth()` (in the ledger as `workbook`), amounts in roubles:

    plans         [{month, scope (department | manager), department_name, manager_id (null: it is a
                  department's, or nobody of that name works here), measure, amount}]
    ad_spend      [{month, channel, amount without VAT}]
    costs         [{month, kind, department_name, amount}]
    leave         [{manager_id, first_date, last_date}]
    call_reviews  [{call (the exchange's id), manager_id, score}]
    surveys       [{deal_id, score}]
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from demo import company, staff
from demo.moscow import DAY, OFFSET, month_name, month_of, month_start
from demo.pbx import call_notes
from demo.store import Store

Sheets = dict[str, list[tuple[Any, ...]]]

_PLANNED = {11: 620_000, 12: 160_000, 13: 300_000}
"""What a manager of the department should bring in an ordinary month."""
_SALARY = {11: 55_000, 12: 35_000, 13: 45_000}
_VACANCY = "Вакансия — опт"
"""The head of sales plans for somebody who is not found yet."""
_SHORT_NAMES = {9123: "Ефимова Я."}
_POINTS = ("Приветствие", "Потребность", "Предложение", "Следующий шаг")
_BILLBOARDS = "Щиты на МКАД"
_MARKETER = "Маркетолог Алина Орлова"
_MEASURES = ("revenue_amount", "margin_amount", "leads_count", "sales_count")


@dataclass(frozen=True)
class Plan:
    """`manager` is the name in the workbook, empty for the department's own."""

    month: int
    department_id: int
    manager: str
    manager_id: int | None
    amounts: tuple[int | None, ...]


@dataclass(frozen=True)
class Spend:
    """`channel` is the agreed one of that day."""

    day: date
    source: str
    campaign: str
    kopecks: int
    is_vat_included: bool
    utm: tuple[str, str] | tuple[None, None]
    channel: str

    @property
    def kopecks_without_vat(self) -> int:
        """Half a kopeck is a whole one, as bookkeepers round."""
        with_vat = 122 if self.day.year >= 2026 else 120
        if self.is_vat_included:
            return (200 * self.kopecks + with_vat) // (2 * with_vat)
        return self.kopecks


@dataclass(frozen=True)
class Review:
    call: str
    day: date
    manager_id: int
    points: tuple[int, ...]


@dataclass(frozen=True)
class Survey:
    day: date
    deal_id: int
    score: int


class Workbook:
    """The workbook of a company whose store reaches from the first of `months` to `as_of`."""

    def __init__(self, store: Store, as_of: datetime, months: int) -> None:
        until = int(as_of.timestamp())
        last = month_of(until)
        self._months = range(last - months + 1, last + 1)
        self._today = _day(until)
        self._ruled_since = _first_day(max(last - 6, self._months[0]))
        self._plans = list(self._all_plans())
        spend = (spent for spent in self._all_spend() if spent.day <= self._today)
        self._spend = sorted(spend, key=lambda spent: (spent.day, spent.campaign))
        self._reviews = list(_reviews(store, until))
        self._surveys = list(_surveys(store, until))

    def truth(self) -> dict[str, Any]:
        return {
            "plans": [
                {
                    "month": month_name(plan.month),
                    "scope": "manager" if plan.manager else "department",
                    "department_name": company.DEPARTMENTS[plan.department_id],
                    "manager_id": plan.manager_id,
                    "measure": measure,
                    "amount": amount,
                }
                for plan in self._plans
                for measure, amount in zip(_MEASURES, plan.amounts, strict=True)
                if amount is not None
            ],
            "ad_spend": self._spend_by_channel(),
            "costs": [
                {
                    "month": month_name(month),
                    "kind": kind,
                    "department_name": department,
                    "amount": amount,
                }
                for month, kind, _, department, amount in self._costs()
            ],
            "leave": [
                {"manager_id": who, "first_date": str(first), "last_date": str(last)}
                for who, first, last, _ in self._leave()
            ],
            "call_reviews": [
                {
                    "call": one.call,
                    "manager_id": one.manager_id,
                    "score": sum(one.points) / len(one.points),
                }
                for one in self._reviews
            ],
            "surveys": [{"deal_id": one.deal_id, "score": one.score} for one in self._surveys],
        }

    def sheets(self) -> Sheets:
        """By name, the header and the rows, as people write them."""
        return {
            "План": [
                ("Месяц", "Отдел", "Менеджер", "Выручка", "Маржа", "Лиды", "Продажи"),
                *(
                    (_first_day(plan.month), company.DEPARTMENTS[plan.department_id],
                     plan.manager or None, *plan.amounts)
                    for plan in self._plans
                ),
            ],
            "Бюджет": [("Месяц", "Канал", "Бюджет"), *self._budgets()],
            "Реклама": [
                ("Дата", "Источник", "Кампания", "Расход", "С НДС", "utm_source", "utm_medium"),
                *(
                    (spent.day, spent.source, spent.campaign, spent.kopecks / 100,
                     "да" if spent.is_vat_included else "нет", *spent.utm)
                    for spent in self._spend
                ),
            ],
            "Затраты": [
                ("Месяц", "Вид", "Статья", "Отдел", "Сумма"),
                *(
                    (_first_day(month), {"personnel": "персонал", "other": "прочее"}[kind], name,
                     department, amount)
                    for month, kind, name, department, amount in self._costs()
                ),
            ],
            "Отпуска": [
                ("Менеджер", "С", "По", "Причина"),
                *((_surname_first(who), first, last, why) for who, first, last, why in
                  self._leave()),
            ],
            "Сотрудники": [
                ("Менеджер", "Роль", "В CRM", "Отдел"),
                (_surname_first(company.HEAD_OF_SALES_ID), "РОП", None, None),
                *(
                    (_written(person), "менеджер",
                     person.email if person.id in _SHORT_NAMES else None,
                     company.DEPARTMENTS[person.department_id])
                    for person in company.MANAGERS
                ),
            ],
            "Звонки": [
                ("Звонок", "Дата", "Менеджер", *(f"Балл: {point}" for point in _POINTS)),
                *(
                    (one.call, one.day, _surname_first(one.manager_id), *one.points)
                    for one in self._reviews
                ),
            ],
            "Опросы": [
                ("Дата", "Сделка", "Оценка"),
                *((one.day, one.deal_id, one.score) for one in self._surveys),
            ],
            "Система": [("Месяц", "Вид", "Статья", "Сумма"), *self._system()],
            "Правила каналов": [
                ("Порядок", "Источник в CRM", "Канал", "Действует с", "Кто решил", "Почему"),
                (145, _BILLBOARDS.lower(), "outdoor", self._ruled_since, _MARKETER,
                 "Щиты считаем отдельно от прочего"),
            ],
            "Пороги": [
                ("Правило", "Показатель", "Порог", "Действует с", "Кто решил", "Почему"),
                ("no_new_leads", "silent_business_hours", 5, self._ruled_since,
                 company.HEAD_OF_SALES.name, "В обед заявок почти не бывает"),
            ],
        }  # fmt: skip

    def _all_plans(self) -> Iterator[Plan]:
        """A department plans what its managers do, and a vacancy in wholesale."""
        for month in self._months:
            for department_id in company.DEPARTMENTS:
                of_managers = [
                    Plan(month, department_id, _written(person), person.id,
                         _planned(person.id, department_id, month - self._months[0]))
                    for person in company.MANAGERS
                    if person.department_id == department_id
                ]  # fmt: skip
                if department_id == 11 and month == self._months[-1]:
                    amounts = (300_000, None, 8, 2)
                    of_managers.append(Plan(month, department_id, _VACANCY, None, amounts))
                totals = [
                    sum(amount or 0 for amount in amounts)
                    for amounts in zip(*(plan.amounts for plan in of_managers), strict=True)
                ]
                margin = totals[0] // 5
                amounts_of_department = (totals[0], margin, totals[2], totals[3])
                yield Plan(month, department_id, "", None, amounts_of_department)
                yield from of_managers

    def _all_spend(self) -> Iterator[Spend]:
        """VK is written down every Monday, stands in April and October, billboards monthly."""
        for month in self._months:
            rng = random.Random(f"workbook:spend:{month}")
            first, after = _first_day(month), _first_day(month + 1)
            for day in _days(first, after):
                if day.weekday() == 0:
                    kopecks = rng.randrange(14_000_00, 26_000_00)
                    yield Spend(day, "VK", "Опт — лента", kopecks, True, ("vk", "cpc"), "vk_ads")
            if month % 12 in (3, 9):
                stand = first + timedelta(days=12)
                kopecks = rng.randrange(80_000_00, 140_000_00)
                yield Spend(stand, "Выставка", "Стенд", kopecks, False, (None, None), "exhibition")
            channel = "outdoor" if first >= self._ruled_since else "(unmatched)"
            yield Spend(first, _BILLBOARDS, "Два щита", 35_000_50, True, (None, None), channel)

    def _spend_by_channel(self) -> list[dict[str, Any]]:
        sums: Counter[tuple[str, str]] = Counter()
        for spent in self._spend:
            sums[f"{spent.day:%Y-%m}", spent.channel] += spent.kopecks_without_vat
        return [
            {"month": month, "channel": channel, "amount": kopecks / 100}
            for (month, channel), kopecks in sorted(sums.items())
        ]

    def _budgets(self) -> Iterator[tuple[date, str, int]]:
        for month in self._months:
            yield _first_day(month), "yandex_direct", 60_000
            yield _first_day(month), staff.LOSING_CHANNEL, 80_000

    def _costs(self) -> Iterator[tuple[int, str, str, str | None, int]]:
        for month in self._months:
            for department_id, name in company.DEPARTMENTS.items():
                yield month, "personnel", "Оклады", name, 8 * _SALARY[department_id]
            yield month, "personnel", "Руководство и маркетинг", None, 220_000
            yield month, "other", "Аренда", None, 120_000
            yield month, "other", "Связь и CRM", None, 48_500

    def _leave(self) -> Iterator[tuple[int, date, date, str]]:
        """The head of sales goes in July; who goes next is known."""
        for month in self._months:
            if month % 12 == 6:
                first = _first_day(month) + timedelta(days=5)
                yield company.HEAD_OF_SALES_ID, first, first + timedelta(days=13), "отпуск"
        for place, manager_id in enumerate(staff.NEUTRAL[:3]):
            first = self._today + timedelta(days=14 + 7 * place)
            yield manager_id, first, first + timedelta(days=6), "отпуск"

    def _system(self) -> Iterator[tuple[date, str, str, int]]:
        for month in self._months:
            yield _first_day(month), "затраты", "Сервер и поддержка", 12_000
            yield _first_day(month), "выгода", "Отчёты не собираем вручную", 16 * 900


def _planned(manager_id: int, department_id: int, months_passed: int) -> tuple[int | None, ...]:
    """Growing by one per cent a month from where the manager stands."""
    share = 0.8 + (manager_id * 7 % 10) / 25
    revenue = round(_PLANNED[department_id] * share * (1 + months_passed / 100), -4)
    return int(revenue), None, 14 + manager_id % 4, 2 + manager_id % 3


def _reviews(store: Store, until: int) -> Iterator[Review]:
    """The head of sales listens to every twentieth long call of the last four weeks."""
    notes = [note for _, note in call_notes(store)]
    seen = Counter(str(note["params"]["uniq"]) for note in notes)
    long = [
        note
        for note in notes
        if until - 28 * DAY <= note["created_at"] < until - DAY
        and note["params"]["duration"] >= 120
        and note["params"]["phone"]
        and note["responsible_user_id"]
        and seen[str(note["params"]["uniq"])] == 1
    ]
    for note in sorted(long, key=lambda one: (one["created_at"], one["id"]))[::20]:
        call = str(note["params"]["uniq"])
        rng = random.Random(f"workbook:review:{call}")
        points = tuple(rng.randrange(3, 11) for _ in _POINTS)
        yield Review(call, _day(int(note["created_at"])), int(note["responsible_user_id"]), points)


def _surveys(store: Store, until: int) -> Iterator[Survey]:
    """Every fourth buyer of the last three months was asked a week later."""
    won = [
        deal
        for deal in store.amocrm["leads"].values()
        if deal["status_id"] == company.WON
        and deal["pipeline_id"] == company.SALES
        and until - 91 * DAY <= (deal["closed_at"] or 0) < until - 7 * DAY
    ]
    for deal in sorted(won, key=lambda one: (one["closed_at"], one["id"]))[::4]:
        rng = random.Random(f"workbook:survey:{deal['id']}")
        score = rng.choices(range(11), (1, 0, 0, 1, 0, 1, 2, 5, 12, 14, 10))[0]
        yield Survey(_day(int(deal["closed_at"]) + 7 * DAY), int(deal["id"]), score)


def _written(person: company.Employee) -> str:
    return _SHORT_NAMES.get(person.id) or _surname_first(person.id)


def _surname_first(user_id: int) -> str:
    """«Громова Анна», as lists are sorted."""
    name = next(one.name for one in company.EMPLOYEES if one.id == user_id)
    return " ".join(reversed(name.split(" ")))


def _day(at: int) -> date:
    return datetime.fromtimestamp(at + OFFSET, UTC).date()


def _first_day(month: int) -> date:
    return _day(month_start(month))


def _days(first: date, after: date) -> Iterator[date]:
    for place in range((after - first).days):
        yield first + timedelta(days=place)
