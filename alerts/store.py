"""The log of what people were told: schema `alerting`, written as the role `loader`.

It cannot be rebuilt from anything, so it commits durably, one step at a time. Whether to speak is
not decided here. The log holds ids, numbers and names of managers, never a message's text: texts
name customers.

How a message is sent at most once: before sending, a row is reserved under the key (channel,
recipient, candidate, sequence). A run killed between reserving and settling leaves it `reserved`;
the next run turns it into `unknown` and reports it, and does not send it again, because Telegram
may have delivered it and has no key to ask by. The file channel is treated alike: one rule is
easier to trust than two, and its repetition interval brings the alert back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from alerts.models import (
    AlertsError,
    Candidate,
    Form,
    History,
    Kind,
    Message,
    PastDelivery,
    Severity,
    Status,
)

_SCHEMA = "alerting"

_TABLES = """
create table if not exists {deliveries} (
    channel text not null,
    recipient_id text not null,
    candidate_key text not null,
    sequence integer not null,
    message_id text not null,
    kind text not null check (kind in ('alert', 'recovered')),
    form text not null check (form in ('single', 'digest')),
    status text not null check (status in ('reserved', 'sent', 'failed', 'unknown')),
    alert_rule text not null,
    manager_id text,
    manager_name text,
    observed_value numeric not null,
    threshold_value numeric not null,
    unit text not null,
    since_at timestamptz,
    severity text not null,
    evaluated_at timestamptz not null,
    told_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    settled_at timestamptz,
    note text,
    primary key (channel, recipient_id, candidate_key, sequence)
);
create table if not exists {addresses} (
    channel text not null,
    address text not null,
    replaced_by text,
    dead_because text,
    changed_at timestamptz not null default now(),
    primary key (channel, address)
);
"""

# The rows `decide` needs: the newest of each pair for the sequence, the newest told for the
# interval, and all of today for the cap.
_HISTORY = """
select *
from (
    select
        deliveries.*,
        row_number() over pair as age,
        row_number() over (
            partition by recipient_id, candidate_key, status = 'failed' order by sequence desc
        ) as age_among_told
    from {deliveries} as deliveries
    where channel = %(channel)s
    window pair as (partition by recipient_id, candidate_key order by sequence desc)
) as aged
where age = 1 or (age_among_told = 1 and status <> 'failed') or told_at >= %(day_start)s
"""

_RESERVE = """
insert into {deliveries} (
    channel, recipient_id, candidate_key, sequence, message_id, kind, form, status, alert_rule,
    manager_id, manager_name, observed_value, threshold_value, unit, since_at, severity,
    evaluated_at, told_at
) values (
    %(channel)s, %(recipient_id)s, %(candidate_key)s, %(sequence)s, %(message_id)s, %(kind)s,
    %(form)s, 'reserved', %(alert_rule)s, %(manager_id)s, %(manager_name)s, %(observed_value)s,
    %(threshold_value)s, %(unit)s, %(since_at)s, %(severity)s, %(evaluated_at)s, %(told_at)s
)
"""


@dataclass(frozen=True)
class AddressState:
    """What was learnt of a configured address. Both None: nothing, use it as it is."""

    replaced_by: str | None = field(default=None, repr=False)
    dead_because: str | None = None


class Store(Protocol):
    """The log as the service needs it; one channel's log knows nothing of another's."""

    def history(self, channel: str, day_start: datetime) -> History: ...

    def abandon_reserved(self, channel: str) -> int:
        """Turn what a killed run left reserved into `unknown`; how many messages that were."""

    def reserve(self, channel: str, message: Message, now: datetime) -> bool:
        """Claim the right to send; False when another sender has it."""

    def settle(self, channel: str, message: Message, status: Status, note: str) -> None: ...

    def address_state(self, channel: str, address: str) -> AddressState: ...

    def learn_address(self, channel: str, address: str, state: AddressState) -> None: ...


class PostgresStore:
    """The log in Postgres. Get one from `opened_for_sending` or read with `read_history`."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], schema_prefix: str) -> None:
        schema = f"{schema_prefix}{_SCHEMA}"
        self._connection = connection
        self._schema = schema
        self._names = {
            "deliveries": sql.Identifier(schema, "deliveries"),
            "addresses": sql.Identifier(schema, "addresses"),
        }

    def create_tables(self) -> None:
        """Idempotent; touches nothing that exists."""
        self._run(_TABLES)

    def exists(self) -> bool:
        row = self._connection.execute(
            "select to_regclass(%s) as found", [f'"{self._schema}".deliveries']
        ).fetchone()
        return row is not None and row["found"] is not None

    def claim_channel(self, channel: str) -> None:
        """Be the only sender of a channel until the connection closes, however it closes.

        So whatever is reserved at that moment belongs to a run that died.
        """
        row = self._connection.execute(
            "select pg_try_advisory_lock(hashtextextended(%s, 0)) as won",
            [f"alerts:{self._schema}:{channel}"],
        ).fetchone()
        if row is None or not row["won"]:
            raise AlertsError(
                f"Another run is sending alerts through {channel!r} right now: let it finish."
            )

    def history(self, channel: str, day_start: datetime) -> History:
        rows = self._run(_HISTORY, {"channel": channel, "day_start": day_start}).fetchall()
        return History.of(map(_past_delivery, rows), day_start=day_start)

    def abandon_reserved(self, channel: str) -> int:
        rows = self._run(
            """
            update {deliveries}
            set status = 'unknown', settled_at = now(), note = 'the run that sent it was killed'
            where channel = %(channel)s and status = 'reserved'
            returning message_id
            """,
            {"channel": channel},
        ).fetchall()
        return len({row["message_id"] for row in rows})

    def reserve(self, channel: str, message: Message, now: datetime) -> bool:
        query = sql.SQL(_RESERVE).format(**self._names)
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.executemany(query, _rows(channel, message, now))
        except psycopg.errors.UniqueViolation:
            return False
        return True

    def settle(self, channel: str, message: Message, status: Status, note: str) -> None:
        self._run(
            """
            update {deliveries} set status = %(status)s, note = %(note)s, settled_at = now()
            where channel = %(channel)s and message_id = %(message_id)s and status = 'reserved'
            """,
            {
                "channel": channel,
                "message_id": message.id,
                "status": status.value,
                "note": note or None,
            },
        )

    def address_state(self, channel: str, address: str) -> AddressState:
        row = self._run(
            """
            select replaced_by, dead_because from {addresses}
            where channel = %(channel)s and address = %(address)s
            """,
            {"channel": channel, "address": address},
        ).fetchone()
        return AddressState(**row) if row else AddressState()

    def learn_address(self, channel: str, address: str, state: AddressState) -> None:
        self._run(
            """
            insert into {addresses} (channel, address, replaced_by, dead_because)
            values (%(channel)s, %(address)s, %(replaced_by)s, %(dead_because)s)
            on conflict (channel, address) do update set
                replaced_by = excluded.replaced_by,
                dead_because = excluded.dead_because,
                changed_at = now()
            """,
            {
                "channel": channel,
                "address": address,
                "replaced_by": state.replaced_by,
                "dead_because": state.dead_because,
            },
        )

    def _run(
        self, query: str, values: Mapping[str, object] | None = None
    ) -> psycopg.Cursor[dict[str, Any]]:
        # Queries are constants of this file; only our own table names are put into them.
        return self._connection.execute(sql.SQL(query).format(**self._names), values)


