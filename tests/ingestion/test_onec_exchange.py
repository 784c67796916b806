"""The change feed of an exchange plan: only what changed is read, and nothing is lost however a run
ends.
"""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import httpx
import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import RATES
from demo.onec_exchange import WAREHOUSE_KEY
from ingestion.errors import PartlyDoneError, TableRefusedError
from ingestion.sources.onec import exchange, mapping
from ingestion.sources.onec.exchange import read_feed
from tests.ingestion.onec_base import AS_OF, NODE, land

pytestmark = pytest.mark.integration

FEED = {"ONEC_EXCHANGE_NODE": NODE, "ONEC_WINDOW_DAYS": "20"}
GONE = "select ref_key from t_raw_onec.bank_receipts where _gone_at is not null"


def numbers(base):
    """The messages sent to our node and confirmed by it, as the base knows."""
    root = base.variables()["ONEC_BASE_URL"]
    node = httpx.get(f"{root}/{NODE}?$format=json", auth=("demo", "demo")).json()
    assert node["Ref_Key"] == WAREHOUSE_KEY
    return int(node["SentNo"]), int(node["ReceivedNo"])


def receipts(bench, base):
    rows = bench.rows(
        "select ref_key, posted, comment from t_raw_onec.bank_receipts where _gone_at is null"
    )
    there = {
        (row["Ref_Key"], row["Posted"], row["Комментарий"] or None)
        for row in base.records(books.RECEIPTS).values()
    }
    return set(rows), there


@pytest.fixture
def fed(onec, bench):
    """A base whose node we have read twice: from now on the feed tells everything."""
    base = onec()
    land(bench, base, **FEED)
    land(bench, base, **FEED)
    base.asked.clear()
    return base


# -- What is read ------------------------------------------------------------------------------


def test_with_nothing_changed_no_document_and_no_catalog_is_asked_for(fed, bench):
    result = land(bench, fed, **FEED)

    asked = [path for path, _ in fed.asked if path.startswith(("Document_", "Catalog_"))]
    assert asked == []
    assert {name for name, changed in result.changed.items() if changed} == {"exchange_messages"}


def test_an_old_document_that_was_edited_comes_with_the_next_run(fed, bench):
    key = fed.happen("edit_old_document")["payment_ref_key"]

    result = land(bench, fed, **FEED)

    assert [asked["$filter"] for asked in fed.asked_of(books.RECEIPTS)] == [
        f"Ref_Key eq guid'{key}'"
    ]
    assert result.changed["bank_receipts"] == 1
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


@pytest.mark.parametrize(
    "act", ["payment", "unpost", "mark_for_deletion", "back_date", "bring_forward"]
)
def test_whatever_happens_to_a_document_is_right_after_the_next_run(fed, bench, act):
    fed.happen(act)
    land(bench, fed, **FEED)
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


def test_an_erased_document_is_marked_though_nothing_else_came(fed, bench):
    key = fed.happen("erase_document")["payment_ref_key"]
    land(bench, fed, **FEED)
    assert bench.rows(GONE) == [(key,)]


def test_a_catalog_something_changed_in_is_read_whole(fed, bench):
    renamed = fed.happen("rename_counterparty")
    land(bench, fed, **FEED)
    rows = bench.rows(
        "select description from t_raw_onec.counterparties "
        f"where ref_key = '{renamed['counterparty_key']}'"
    )
    assert rows == [(renamed["name"],)]
    assert fed.asked_of("Catalog_Номенклатура") == []


def test_records_of_registers_are_read_by_their_window_as_ever(fed, bench):
    newest = max(fed.records(RATES).values(), key=lambda row: row["Period"])
    newest["Курс"] = 77.25
    fed.changed()
    land(bench, fed, **FEED)
    assert bench.rows("select count(*) from t_raw_onec.currency_rates where rate = 77.25") == [(1,)]


def test_every_table_is_read_by_dates_once_a_day_all_the_same(fed, bench):
    land(bench, fed, now=AS_OF + timedelta(hours=23), **FEED)
    assert fed.asked_of(books.RECEIPTS) == []
    land(bench, fed, now=AS_OF + timedelta(hours=25), **FEED)
    assert [asked.get("$filter", "")[:7] for asked in fed.asked_of(books.RECEIPTS)] == ["Date ge"]


def test_a_message_is_written_down_with_what_it_told(fed, bench):
    fed.happen("unpost")
    fed.happen("erase_document")
    land(bench, fed, **FEED)
    rows = bench.rows(
        "select message_no, node, changed_count, erased_count, selected_at "
        "from t_raw_onec.exchange_messages order by 1"
    )
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows[-1][1:] == (NODE, 1, 1, AS_OF)


# -- Nothing is lost ---------------------------------------------------------------------------


def test_a_message_is_confirmed_only_by_the_run_after_the_one_that_landed_it(onec, bench):
    base = onec()
    land(bench, base, **FEED)
    assert numbers(base) == (1, 0)
    land(bench, base, **FEED)
    assert numbers(base) == (2, 1)
    assert [path for path, _ in base.asked if path == "NotifyChangesReceived"] == [
        "NotifyChangesReceived"
    ]


