"""How 1C refuses, and the sentence a person reads: every code, in JSON and in XML, rights and
failures. What one entity refuses stops its table alone.
"""

import httpx
import pytest

from demo import accounting_records as books
from demo.accounting_catalogs import PRICES, RATES
from ingestion import http
from ingestion.check import check
from ingestion.errors import PartlyDoneError, SourceError
from ingestion.http import AnswerRefusedError
from ingestion.sources.onec import refusals
from tests.ingestion.onec_base import NODE, land

pytestmark = pytest.mark.integration

RECEIPTS = books.RECEIPTS


def refused(bench, base, **how):
    """The sentences of tables that were stopped, by table; the others are landed."""
    with pytest.raises(PartlyDoneError) as error:
        land(bench, base, **how)
    assert bench.rows("select count(*) > 0 from t_raw_onec.invoices") == [(True,)]
    return {one.table: str(one) for one in error.value.errors}


def answered(status, code, *, as_xml=False):
    if as_xml:
        text = (
            '<m:error xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            f"<m:code>{code}</m:code><m:message>Иванов И.И.</m:message></m:error>"
        )
        return httpx.Response(status, text=text)
    told = {"code": code, "message": {"lang": "ru", "value": "Иванов И.И."}}
    return httpx.Response(status, json={"odata.error": told})


@pytest.mark.parametrize("as_xml", [False, True])
@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (404, "8", "the entity is not published in the OData interface of this base (code 8)"),
        (404, "9", "there is no such object in the base (code 9)"),
        (400, "6", "1C does not understand the request (code 6)"),
        (400, "10", "1C does not understand the request (code 10)"),
        (400, "14", "1C does not understand the request (code 14)"),
        (401, "20", "access was refused (401, code 20)"),
        (500, "-1", "a handler inside 1C failed (code -1)"),
    ],
)
def test_every_code_has_its_words_whatever_the_form_of_the_error(status, code, sentence, as_xml):
    refusal = refusals.explain(answered(status, code, as_xml=as_xml))
    assert refusal.what == sentence
    assert "Иванов" not in refusal.what + refusal.what_to_do


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_error_that_is_not_1cs_is_left_to_the_general_words(status):
    assert refusals.explain(httpx.Response(status, text="<html>nginx</html>")) is None


# -- Rights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_xml", [False, True])
def test_a_wrong_password_stops_the_run_in_one_sentence(onec, bench, as_xml):
    base = onec()
    base.switch(errors_as_xml=as_xml)
    with pytest.raises(SourceError) as error:
        land(bench, base, ONEC_PASSWORD="wrong")
    assert str(error.value) == (
        "onec: access was refused (401, code 20) (/). Check ONEC_USER and ONEC_PASSWORD, and that "
        "this user may use the OData interface"
    )


def test_an_entity_the_user_may_not_read_stops_its_table_alone(onec, bench):
    base = onec()
    base.switch(refusals={RECEIPTS: "forbidden"})
    assert refused(bench, base) == {
        "bank_receipts": f"onec.bank_receipts: the user may not read {RECEIPTS}, or not all of "
        "its rows (401). The table keeps its rows. Give the user the right in 1C; or set "
        "ONEC_ALLOWED_ONLY=yes to read what the user may see, and miss the rest without a word"
    }


def test_rows_the_user_may_not_see_stop_their_table_and_name_the_setting(onec, bench):
    base = onec()
    base.switch(is_limited=True)
    with pytest.raises(PartlyDoneError, match="or set ONEC_ALLOWED_ONLY=yes to read") as error:
        land(bench, base)
    stopped = {one.table for one in error.value.errors}
    assert {"counterparties", "invoices", "bank_receipts"} <= stopped
    assert bench.rows("select count(*) > 0 from t_raw_onec.products") == [(True,)]


def test_only_allowed_rows_are_read_when_a_person_says_so_and_the_log_says_it(onec, bench, caplog):
    base = onec()
    base.switch(is_limited=True)

    land(bench, base, ONEC_ALLOWED_ONLY="yes")

    assert "onec.invoices: rows the user may not see are not read" in caplog.text

    kinds = bench.rows("select distinct legal_kind from t_raw_onec.counterparties")
    assert kinds == [("ЮридическоеЛицо",)]
    assert all(asked["allowedOnly"] == "true" for asked in base.asked_of(RECEIPTS))


# -- Failures ----------------------------------------------------------------------------------


def test_a_handler_that_breaks_inside_1c_is_not_tried_again(onec, bench):
    base = onec()
    base.switch(refusals={RECEIPTS: "failing"})
    sentence = refused(bench, base)["bank_receipts"]
    assert sentence.startswith("onec.bank_receipts: a handler inside 1C failed (code -1)")
    assert "the text stands in 1C's event log" in sentence
    assert len(base.asked_of(RECEIPTS)) == 1


