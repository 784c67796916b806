"""What came of one check, and how a Great Expectations result turns into it.

Belongs here: counting, status and the failing records. Not here: running (`runner`),
keeping (`store`) or showing (`report`). Nothing here imports Great Expectations: a result is
read as the plain mapping it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from expectations.contract import RECORD_COLUMNS, QualityContract, Severity

Status = Literal["passed", "failed", "nothing_to_check", "crashed"]

SAMPLE_SIZE = 10

_EMAIL = re.compile(r"\S+@\S+")
# Ten digits or more, however they are spaced. Shorter runs are deal and invoice numbers.
_PHONE = re.compile(r"\+?\d(?:[\s().\-]*\d){9,}")


@dataclass(frozen=True, slots=True)
class FailingRecord:
    """One failing record, as a person finds it again: no phone, no e-mail."""

    id: str
    title: str
    url: str | None
    manager_id: str | None


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One row of `quality.check_results`, with what only a live run knows besides.

    Counts are rows (a check of a whole table counts as one row); shares are 0..1. A crashed check
    knows no counts; one that met no rows has no share. `owner` is the owner's code. Of a check
    that judges records one by one, `checked_by_manager` holds how many it looked at of whom (None:
    nobody's) and `failing_records` every one it found; `error` is the sentence of a crashed check.
    """

    check_id: str
    asset: str
    status: Status
    checked_count: int | None
    failing_count: int | None
    failing_share: float | None
    limit_share: float
    severity: Severity
    owner: str
    checked_by_manager: Mapping[str | None, int] = field(default_factory=dict)
    failing_records: tuple[FailingRecord, ...] = ()
    error: str | None = None

    @property
    def sample(self) -> tuple[FailingRecord, ...]:
        """As many failing records as a person looks at."""
        return self.failing_records[:SAMPLE_SIZE]

    @property
    def is_error(self) -> bool:
        """True when a promise of severity `error` did not hold or could not be checked."""
        return self.severity == "error" and self.status in ("failed", "crashed")


def judged(
    contract: QualityContract,
    *,
    success: bool,
    result: Mapping[str, Any],
    checked_by_manager: Mapping[str | None, int],
) -> CheckOutcome:
    """The outcome of an expectation that ran, from Great Expectations' `success` and `result`."""
    if not contract.expectation.is_per_record:
        return _outcome(contract, success=success, checked=1, failing=0 if success else 1)
    # The expectations about null itself report no missing_count; every other one skips nulls,
    # and a skipped row must not pass for a good one.
    if result.get("missing_count"):
        return crashed(
            contract,
            f"its value is null in {result['missing_count']} rows, which Great Expectations"
            " would skip; make the contract's value not null",
        )
    return _outcome(
        contract,
        success=success,
        checked=result["element_count"],
        failing=result["unexpected_count"] or 0,
        checked_by_manager=checked_by_manager,
        failing_records=tuple(_records(result.get("unexpected_index_list") or ())),
    )


def crashed(contract: QualityContract, reason: str) -> CheckOutcome:
    """The outcome of a check that could not be made; `reason` completes one sentence."""
    return CheckOutcome(
        check_id=contract.check_id,
        asset=contract.asset,
        status="crashed",
        checked_count=None,
        failing_count=None,
        failing_share=None,
        limit_share=contract.limit_share,
        severity=contract.severity,
        owner=contract.owner.code,
        error=f"check {contract.check_id} of {contract.asset} could not run:"
        f" {without_contacts(reason)}",
    )


def without_contacts(text: str) -> str:
    """The text with e-mails and phone-like numbers (10 digits or more) blotted out."""
    return _PHONE.sub("…", _EMAIL.sub("…", text))


def _outcome(
    contract: QualityContract,
    *,
    success: bool,
    checked: int,
    failing: int,
    checked_by_manager: Mapping[str | None, int] | None = None,
    failing_records: tuple[FailingRecord, ...] = (),
) -> CheckOutcome:
    status: Status = "passed" if success else "failed"
    # Great Expectations calls an empty table a success. Nobody has kept a promise there.
    if checked == 0:
        status = "nothing_to_check"
    return CheckOutcome(
        check_id=contract.check_id,
        asset=contract.asset,
        status=status,
        checked_count=checked,
        failing_count=failing,
        failing_share=failing / checked if checked else None,
        limit_share=contract.limit_share,
        severity=contract.severity,
        owner=contract.owner.code,
        checked_by_manager=checked_by_manager or {},
        failing_records=failing_records,
    )


def _records(columns_of_rows: Sequence[Mapping[str, Sequence[Any]]]) -> Iterator[FailingRecord]:
    """Great Expectations, told to leave the values out, gives the failing rows by column."""
    for columns in columns_of_rows:
        for values in zip(*(columns[name] for name in RECORD_COLUMNS), strict=True):
            record_id, title, url, manager_id = values
            yield FailingRecord(
                id=str(record_id or "(no id)"),
                title=without_contacts(str(title or "").strip()),
                url=url,
                manager_id=manager_id,
            )
