"""The outcomes as a person reads them: in Russian, by owner, worst first.

Belongs here: words and their layout, for the terminal and for whoever shows a verdict elsewhere.
Numbers come from outcomes, promises from the catalogue; nothing is computed here.
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
_BROKEN: Sequence[Status] = ("failed", "crashed")
_NO_CHECKS_YET = "Проверок ещё не было: запустите `scripts/run python -m expectations run`.\n"
NO_BREAK_SPACE = "\u00a0"

Known = Mapping[tuple[str, str], QualityContract]


def catalogue(contracts: Sequence[QualityContract]) -> str:
    """What is promised, by whom, and how many of a hundred records may break it."""
    lines = [
        f"{contract.asset:<29} {contract.check_id:<30} {contract.owner.label:<24}"
        f" до {_percent(contract.limit_share):>4}  {contract.title}"
        for contract in contracts
    ]
    return "\n".join(lines) + "\n"


def outcomes_by_owner(
    contracts: Sequence[QualityContract], outcomes: Sequence[CheckOutcome]
) -> str:
    """A block per owner. Outcomes of checks no longer in the catalogue are left out."""
    known, current = _current(contracts, outcomes)
    if not current:
        return _NO_CHECKS_YET
    lines: list[str] = []
    for owner, own in _by_owner(contracts, current):
        lines += _block(owner, own, known)
    return "\n".join(lines) + "\n"


def brief(contracts: Sequence[QualityContract], outcomes: Sequence[CheckOutcome]) -> str:
    """Only what is not in order, a line each: the part of a page that shows other things too."""
    known, current = _current(contracts, outcomes)
    broken = [outcome for outcome in current if outcome.status in _BROKEN]
    lines = ["КАЧЕСТВО ДАННЫХ"]
    if not current:
        return "\n".join([*lines, f"  {_NO_CHECKS_YET}"])
    lines.append(f"  Не выполнено проверок: {len(broken)} из {len(current)}")
    for owner, own in _by_owner(contracts, broken):
        lines.append(f"  Исправляет: {owner.label}")
        for outcome in own:
            contract = known[outcome.asset, outcome.check_id]
            lines.append(f"    {contract.title}: {_finding(contract, outcome)}")
    return "\n".join(lines) + "\n"


def verdict(contract: QualityContract, outcome: CheckOutcome) -> str:
    """One sentence on what came of the check; for a crashed one, why."""
    if outcome.error:
        return f"Проверка не выполнилась: {outcome.error}."
    finding = _finding(contract, outcome)
    return f"{finding[0].upper()}{finding[1:]}."


def _current(
    contracts: Sequence[QualityContract], outcomes: Sequence[CheckOutcome]
) -> tuple[Known, list[CheckOutcome]]:
    known = {(contract.asset, contract.check_id): contract for contract in contracts}
    return known, [outcome for outcome in outcomes if (outcome.asset, outcome.check_id) in known]


def _by_owner(
    contracts: Sequence[QualityContract], outcomes: Sequence[CheckOutcome]
) -> Iterator[tuple[Owner, list[CheckOutcome]]]:
    """Owners in the catalogue's order, each with what is theirs, worst first."""
    for owner in dict.fromkeys(contract.owner for contract in contracts):
        own = [outcome for outcome in outcomes if outcome.owner == owner.code]
        if own:
            yield owner, sorted(own, key=_worst_first)


def _worst_first(outcome: CheckOutcome) -> tuple[int, float]:
    return _WORST_FIRST.index(outcome.status), -(outcome.failing_share or 0)


def _block(owner: Owner, own: Sequence[CheckOutcome], known: Known) -> Iterator[str]:
    failed = sum(outcome.status in _BROKEN for outcome in own)
    yield f"{owner.label}: не выполнено {failed} из {len(own)}"
    for outcome in own:
        contract = known[outcome.asset, outcome.check_id]
        finding = f": {_finding(contract, outcome)}" if _is_counted(contract, outcome) else ""
        yield f"  {STATUS_WORDS[outcome.status]:<17} {contract.title}{finding}"
        if outcome.error:
            yield f"      {outcome.error}"
        if outcome.status == "failed":
            for record in outcome.sample:
                yield f"      {record.title or record.id}  {record.url or record.id}"
    yield ""


def _is_counted(contract: QualityContract, outcome: CheckOutcome) -> bool:
    """Whether records were judged one by one: "0 of 1" says nothing about a table."""
    return contract.expectation.is_per_record and outcome.failing_share is not None


def _finding(contract: QualityContract, outcome: CheckOutcome) -> str:
    """`не так в 47 из 1 340 (3,5 %, можно 2 %)`; without counts, how it ended."""
    if not _is_counted(contract, outcome):
        return STATUS_WORDS[outcome.status].lower()
    return (
        f"не так в {_number(outcome.failing_count)} из {_number(outcome.checked_count)}"
        f" ({_percent(outcome.failing_share)}, можно {_percent(outcome.limit_share)})"
    )


def _number(count: int | None) -> str:
    return "—" if count is None else f"{count:,}".replace(",", NO_BREAK_SPACE)


def _percent(share: float | None) -> str:
    """`3,5 %`, `10 %`: a decimal comma, no empty decimals."""
    if share is None:
        return "—"
    return f"{share * 100:.1f}".removesuffix(".0").replace(".", ",") + f"{NO_BREAK_SPACE}%"
