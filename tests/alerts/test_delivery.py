"""The whole path on a real Postgres: what is logged, what is never sent twice, what people see."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
import yaml
from psycopg import sql
from psycopg.types.json import Jsonb

import alerts
from alerts import __main__ as cli
from alerts import service, settings
from alerts.channels.file import FileChannel
from alerts.models import (
    CANDIDATE_COLUMNS,
    AlertsError,
    Because,
    Candidate,
    Message,
    Outcome,
    Recipient,
    Status,
)
from alerts.settings import Settings
from alerts.store import opened_for_sending

pytestmark = pytest.mark.integration

CONTRACT = Path(alerts.__file__).parents[1] / "dbt_project/models/marts/alerts/alert_candidates.yml"

Overdue = Callable[..., Candidate]


class Postgres(Protocol):
    def url(self, role: str) -> str: ...


@dataclass
class World:
    """A warehouse with a candidates mart of our own making, under a prefix of its own."""

    postgres: Postgres
    env: dict[str, str]
    prefix: str

    @property
    def settings(self) -> Settings:
        return settings.load(self.env)

    def publish(self, *candidates: Candidate) -> None:
        """What dbt would publish: the mart with exactly these rows."""
        schema = sql.Identifier(f"{self.prefix}mart_alerts")
        table = sql.Identifier(f"{self.prefix}mart_alerts", "alert_candidates")
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
            for name, kind in _contract().items()
        )
        with psycopg.connect(self.postgres.url("transformer")) as connection:
            connection.execute(sql.SQL("create schema if not exists {}").format(schema))
            connection.execute(sql.SQL("drop table if exists {}").format(table))
            connection.execute(sql.SQL("create table {} ({})").format(table, columns))
            connection.execute(sql.SQL("grant usage on schema {} to reader").format(schema))
            connection.execute(sql.SQL("grant select on {} to reader").format(table))
            for each in candidates:
                row = _as_row(each)
                insert = sql.SQL("insert into {} ({}) values ({})").format(
                    table,
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                )
                connection.execute(insert, row)

    def log(self) -> list[tuple[Any, ...]]:
        query = sql.SQL(
            "select recipient_id, candidate_key, sequence, kind, status from {} order by 1, 2, 3"
        ).format(sql.Identifier(f"{self.prefix}alerting", "deliveries"))
        with psycopg.connect(self.postgres.url("loader")) as connection:
            return connection.execute(query).fetchall()

    def outbox(self) -> list[dict[str, Any]]:
        path = self.settings.outbox
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _who_and_what(line: dict[str, Any]) -> tuple[str, str]:
    return line["recipient_id"], line["alerts"][0]["candidate_key"]


def _contract() -> dict[str, Any]:
    """Columns of the model and their Postgres types, as dbt enforces them."""
    (model,) = yaml.safe_load(CONTRACT.read_text("utf-8"))["models"]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def _as_row(each: Candidate) -> dict[str, object]:
    return {
        "alert_rule": each.rule,
        "candidate_key": each.key,
        "manager_id": each.manager_id,
        "manager_name": each.manager_name,
        "observed_value": each.observed,
        "threshold_value": each.threshold,
        "unit": each.unit,
        "since_at": each.since_at,
        "severity": each.severity.value,
        "example_records": Jsonb([asdict(record) for record in each.examples]),
        "details": Jsonb(dict(each.details)),
        "evaluated_at": each.evaluated_at,
    }


@pytest.fixture
def world(clean_warehouse: Postgres, tmp_path: Path, now: datetime) -> World:
    prefix = "alerts_test_"
    with psycopg.connect(clean_warehouse.url("loader")) as loader:
        loader.execute(f"create schema {prefix}alerting")
    return World(
        clean_warehouse,
        {
            "WAREHOUSE_READER_URL": clean_warehouse.url("reader"),
            "WAREHOUSE_LOADER_URL": clean_warehouse.url("loader"),
            "WAREHOUSE_PREFIX": prefix,
            "VAR_DIR": str(tmp_path),
            "BUSINESS_NOW": now.isoformat(),
        },
        prefix,
    )


@dataclass
class FakeChannel:
    """Gives the outcomes in order, then accepts everything."""

    outcomes: list[Outcome | BaseException] = field(default_factory=list)
    sent_to: list[str] = field(default_factory=list)
    name: str = "fake"

    def address(self, recipient: Recipient) -> str | None:
        return f"chat-{recipient.id}"

    def send(self, message: Message, address: str, *, now: datetime) -> Outcome:
        self.sent_to.append(address)
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome(Status.SENT)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def test_the_mart_promises_the_columns_that_are_read() -> None:
    assert tuple(_contract()) == CANDIDATE_COLUMNS


def test_send_delivers_to_everyone_and_logs_it(
    world: World, silence: Candidate, overdue: Overdue, now: datetime
) -> None:
    world.publish(silence, overdue(1))
    report = service.deliver(world.settings, now=now)
    assert report.is_clean
    assert str(report).startswith("file: 4 sent, 0 failed")
    assert "Ромашка" not in f"{report} {report!r}"
    assert sorted(line["recipient_id"] for line in world.outbox()) == [
        "amocrm:main:9101",
        "marketer",
        "sales_head",
        "sales_head",
    ]
    assert {status for *_, status in world.log()} == {"sent"}
    assert len(world.log()) == 4


def test_a_second_send_sends_nothing(
    world: World, silence: Candidate, overdue: Overdue, now: datetime
) -> None:
    world.publish(silence, overdue(1))
    service.deliver(world.settings, now=now)
    log = world.log()
    report = service.deliver(world.settings, now=now + timedelta(minutes=15))
    assert report.deliveries == ()
    assert world.log() == log
    assert len(world.outbox()) == 4


def test_the_end_is_told_once_to_each_who_was_told(
    world: World, silence: Candidate, overdue: Overdue, now: datetime
) -> None:
    world.publish(silence, overdue(1))
    service.deliver(world.settings, now=now)
    world.publish()
    monday = now + timedelta(days=3)  # the head hears of deals in digests, one a day
    for _ in range(2):
        service.deliver(world.settings, now=monday)
    told, over = world.outbox()[:4], world.outbox()[4:]
    assert {line["alerts"][0]["kind"] for line in told} == {"alert"}
    assert {line["alerts"][0]["kind"] for line in over} == {"recovered"}
    assert sorted(map(_who_and_what, over)) == sorted(map(_who_and_what, told))


def test_a_killed_run_is_reported_and_not_repeated(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    with pytest.raises(KeyboardInterrupt):
        service.deliver(world.settings, now=now, channel=FakeChannel([KeyboardInterrupt()]))
    assert [status for *_, status in world.log()] == ["reserved"]
    channel = FakeChannel()
    report = service.deliver(world.settings, now=now, channel=channel)
    assert channel.sent_to == ["chat-sales_head"]
    assert "1 message(s) of a run that was killed" in report.problems[0]
    assert [status for *_, status in world.log()] == ["unknown", "sent"]
    assert service.deliver(world.settings, now=now, channel=channel).is_clean


def test_what_failed_is_tried_again_and_what_is_unknown_is_not(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    channel = FakeChannel([Outcome(Status.FAILED, "no"), Outcome(Status.UNKNOWN, "perhaps")])
    assert not service.deliver(world.settings, now=now, channel=channel).is_clean
    assert service.deliver(world.settings, now=now, channel=channel).is_clean
    assert channel.sent_to == ["chat-marketer", "chat-sales_head", "chat-marketer"]
    assert [(who, number, status) for who, _, number, _, status in world.log()] == [
        ("marketer", 1, "failed"),
        ("marketer", 2, "sent"),
        ("sales_head", 1, "unknown"),
    ]


def test_a_reminder_that_failed_is_still_a_reminder_next_time(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    channel = FakeChannel()
    service.deliver(world.settings, now=now, channel=channel)
    channel.outcomes = [Outcome(Status.FAILED, "no")] * 2
    monday = now + timedelta(days=3)
    service.deliver(world.settings, now=monday, channel=channel)
    report = service.deliver(world.settings, now=monday + timedelta(days=1), channel=channel)
    because = {
        each.because for delivery in report.deliveries for each in delivery.message.decisions
    }
    assert because == {Because.REMINDER}


def test_a_channel_out_of_order_leaves_the_rest_for_the_next_run(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    channel = FakeChannel([Outcome(Status.FAILED, "wait", stop=True)])
    report = service.deliver(world.settings, now=now, channel=channel)
    assert [each.status for each in report.deliveries] == [Status.FAILED, None]
    assert channel.sent_to == ["chat-marketer"]


def test_a_dead_chat_is_not_tried_again(world: World, silence: Candidate, now: datetime) -> None:
    world.publish(silence)
    channel = FakeChannel([Outcome(Status.FAILED, "blocked", address_is_dead=True)])
    service.deliver(world.settings, now=now, channel=channel)
    report = service.deliver(world.settings, now=now, channel=channel)
    assert channel.sent_to == ["chat-marketer", "chat-sales_head"]
    (switched_off,) = report.deliveries
    assert "switched off (blocked)" in switched_off.note


def test_a_moved_chat_is_remembered(world: World, silence: Candidate, now: datetime) -> None:
    world.publish(silence)
    channel = FakeChannel([Outcome(Status.SENT, new_address="-1009")])
    service.deliver(world.settings, now=now, channel=channel)
    world.publish(replace(silence, observed=60))
    service.deliver(world.settings, now=now, channel=channel)
    assert channel.sent_to == ["chat-marketer", "chat-sales_head", "-1009", "chat-sales_head"]


def test_channels_do_not_silence_each_other(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    service.deliver(world.settings, now=now)
    assert len(service.deliver(world.settings, now=now, channel=FakeChannel()).deliveries) == 2


def test_two_senders_at_once_are_refused(world: World, silence: Candidate, now: datetime) -> None:
    world.publish(silence)
    with (
        opened_for_sending(
            world.env["WAREHOUSE_LOADER_URL"], schema_prefix=world.prefix, channel="file"
        ),
        pytest.raises(AlertsError, match="Another run is sending"),
    ):
        service.deliver(world.settings, now=now)
    assert world.outbox() == []


def test_a_rule_without_a_policy_is_reported_and_the_rest_still_goes(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence, replace(silence, rule="plan_behind", key="plan_behind|company"))
    report = service.deliver(world.settings, now=now)
    assert "plan_behind" in report.problems[0]
    assert report.count(Status.SENT) == 2


def test_a_full_disk_fails_loudly_and_the_alert_goes_next_time(
    world: World, silence: Candidate, now: datetime, tmp_path: Path
) -> None:
    world.publish(silence)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(AlertsError, match="outbox cannot be written"):
        service.deliver(world.settings, now=now, channel=FileChannel(blocked / "outbox.jsonl"))
    assert [status for *_, status in world.log()] == ["failed"]
    assert service.deliver(world.settings, now=now).count(Status.SENT) == 2


def test_the_preview_shows_the_words_and_writes_nothing(
    world: World,
    silence: Candidate,
    overdue: Overdue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.publish(silence, overdue(1))
    _use(monkeypatch, world)
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert "Кому: Маркетолог. Когда: сейчас." in shown
    assert "Новых лидов нет уже 6 рабочих часов" in shown
    assert "Итого: 4 сообщения, получателей 3." in shown
    assert world.outbox() == []
    with pytest.raises(psycopg.errors.UndefinedTable):
        world.log()


def test_the_brief_preview_of_a_problem_of_many_managers_is_short(
    world: World,
    silence: Candidate,
    overdue: Overdue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.publish(silence, *(overdue(number, number) for number in range(1, 25)))
    _use(monkeypatch, world)
    assert cli.main(["preview", "--brief"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[5:7] == [
        "    🟠 Орлова Анна: 22 сделки с просроченной задачей",
        "    …и ещё 21 сообщение о том же",
    ]
    assert shown[-1] == "  Итого: 27 сообщений, получателей 26."
    assert len(shown) == 11


def test_the_preview_at_night_says_what_waits_and_until_when(
    world: World,
    silence: Candidate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.publish(silence)
    _use(monkeypatch, world, BUSINESS_NOW="2026-11-21T23:00:00+03:00")
    assert cli.main(["preview", "--brief"]) == 0
    shown = capsys.readouterr().out
    assert "  Пн 23 ноября в 09:00 (тихие часы)\n    Маркетолог: 🟠" in shown


def test_the_command_says_when_there_is_nothing_to_send(
    world: World,
    silence: Candidate,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.publish(silence)
    _use(monkeypatch, world)
    assert cli.main(["send"]) == 0
    assert "Отправлено через file: 2 сообщения." in capsys.readouterr().out
    assert cli.main(["send"]) == 0
    assert capsys.readouterr().out == (
        "Ничего не отправлено через file.\nУже сообщали, повторять рано: 2.\n"
    )


def test_before_the_first_refresh_it_says_what_to_run(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(monkeypatch, world)
    assert cli.main([]) == 1
    error = capsys.readouterr().err
    assert "alerts_test_mart_alerts.alert_candidates does not exist yet" in error
    assert "make demo" in error


def test_a_warehouse_that_is_down_is_one_sentence_without_the_password(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(monkeypatch, world, WAREHOUSE_READER_URL="postgresql://reader:hidden@127.0.0.1:1/x")
    assert cli.main(["send"]) == 1
    error = capsys.readouterr().err
    assert "does not answer at WAREHOUSE_READER_URL" in error
    assert "hidden" not in error


def test_a_candidate_not_as_agreed_names_the_table_and_the_key(
    world: World, silence: Candidate, now: datetime
) -> None:
    world.publish(silence)
    table = sql.Identifier(f"{world.prefix}mart_alerts", "alert_candidates")
    with psycopg.connect(world.postgres.url("transformer")) as connection:
        connection.execute(sql.SQL("update {} set observed_value = null").format(table))
    with pytest.raises(AlertsError, match=r"'no_new_leads\|company' is not as agreed"):
        service.deliver(world.settings, now=now)


def _use(monkeypatch: pytest.MonkeyPatch, world: World, **changes: str) -> None:
    for name in list(os.environ):
        if name.startswith(("WAREHOUSE_", "BUSINESS_", "ALERTS_", "TELEGRAM_", "VAR_DIR")):
            monkeypatch.delenv(name)
    for name, value in {**world.env, **changes}.items():
        monkeypatch.setenv(name, value)
