"""`python -m alerts [preview|send] [--channel file|telegram] [--brief]`.

`preview` is the default and writes nothing. Its words are Russian, because managers read them;
errors are English sentences for whoever runs it. Exit codes: 0 fine, 1 something needs a person.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts import service, settings
from alerts.message import moment_text, plural
from alerts.models import AlertsError, DeliveryReport, Held, Status

_WAITS_BECAUSE = {
    Held.QUIET_HOURS: "тихие часы",
    Held.DIGEST: "идёт в сводку",
    Held.DAILY_CAP: "сегодня сообщений уже достаточно, идёт в сводку",
}
_FATE = {
    Status.SENT: "отправлено",
    Status.FAILED: "не отправлено",
    Status.UNKNOWN: "неизвестно, дошло ли",
    None: "не отправлялось",
}
_SHOWN_OF_ALIKE = 3


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        chosen = settings.load()
        if options.channel:
            chosen = replace(chosen, channel=options.channel)
        now = chosen.now()
        if options.command == "send":
            return _report_sent(service.deliver(chosen, now=now), now)
        return _show(service.preview(chosen, now), now, chosen.channel, brief=options.brief)
    except AlertsError as error:
        sys.stderr.write(f"alerts: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alerts", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("preview", "send"), default="preview")
    parser.add_argument("--channel", choices=settings.CHANNELS, help="instead of ALERTS_CHANNEL")
    parser.add_argument("--brief", action="store_true", help="preview: one line a message")
    return parser


def _show(preview: service.Preview, now: datetime, channel: str, *, brief: bool) -> int:
    if brief:
        say("ОПОВЕЩЕНИЯ")
    indent = "  " if brief else ""
    say(f"{indent}Предпросмотр, ничего не отправлено. Канал {channel}, {moment_text(now, now)}.")
    if brief:
        _show_briefly(preview.planned, now)
    else:
        for planned in preview.planned:
            person = planned.message.recipient.name
            say(f"\n=== Кому: {person}. Когда: {_when(planned, now)}.\n")
            say(planned.text)
        say()
    if not preview.planned:
        say(f"{indent}Сообщать не о чем.")
    people = len({planned.message.recipient for planned in preview.planned})
    say(f"{indent}Итого: {_messages(len(preview.planned))}, получателей {people}.")
    if preview.already_told:
        say(f"{indent}Уже сообщали, повторять рано: {len(preview.already_told)}.")
    return _complain(preview.problems)


def _show_briefly(planned: Sequence[service.PlannedMessage], now: datetime) -> None:
    """A line a message; of messages alike but for the person, the first few and how many more."""
    by_moment: dict[str, dict[object, list[str]]] = {}
    for each in planned:
        message = each.message
        about = frozenset((told.candidate.rule, told.kind) for told in message.decisions)
        titles = [section.title for section in message.sections if section.title]
        line = "; ".join([message.heading, *titles])
        if message.recipient.name not in message.heading:
            line = f"{message.recipient.name}: {line}"
        alike = by_moment.setdefault(_when(each, now), {})
        alike.setdefault((message.form, about), []).append(line)
    for when, alike in by_moment.items():
        say(f"  {when[0].upper()}{when[1:]}")
        for lines in alike.values():
            for line in lines[:_SHOWN_OF_ALIKE]:
                say(f"    {line}")
            if len(lines) > _SHOWN_OF_ALIKE:
                say(f"    …и ещё {_messages(len(lines) - _SHOWN_OF_ALIKE)} о том же")


def _when(planned: service.PlannedMessage, now: datetime) -> str:
    if planned.goes_at and planned.held:
        return f"{moment_text(planned.goes_at, now)} ({_WAITS_BECAUSE[planned.held]})"
    return "сейчас"


def _report_sent(report: DeliveryReport, now: datetime) -> int:
    for delivery in report.deliveries:
        note = f" ({delivery.note})" if delivery.note else ""
        say(f"{delivery.message.recipient.name}: {_FATE[delivery.status]}{note}")
    if report.count(Status.SENT):
        say(f"Отправлено через {report.channel}: {_messages(report.count(Status.SENT))}.")
    else:
        say(f"Ничего не отправлено через {report.channel}.")
    told = sum(each.held is Held.ALREADY_TOLD for each in report.held)
    if told:
        say(f"Уже сообщали, повторять рано: {told}.")
    waiting = [each.until for each in report.held if each.until]
    if waiting:
        soonest = moment_text(min(waiting), now)
        say(f"Поводов ждут своего часа: {len(waiting)}, ближайший {soonest}.")
    _complain(report.problems)
    return 0 if report.is_clean else 1


def _complain(problems: Sequence[str]) -> int:
    for problem in problems:
        sys.stderr.write(f"alerts: {problem}\n")
    return 1 if problems else 0


def _messages(count: int) -> str:
    return f"{count} {plural(count, ('сообщение', 'сообщения', 'сообщений'))}"


if __name__ == "__main__":
    sys.exit(main())
