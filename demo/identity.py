"""Numbers nobody else has: ids, phones, tax and document numbers of one story.

A story is the n-th of its month, so its numbers never move when the world grows at either end.
Belongs here: how a number is spread and spelt. Does not belong: who gets it.
"""

from __future__ import annotations

import random

from demo.moscow import FIRST_MONTH

STORIES_A_MONTH = 3000
RECORDS_A_STORY = 1000
INVOICES_A_STORY = 8
_INVOICE_MONTHS = 40


def story_serial(month: int, index: int) -> int:
    """The story's own number, for all months since 2015."""
    if not 0 <= index < STORIES_A_MONTH:
        raise ValueError(f"A month holds at most {STORIES_A_MONTH} stories: lower the scale.")
    return (month - FIRST_MONTH) * STORIES_A_MONTH + index


def mobile(serial: int, place: int) -> str:
    """A Russian mobile as digits, `79161234567`; `place` below 8."""
    return f"79{(serial * 8 + place) * 618_033_989 % 10**9:09d}"


def landline(serial: int) -> str:
    """A Moscow office number as digits."""
    return f"7495{serial * 7919 % 10**7:07d}"


def tax_number(serial: int, place: int) -> str:
    """A ten-digit ИНН with a right check digit; `place` below 2."""
    digits = f"77{(serial * 2 + place) * 7919 % 10**7:07d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return f"{digits}{total % 11 % 10}"


def invoice_number(month: int, index: int, place: int) -> str:
    """An invoice number like 1C's, `0000-000123`, unique over 40 months; `place` below 8.

    The first stories of a month get short numbers, so leading zeros occur.
    """
    if not 0 < place < INVOICES_A_STORY:
        raise ValueError("A story has at most 7 invoices.")
    serial = (index * _INVOICE_MONTHS + month % _INVOICE_MONTHS) * INVOICES_A_STORY + place
    return f"0000-{serial:06d}"


def guid(rng: random.Random) -> str:
    """A reference key of 1C."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
