"""Telegram's HTML: escaped, and split into parts the Bot API accepts.

HTML and not MarkdownV2, because three characters to escape are easier to get right than nineteen.
No tag spans two lines, so a message can be cut at any line break.
"""

from __future__ import annotations

from html import escape

from alerts.models import Message, Record, Section

# The Bot API allows 4096 characters after the markup is read. Counted here with the markup and in
# UTF-16 units, which is never less, so a part is never refused for its length.
LIMIT = 4096
_LONGEST_URL = 1000


def render(message: Message, *, limit: int = LIMIT) -> tuple[str, ...]:
    """The parts to send, in order. Cut between blocks where possible, else between lines."""
    blocks = [f"<b>{_text(message.heading)}</b>"]
    for section in message.sections:
        blocks += _blocks(section)
    return tuple(_packed(blocks, limit))


def _blocks(section: Section) -> list[str]:
    blocks = []
    facts = [f"<b>{_text(section.title)}</b>"] if section.title else []
    facts += [_text(line) for line in section.facts]
    if facts:
        blocks.append("\n".join(facts))
    if section.records:
        lines = [_record(number, each) for number, each in enumerate(section.records, start=1)]
        blocks.append("\n".join([f"{_text(section.records_title)}:", *lines]))
    if section.advice:
        blocks.append(f"<b>Что сделать:</b> {_text(section.advice)}")
    return blocks


def _record(number: int, record: Record) -> str:
    title = _text(record.title)
    url = record.url or ""
    if url.startswith(("https://", "http://")) and len(url) <= _LONGEST_URL:
        title = f'<a href="{escape(url)}">{title}</a>'
    detail = f" — {_text(record.detail)}" if record.detail else ""
    return f"{number}. {title}{detail}"


def _text(text: str) -> str:
    return escape(text, quote=False)


def _packed(blocks: list[str], limit: int) -> list[str]:
    parts: list[str] = []
    for block in blocks:
        if parts and _size(parts[-1]) + _size(block) + 2 <= limit:
            parts[-1] += f"\n\n{block}"
        elif _size(block) <= limit:
            parts.append(block)
        else:
            # One block alone is too long: only then is it taken apart, line by line.
            parts.append("")
            for line in block.split("\n"):
                if parts[-1] and _size(parts[-1]) + _size(line) + 1 > limit:
                    parts.append(line)
                else:
                    parts[-1] += f"\n{line}" if parts[-1] else line
    return parts


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
