"""What the goods cost by the price list, and how many of them an amount of money buys.

Belongs here: the list of every month, and how large a sale is. Does not belong: how 1C writes a
price down (`accounting_catalogs`), and who takes how much off (`staff`). Everything follows from
the calendar, the goods and the amount, with no draw, so the stories stay as they are.
"""

from __future__ import annotations

from demo.accounting_records import vat_of
from demo.moscow import month_of

MADE_TO_ORDER = 14
"""The goods at this place of `words.GOODS`: the list has no price for them."""
_RISE_A_QUARTER = 1.03
_MONTH_OF_BASE_PRICES = 2024 * 12


def list_price(place: int, month: int) -> int | None:
    """What one piece of the goods costs in that month, in roubles with VAT, if the list says it."""
    return None if place == MADE_TO_ORDER else _price(place, month)


def listed_kopecks(place: int, count: int, month: int, taxed_at: int) -> int | None:
    """What so many pieces cost without VAT by the list of that month, in kopecks."""
    roubles = list_price(place, month)
    if roubles is None:
        return None
    return roubles * count * 100 - vat_of(roubles * count * 100, taxed_at)


def packs(kopecks: int) -> int:
    """How many packs an amount buys; what comes back is a pack."""
    return 1 + kopecks % 40


def pieces(place: int, kopecks: int, at: int, percent_off: int) -> int:
    """How many pieces an amount buys, in full packs, when at least so much is taken off the list.

    Goods made to order are haggled over like all others.
    """
    kopecks_a_piece = _price(place, month_of(at)) * (100 - percent_off)
    in_a_pack = -(-kopecks // (packs(kopecks) * kopecks_a_piece))
    return packs(kopecks) * in_a_pack


def _price(place: int, month: int) -> int:
    quarters = month // 3 - _MONTH_OF_BASE_PRICES // 3
    return round((40 + place * 30) * _RISE_A_QUARTER**quarters)
