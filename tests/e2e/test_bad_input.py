"""Bad input as a user meets it: one sentence that names the place and says what to do, an exit code
other than zero, no traceback; what was loaded and published before stays as it was.

The wording of each failure has its tests beside the code; here are the real commands. A dbt project
of four small models stands for the real one, because these tests are not about numbers.
"""

import re
import shutil
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from alerts.models import CANDIDATE_COLUMNS
from tests.e2e.conftest import ROOT, SECRETS, Company, DemoServer, serving
from tests.e2e.leaks import found_in_logs

pytestmark = pytest.mark.e2e

INGEST = ("python", "-m", "ingestion", "run")
CLOSED_PORT = "http://127.0.0.1:9"
WRONG_TOKEN = "a-token-nobody-issued"

PAYMENTS_CSV = """\
number,paid,amount,phone
1,2026-03-01,1000.50,+7 916 555-01-01
2,2026-03-02,200,+7 916 555-01-02
"""
PAYMENTS_SQL = """\
select
    number::text as payment_id, paid::timestamp as paid_at, amount::decimal(18, 2) as amount,
    'RUB' as currency_code, true as is_posted, null as is_deleted, null as deal_id,
    null as invoice_number, null as purpose, null as operation_kind, null as customer_key,
    null as payer_name, null as payer_tax_number
from read_csv(getvariable('data') || '/payments.csv', header = true)
"""
PROJECT = """
name: crm
version: "1.0"
profile: crm
flags: {send_anonymous_usage_stats: false}
on-run-end: ["{{ publish_marts(results) }}"]
models:
  crm:
    staging: {+schema: staging, +materialized: view}
    intermediate: {+schema: intermediate, +materialized: table}
    marts:
      +materialized: table
      director: {+schema: build_mart_director}
      alerts: {+schema: build_mart_alerts}
"""
NO_CANDIDATES = ", ".join(f"null::text as {column}" for column in CANDIDATE_COLUMNS)
MODELS = {
    "staging/amocrm/stg_amocrm__contacts": "select * from {{ source('raw_amocrm', 'contacts') }}",
    "intermediate/entities/int_deals": "select id from {{ source('raw_amocrm', 'leads') }}",
    "marts/director/receipts": (
        "select ref_key, posted, amount from {{ source('raw_onec', 'bank_receipts') }}"
    ),
    "marts/alerts/alert_candidates": f"select {NO_CANDIDATES} where false",
}
SOURCES = """
sources:
  - {name: raw_amocrm, tables: [{name: contacts}, {name: leads}]}
  - {name: raw_onec, tables: [{name: bank_receipts}]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    with serving(tmp_path_factory.mktemp("demo"), "--months", "3", "--scale", "0.2") as demo:
        yield demo


@pytest.fixture(scope="module")
def company(
    new_company: Callable[..., Company],
    server: DemoServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Company:
    """Three sources loaded and two marts published, with nothing wrong yet."""
    files = tmp_path_factory.mktemp("files")
    (files / "payments.csv").write_text(PAYMENTS_CSV, "utf-8")
    (files / "payments.sql").write_text(PAYMENTS_SQL, "utf-8")
    made = new_company(
        EXPORTS_FOLDER=str(files),
        EXPORTS_DATA=str(files),
        DBT_PROJECT_DIR=str(small_dbt_project(tmp_path_factory.mktemp("dbt"))),
        **server.environment,
    )
    for source in ("amocrm", "onec", "exports"):
        made.run(*INGEST, source)
    made.run("dbt", "--quiet", "build")
    assert made.query("select count(*) from mart_director.receipts") > [(10,)]
    assert made.query("select count(*) from raw_exports.payments") == [(2,)]
    return made


def small_dbt_project(folder: Path) -> Path:
    real = ROOT / "dbt_project"
    for place in ("macros", "seeds"):
        (folder / place).mkdir()
    for settings in ("profiles.yml", "selectors.yml", "seeds/comments.csv"):
        shutil.copy(real / settings, folder / settings)
    for macros in ("names.sql", "publish_marts.sql"):
        shutil.copy(real / "macros" / macros, folder / "macros")
    (folder / "dbt_project.yml").write_text(PROJECT)
    for name, sql in MODELS.items():
        file = folder / "models" / f"{name}.sql"
        file.parent.mkdir(parents=True)
        file.write_text(sql)
    (folder / "models" / "sources.yml").write_text(SOURCES)
    return folder


@pytest.fixture
def files(company: Company, tmp_path: Path) -> Iterator[Path]:
    """The company's exports, to be spoilt by one test."""
    folder = Path(company.environment["EXPORTS_FOLDER"])
    shutil.copytree(folder, tmp_path / "as they were")
    yield folder
    shutil.copytree(tmp_path / "as they were", folder, dirs_exist_ok=True)


