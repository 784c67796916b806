"""What the company's ads in Yandex Direct did: who clicked, what it cost, what was taken back.

Everybody whose deal carries the tags of a campaign had clicked on its ad some minutes before;
others clicked and asked for nothing. Some of their clicks are found to be false within three days
after, and are taken back with their cost and impressions; a form that was sent is counted for its
click up to three days later. All of it follows from the store and has random numbers of its own, so
no other figure of the company depends on it.

Belongs here: campaigns and clicks. Does not belong: how Direct tells them (`yandex_direct`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo import company
from demo.moscow import DAY, HOUR, OFFSET, local_text
from demo.store import Record, Store

LOGIN = "optovik-direct"
OTHER_LOGIN = "optovik-regions"
"""The agency's two advertisers; nobody ever asked because of the second one's ads."""
FORM_GOAL = 41001
"""The only goal the company set in Metrica: a form was sent."""
SETTLED_AFTER_DAYS = 3
_FALSE_SHARE = 0.07


@dataclass(frozen=True)
class Campaign:
    """A campaign; `tag` is its utm_campaign, `click_kopecks` what a click costs without VAT,
    `others_a_day` how many click on an ordinary day and ask for nothing.
    """

    id: int
    name: str
    type: str
    tag: str
    click_kopecks: int
    others_a_day: float
    login: str = LOGIN
    first_day: str = "2020-01-15"
    last_day: str | None = None
    archived_on: str | None = None

    @property
    def ad_groups(self) -> tuple[int, int]:
        return self.id * 10 + 1, self.id * 10 + 2

    def runs_on(self, day: str) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


CAMPAIGNS = (
    Campaign(701, "Поиск — кабель", "TEXT_CAMPAIGN", "search_cable", 62_00, 9),
    Campaign(702, "Поиск — светильники", "TEXT_CAMPAIGN", "search_led", 55_00, 8),
    Campaign(703, "РСЯ — опт", "UNIFIED_CAMPAIGN", "rsya_wholesale", 24_00, 14),
    Campaign(704, "Бренд", "TEXT_CAMPAIGN", "brand", 18_00, 4),
    Campaign(
        705,
        "Распродажа — осень 2026",
        "TEXT_CAMPAIGN",
        "sale_autumn",
        31_00,
        6,
        first_day="2026-09-01",
        last_day="2026-10-15",
        archived_on="2026-10-20",
    ),
    Campaign(711, "Регионы — дилеры", "UNIFIED_CAMPAIGN", "regions", 27_00, 1, login=OTHER_LOGIN),
)
_BY_TAG = {campaign.tag: campaign for campaign in CAMPAIGNS}


@dataclass(slots=True)
class Click:
    """One click on a Moscow day (`2026-11-20`): how often the ad was shown for it, and what it cost
    without VAT. It counts until `taken_back_at`, if ever; the form it led to, if any, counts from
    `sent_at` on.
    """

    campaign: Campaign
    ad_group_id: int
    day: str
    at: int
    impressions: int
    kopecks: int
    taken_back_at: float | None = None
    sent_at: float | None = None


@dataclass
class Figures:
    """Sums of clicks, in kopecks without VAT."""

    impressions: int = 0
    clicks: int = 0
    kopecks: int = 0
    forms: int = 0

    def add(self, impressions: int, clicks: int, kopecks: int, forms: int) -> None:
        self.impressions += impressions
        self.clicks += clicks
        self.kopecks += kopecks
        self.forms += forms


def clicks(store: Store, until: int) -> list[Click]:
    """All clicks from the first day of the company's records to the instant `until`, by time."""
    deals = [*store.amocrm["leads"].values(), *store.deleted_leads.values()]
    found = [click for deal in deals for click in _of_deal(deal)]
    first = min((int(deal["created_at"]) for deal in deals), default=until)
    for day in range((first + OFFSET) // DAY, (until + OFFSET) // DAY + 1):
        for campaign in CAMPAIGNS:
            found.extend(_of_others(campaign, day * DAY - OFFSET))
    return sorted((click for click in found if click.at <= until), key=lambda click: click.at)


def figures(
    clicked: Iterable[Click], seen_at: float = float("inf")
) -> dict[tuple[str, Campaign, int], Figures]:
    """Sums by day, campaign and ad group as Direct shows them at an instant, by default at last."""
    sums: dict[tuple[str, Campaign, int], Figures] = defaultdict(Figures)
    for click in clicked:
        if click.at <= seen_at and (click.taken_back_at is None or seen_at < click.taken_back_at):
            is_sent = click.sent_at is not None and click.sent_at <= seen_at
            cell = sums[click.day, click.campaign, click.ad_group_id]
            cell.add(click.impressions, 1, click.kopecks, int(is_sent))
    return sums


def spend(store: Store, as_of: datetime) -> list[dict[str, Any]]:
    """The truth of the ledger: by day and campaign, what Direct says once it restates no more.

    `[{date, login, campaign_id, utm_campaign, impressions, clicks, forms, amount}]`, amounts
    without VAT. Days up to SETTLED_AFTER_DAYS before `as_of` are shown otherwise at that moment.
    """
    days: dict[tuple[str, Campaign], Figures] = defaultdict(Figures)
    for (day, campaign, _), sums in figures(clicks(store, int(as_of.timestamp()))).items():
        days[day, campaign].add(sums.impressions, sums.clicks, sums.kopecks, sums.forms)
    return [
        {
            "date": day,
            "login": campaign.login,
            "campaign_id": campaign.id,
            "utm_campaign": campaign.tag,
            "impressions": total.impressions,
            "clicks": total.clicks,
            "forms": total.forms,
            "amount": total.kopecks / 100,
        }
        for (day, campaign), total in sorted(
            days.items(), key=lambda item: (item[0][0], item[0][1].id)
        )
    ]


def _of_deal(deal: Record) -> Iterator[Click]:
    tags = {
        field["field_id"]: field["values"][0]["value"]
        for field in deal["custom_fields_values"] or []
    }
    campaign = _BY_TAG.get(str(tags.get(company.UTM_CAMPAIGN_FIELD)))
    if campaign is not None and tags.get(company.UTM_SOURCE_FIELD) == "yandex":
        rng = random.Random(f"yandex_direct:{deal['id']}")
        at = int(deal["created_at"]) - rng.randrange(60, 1800)
        sent_at = at + rng.random() * SETTLED_AFTER_DAYS * DAY
        yield _click(campaign, local_text(at)[:10], at, rng, sent_at=sent_at)


def _of_others(campaign: Campaign, midnight: int) -> Iterator[Click]:
    day = local_text(midnight)[:10]
    if not campaign.runs_on(day):
        return
    rng = random.Random(f"yandex_direct:{campaign.id}:{midnight // DAY}")
    for _ in range(round(rng.gammavariate(3, campaign.others_a_day / 3))):
        at = midnight + 8 * HOUR + int(rng.random() * 14 * HOUR)
        is_false = rng.random() < _FALSE_SHARE
        found_at = midnight + DAY + rng.random() * SETTLED_AFTER_DAYS * DAY
        yield _click(campaign, day, at, rng, taken_back_at=found_at if is_false else None)


def _click(
    campaign: Campaign, day: str, at: int, rng: random.Random, **later: float | None
) -> Click:
    kopecks = round(campaign.click_kopecks * rng.lognormvariate(0, 0.35))
    group = rng.choices(campaign.ad_groups, (3, 1))[0]
    return Click(campaign, group, day, at, rng.randrange(12, 45), kopecks, **later)
