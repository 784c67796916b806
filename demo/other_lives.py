"""What happens besides the buyers: enquiries that are no wish to buy, deals nobody asked for, money
that is none of the customers'.

Belongs here: their plans, drawn from their own random numbers. Does not belong: buyers (`lives`).
"""

from __future__ import annotations

from demo import company, staff, words
from demo.accounting_records import RECEIPTS, WRITE_OFFS
from demo.cast import Customer, Person
from demo.deal_roads import Plan, Thread, plan_money, take, walk_to_loss, walk_to_win
from demo.identity import guid
from demo.ledger import PaymentTruth
from demo.moscow import DAY, HOUR, MINUTE, at_work, month_start
from demo.story import Story

# Enquiries that are no wish to buy, and deals nobody asked for


def plan_junk(plan: Plan, start: int) -> None:
    story, rng = plan.story, plan.story.rng
    manager = staff.manager(rng, story.month)
    reason = rng.choices(("spam", "not_a_buyer", "deleted_in_crm", "test"), (45, 35, 15, 5))[0]
    noticed_at = at_work(start + 3 * HOUR, rng)
    plan.at(noticed_at, _junk, plan, manager, story.someone(private=True), reason, by=manager)


def _junk(plan: Plan, manager: int, person: Person, reason: str) -> None:
    """It came within the last hours; told when it is noticed, so that truth and records never
    disagree.
    """
    story, rng = plan.story, plan.story.rng
    noticed_at = story.t
    story.t -= rng.randrange(11, 170) * MINUTE
    names = {"spam": words.SPAM_NAMES, "not_a_buyer": words.NOT_BUYERS, "test": ("Тест формы",)}
    tags = {"spam": (company.SPAM_TAG,), "test": (company.TEST_TAG,)}
    reasons = {"spam": company.SPAM_REASON, "not_a_buyer": company.NOT_OUR_CLIENT}
    tagged = reason == "test" or (reason == "spam" and rng.random() < 0.5)
    deal = story.enquire(
        person,
        company.CHANNELS[rng.choice(("vk_ads", "yandex_direct", "organic_search", "chat"))],
        None,
        responsible=manager,
        budget=0,
        style=rng.randrange(6),
        name=rng.choice(names[reason]) if reason in names else None,
        tags=tags[reason] if tagged else (),
        excluded=reason,
    )
    story.t = noticed_at
    if reason == "deleted_in_crm":
        story.delete(deal, manager)
    else:
        story.lose(deal, None if tagged else reasons[reason])


def plan_outbound(plan: Plan, start: int) -> None:
    """A manager calls somebody who wanted nothing: a deal, no lead."""
    story, rng = plan.story, plan.story.rng
    manager = staff.manager(rng, story.month)
    thread = Thread(manager, staff.budget(rng, manager))
    plan.at(start, _reach_out, plan, thread, story.someone(), by=manager)
    taken_at = take(plan, thread, start)
    chance = staff.chance_to_win(manager, "outbound", story.month)
    won_at = walk_to_win(plan, thread, taken_at) if rng.random() < chance else None
    if won_at is None:
        walk_to_loss(plan, thread, taken_at, "outbound")
    else:
        plan_money(plan, thread, won_at, "outbound")


def _reach_out(plan: Plan, thread: Thread, person: Person) -> None:
    thread.born = plan.story.enquire(
        person,
        company.CHANNELS["outbound"],
        None,
        responsible=thread.manager,
        budget=thread.budget,
    )


# Money that is none of the customers'


def keep_house(story: Story) -> None:
    """What the bank account of a company sees besides: transfers, a loan, suppliers; one story a
    month.
    """
    plan = Plan(story, story.until + 1)
    rng = story.rng
    supplier = story.firm()
    kinds: tuple[tuple[str, int, Customer | None, str, str], ...] = (
        (RECEIPTS, 1, None, company.OWN_TRANSFER, "Перевод собственных средств между счетами"),
        (RECEIPTS, 1, supplier, company.OTHER_RECEIPT, "Возврат излишне уплаченного"),
        (WRITE_OFFS, -1, supplier, company.SUPPLIER_PAYMENT, "Оплата поставщику по договору"),
        (WRITE_OFFS, -1, supplier, company.SUPPLIER_PAYMENT, "Оплата поставщику, доставка"),
    )
    if story.month % 6 == 0:
        kinds += ((RECEIPTS, 1, supplier, company.LOAN_RECEIVED, "Займ по договору"),)
    for entity, sign, party, kind, purpose in kinds:
        at = at_work(month_start(story.month) + int(rng.uniform(0, 27) * DAY), rng)
        kopecks = rng.randrange(50_000_00, 900_000_00)
        plan.at(at, _house_money, story, entity, sign * kopecks, party, kind, purpose)
    plan.tell()


def _house_money(
    story: Story, entity: str, kopecks: int, party: Customer | None, kind: str, purpose: str
) -> None:
    truth = PaymentTruth(
        guid(story.rng), entity, story.t, kopecks, "none", None, None, is_sales_money=False
    )
    story.books.bank(party, abs(kopecks), truth, kind, purpose)
