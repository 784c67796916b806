"""Whether to speak: candidates + what people already heard + policy + the time -> decisions.

Pure: no clock, no database, no words. A problem is told again only when it got worse or after its
interval; "recovered" is told once it is over; quiet hours and holidays hold back all but what is
critical; above a daily cap per person the rest goes into one digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.models import (
    Because,
    Candidate,
    Decision,
    Form,
    Held,
    History,
    Kind,
    PastDelivery,
    Recipient,
    Severity,
    Status,
)
from alerts.policy import Policy, Rule


@dataclass(frozen=True)
class _Notice:
    """Something a recipient might hear of, before asking whether and when. `because` None: told."""

    candidate: Candidate
    recipient: Recipient
    kind: Kind
    form: Form
    because: Because | None
    past: PastDelivery | None

    @property
    def urgency(self) -> tuple[bool, bool, float, str]:
        return (
            self.candidate.severity is not Severity.CRITICAL,
            self.kind is Kind.RECOVERED,
            -self.candidate.excess,
            self.candidate.key,
        )


def decide(
    candidates: Iterable[Candidate], history: History, policy: Policy, now: datetime
) -> tuple[Decision, ...]:
    """One decision per candidate (or recovery) and recipient, the most urgent first.

    `now` is in the business time zone. A candidate whose rule the policy does not know yields
    nothing: the service reports it.
    """
    present = {each.key: each for each in candidates}
    notices = [
        *_alerts(present.values(), history, policy, now),
        *_recoveries(present.keys(), history, policy),
    ]
    return tuple(_paced(sorted(notices, key=lambda each: each.urgency), history, policy, now))


def _alerts(
    candidates: Iterable[Candidate], history: History, policy: Policy, now: datetime
) -> Iterator[_Notice]:
    for candidate in candidates:
        for recipient, form in policy.audience(candidate):
            past = history.last_told.get((recipient.id, candidate.key))
            because = _because(candidate, past, policy.rules[candidate.rule], now)
            yield _Notice(candidate, recipient, Kind.ALERT, form, because, past)


def _because(
    candidate: Candidate, past: PastDelivery | None, rule: Rule, now: datetime
) -> Because | None:
    """Why the recipient should hear of it, or None when they know enough."""
    if past is None or _is_new_episode(candidate, past):
        return Because.NEW
    if _is_worse(candidate, past.candidate, rule.repeat_if_worse_by):
        return Because.WORSE
    if now - past.told_at >= timedelta(hours=rule.repeat_after_hours):
        return Because.REMINDER
    return None


def _is_new_episode(candidate: Candidate, past: PastDelivery) -> bool:
    """Began after we said it was over; an old one that came back is a repeat (flapping)."""
    if past.kind is not Kind.RECOVERED:
        return False
    return candidate.since_at is None or candidate.since_at > past.told_at


def _is_worse(candidate: Candidate, told: Candidate, by_share: float) -> bool:
    if candidate.severity is Severity.CRITICAL and told.severity is not Severity.CRITICAL:
        return True
    growth = (candidate.observed - told.observed) * candidate.direction
    return growth > 0 and growth >= by_share * abs(told.observed)


def _recoveries(present: Set[str], history: History, policy: Policy) -> Iterator[_Notice]:
    for (recipient_id, key), past in history.last_told.items():
        # Only what surely arrived is called off: of the rest the person may never have heard.
        is_open = past.kind is Kind.ALERT and past.status is Status.SENT
        if key in present or not is_open:
            continue
        for recipient, form in policy.audience(past.candidate):
            if recipient.id == recipient_id:
                yield _Notice(
                    past.candidate, recipient, Kind.RECOVERED, form, Because.RECOVERED, past
                )


def _paced(
    notices: Iterable[_Notice], history: History, policy: Policy, now: datetime
) -> Iterator[Decision]:
    """Give each notice its time, counting what this very run already says to the person."""
    singles = dict(history.singles_today)
    for notice in notices:
        recipient_id = notice.recipient.id
        decision = Decision(
            candidate=notice.candidate,
            recipient=notice.recipient,
            kind=notice.kind,
            form=notice.form,
            because=notice.because or Because.REMINDER,
            held=None,
            until=None,
            sequence=history.next_sequence.get((recipient_id, notice.candidate.key), 1),
            past=notice.past,
        )
        if notice.because is None:
            yield replace(decision, held=Held.ALREADY_TOLD)
            continue
        decision = _timed(
            decision,
            policy,
            now,
            has_spoken_enough=singles.get(recipient_id, 0) >= policy.daily_cap,
            had_digest=recipient_id in history.had_digest_today,
        )
        if decision.is_sent_now and decision.form is Form.SINGLE:
            singles[recipient_id] = singles.get(recipient_id, 0) + 1
        yield decision


def _timed(
    decision: Decision, policy: Policy, now: datetime, *, has_spoken_enough: bool, had_digest: bool
) -> Decision:
    is_news = decision.because in (Because.NEW, Because.WORSE)
    if is_news and decision.candidate.severity is Severity.CRITICAL:
        return replace(decision, form=Form.SINGLE)
    quiet_until = policy.quiet_hours.until(now)
    if decision.form is Form.SINGLE and not has_spoken_enough:
        held = Held.QUIET_HOURS if quiet_until else None
        return replace(decision, held=held, until=quiet_until)
    moment = policy.quiet_hours.digest_moment(now, had_today=had_digest)
    why = Held.DAILY_CAP if decision.form is Form.SINGLE else Held.DIGEST
    is_due = moment == now
    return replace(
        decision,
        form=Form.DIGEST,
        held=None if is_due else why,
        until=None if is_due else moment,
    )
