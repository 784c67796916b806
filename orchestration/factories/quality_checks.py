"""The quality contracts of `expectations` as asset checks: one step, one outcome row per check.

Belongs here: how an outcome looks in Dagster. What is checked and how is `expectations`' business.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from expectations import report, runner, store
from expectations.contract import QualityContract
from expectations.outcome import CheckOutcome, FailingRecord
from expectations.settings import QualitySettings


def quality_checks(contracts: Sequence[QualityContract]) -> dg.AssetChecksDefinition:
    """All contracts in one step: Great Expectations takes ten seconds to import.

    A promise that people did not keep is a failed check and a row for its owner, never a failed
    run: the step fails only when no check could be made at all, after the marts are published.
    """

    @dg.multi_asset_check(
        name="quality_checks", specs=[_spec(contract) for contract in contracts], can_subset=True
    )
    def check_quality(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        settings = QualitySettings.from_environment()
        wanted = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        chosen = [
            contract
            for contract in contracts
            if (dg.AssetKey(contract.asset.split("/")), contract.check_id) in wanted
        ]
        outcomes = runner.run(
            settings, run_id=context.run.run_id, clock=settings.clock, checks=chosen
        )
        store.record(settings, outcomes, run_id=context.run.run_id, checked_at=settings.clock())
        yield from map(check_result, chosen, outcomes)

    return check_quality


def _spec(contract: QualityContract) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=contract.check_id,
        asset=dg.AssetKey(contract.asset.split("/")),
        description=f"{contract.title}. Исправляет: {contract.owner.label}.",
        metadata={"owner": contract.owner.code, "limit_share": contract.limit_share},
    )


def check_result(contract: QualityContract, outcome: CheckOutcome) -> dg.AssetCheckResult:
    """The outcome in Dagster's words; one that met no records has passed."""
    is_error = outcome.severity == "error" or outcome.status == "crashed"
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(outcome.asset.split("/")),
        check_name=outcome.check_id,
        passed=outcome.status in ("passed", "nothing_to_check"),
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=_description(contract, outcome),
        # Dagster plots these over time.
        metadata={
            "checked_count": outcome.checked_count,
            "failing_count": outcome.failing_count,
            "failing_share": outcome.failing_share,
        },
    )


def _description(contract: QualityContract, outcome: CheckOutcome) -> str:
    """Markdown that Dagster shows first: the verdict, and records to repair with their links."""
    verdict = report.verdict(contract, outcome)
    if outcome.status != "failed" or not outcome.sample:
        return verdict
    return "\n".join([f"{verdict} Например:", "", *map(_line, outcome.sample)])


def _line(record: FailingRecord) -> str:
    title = record.title or record.id
    return f"- [{title}]({record.url})" if record.url else f"- {title}"
