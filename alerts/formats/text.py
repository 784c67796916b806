"""Plain text: for the preview, the outbox file and any channel without markup."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.models import Message, Record, Section


def render(message: Message) -> str:
    """The whole message; blocks are apart by an empty line, links stand on their own line."""
    blocks = [message.heading]
    for section in message.sections:
        blocks += _blocks(section)
    return "\n\n".join(blocks)


def _blocks(section: Section) -> Iterator[str]:
    facts = ([section.title] if section.title else []) + list(section.facts)
    if facts:
        yield "\n".join(facts)
    if section.records:
        lines = [_record(number, each) for number, each in enumerate(section.records, start=1)]
        yield "\n".join([f"{section.records_title}:", *lines])
    if section.advice:
        yield f"Что сделать: {section.advice}"


def _record(number: int, record: Record) -> str:
    title = f"{number}. {record.title}"
    if record.detail:
        title += f" — {record.detail}"
    return f"{title}\n   {record.url}" if record.url else title