def test_a_run_that_died_gets_the_same_changes_again(fed, bench):
    key = fed.happen("edit_old_document")["payment_ref_key"]
    fed.break_down(books.RECEIPTS, "html", times=1)
    with pytest.raises(Exception, match="a web page came"):
        land(bench, fed, **FEED)
    assert numbers(fed) == (3, 2)

    fed.asked.clear()
    land(bench, fed, **FEED)

    assert any(key in asked.get("$filter", "") for asked in fed.asked_of(books.RECEIPTS))
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]
    land(bench, fed, **FEED)
    assert numbers(fed) == (5, 4)


def test_a_run_that_is_killed_gets_the_same_changes_again(fed, bench):
    fed.happen("edit_old_document")
    fed.break_down(books.RECEIPTS, "delay", seconds=30)
    env = {**os.environ, **bench.env(**fed.variables(**FEED))}
    run = subprocess.Popen([sys.executable, "-m", "ingestion", "run", "onec"], env=env)
    try:
        for _ in range(300):
            if fed.asked_of(books.RECEIPTS):
                break
            with pytest.raises(subprocess.TimeoutExpired):
                run.wait(timeout=0.2)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    assert numbers(fed) == (3, 2)
    assert receipts(bench, fed)[0] != receipts(bench, fed)[1]

    land(bench, fed, **FEED)

    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


def test_a_table_that_was_stopped_is_read_by_dates_when_it_is_mended(fed, bench, monkeypatch):
    fed.happen("unpost")

    def broken(self, item):
        raise TableRefusedError("onec", "bank_receipts", "broken", "Mend it")

    with monkeypatch.context() as patch:
        patch.setattr(mapping.Mapper, "_row", broken)
        with pytest.raises(PartlyDoneError, match="broken"):
            land(bench, fed, **FEED)
    fed.asked.clear()

    land(bench, fed, **FEED)

    assert [asked.get("$filter", "")[:7] for asked in fed.asked_of(books.RECEIPTS)] == ["Date ge"]
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


def test_a_document_edited_while_a_run_reads_comes_with_the_next(fed, bench):
    fed.happen("edit_old_document")
    fed.break_down(books.RECEIPTS, "happen", happening="unpost")
    land(bench, fed, **FEED)
    land(bench, fed, **FEED)
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


# -- What is no feed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [("unpublished", "not published"), ("forbidden", "access was refused (401, code 20)")],
)
def test_a_plan_that_cannot_be_used_is_told_and_everything_is_read_by_dates(
    fed, bench, refusal, sentence
):
    fed.switch(refusals={NODE.partition("(")[0]: refusal})
    fed.happen("unpost")

    with pytest.raises(PartlyDoneError) as error:
        land(bench, fed, **FEED)

    (refused,) = error.value.errors
    told = "onec.exchange_messages: the exchange plan cannot be used"
    assert str(refused).startswith(told)
    assert sentence in str(refused)
    assert "Check ONEC_EXCHANGE_NODE" in str(refused)
    assert receipts(bench, fed)[0] == receipts(bench, fed)[1]


ROOT = "http://1c.local/base/odata/standard.odata"
KEY = "aaaaaaaa-0000-11f0-0000-000000000001"


def feed(inside):
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        f"<id>{ROOT}</id>{inside}</feed>"
    ).encode()


def test_a_feed_tells_keys_of_objects_and_entities_of_records():
    inside = (
        f"<entry><id>{ROOT}/Document_Счет(guid'{KEY}')</id><content>"
        f"<id>{ROOT}/Document_Чужой(guid'{KEY}')</id></content></entry>"
        f"<entry><id>{ROOT}/InformationRegister_Курсы(Period=datetime'2026-01-01T00:00:00',"
        f"Валюта_Key=guid'{KEY}')</id></entry>"
        f'<at:deleted-entry ref="{ROOT}/Catalog_%D0%A2(guid\'{KEY}\')" when=""/>'
    )
    assert read_feed(feed(inside)) == (
        {"Document_Счет": frozenset({KEY}), "InformationRegister_Курсы": frozenset()},
        {"Catalog_Т": frozenset({KEY})},
    )


@pytest.mark.parametrize(
    "body",
    [
        feed("")[:-8],
        b"<html><body/></html>",
        b"<!DOCTYPE feed><feed/>",
        feed("<entry><id>nothing</id></entry>"),
    ],
)
def test_what_is_no_feed_is_refused(body):
    with pytest.raises(TableRefusedError, match="came in a shape that is not understood"):
        read_feed(body)


def test_a_number_the_base_has_not_sent_is_not_confirmed(fed, bench, monkeypatch):
    """A base restored from a copy counts anew; confirming would be refused."""
    monkeypatch.setattr(exchange.Exchange, "numbers", lambda self: (0, 0))
    land(bench, fed, **FEED)
    assert not [path for path, _ in fed.asked if path == "NotifyChangesReceived"]