def refused(company: Company, *command: str) -> str:
    """The sentence the command ended with; it changed nothing that anybody reads."""
    before = fingerprints(company)
    said = company.run(*command, expect=1)
    assert "Traceback" not in said
    assert not any(secret in said for secret in SECRETS)
    assert fingerprints(company) == before
    # A table that is read beside the refused one may have a word to say after it.
    return [line for line in said.splitlines() if not line.startswith("INFO ")][-1]


def fingerprints(company: Company) -> dict[str, Any]:
    """The contents of every table and view that readers or dbt look at."""
    relations = company.query(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema ~ '^(raw_(amocrm|onec|exports)$|staging$|mart_)'"
        " and table_name !~ '^_'"
    )
    assert len(relations) > 20
    return {
        relation: company.query(
            f"select count(*), sum(hashtextextended(rows::text, 0)::numeric) from {relation} rows"
        )
        for (relation,) in relations
    }


# -- A source that misbehaves ----------------------------------------------------------------------


def test_a_wrong_token_is_told_by_its_variable(company: Company) -> None:
    sentence = refused(company.but(AMOCRM_TOKEN=WRONG_TOKEN), *INGEST, "amocrm")
    assert re.match(r"amocrm\.\w+: access was refused \(401\)", sentence)
    assert "Check AMOCRM_TOKEN" in sentence


def test_a_wrong_password_is_told_by_its_variables(company: Company) -> None:
    sentence = refused(company.but(ONEC_PASSWORD="wrong"), *INGEST, "onec")
    assert re.match(r"onec: access was refused \(401, code 20\)", sentence)
    assert "Check ONEC_USER and ONEC_PASSWORD" in sentence


def test_an_unreachable_source_is_told_by_the_variable_of_its_address(company: Company) -> None:
    sentence = refused(company.but(AMOCRM_BASE_URL=CLOSED_PORT), *INGEST, "amocrm")
    assert re.match(r"amocrm\.\w+: the source cannot be reached", sentence)
    assert "Check AMOCRM_BASE_URL and the network, then run again" in sentence


def test_an_address_that_is_no_web_address_is_refused_at_once(company: Company) -> None:
    sentence = refused(company.but(ONEC_BASE_URL="1c.example/base"), *INGEST, "onec")
    assert sentence.startswith("source onec: ONEC_BASE_URL is not a web address")


def test_a_web_page_instead_of_data_is_told_as_such(company: Company, server: DemoServer) -> None:
    with server.suffering("/amocrm/api/v4/leads", "html", exact=True):
        sentence = refused(company, *INGEST, "amocrm")
    assert sentence.startswith("amocrm.leads: a web page came instead of data")
    assert "Check that AMOCRM_BASE_URL is the API's address" in sentence


def test_a_page_cut_short_in_the_last_table_shows_nothing_of_the_tables_before(
    company: Company, server: DemoServer
) -> None:
    receipts = "select count(*) from raw_onec.bank_receipts"
    before = company.query(receipts)
    server.happen("payment")
    with server.suffering("/onec/odata/standard.odata/Document_РеализацияТоваровУслуг", "cut"):
        sentence = refused(company, *INGEST, "onec")
    assert sentence.startswith("onec.sales_documents: the answer was cut short")
    assert "Nothing of this run was loaded; run again" in sentence
    company.run(*INGEST, "onec")
    assert company.query(receipts) > before


