"""Reads `policy.yml`: who hears of which rule, how often, in which words.

Everything is checked on load and each fault is one sentence naming the file and the key, because
the file is edited by people who do not read Python. Thresholds do not belong here (they are seeds),
nor does any condition on the data.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any

import yaml

from alerts.models import AlertsError, Candidate, Form, Recipient
from alerts.quiet_hours import QuietHours

# The role whose recipient is the manager the candidate is about.
MANAGER_ROLE = "manager"

PLACEHOLDERS = frozenset(
    {"manager", "observed", "observed_unit", "threshold", "threshold_unit", "since", "since_day"}
)
# `{details_x}` is the key x of the candidate's details; only body lines may use it.
DETAILS_PREFIX = "details_"
_RECOVERY_PLACEHOLDERS = PLACEHOLDERS | {"told"}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MODES = {"at_once": Form.SINGLE, "digest": Form.DIGEST}
# A paragraph longer than this is not read on a phone, and could not be split for Telegram either.
_LONGEST_TEXT = 600


@dataclass(frozen=True)
class RuleTexts:
    """The words of one rule; `what_to_do` by role, the rest shared by all who hear of it."""

    title: str
    body: tuple[str, ...]
    records_title: str
    digest_title: str
    digest_line: str
    recovered: str
    what_to_do: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """`tell`: role -> form. Hours between reminders. Growth (share) that is worth a word sooner."""

    name: str
    tell: Mapping[str, Form]
    repeat_after_hours: float
    repeat_if_worse_by: float
    texts: RuleTexts


@dataclass(frozen=True)
class Policy:
    quiet_hours: QuietHours
    daily_cap: int
    people: Mapping[str, tuple[Recipient, ...]]
    manager_chats: Mapping[str, str | None]
    units: Mapping[str, tuple[str, str, str]]
    rules: Mapping[str, Rule]

    def audience(self, candidate: Candidate) -> Iterator[tuple[Recipient, Form]]:
        """Who hears of it and in which form; nobody when the policy does not know its rule."""
        rule = self.rules.get(candidate.rule)
        if rule is None:
            return
        for role, form in rule.tell.items():
            people = self._its_manager(candidate) if role == MANAGER_ROLE else self.people[role]
            for recipient in people:
                yield recipient, form

    def _its_manager(self, candidate: Candidate) -> tuple[Recipient, ...]:
        """The manager the candidate is about, if it is about one."""
        manager_id = candidate.manager_id
        if manager_id is None:
            return ()
        name = candidate.manager_name or manager_id
        return (Recipient(manager_id, MANAGER_ROLE, name, self.manager_chats.get(manager_id)),)


def placeholders(template: str) -> set[str]:
    """Names in braces. Raises ValueError when a brace is not closed."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def load_policy(path: Path, chats: Mapping[str, str]) -> Policy:
    """Read and check the file. `chats` resolves `env:NAME`; a name it lacks means no chat (None).

    Raises AlertsError: one sentence with the file and the key at fault.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AlertsError(
            f"{path}: cannot be read ({error.strerror}); see ALERTS_POLICY."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise AlertsError(f"{path}: is not valid UTF-8 YAML{where}.") from None
    root = _Node(path.name, document)
    root.only(
        "quiet_hours", "digest_at", "daily_cap", "recipients", "manager_chats", "units", "rules"
    )
    people = dict(_people(root.child("recipients"), chats))
    return Policy(
        quiet_hours=_quiet_hours(root),
        daily_cap=int(root.child("daily_cap").number(at_least=1)),
        people=people,
        manager_chats={
            key: _chat(node, chats) for key, node in root.child("manager_chats").items()
        },
        units={key: _plural_forms(node) for key, node in root.child("units").items()},
        rules={
            name: _rule(name, node, frozenset({*people, MANAGER_ROLE}))
            for name, node in root.child("rules").items()
        },
    )


@dataclass(frozen=True)
class _Node:
    """A place in the document that knows its path, so that every complaint can name it."""

    where: str
    value: Any

    def wrong(self, expected: str) -> AlertsError:
        return AlertsError(f"{self.where} must be {expected}.")

    def child(self, key: str) -> _Node:
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        if key not in self.value:
            raise AlertsError(f"{self.where}: the key `{key}` is missing.")
        return replace(self, where=f"{self.where}: {key}", value=self.value[key])

    def items(self) -> Iterator[tuple[str, _Node]]:
        if not isinstance(self.value, dict):
            raise self.wrong("a mapping")
        return ((str(key), _Node(f"{self.where}: {key}", each)) for key, each in self.value.items())

    def elements(self) -> Iterator[_Node]:
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return (_Node(f"{self.where}[{n}]", each) for n, each in enumerate(self.value, start=1))

    def only(self, *allowed: str) -> None:
        strangers = [key for key, _ in self.items() if key not in allowed]
        if strangers:
            raise AlertsError(
                f"{self.where}: unknown key `{strangers[0]}`; known here: {', '.join(allowed)}."
            )

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("a text")
        if len(self.value) > _LONGEST_TEXT:
            raise self.wrong(f"a text of at most {_LONGEST_TEXT} characters")
        return self.value.strip()

    def template(self, allowed: frozenset[str], *, with_details: bool = False) -> str:
        text = self.text()
        try:
            used = placeholders(text)
        except ValueError:
            raise self.wrong("a text whose braces are closed (write {{ for a brace)") from None
        if with_details:
            used = {name for name in used if not name.startswith(DETAILS_PREFIX)}
        if used - allowed:
            raise AlertsError(
                f"{self.where}: unknown placeholder {{{sorted(used - allowed)[0]}}}; "
                f"known here: {', '.join(sorted(allowed))}."
            )
        return text

    def number(self, *, at_least: float) -> float:
        is_number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not is_number or self.value < at_least:
            raise self.wrong(f"a number of at least {at_least:g}")
        return float(self.value)

    def clock(self) -> time:
        try:
            return time.fromisoformat(self.value)
        except (TypeError, ValueError):
            raise self.wrong('a time in quotes, such as "09:00"') from None


def _quiet_hours(root: _Node) -> QuietHours:
    node = root.child("quiet_hours")
    node.only("from", "until", "days_off", "holidays")
    starts, ends = node.child("from").clock(), node.child("until").clock()
    if starts <= ends:
        raise node.wrong("over midnight: `from` in the evening, `until` in the morning")
    digest_at = root.child("digest_at").clock()
    if not ends <= digest_at < starts:
        raise root.child("digest_at").wrong("outside the quiet hours")
    days_off = set()
    for day in node.child("days_off").elements():
        if day.value not in _WEEKDAYS:
            raise day.wrong(f"one of {', '.join(_WEEKDAYS)}")
        days_off.add(_WEEKDAYS.index(day.value))
    if len(days_off) == len(_WEEKDAYS):
        raise node.child("days_off").wrong("a list that leaves at least one working day")
    # YAML reads an unquoted 2026-01-09 as a date; both spellings are meant the same.
    holidays = frozenset(str(day.value) for day in node.child("holidays").elements())
    return QuietHours(starts, ends, frozenset(days_off), holidays, digest_at)


def _people(node: _Node, chats: Mapping[str, str]) -> Iterator[tuple[str, tuple[Recipient, ...]]]:
    seen: set[str] = set()
    for role, members in node.items():
        people = []
        for member in members.elements():
            member.only("id", "name", "chat")
            person_id = member.child("id").text()
            if person_id in seen:
                raise member.child("id").wrong("unique; another recipient has this id")
            seen.add(person_id)
            name = member.child("name").text()
            people.append(Recipient(person_id, role, name, _chat(member.child("chat"), chats)))
        yield role, tuple(people)


def _chat(node: _Node, chats: Mapping[str, str]) -> str | None:
    reference = str(node.value) if isinstance(node.value, int) else node.text()
    if not reference.startswith("env:"):
        return reference
    name = reference.removeprefix("env:")
    if not name.startswith("TELEGRAM_CHAT_"):
        raise node.wrong("a chat id or env:TELEGRAM_CHAT_…")
    return chats.get(name)


def _plural_forms(node: _Node) -> tuple[str, str, str]:
    forms = [form.text() for form in node.elements()]
    if len(forms) != 3:
        raise node.wrong("three forms: with 1, with 2, with 5")
    return forms[0], forms[1], forms[2]


def _rule(name: str, node: _Node, roles: frozenset[str]) -> Rule:
    node.only("tell", "repeat_after_hours", "repeat_if_worse_by", "texts")
    tell = {}
    for role, mode in node.child("tell").items():
        if role not in roles:
            raise AlertsError(f"{mode.where}: no such role under `recipients`.")
        if mode.value not in _MODES:
            raise mode.wrong("at_once or digest")
        tell[role] = _MODES[mode.value]
    if not tell:
        raise node.child("tell").wrong("at least one role")
    return Rule(
        name=name,
        tell=tell,
        repeat_after_hours=node.child("repeat_after_hours").number(at_least=1),
        repeat_if_worse_by=node.child("repeat_if_worse_by").number(at_least=0),
        texts=_texts(node.child("texts"), tell),
    )


def _texts(node: _Node, tell: Mapping[str, Form]) -> RuleTexts:
    node.only(*RuleTexts.__dataclass_fields__)
    advice = node.child("what_to_do")
    return RuleTexts(
        title=node.child("title").template(PLACEHOLDERS),
        body=tuple(
            line.template(PLACEHOLDERS, with_details=True) for line in node.child("body").elements()
        ),
        records_title=node.child("records_title").text(),
        digest_title=node.child("digest_title").template(frozenset({"count"})),
        digest_line=node.child("digest_line").template(PLACEHOLDERS),
        recovered=node.child("recovered").template(_RECOVERY_PLACEHOLDERS),
        what_to_do={role: advice.child(role).text() for role in tell},
    )
