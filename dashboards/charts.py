"""Charts as inline SVG: shapes over numbers that were read; no number is made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup


@dataclass(frozen=True)
class Bar:
    """One bar: what stands under it, its number as written, its size and a mark beside it."""

    label: str
    text: str
    title: str
    size: Decimal | None
    mark: Decimal | None = None
    light: bool = False


def columns(bars: Sequence[Bar], name: str) -> Markup:
    """Upright bars of a series of months; below zero hangs from the zero line."""
    sizes = [each for bar in bars for each in (bar.size, bar.mark) if each is not None]
    top, bottom = max([*sizes, Decimal(0)]), min([*sizes, Decimal(0)])
    height, step, upper = 90, 33, 18
    scale = Decimal(height) / ((top - bottom) or 1)
    zero = upper + top * scale
    width = step * len(bars)
    parts = []
    for place, bar in enumerate(bars):
        middle = place * step + step // 2
        if bar.size is not None:
            y, tall = min(zero, zero - bar.size * scale), abs(bar.size) * scale
            highest = y if bar.mark is None else min(y, zero - bar.mark * scale)
            kind = "bar light" if bar.light else "bar"
            parts.append(
                Markup(
                    '<g><title>{}</title><rect class="{}" x="{}" y="{:.1f}" width="25" '
                    'height="{:.1f}"/><text class="num" x="{}" y="{:.1f}">{}</text></g>'
                ).format(bar.title, kind, middle - 12, y, tall, middle, highest - 4, bar.text)
            )
        if bar.mark is not None:
            y = zero - bar.mark * scale
            parts.append(
                Markup('<line class="mark" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                    middle - 15, middle + 15, y, y
                )
            )
        parts.append(
            Markup('<text class="axis" x="{}" y="{}">{}</text>').format(
                middle, upper + height + 14, bar.label
            )
        )
    return _svg(width, upper + height + 20, name, parts)


def rows(bars: Sequence[Bar], name: str) -> Markup:
    """Lying bars, one a line, the label above its bar."""
    largest = max((bar.size or Decimal(0) for bar in bars), default=Decimal(0)) or Decimal(1)
    parts = [
        Markup(
            '<g><title>{}</title><text class="label" x="0" y="{}">{}</text>'
            '<rect class="bar" x="0" y="{}" width="{:.1f}" height="12"/>'
            '<text class="value" x="{:.1f}" y="{}">{}</text></g>'
        ).format(
            bar.title,
            place * 34 + 12,
            bar.label,
            place * 34 + 17,
            (bar.size or 0) / largest * 280,
            (bar.size or 0) / largest * 280 + 6,
            place * 34 + 28,
            bar.text,
        )
        for place, bar in enumerate(bars)
    ]
    return _svg(400, len(bars) * 34 + 4, name, parts)


@dataclass(frozen=True)
class Interval:
    """A share with the bounds it lies in, all 0..1."""

    label: str
    text: str
    share: Decimal
    share_from: Decimal
    share_to: Decimal


def intervals(lines: Sequence[Interval], name: str) -> Markup:
    """A dot in its band, one a line, from 0 to 100 %."""
    parts = [
        Markup(
            '<text class="label" x="0" y="{}">{}</text>'
            '<line class="scale" x1="0" x2="400" y1="{}" y2="{}"/>'
            '<rect class="band" x="{:.1f}" y="{}" width="{:.1f}" height="8"/>'
            '<circle class="dot" cx="{:.1f}" cy="{}" r="5"/>'
        ).format(
            f"{line.label}: {line.text}",
            place * 38 + 13,
            place * 38 + 24,
            place * 38 + 24,
            line.share_from * 400,
            place * 38 + 20,
            (line.share_to - line.share_from) * 400,
            line.share * 400,
            place * 38 + 24,
        )
        for place, line in enumerate(lines)
    ]
    return _svg(400, len(lines) * 38 + 2, name, parts)


def _svg(width: int, height: int, name: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, name, Markup("").join(parts)
    )
