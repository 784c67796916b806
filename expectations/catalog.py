"""Every quality check there is, in one tuple: what the CLI lists, runs and Dagster shows.

Belongs here: the order of the suites and nothing else. No check stops a run or a mart, whatever its
severity (see `QualityContract`). Cheap to import: no Great Expectations,
no SQLAlchemy, no database.
"""

from __future__ import annotations

from expectations.contract import QualityContract
from expectations.suites import contacts, deals

__all__ = ["QualityContract", "contracts"]


def contracts() -> tuple[QualityContract, ...]:
    """All contracts, deals first; `(asset, check_id)` is unique."""
    return (*deals.SUITE, *contacts.SUITE)
