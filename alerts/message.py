"""From decisions to what a person reads: plain facts in Russian, still free of any wire format.

A message says what happened, how much against which norm, since when, the three worst records and
what to do. The sentences themselves are in `policy.yml`; here they are filled in, and here lives
Russian grammar: plurals, dates, decimal commas. Markup and length limits belong to `formats`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from itertools import groupby

from alerts.models import (
    Because,
    Candidate,
    Decision,
    Form,
    Kind,
    Message,
    Recipient,
    Record,
    Section,
    Severity,
)
from alerts.policy import DETAILS_PREFIX, Policy, Rule, placeholders

URGENT_MARK, WARNING_MARK, RECOVERED_MARK = "🔴", "🟠", "🟢"
_WORST_RECORDS = 3
# A digest shows this many lines of a rule and counts the rest: it is read on a phone.
_DIGEST_LINES = 7
# Titles come from people and can be anything; longer ones are cut, with a sign that they were.
_LONGEST_RECORD_TEXT = 90
_WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


def compose(decisions: Iterable[Decision], policy: Policy, now: datetime) -> tuple[Message, ...]:
    """Word the given decisions: one message for each single, one digest for each recipient.

    Recipients come in the order of their most urgent decision. `now` is in the business time zone.
    """
    by_recipient: dict[Recipient, list[Decision]] = {}
    for decision in decisions:
        by_recipient.setdefault(decision.recipient, []).append(decision)
    messages = []
    for recipient, theirs in by_recipient.items():
        singles = [each for each in theirs if each.form is Form.SINGLE]
        messages += [_single(each, policy, now) for each in singles]
        rest = [each for each in theirs if each.form is Form.DIGEST]
        if rest:
            messages.append(_digest(recipient, rest, policy, now))
    return tuple(messages)


def _single(decision: Decision, policy: Policy, now: datetime) -> Message:
    rule = policy.rules[decision.candidate.rule]
    words = _words(decision, policy, now)
    is_urgent = decision.candidate.severity is Severity.CRITICAL
    if decision.kind is Kind.RECOVERED:
        heading = f"{RECOVERED_MARK} {rule.texts.recovered.format_map(words)}"
        return Message(decision.recipient, Form.SINGLE, heading, (), (decision,))
    mark = URGENT_MARK if is_urgent else WARNING_MARK
    section = Section(
        title=None,
        facts=(*_facts(rule, words), *_why_again(decision, policy, now)),
        records_title=rule.texts.records_title,
        records=tuple(map(_shortened, decision.candidate.examples[:_WORST_RECORDS])),
        advice=rule.texts.what_to_do[decision.recipient.role],
    )
    heading = f"{mark} {rule.texts.title.format_map(words)}"
    return Message(decision.recipient, Form.SINGLE, heading, (section,), (decision,), is_urgent)


def _facts(rule: Rule, words: Mapping[str, str]) -> tuple[str, ...]:
    """The body lines; a line with something unknown this time is left out."""
    return tuple(
        line.format_map(words) for line in rule.texts.body if placeholders(line) <= words.keys()
    )


def _why_again(decision: Decision, policy: Policy, now: datetime) -> tuple[str, ...]:
    past = decision.past
    if past is None:
        return ()
    told = moment_text(past.told_at, now)
    if decision.because is Because.WORSE:
        before = past.candidate
        return (f"Стало хуже: {told} было {_with_unit(before.observed, before.unit, policy)}.",)
    if decision.because is Because.REMINDER:
        return (f"Повтор: уже сообщали {told}, с тех пор не исправлено.",)
    return ()


def _digest(
    recipient: Recipient, decisions: list[Decision], policy: Policy, now: datetime
) -> Message:
    alerts = [each for each in decisions if each.kind is Kind.ALERT]
    over = [each for each in decisions if each.kind is Kind.RECOVERED]
    # Sorting is stable: rules in the policy's order, the most urgent first within each.
    order = {name: number for number, name in enumerate(policy.rules)}
    alerts.sort(key=lambda each: order[each.candidate.rule])
    sections = [
        _digest_section(policy.rules[name], list(group), recipient, policy, now)
        for name, group in groupby(alerts, key=lambda each: each.candidate.rule)
    ]
    if over:
        lines = [
            policy.rules[each.candidate.rule].texts.recovered.format_map(_words(each, policy, now))
            for each in over
        ]
        sections.append(Section(f"{RECOVERED_MARK} Снова в норме ({len(over)})", _cut(lines)))
    heading = f"Сводка на {_WEEKDAYS[now.weekday()]} {_date_text(now, now)}"
    return Message(recipient, Form.DIGEST, heading, tuple(sections), tuple(decisions))


def _digest_section(
    rule: Rule, decisions: list[Decision], recipient: Recipient, policy: Policy, now: datetime
) -> Section:
    lines = [
        rule.texts.digest_line.format_map(_words(each, policy, now))
        + (", стало хуже" if each.because is Because.WORSE else "")
        for each in decisions
    ]
    worst_of_each = [_named(each.candidate) for each in decisions if each.candidate.examples]
    return Section(
        title=f"{WARNING_MARK} {rule.texts.digest_title.format(count=len(decisions))}",
        facts=_cut(lines),
        records_title=rule.texts.records_title,
        records=tuple(map(_shortened, worst_of_each[:_WORST_RECORDS])),
        advice=rule.texts.what_to_do[recipient.role],
    )


def _named(candidate: Candidate) -> Record:
    """The worst example, with the manager's name: in a digest the records are of many people."""
    worst = candidate.examples[0]
    detail = ", ".join(filter(None, (candidate.manager_name, worst.detail)))
    return Record(worst.title, worst.url, detail)


