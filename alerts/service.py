"""Wires the path: candidates -> decide -> message -> channel -> log. The face for orchestration.

    settings = alerts.settings.load()
    report = alerts.service.deliver(settings, now=settings.now())

No rule of speaking, no wording and no wire format belongs here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.candidates import read_candidates
from alerts.decide import decide
from alerts.formats import text
from alerts.message import compose
from alerts.models import (
    AlertsError,
    Candidate,
    Channel,
    Decision,
    Delivery,
    DeliveryReport,
    Held,
    Message,
    Outcome,
    Status,
)
from alerts.policy import Policy, load_policy
from alerts.settings import Settings
from alerts.store import AddressState, Store, opened_for_sending, read_history

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedMessage:
    """A message that would go: at once (`goes_at` None), or when that moment comes."""

    message: Message
    text: str
    goes_at: datetime | None
    held: Held | None


@dataclass(frozen=True)
class Preview:
    """`already_told`: what recipients know and need not hear again yet."""

    planned: tuple[PlannedMessage, ...]
    already_told: tuple[Decision, ...]
    problems: tuple[str, ...]


def deliver(settings: Settings, *, now: datetime, channel: Channel | None = None) -> DeliveryReport:
    """Send what is due, through `channel` or the one ALERTS_CHANNEL names, and log it.

    Safe to repeat: what the log knows as told is not told again. Raises AlertsError when nothing
    can be sent at all; what happened to single messages is in the report.
    """
    now = now.astimezone(settings.zone)
    policy = load_policy(settings.policy_file, settings.chats)
    candidates = read_candidates(settings.reader_url, schema_prefix=settings.schema_prefix)
    if channel is None:
        channel = open_channel(settings)
    with opened_for_sending(
        settings.loader_url, schema_prefix=settings.schema_prefix, channel=channel.name
    ) as store:
        return deliver_through(channel, store, candidates, policy, now)


def preview(settings: Settings, now: datetime) -> Preview:
    """What `deliver` would send now and what waits for its hour, worded. Writes nothing."""
    now = now.astimezone(settings.zone)
    policy = load_policy(settings.policy_file, settings.chats)
    candidates = read_candidates(settings.reader_url, schema_prefix=settings.schema_prefix)
    history = read_history(
        settings.loader_url,
        schema_prefix=settings.schema_prefix,
        channel=settings.channel,
        day_start=_day_start(now),
    )
    decisions = decide(candidates, history, policy, now)
    return Preview(
        planned=tuple(_planned(decisions, policy, now)),
        already_told=tuple(each for each in decisions if each.held is Held.ALREADY_TOLD),
        problems=_problems(candidates, policy),
    )


def open_channel(settings: Settings) -> Channel:
    """The channel `settings.channel` names; imported here: only Telegram needs httpx."""
    if settings.channel == "telegram":
        from alerts.channels.telegram import TelegramChannel

        return TelegramChannel(token=settings.telegram_token, base_url=settings.telegram_base_url)
    from alerts.channels.file import FileChannel

    return FileChannel(settings.outbox)


def deliver_through(
    channel: Channel,
    store: Store,
    candidates: tuple[Candidate, ...],
    policy: Policy,
    now: datetime,
) -> DeliveryReport:
    """The path with everything passed in; `now` in the business time zone."""
    problems = list(_problems(candidates, policy))
    abandoned = store.abandon_reserved(channel.name)
    if abandoned:
        problems.append(
            f"{abandoned} message(s) of a run that was killed may or may not have arrived: they "
            f"are not repeated now; see status 'unknown' in alerting.deliveries."
        )
    history = store.history(channel.name, _day_start(now))
    decisions = decide(candidates, history, policy, now)
    deliveries: list[Delivery] = []
    stopped_by = ""
    for message in compose((each for each in decisions if each.is_sent_now), policy, now):
        if stopped_by:
            deliveries.append(Delivery(message, None, f"left for the next run: {stopped_by}"))
            continue
        delivery, must_stop = _deliver_one(channel, store, message, now)
        deliveries.append(delivery)
        stopped_by = delivery.note if must_stop else ""
    held = tuple(each for each in decisions if not each.is_sent_now)
    return DeliveryReport(channel.name, tuple(deliveries), held, tuple(problems))


def _deliver_one(
    channel: Channel, store: Store, message: Message, now: datetime
) -> tuple[Delivery, bool]:
    """Send one message at most once. The second value: the channel is out of order, stop."""
    configured = channel.address(message.recipient)
    if configured is None:
        return Delivery(message, None, "no chat is configured in the policy"), False
    state = store.address_state(channel.name, configured)
    if state.dead_because:
        note = (
            f"the chat is switched off ({state.dead_because}); once it is repaired, name a new one "
            "in the policy or delete its row in alerting.addresses"
        )
        return Delivery(message, None, note), False
    if not store.reserve(channel.name, message, now):
        return Delivery(message, None, "another run has sent it"), False
    try:
        outcome = channel.send(message, state.replaced_by or configured, now=now)
    except AlertsError as error:
        store.settle(channel.name, message, Status.FAILED, str(error))
        raise
    store.settle(channel.name, message, outcome.status, outcome.note)
    _learn(store, channel.name, configured, outcome)
    log.info("alert %s to %s: %s", message.id, message.recipient.id, outcome.status.value)
    return Delivery(message, outcome.status, outcome.note), outcome.stop


def _learn(store: Store, channel: str, configured: str, outcome: Outcome) -> None:
    if outcome.new_address:
        state = AddressState(replaced_by=outcome.new_address)
        store.learn_address(channel, configured, state)
    if outcome.address_is_dead:
        store.learn_address(channel, configured, AddressState(dead_because=outcome.note))


def _planned(
    decisions: Iterable[Decision], policy: Policy, now: datetime
) -> Iterable[PlannedMessage]:
    """Messages by the moment they would go; each is worded as of that moment."""
    by_moment: dict[datetime, list[Decision]] = {}
    for decision in decisions:
        if decision.held is not Held.ALREADY_TOLD:
            by_moment.setdefault(decision.until or now, []).append(decision)
    for moment in sorted(by_moment):
        for message in compose(by_moment[moment], policy, moment):
            held = message.decisions[0].held
            goes_at = None if held is None else moment
            yield PlannedMessage(message, text.render(message), goes_at, held)


def _problems(candidates: Iterable[Candidate], policy: Policy) -> tuple[str, ...]:
    unknown = sorted({each.rule for each in candidates} - policy.rules.keys())
    return tuple(
        f"Nobody hears of the rule {rule!r}: the mart has candidates, the policy has no stanza."
        for rule in unknown
    )


def _day_start(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