def test_a_json_value_whose_type_flipped_is_told_by_its_column(
    company: Company, server: DemoServer
) -> None:
    flipped = {"id": 1, "updated_at": int(time.time()) - 1, "price": "+7 916 555-01-03"}
    page = {"_page": 1, "_links": {}, "_embedded": {"leads": [flipped]}}
    with server.suffering("/amocrm/api/v4/leads", "status", exact=True, status=200, body=page):
        before = fingerprints(company)
        said = company.run(*INGEST, "amocrm", expect=1)
    assert "amocrm.leads: column price changed its type: declared numeric" in said
    assert "555" not in said
    assert "Traceback" not in said
    after = fingerprints(company)
    assert after["raw_amocrm.leads"] == before["raw_amocrm.leads"]


def test_an_answer_of_a_shape_nobody_foresaw_names_its_table(
    company: Company, server: DemoServer
) -> None:
    page = {"_page": 1, "_links": {}, "_embedded": {"contacts": ["+7 916 555-01-03"]}}
    with server.suffering("/amocrm/api/v4/contacts", "status", exact=True, status=200, body=page):
        sentence = refused(company, *INGEST, "amocrm")
    assert sentence.startswith("amocrm.contacts: an answer has a shape that is not understood")
    assert "555" not in sentence


# -- A file that misbehaves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ("number,paid,amount", "number,paid,total", "the file has no column amount"),
        ("2026-03-02", "позавчера", "column paid cannot be read as timestamp"),
        ("200,", "двести,", "column amount cannot be read as DECIMAL"),
    ],
    ids=["a missing column", "a date nobody can parse", "a column whose type flipped"],
)
def test_a_spoilt_file_is_told_by_column_and_never_by_its_line(
    company: Company, files: Path, good: str, bad: str, sentence: str
) -> None:
    (files / "payments.csv").write_text(PAYMENTS_CSV.replace(good, bad), "utf-8")
    told = refused(company, *INGEST, "exports")
    assert told.startswith(f"exports.payments: {sentence}")
    assert "Mend the " in told
    assert "555" not in told


def test_an_exports_folder_that_does_not_exist_is_told_by_its_variable(company: Company) -> None:
    sentence = refused(company.but(EXPORTS_FOLDER="/nowhere"), *INGEST, "exports")
    assert sentence.startswith("source exports: EXPORTS_FOLDER names /nowhere")
    assert "make it or correct the variable" in sentence


# -- Settings that are missing or wrong ------------------------------------------------------------


def test_a_missing_time_zone_of_the_1c_server_is_asked_for(company: Company) -> None:
    sentence = refused(company.but(ONEC_TIMEZONE=""), *INGEST, "onec")
    assert sentence.startswith("source onec needs ONEC_TIMEZONE: zone of the 1C server, such as")


def test_a_limit_that_is_no_number_is_told_by_its_variable(company: Company) -> None:
    sentence = refused(company.but(AMOCRM_REQUESTS_PER_SECOND="many"), *INGEST, "amocrm")
    assert sentence.startswith("AMOCRM_REQUESTS_PER_SECOND=many is not a number above zero")


def test_telegram_without_a_token_sends_nothing_and_asks_for_it(company: Company) -> None:
    to_telegram = company.but(ALERTS_CHANNEL="telegram")
    sentence = refused(to_telegram, "python", "-m", "alerts", "send")
    assert sentence.startswith("alerts: TELEGRAM_BOT_TOKEN is not set")


def test_alerts_before_the_first_refresh_ask_for_it(company: Company) -> None:
    elsewhere = company.but(WAREHOUSE_PREFIX="other_")
    sentence = refused(elsewhere, "python", "-m", "alerts", "preview")
    assert sentence.startswith("alerts: other_mart_alerts.alert_candidates does not exist yet")
    assert "run the warehouse refresh once" in sentence


# -- A machine that misbehaves ---------------------------------------------------------------------


def complaint(company: Company, *command: str, expect: int = 1) -> str:
    """The one line a script complained with, make's own last line aside."""
    said = company.script(*command, expect=expect)
    assert "Traceback" not in said
    return [line for line in said.splitlines() if not line.startswith("make: ")][-1]