@contextmanager
def opened_for_sending(
    loader_url: str, *, schema_prefix: str, channel: str
) -> Iterator[PostgresStore]:
    """The log, its tables made, with this process as the only sender of the channel."""
    with _connected(loader_url) as connection:
        store = PostgresStore(connection, schema_prefix)
        schema = f"{schema_prefix}{_SCHEMA}"
        try:
            store.create_tables()
        except (psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
            raise AlertsError(
                f"Schema {schema} does not exist, or the role of WAREHOUSE_LOADER_URL may not "
                "write there: run `python -m warehouse up`."
            ) from None
        store.claim_channel(channel)
        yield store


def read_history(
    loader_url: str, *, schema_prefix: str, channel: str, day_start: datetime
) -> History:
    """What people were told, without writing anything; empty before the first sending."""
    with _connected(loader_url) as connection:
        store = PostgresStore(connection, schema_prefix)
        if not store.exists():
            return History.of((), day_start=day_start)
        return store.history(channel, day_start)


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10, row_factory=dict_row)
    except psycopg.OperationalError:
        raise AlertsError(
            "The warehouse does not answer at WAREHOUSE_LOADER_URL: start it with "
            "`python -m warehouse up` or correct the URL."
        ) from None
    with connection:
        yield connection


def _rows(channel: str, message: Message, now: datetime) -> list[dict[str, object]]:
    return [
        {
            "channel": channel,
            "recipient_id": message.recipient.id,
            "candidate_key": each.candidate.key,
            "sequence": each.sequence,
            "message_id": message.id,
            "kind": each.kind.value,
            "form": message.form.value,
            "alert_rule": each.candidate.rule,
            "manager_id": each.candidate.manager_id,
            "manager_name": each.candidate.manager_name,
            "observed_value": each.candidate.observed,
            "threshold_value": each.candidate.threshold,
            "unit": each.candidate.unit,
            "since_at": each.candidate.since_at,
            "severity": each.candidate.severity.value,
            "evaluated_at": each.candidate.evaluated_at,
            "told_at": now,
        }
        for each in message.decisions
    ]


def _past_delivery(row: Mapping[str, Any]) -> PastDelivery:
    candidate = Candidate(
        rule=row["alert_rule"],
        key=row["candidate_key"],
        manager_id=row["manager_id"],
        manager_name=row["manager_name"],
        observed=float(row["observed_value"]),
        threshold=float(row["threshold_value"]),
        unit=row["unit"],
        since_at=row["since_at"],
        severity=Severity(row["severity"]),
        evaluated_at=row["evaluated_at"],
    )
    return PastDelivery(
        candidate=candidate,
        recipient_id=row["recipient_id"],
        kind=Kind(row["kind"]),
        form=Form(row["form"]),
        status=Status(row["status"]),
        sequence=row["sequence"],
        message_id=row["message_id"],
        told_at=row["told_at"],
    )
