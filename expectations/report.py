"""The outcomes as a person reads them: one block per owner, in Russian, worst first.

Belongs here: words and layout for the terminal. Numbers come from outcomes, promises from the
catalogue; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from expectations.contract import Owner, QualityContract
from expectations.outcome import CheckOutcome, Status

STATUS_WORDS: Mapping[Status, str] = {
    "failed": "НЕ ВЫПОЛНЕНО",
    "crashed": "СБОЙ ПРОВЕРКИ",
    "passed": "в порядке",
    "nothing_to_check": "нечего проверять",
}
_WORST_FIRST: Sequence[Status] = tuple(STATUS_WORDS)


def catalogue(contracts: Sequence[QualityContract]) -> str:
    """What is promised, by whom, and how many of a hundred records may break it."""
    lines = [
        f"{contract.asset:<29} {contract.check_id:<30} {contract.owner.label:<24}"
        f" до {contract.limit_share:.0%}  {contract.title}"
        for contract in contracts
    ]
    return "\n".join(lines) + "\n"


def outcomes_by_owner(
    contracts: Sequence[QualityContract], outcomes: Sequence[CheckOutcome]
) -> str:
    """A block per owner. Outcomes of checks no longer in the catalogue are left out."""
    known = {(contract.asset, contract.check_id): contract for contract in contracts}
    current = [outcome for outcome in outcomes if (outcome.asset, outcome.check_id) in known]
    if not current:
        return "Проверок ещё не было: запустите `python -m expectations run`.\n"
    lines: list[str] = []
    for owner in dict.fromkeys(contract.owner for contract in contracts):
        own = [outcome for outcome in current if outcome.owner == owner.code]
        lines += _block(owner, own, known)
    return "\n".join(lines) + "\n"


def _block(
    owner: Owner,
    own: Sequence[CheckOutcome],
    known: Mapping[tuple[str, str], QualityContract],
) -> Iterator[str]:
    if not own:
        return
    failed = sum(outcome.status in ("failed", "crashed") for outcome in own)
    yield f"{owner.label}: не выполнено {failed} из {len(own)}"
    for outcome in sorted(own, key=lambda one: _WORST_FIRST.index(one.status)):
        title = known[outcome.asset, outcome.check_id].title
        yield f"  {STATUS_WORDS[outcome.status]:<17} {title}{_numbers(outcome)}"
        if outcome.error:
            yield f"      {outcome.error}"
        if outcome.status == "failed":
            for record in outcome.sample:
                yield f"      {record.title or record.id}  {record.url or record.id}"
    yield ""


def _numbers(outcome: CheckOutcome) -> str:
    if outcome.failing_share is None:
        return ""
    return (
        f": {outcome.failing_count} из {outcome.checked_count}"
        f" ({outcome.failing_share:.1%}, можно {outcome.limit_share:.0%})"
    )
