"""Looks for what no log may hold: secrets of the company, phones and e-mails of the people in raw.

Belongs here: where logs and state lie, and how a phone is recognised however it is written.
Does not belong here: what was run before. Nothing found is repeated, only where it was found.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from warehouse.connections import Connections

# 79161234567, 8 (916) 123-45-67, +7 916 1234567; in logs the country's digit may be missing.
WRITTEN = r"(?<![\w.])\+?[78][\s(-]{0,2}\d{3}[\s)-]{0,2}\d{3}[\s-]?\d{2}[\s-]?\d{2}(?!\w)"
PHONE = re.compile(WRITTEN)
PHONE_IN_LOG = re.compile(rf"{WRITTEN}|(?<![\w.])\d{{10}}(?!\w)")
E_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL_WITH_PASSWORD = re.compile(r"postgres\w*(?:\+\w+)?://[^\s:/@]+:[^\s:/@*]+@")

# Data itself, and the file that is meant to hold the passwords.
NO_LOGS = ("postgres", "passwords.json")


def found_in_logs(connections: Connections, var_dir: Path, *secrets: str) -> list[str]:
    """`place: kind` for each leak under `var_dir` and in Dagster's database; empty when clean.

    `secrets` are those the caller chose himself; the warehouse's passwords are known here.
    """
    passwords = json.loads((var_dir / "passwords.json").read_text("utf-8")).values()
    forbidden = [*secrets, *passwords]
    phones, e_mails = _people(connections)
    assert len(phones) > 50, "no people in raw: nothing would be looked for"
    assert len(e_mails) > 50
    return [
        f"{place}: {kind}"
        for place, text in (*_files(var_dir), *_tables(connections.url("dagster"), "public"))
        for kind, is_there in {
            "a secret": any(secret in text for secret in forbidden),
            "a connection string with its password": URL_WITH_PASSWORD.search(text) is not None,
            "a phone": not phones.isdisjoint(map(_last_ten, PHONE_IN_LOG.findall(text))),
            "an e-mail": not e_mails.isdisjoint(map(str.lower, E_MAIL.findall(text))),
        }.items()
        if is_there
    ]


def _people(connections: Connections) -> tuple[set[str], set[str]]:
    """Every phone (its last ten digits) and e-mail in the raw tables."""
    phones: set[str] = set()
    e_mails: set[str] = set()
    for _, text in _tables(connections.url("transformer"), r"raw\_%"):
        phones.update(map(_last_ten, PHONE.findall(text)))
        e_mails.update(map(str.lower, E_MAIL.findall(text)))
    return phones, e_mails


def _last_ten(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-10:]


def _files(var_dir: Path) -> Iterator[tuple[str, str]]:
    for path in var_dir.rglob("*"):
        place = path.relative_to(var_dir)
        if path.is_file() and place.parts[0] not in NO_LOGS:
            yield str(place), path.read_bytes().decode("utf-8", "replace")


def _tables(url: str, schemas: str) -> Iterator[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname like %s", [schemas]
        ).fetchall()
        for schema, table in names:
            rows = connection.execute(
                sql.SQL("select written::text from {} as written").format(
                    sql.Identifier(schema, table)
                )
            )
            yield f"{schema}.{table}", "\n".join(str(row) for (row,) in rows)
