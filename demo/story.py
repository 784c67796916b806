"""The pen: what can happen in a story, each act writing the truth first, then its records.

A story is told in time order and stops at the world's present (`NotYet`), so a later world
continues an earlier one. Belongs here: single acts in the CRM (a form is sent, a deal moves).
Does not belong: the accountant's acts (`story_books`), and who does what when and why (`lives`,
`plays`, `happen`); an act never looks at other stories, and never decides what counts as what.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from demo import company, crm_records, identity, words
from demo.cast import Customer, Deal, Person
from demo.ledger import DealTruth, EnquiryTruth, IntentTruth, Ledger
from demo.moscow import DAY, HOUR, MINUTE, at_work, month_start
from demo.store import Record, Store
from demo.story_books import Books


class NotYet(Exception):  # noqa: N818 - it ends a story, it is no error
    """The story reached the present; the rest has not happened."""


class Scene(Protocol):
    """What a story needs of its world."""

    store: Store
    ledger: Ledger
    deals: dict[int, Deal]


@dataclass
class Story:
    """One story: its own draws, its own ids, its clock `t`, told up to `until`."""

    world: Scene
    seed: int
    month: int
    index: int
    until: int
    rng: random.Random = field(init=False)
    serial: int = field(init=False)
    t: int = field(init=False)
    books: Books = field(init=False)
    _used: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed}:{self.month}:{self.index}")
        self.serial = identity.story_serial(self.month, self.index)
        self.t = month_start(self.month)
        self.books = Books(self)

    # The clock

    def now(self, at: int) -> None:
        """Move the clock; ends the story if that moment has not come yet."""
        if at > self.until:
            raise NotYet
        self.t = at

    def day(self, day: int, hour: int = 11, minute: int = 0) -> None:
        """Move the clock to a day counted from the story's month (1 is its first), in business
        hours and never back.
        """
        wished = month_start(self.month) + (day - 1) * DAY + hour * HOUR + minute * MINUTE
        self.now(at_work(max(wished, self.t + 20 * MINUTE), self.rng))

    def new_id(self, kind: str) -> int:
        """An id of the story's own, for the next record of its kind."""
        self._used[kind] += 1
        return self.serial * identity.RECORDS_A_STORY + self._used[kind]

    def next_number(self, kind: str) -> int:
        """A number of the story's own, from 1 for each kind."""
        self._used[kind] += 1
        return self._used[kind]

    # People

    def someone(self, *, private: bool = False) -> Person:
        """A new person, of a new company unless private."""
        first, last = words.full_name(self.rng)
        place = self.next_number("person") - 1
        key = f"{self.serial}-{place}"
        payer = Customer(f"private:{key}", f"{last} {first}", "", "") if private else None
        return self._person(key, place, first, last, payer or self.firm(place))

    def colleague(self, person: Person) -> Person:
        """Another person of the same company."""
        first, last = words.full_name(self.rng)
        place = self.next_number("person") - 1
        return self._person(f"{self.serial}-{place}", place, first, last, person.customer)

    def firm(self, place: int = 0) -> Customer:
        """A new company with a tax number; `place` below 2."""
        rng = self.rng
        name = rng.choice(words.FIRM_FIRST) + rng.choice(words.FIRM_SECOND)
        full = f"{rng.choice(words.FIRM_FORMS)} «{name}»"
        inn = identity.tax_number(self.serial, place)
        return Customer(f"company:{inn}", full, inn, identity.landline(self.serial))

    def _person(self, key: str, place: int, first: str, last: str, customer: Customer) -> Person:
        address = (
            f"{words.latin(first)[0]}.{words.latin(last)}{self.serial}{place or ''}@mail.example"
        )
        return Person(key, first, last, identity.mobile(self.serial, place), address, customer)

    def contact(self, person: Person, responsible: int, author: int, style: int = 0) -> int:
        """A new contact card of the person, the phone spelt in `style`; returns its id."""
        contact_id = self.new_id("contacts")
        record = crm_records.contact(
            id=contact_id,
            first=person.first,
            last=person.last,
            responsible=responsible,
            author=author,
            at=self.t,
            phones=[words.phone_spelling(person.phone, style)] if person.phone else [],
            emails=[person.email] if person.email else [],
            company_id=person.customer.company_id,
        )
        self.world.store.amocrm["contacts"][contact_id] = record
        person.contact_ids.append(contact_id)
        return contact_id

    def _card_of(self, customer: Customer, responsible: int, author: int) -> int | None:
        if customer.company_id is None and customer.inn:
            customer.company_id = self.new_id("companies")
            customer.inn_in_crm = self.rng.random() < 0.6
            self.world.store.amocrm["companies"][customer.company_id] = crm_records.firm(
                id=customer.company_id,
                name=customer.name,
                responsible=responsible,
                author=author,
                at=self.t,
                inn=customer.inn if customer.inn_in_crm else None,
                phone=words.phone_spelling(customer.phone, 0),
            )
        return customer.company_id

    def write_inn(self, customer: Customer, author: int) -> None:
        """The manager fills the tax number in the company card, if it is not there yet."""
        if customer.inn_in_crm or customer.company_id is None:
            return
        customer.inn_in_crm = True
        card = self.world.store.amocrm["companies"][customer.company_id]
        value = crm_records.field_value(company.COMPANY_INN_FIELD, customer.inn)
        card["custom_fields_values"] = [value, *(card["custom_fields_values"] or [])]
        card["updated_at"], card["updated_by"] = self.t, author

    # Wishes and enquiries

    def want(self, person: Person, channel: company.Channel) -> IntentTruth:
        """The person wants to buy: noted before any record of it exists."""
        number = self.next_number("intent")
        intent = IntentTruth(
            intent_id=f"i{self.serial}-{number}",
            person_key=person.key,
            customer_key=person.customer.key,
            channel=channel.name,
            wanted_at=self.t,
            lead_kind_expected="repeat" if person.customer.has_paid else "new",
        )
        self.world.ledger.intents[intent.intent_id] = intent
        return intent

    def enquire(
        self,
        person: Person,
        channel: company.Channel,
        intent: IntentTruth | None,
        *,
        responsible: int,
        budget: int,
        new_card: bool = False,
        style: int = 0,
        name: str | None = None,
        tags: Sequence[str] = (),
        excluded: str | None = None,
        city: str | None = None,
        announced: bool = True,
    ) -> Deal:
        """The person turns to the company (or the company to the person) and a deal is born.

        `announced`: a form, chat, mail or call passes the unsorted inbox; else a manager types the
        deal in by hand, and a call stands beside it as a note. `new_card` gives the person one
        more contact card.
        """
        passes_inbox = announced and channel.kind in _CATEGORIES
        author = company.ROBOT_ID if passes_inbox else responsible
        talk = self.rng.randrange(40, 240)
        ended = self.t
        if channel.kind == "call":
            self.t = ended - talk - 3 if passes_inbox else ended
        company_id = self._card_of(person.customer, responsible, author)
        if new_card or not person.contact_ids:
            self.contact(person, responsible, author, style)
        stage = company.UNSORTED_STAGE if passes_inbox else company.NEW_REQUEST
        deal = self.new_deal(
            person,
            channel,
            intent,
            stage=(company.SALES, stage),
            responsible=responsible,
            author=author,
            budget=budget,
            company_id=company_id,
            name=name,
            tags=tags,
            excluded=excluded,
            city=city,
        )
        self._note_enquiry(deal, channel, self._traces(deal, channel, passes_inbox, talk, ended))
        return deal

    def _traces(
        self, deal: Deal, channel: company.Channel, passes_inbox: bool, talk: int, ended: int
    ) -> tuple[int, list[str]]:
        """What the event leaves beside the deal: when it began, its records, main one first."""
        began, records = self.t, [f"deal:{deal.id}"]
        call_id = identity.guid(self.rng) if channel.kind == "call" else None
        if passes_inbox:
            records.insert(0, f"unsorted:{self._inbox_item(deal, channel, call_id, talk)}")
        if call_id is not None:
            if not passes_inbox:
                began = ended - self.rng.randrange(60, 200) - talk
            self.t = ended if passes_inbox else began
            records.append(f"note:{self._call(deal, 'call_in', talk, call_id)}")
        self.t = ended
        return began, records

    def _note_enquiry(
        self, deal: Deal, channel: company.Channel, traces: tuple[int, list[str]]
    ) -> None:
        began, records = traces
        deal.enquiry = enquiry = EnquiryTruth(
            record=records[0],
            records=records,
            kind=channel.kind,
            is_inbound=channel.kind not in ("outbound", "upsell"),
            at=began,
            intent_id=deal.truth.intent_id,
            excluded_reason=deal.truth.excluded_reason,
        )
        self.world.ledger.enquiries[enquiry.record] = enquiry
        if deal.intent is not None:
            deal.intent.enquiry_records.append(enquiry.record)
            if len(deal.intent.enquiry_records) == 1:
                deal.intent.wanted_at = began

    def new_deal(
        self,
        person: Person,
        channel: company.Channel,
        intent: IntentTruth | None,
        *,
        stage: tuple[int, int],
        responsible: int,
        author: int,
        budget: int,
        company_id: int | None,
        name: str | None = None,
        tags: Sequence[str] = (),
        excluded: str | None = None,
        city: str | None = None,
    ) -> Deal:
        """A deal and its `lead_added` entry; its first deal becomes the intent's main one."""
        deal_id = self.new_id("leads")
        truth = DealTruth(
            deal_id=deal_id,
            intent_id=intent.intent_id if intent else None,
            channel=intent.channel if intent else channel.name,
            created_at=self.t,
            manager_id=responsible or None,
            budget=budget,
            pipeline_kind=company.PIPELINE_KIND[stage[0]],
            taken_at=None if stage[1] == company.UNSORTED_STAGE else self.t,
            excluded_reason=excluded,
        )
        self.world.ledger.deals[deal_id] = truth
        if intent is not None:
            intent.deal_ids.append(deal_id)
            intent.primary_deal_id = intent.primary_deal_id or deal_id
        record = crm_records.lead(
            id=deal_id,
            name=name or f"Заявка: {self.rng.choice(words.GOODS)}",
            price=budget,
            responsible=responsible,
            stage=stage,
            author=author,
            at=self.t,
            contact_id=person.contact_ids[-1] if person.contact_ids else None,
            company_id=company_id,
            fields=self._deal_fields(channel, city),
            tags=list(tags),
        )
        self.world.store.amocrm["leads"][deal_id] = record
        deal = Deal(record, truth, person, intent, None)
        self.world.deals[deal_id] = deal
        self.event("lead_added", "lead", deal_id, author)
        return deal

    def _deal_fields(self, channel: company.Channel, city: str | None) -> list[Record]:
        fields = []
        if channel.source:
            fields.append(crm_records.field_value(company.SOURCE_FIELD, channel.source))
        if city:
            fields.append(crm_records.field_value(company.CITY_FIELD, city))
        if channel.utm:
            campaign = self.rng.choice(words.CAMPAIGNS[channel.name])
            ids = (company.UTM_SOURCE_FIELD, company.UTM_MEDIUM_FIELD, company.UTM_CAMPAIGN_FIELD)
            for field_id, text in zip(ids, (*channel.utm, campaign), strict=True):
                fields.append(crm_records.field_value(field_id, text))
        return fields

    def _inbox_item(
        self, deal: Deal, channel: company.Channel, call_id: str | None, talk: int
    ) -> str:
        category, source_name = _CATEGORIES[channel.kind]
        uid = f"{self.rng.getrandbits(160):040x}"
        metadata: Record = {"service_code": "optovik"}
        if category == "sip":
            metadata |= {
                "from": deal.person.phone,
                "phone": 74951234567,
                "called_at": self.t,
                "duration": str(talk),
                "link": None,
            }
        elif category == "forms":
            metadata |= {
                "form_id": "feedback",
                "form_name": "Заявка с сайта",
                "form_page": "https://optovik.example/zayavka",
                "form_sent_at": self.t,
                "referer": "",
            }
        else:
            metadata |= {"from": deal.person.email or deal.person.first, "received_at": self.t}
        self.world.store.amocrm["unsorted"][uid] = crm_records.unsorted(
            uid=uid,
            source_uid=call_id,
            source_name=source_name,
            category=category,
            at=self.t,
            metadata=metadata,
            deal_id=deal.id,
            contact_id=deal.person.contact_ids[-1] if deal.person.contact_ids else None,
        )
        return uid

    def missed_call(self, person: Person, responsible: int) -> IntentTruth:
        """Somebody unknown calls, nobody answers, nobody makes a deal of it."""
        intent = self.want(person, company.BARE_CALL_CHANNEL)
        contact_id = self.contact(person, responsible, company.ROBOT_ID, 3)
        note_id = self.new_id("notes")
        self.world.store.amocrm["notes/contacts"][note_id] = crm_records.note(
            id=note_id,
            entity_id=contact_id,
            type="call_in",
            author=company.ROBOT_ID,
            responsible=responsible,
            at=self.t,
            params=_call_params(identity.guid(self.rng), 0, person.phone, responsible),
        )
        enquiry = EnquiryTruth(
            f"note:{note_id}", [f"note:{note_id}"], "call", True, self.t, intent.intent_id
        )
        self.world.ledger.enquiries[enquiry.record] = enquiry
        intent.enquiry_records.append(enquiry.record)
        return intent

    # Work on a deal

    def move(
        self, deal: Deal, status: int, *, author: int | None = None, pipeline: int = 0
    ) -> None:
        """The deal enters a stage; the author is its responsible unless given (0 is the robot)."""
        if deal.truth.taken_at is None and status != company.LOST:
            deal.truth.taken_at = self.t
        record = deal.record
        before = {"id": record["status_id"], "pipeline_id": record["pipeline_id"]}
        after = {"id": status, "pipeline_id": pipeline or record["pipeline_id"]}
        who = deal.responsible if author is None else author
        record["status_id"], record["pipeline_id"] = after["id"], after["pipeline_id"]
        closes = status in (company.WON, company.LOST)
        record["closed_at"] = self.t if closes else None
        if status != company.LOST:
            record["loss_reason_id"] = None
        self.touch(deal, who)
        if who:
            deal.truth.is_worked = True
        self.event(
            "lead_status_changed",
            "lead",
            deal.id,
            who,
            [{"lead_status": before}],
            [{"lead_status": after}],
        )

    def win(self, deal: Deal, author: int | None = None) -> None:
        """The deal is won."""
        deal.truth.status, deal.truth.won_at = "won", self.t
        self.move(deal, company.WON, author=author)
        self.finish_task(deal)

    def lose(self, deal: Deal, reason: int | None, author: int | None = None) -> None:
        """The deal is lost for a reason, or for none given."""
        deal.truth.status, deal.truth.lost_at = "lost", self.t
        self.move(deal, company.LOST, author=author)
        deal.record["loss_reason_id"] = reason
        if author is None:
            self.finish_task(deal)

    def hand_over(self, deal: Deal, to: int, author: int) -> None:
        """Another user becomes responsible."""
        before = deal.responsible
        deal.truth.manager_id = to or None
        deal.record["responsible_user_id"] = to
        deal.record["group_id"] = company.DEPARTMENT_OF[to]
        self.touch(deal, author)
        self.event(
            "entity_responsible_changed",
            "lead",
            deal.id,
            author,
            [{"responsible_user": {"id": before}}],
            [{"responsible_user": {"id": to}}],
        )

    def call_out(self, deal: Deal, talk: int) -> int:
        """The responsible calls the person; `talk` in seconds, 0 is no answer."""
        deal.truth.is_worked = True
        return self._call(deal, "call_out", talk, identity.guid(self.rng))

    def call_in(self, deal: Deal, talk: int) -> int:
        """The person calls about the deal that is open: a plain conversation."""
        return self._call(deal, "call_in", talk, identity.guid(self.rng))

    def _call(self, deal: Deal, kind: str, talk: int, call_id: str) -> int:
        responsible = deal.responsible
        note_id = self.new_id("notes")
        on_lead = not deal.person.contact_ids
        self.world.store.amocrm["notes/leads" if on_lead else "notes/contacts"][note_id] = (
            crm_records.note(
                id=note_id,
                entity_id=deal.id if on_lead else deal.person.contact_ids[-1],
                type=kind,
                author=responsible,
                responsible=responsible,
                at=self.t,
                params=_call_params(call_id, talk, deal.person.phone, responsible),
            )
        )
        if talk and responsible:
            deal.truth.is_worked = True
        return note_id

    def write_note(self, deal: Deal, text: str | None = None) -> int:
        """The responsible writes a remark."""
        note_id = self.new_id("notes")
        deal.truth.is_worked = True
        self.world.store.amocrm["notes/leads"][note_id] = crm_records.note(
            id=note_id,
            entity_id=deal.id,
            type="common",
            author=deal.responsible,
            responsible=deal.responsible,
            at=self.t,
            params={"text": text or self.rng.choice(words.NOTES)},
        )
        return note_id

    def set_task(self, deal: Deal, till: int, author: int | None = None) -> int:
        """A task for the responsible."""
        task_id = self.new_id("tasks")
        deal.open_task = crm_records.task(
            id=task_id,
            responsible=deal.responsible,
            author=deal.responsible if author is None else author,
            at=self.t,
            deal_id=deal.id,
            text=self.rng.choice(words.TASK_TEXTS),
            till=till,
        )
        self.world.store.amocrm["tasks"][task_id] = deal.open_task
        deal.record["closest_task_at"] = till
        return task_id

    def finish_task(self, deal: Deal) -> None:
        """The responsible completes the open task, with a word, without one, or leaving the field
        out.
        """
        task = deal.open_task
        if task is None:
            return
        task["is_completed"] = True
        task["updated_at"], task["updated_by"] = self.t, deal.responsible
        draw = self.rng.random()
        if draw < 0.6:
            task["result"] = {"text": self.rng.choice(words.TASK_RESULTS)}
        elif draw < 0.7:
            del task["result"]
        deal.open_task = None
        deal.record["closest_task_at"] = None
        if deal.responsible:
            deal.truth.is_worked = True

    def fill(self, deal: Deal, field_id: int, text: str, author: int | None = None) -> None:
        """A field of the deal is filled."""
        value = crm_records.field_value(field_id, text)
        others = deal.record["custom_fields_values"] or []
        deal.record["custom_fields_values"] = [
            *(other for other in others if other["field_id"] != field_id),
            value,
        ]
        self.touch(deal, deal.responsible if author is None else author)

    def delete(self, deal: Deal, author: int) -> None:
        """Somebody deletes the deal: it leaves the list for the bin and stops counting."""
        deal.truth.excluded_reason = "deleted_in_crm"
        if deal.enquiry is not None:
            deal.enquiry.excluded_reason = "deleted_in_crm"
            deal.enquiry.intent_id = None
        deal.record["is_deleted"] = True
        self.touch(deal, author)
        leads = self.world.store.amocrm["leads"]
        self.world.store.deleted_leads[deal.id] = leads.pop(deal.id)
        self.event("lead_deleted", "lead", deal.id, author)

    def merge_cards(self, person: Person, survivor: int, loser: int, author: int) -> str:
        """Two contact cards of one person become one that carries both phones; returns the event's
        id.
        """
        contacts = self.world.store.amocrm["contacts"]
        gone, kept = contacts.pop(loser), contacts[survivor]
        kept["custom_fields_values"] = _both(
            kept["custom_fields_values"], gone["custom_fields_values"]
        )
        kept["updated_at"], kept["updated_by"] = self.t, author
        person.contact_ids = [card for card in person.contact_ids if card != loser]
        for deal in self.world.deals.values():
            if deal.person is person:
                for link in deal.record["_embedded"]["contacts"]:
                    if link["id"] == loser:
                        link["id"] = survivor
                        self.touch(deal, author)
        for note in self.world.store.amocrm["notes/contacts"].values():
            if note["entity_id"] == loser:
                note["entity_id"] = survivor
                note["updated_at"] = self.t
        return self.event("entity_merged", "contact", survivor, author)

    def touch(self, deal: Deal, author: int) -> None:
        """Somebody changed the deal's card."""
        deal.record["updated_at"], deal.record["updated_by"] = self.t, author

    def event(
        self,
        kind: str,
        entity: str,
        entity_id: int,
        author: int,
        before: list[Any] | None = None,
        after: list[Any] | None = None,
    ) -> str:
        """An entry of the change log; returns its id."""
        event_id = f"01k{self.t:010d}{self.serial:08d}{self.next_number('event'):05d}"
        self.world.store.amocrm["events"][event_id] = crm_records.event(
            id=event_id,
            type=kind,
            entity=entity,
            entity_id=entity_id,
            author=author,
            at=self.t,
            before=before,
            after=after,
        )
        return event_id

    # Telling

    def tell(self, play: Callable[[Story], Any]) -> Any:
        """Play to the end or to the present; returns what the play returns, or nothing if it is
        not over.
        """
        try:
            return play(self)
        except NotYet:
            return None


_CATEGORIES = {
    "form": ("forms", "Сайт optovik.example"),
    "call": ("sip", "Телефония"),
    "chat": ("chats", "Чат на сайте"),
    "mail": ("mail", "sales@optovik.example"),
}


def _call_params(call_id: str, talk: int, phone: str, responsible: int) -> Record:
    by_name = talk % 5 == 1 and responsible
    name = next((person.name for person in company.EMPLOYEES if person.id == responsible), "")
    params: Record = {
        "uniq": call_id,
        "duration": talk,
        "source": "optovik-pbx",
        "link": f"https://pbx.example/{call_id}.mp3" if talk else "",
        "phone": phone,
        "call_responsible": name if by_name else responsible,
    }
    if talk % 3 == 0:
        params["call_status"] = 4 if talk else 6
    return params


def _both(kept: list[Record] | None, gone: list[Record] | None) -> list[Record]:
    fields = {item["field_id"]: item for item in kept or []}
    for item in gone or []:
        mine = fields.setdefault(item["field_id"], item)
        known = {value["value"] for value in mine["values"]}
        mine["values"] += [value for value in item["values"] if value["value"] not in known]
    return list(fields.values())