def _cut(lines: list[str]) -> tuple[str, ...]:
    shown = [f"• {line}" for line in lines[:_DIGEST_LINES]]
    rest = len(lines) - len(shown)
    return (*shown, f"…и ещё {rest}") if rest else tuple(shown)


class _Words(dict[str, str]):
    """Values of placeholders; where a sentence cannot do without an unknown one it says "—"."""

    def __missing__(self, name: str) -> str:
        return "—"


def _words(decision: Decision, policy: Policy, now: datetime) -> _Words:
    candidate = decision.candidate
    words = {
        "manager": candidate.manager_name or "Без менеджера",
        "observed": number_text(candidate.observed),
        "observed_unit": _with_unit(candidate.observed, candidate.unit, policy),
        "threshold": number_text(candidate.threshold),
        "threshold_unit": _with_unit(candidate.threshold, candidate.unit, policy),
    }
    if candidate.since_at:
        words["since"] = moment_text(candidate.since_at, now)
        words["since_day"] = _date_text(candidate.since_at, now)
    if decision.past:
        words["told"] = moment_text(decision.past.told_at, now)
    for name, value in candidate.details.items():
        if value is not None:
            is_number = isinstance(value, int | float)
            words[DETAILS_PREFIX + name] = number_text(value) if is_number else str(value)
    return _Words(words)


def _with_unit(value: float, unit: str, policy: Policy) -> str:
    """A unit nobody put into words is shown as the mart names it: odd, but never a lost alert."""
    forms = policy.units.get(unit)
    return f"{number_text(value)} {plural(value, forms) if forms else unit}"


def number_text(value: float) -> str:
    """12 -> "12", 4.25 -> "4,3", 1234567 -> "1 234 567" (no-break spaces)."""
    rounded = round(value, 1)
    text = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return text.replace(",", "\u00a0").replace(".", ",")


def plural(value: float, forms: tuple[str, str, str]) -> str:
    """The form Russian wants after the number: 1 сделка, 2 сделки, 5 сделок, 4,5 часа."""
    one, few, many = forms
    rounded = round(abs(value), 1)
    if rounded != int(rounded):
        return few
    last_two = int(rounded) % 100
    if 11 <= last_two <= 14:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(last_two % 10, many)


def moment_text(moment: datetime, now: datetime) -> str:
    """ "сегодня в 11:40", "пт 20 ноября в 11:40"; the year only when it is another one."""
    local = moment.astimezone(_zone(now))
    if local.date() == now.date():
        return f"сегодня в {local:%H:%M}"
    return f"{_WEEKDAYS[local.weekday()]} {_date_text(moment, now)} в {local:%H:%M}"


def _date_text(moment: datetime, now: datetime) -> str:
    local = moment.astimezone(_zone(now))
    year = "" if local.year == now.year else f" {local.year}"
    return f"{local.day} {_MONTHS[local.month - 1]}{year}"


def _zone(now: datetime) -> tzinfo:
    if now.tzinfo is None:
        raise ValueError("now must carry the business time zone")
    return now.tzinfo


def _shortened(record: Record) -> Record:
    return Record(_one_line(record.title), record.url, _one_line(record.detail or "") or None)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_RECORD_TEXT else line[: _LONGEST_RECORD_TEXT - 1] + "…"
