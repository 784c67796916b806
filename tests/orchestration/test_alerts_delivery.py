"""What the delivery job shows of what became of the messages."""

from datetime import UTC, datetime
from types import SimpleNamespace

import dagster as dg
import pytest

from alerts import service, settings
from alerts.models import Delivery, DeliveryReport, Form, Message, Recipient, Status
from orchestration.defs.alerting import alerts_delivery_job

CUSTOMER = "Romashka"


def deliver(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, status: Status
) -> tuple[bool, str]:
    """Whether the job succeeded after one message of this fate, and all that Dagster keeps."""
    message = Message(Recipient("sales_head", "sales_head", "РОП"), Form.SINGLE, CUSTOMER, (), ())
    report = DeliveryReport("telegram", (Delivery(message, status, CUSTOMER),), (), ())
    known = SimpleNamespace(now=lambda: datetime(2026, 11, 20, tzinfo=UTC))
    monkeypatch.setattr(settings, "load", lambda: known)
    monkeypatch.setattr(service, "deliver", lambda known, now: report)
    result = alerts_delivery_job.execute_in_process(instance=instance, raise_on_error=False)
    return result.success, "\n".join(map(dg.serialize_value, instance.all_logs(result.run_id)))


@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN])
def test_a_message_that_may_not_have_arrived_fails_the_run(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    succeeded, kept = deliver(instance, monkeypatch, status)
    assert not succeeded
    assert f"1 {status.value}" in kept
    assert "alerting.deliveries" in kept
    assert CUSTOMER not in kept


def test_a_clean_delivery_is_told_by_counts_that_name_no_customer(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeeded, kept = deliver(instance, monkeypatch, Status.SENT)
    assert succeeded
    assert "telegram: 1 sent, 0 failed" in kept
    assert CUSTOMER not in kept