UP = (".venv/bin/python", "-m", "warehouse", "up")


def test_make_dbt_without_a_warehouse_says_how_to_start_it(
    company: Company, tmp_path: Path
) -> None:
    apart = company.but(VAR_DIR=str(tmp_path))
    sentence = complaint(apart, "make", "dbt", "ARGS=build", expect=2)
    assert sentence.startswith(f"Postgres under {tmp_path} is not running: start it with ")


def test_a_taken_port_stops_the_warehouse_with_the_variable_to_change(
    company: Company, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        apart = company.but(VAR_DIR=str(tmp_path), WAREHOUSE_EMBEDDED_PORT=port)
        sentence = complaint(apart, *UP)
    assert sentence.startswith(f"Port {port} (WAREHOUSE_EMBEDDED_PORT) is taken")


def test_a_taken_port_stops_the_demo_company_with_the_option_to_change(company: Company) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        sentence = complaint(company, ".venv/bin/python", "-m", "demo", "serve", "--port", port)
    assert sentence.startswith(f"demo: cannot listen on 127.0.0.1:{port}")
    assert "choose another with --port" in sentence


def test_no_free_port_for_the_ui_starts_nothing(company: Company) -> None:
    last_time = company.var_dir / "run" / "ui.port"
    last_time.parent.mkdir(exist_ok=True)
    last_time.write_text("21000")
    with ExitStack() as taken:
        for port in range(21000, 21200):
            holder = taken.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # somebody else holds it, which is just as well
                holder.bind(("127.0.0.1", port))
                holder.listen()
        try:
            sentence = complaint(company, "scripts/up")
        finally:
            stopped = [
                company.script("scripts/service", "stop", name)
                for name in ("dagster-ui", "dagster-daemon", "reports")
            ]
    assert sentence.startswith("no free port between 21000 and 21199 on 127.0.0.1")
    assert stopped == ["", "", ""], "something had been started"


def test_a_file_where_var_should_be_is_told(company: Company, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    apart = company.but(VAR_DIR=str(tmp_path / "file"))
    assert complaint(apart, *UP).startswith(f"Cannot write {tmp_path}/file: file exists")
    assert complaint(apart, "scripts/demo").startswith(f"cannot write to {tmp_path}/file")


@pytest.mark.parametrize(
    ("options", "reason", "beginning"),
    [
        ("size=1m", "No space left on device", "no room left on the disk of"),
        ("size=1m,ro", "read-only file system", "cannot write to"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_is_told(
    company: Company, tmp_path: Path, options: str, reason: str, beginning: str
) -> None:
    on_that_disk = (
        "unshare", "--map-root-user", "--mount", "bash", "-c",
        f'mount -t tmpfs -o {options} tmpfs "$VAR_DIR" || exit 77; exec "$@"', "mounted",
    )  # fmt: skip
    apart = company.but(VAR_DIR=str(tmp_path))
    try:
        apart.script(*on_that_disk, "true")
    except (AssertionError, OSError):
        pytest.skip("this machine lets nobody mount a disk for a test")
    sentence = complaint(apart, *on_that_disk, *UP)
    assert str(tmp_path) in sentence
    assert reason in sentence
    assert "make room there" in sentence
    # dbt and Dagster themselves would tell it in a thousand lines.
    assert complaint(apart, *on_that_disk, "scripts/run", "dbt", "build").startswith(beginning)


def test_an_older_postgres_is_told_with_the_version_that_is_needed(
    company: Company, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_as_postgres_14, args=[listener], daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        url = f"postgresql://boss:{SECRETS[1]}@{address}/postgres"
        sentence = complaint(company.but(VAR_DIR=str(tmp_path), WAREHOUSE_URL=url), *UP)
    assert sentence.startswith(f"Postgres at {address} is version 14: 15 or newer is needed")
    assert not any(SECRETS[1] in file.read_text() for file in tmp_path.rglob("*.*"))


def answer_as_postgres_14(listener: socket.socket) -> None:
    """The start of Postgres's protocol, as far as the server's version."""

    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!i", len(body) + 4) + body

    connection, _ = listener.accept()
    with connection:
        while True:
            length, code = struct.unpack("!ii", connection.recv(8))
            if code == 3 << 16:  # the startup message; the others ask for encryption
                break
            connection.sendall(b"N")
        connection.recv(length - 8)
        said = {"server_version": "14.11", "client_encoding": "UTF8"}
        connection.sendall(
            message(b"R", struct.pack("!i", 0))  # authenticated
            + b"".join(message(b"S", f"{key}\0{said[key]}\0".encode()) for key in said)
            + message(b"Z", b"I")  # ready
        )
        connection.recv(1)


# -- Through Dagster -------------------------------------------------------------------------------


def test_a_failed_source_fails_the_refresh_and_the_others_are_loaded_and_published(
    company: Company, server: DemoServer
) -> None:
    receipts = "select ref_key, posted from {} order by ref_key"
    published = company.query(receipts.format("mart_director.receipts"))
    contacts = company.query("select count(*), max(_dlt_load_id) from raw_amocrm.contacts")
    server.happen("unpost")
    broken = company.but(AMOCRM_TOKEN=WRONG_TOKEN)
    said = broken.run("python", "-m", "orchestration", "refresh", expect=1)
    # Several tables are read at once, and any of them may be the first to be refused.
    sentence = r"amocrm\.\w+: access was refused \(401\) \(/api/v4/[^)]+\)\. Check AMOCRM_TOKEN"
    assert re.search(rf"raw_amocrm +FAILED after \d+ s: {sentence}", said)
    assert "Traceback" not in said
    loaded = company.query(receipts.format("raw_onec.bank_receipts"))
    assert company.query(receipts.format("mart_director.receipts")) == loaded != published
    assert contacts == company.query("select count(*), max(_dlt_load_id) from raw_amocrm.contacts")
    with psycopg.connect(company.connections.url("dagster")) as dagster:
        (status,) = dagster.execute(
            "select status from runs where pipeline_name = 'warehouse_refresh_job'"
            " order by id desc limit 1"
        ).fetchone() or [None]
        failures = dagster.execute(
            "select event from event_logs where dagster_event_type = 'STEP_FAILURE'"
        ).fetchall()
    assert status == "FAILURE"
    assert re.search(sentence, "".join(event for (event,) in failures))


def test_a_broken_model_leaves_the_published_marts_as_they_were(company: Company) -> None:
    model = Path(company.environment["DBT_PROJECT_DIR"]) / "models/marts/director/receipts.sql"
    good = model.read_text()
    model.write_text(good.replace("amount", "amounts"))
    try:
        sentence = refused(company, "python", "-m", "orchestration", "refresh")
    finally:
        model.write_text(good)
    assert "dbt: 1 of" in sentence
    assert 'nothing was published: receipts: column "amounts" does not exist' in sentence


# -- What all of this left behind ------------------------------------------------------------------


def test_a_leak_would_be_found_however_a_phone_is_written(company: Company) -> None:
    phones = company.query(
        "select value->>'value' from raw_amocrm.contacts,"
        " jsonb_path_query(custom_fields_values, '$[*].values[*]') as value limit 1"
    )
    digits = "".join(filter(str.isdigit, phones[0][0]))[-10:]
    written = f"+7 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"
    planted = company.var_dir / "log" / "planted.log"
    try:
        for leak in (digits, f"8{digits}", written, SECRETS[0], company.connections.url("reader")):
            planted.write_text(f"2026-03-01 10:00:00 INFO row {leak}, next\n")
            assert found_in_logs(company.connections, company.var_dir, *SECRETS)
    finally:
        planted.unlink()


def test_no_log_of_good_and_bad_runs_holds_a_secret_a_phone_or_an_e_mail(company: Company) -> None:
    secrets = (*SECRETS, WRONG_TOKEN)
    assert (company.var_dir / "log" / "refresh.log").exists()
    assert found_in_logs(company.connections, company.var_dir, *secrets) == []