@pytest.mark.parametrize(
    ("kind", "how", "sentence"),
    [
        ("status", {"status": 502}, "the source fails (HTTP 502) (5 attempts"),
        ("cut", {}, "the answer was cut short"),
        ("html", {}, "a web page came instead of data"),
    ],
)
def test_a_base_that_does_not_recover_leaves_everything_as_it_was(
    onec, bench, monkeypatch, kind, how, sentence
):
    monkeypatch.setattr(http, "FIRST_PAUSE_SECONDS", 0.001)
    base = onec()
    base.break_down(RECEIPTS, kind, times=0, **how)
    with pytest.raises(SourceError) as error:
        land(bench, base)
    assert str(error.value).startswith(f"onec.bank_receipts: {sentence}")
    assert bench.rows("select count(*) from t_raw_onec.invoices") == [(0,)]


def test_an_answer_that_comes_too_late_is_told(onec, bench, monkeypatch):
    monkeypatch.setattr(http, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.2))
    base = onec()
    base.break_down(RECEIPTS, "delay", times=0, seconds=0.6)
    with pytest.raises(SourceError, match=r"onec\.bank_receipts: no answer in time \(5 attempts"):
        land(bench, base)


def test_a_hiccup_is_survived(onec, bench, monkeypatch):
    monkeypatch.setattr(http, "FIRST_PAUSE_SECONDS", 0.001)
    base = onec()
    for path in ("", "$metadata", RECEIPTS):
        base.break_down(path, "status", times=2)
    land(bench, base)
    rows = bench.rows("select count(*) from t_raw_onec.bank_receipts")
    assert rows == [(len(base.records(RECEIPTS)),)]


def test_a_login_page_in_place_of_the_description_is_told(onec, bench):
    base = onec()
    base.break_down("$metadata", "html", times=0)
    with pytest.raises(SourceError, match=r"onec: the base's description of itself .* document"):
        land(bench, base)


def test_an_address_that_is_no_1c_is_told(onec, bench):
    base = onec()
    with pytest.raises(SourceError, match=r"HTTP 404.*Check ONEC_BASE_URL"):
        land(bench, base, ONEC_BASE_URL=f"{base.url}/amocrm-is-not-here")


def test_a_filter_by_a_misspelt_name_is_empty_so_names_are_checked_before(onec, bench):
    """What makes the check of names needed: the base itself says nothing."""
    base = onec()
    root = base.variables()["ONEC_BASE_URL"]
    options = {"$format": "json", "$filter": "Дата ge datetime'2020-01-01T00:00:00'"}
    answer = httpx.get(f"{root}/{RECEIPTS}", params=options, auth=("demo", "demo"))
    assert (answer.status_code, answer.json()["value"]) == (200, [])


def test_an_explained_refusal_of_a_table_keeps_its_words():
    error = AnswerRefusedError("onec", "prices", "told (code 8)", "Publish it", 404)
    assert str(refusals.of_table(error, "prices", PRICES)) == (
        "onec.prices: told (code 8). Publish it"
    )


# -- check -------------------------------------------------------------------------------------


def tried(bench, base, **variables):
    return {one.probe: one for one in check("onec", bench.settings(**base.variables(**variables)))}


def test_check_has_a_line_an_entity(onec, bench):
    base = onec()
    base.records(books.CASH_RECEIPTS).clear()
    base.switch(
        refusals={
            RECEIPTS: "forbidden",
            books.SALES: "unpublished",
            RATES: "unpublished",
            books.WRITE_OFFS: "failing",
        }
    )

    told = tried(bench, base)

    assert told["base"].what.startswith("configuration accounting_3, ")
    assert told["invoices"].what == f"{books.INVOICES} is readable"
    assert told["cash_receipts"].what == f"{books.CASH_RECEIPTS} is readable, and empty"
    assert told["currency_rates"].what.startswith(f"{RATES} is not published.")
    assert told["prices"].what == f"{PRICES}_RecordType is readable"
    assert "the user may not read" in told["bank_receipts"].what
    assert "not published" in told["sales_documents"].what
    assert "code -1" in told["bank_write_offs"].what
    assert {name for name, one in told.items() if not one.is_good} == {
        "bank_receipts",
        "sales_documents",
        "bank_write_offs",
    }
    assert not told["currency_rates"].is_there


def test_check_says_when_rows_are_left_out(onec, bench):
    told = tried(bench, onec(), ONEC_ALLOWED_ONLY="yes")["base"].what
    assert told.endswith("; only rows the user may see are read")


def test_check_asks_a_base_that_lets_nobody_in_once(onec, bench):
    base = onec()
    told = tried(bench, base, ONEC_PASSWORD="wrong")
    assert {one.what.partition(" (/)")[0] for one in told.values()} == {
        "access was refused (401, code 20)"
    }
    assert len(base.asked) == 1


def test_check_tells_of_the_exchange_plan(onec, bench):
    base = onec()
    told = tried(bench, base, ONEC_EXCHANGE_NODE=NODE)["exchange plan"]
    assert told.what == f"{NODE} is there; message 0 was sent, 0 confirmed"
    missing = NODE.replace("7002", "7009")
    told = tried(bench, base, ONEC_EXCHANGE_NODE=missing)["exchange plan"]
    assert (told.is_good, "there is no such object in the base (code 9)" in told.what) == (
        False,
        True,
    )
