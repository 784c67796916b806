"""Runs that die, collide or find the ground changed: nothing half-loaded is ever visible."""

import itertools
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from ingestion import raw
from ingestion.errors import IngestionError, SettingsError, SourceError
from ingestion.landing import Landing
from ingestion.pipeline import init
from ingestion.sources import SOURCES
from ingestion.sources.amocrm import AMOCRM

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
START = 1_767_225_600
EVERYTHING = """
    select 'lead', id::text, name from t_raw_amocrm.leads
    union all select 'user', id::text, name from t_raw_amocrm.users
    union all select 'event', id, type from t_raw_amocrm.events
    order by 1, 2
"""


def fill(amo, size=900):
    amo.lists["users"] = [{"id": 1, "name": "Анна"}]
    amo.lists["leads"] = [
        {"id": n, "name": f"Сделка {n}", "created_at": START, "updated_at": START + n}
        for n in range(1, size)
    ]
    amo.lists["events"] = [
        {"id": f"e{n}", "type": "lead_added", "entity_id": n, "created_at": START + n}
        for n in range(1, size)
    ]


def command(bench, web, *more):
    env = {**os.environ, **bench.env(**bench.amocrm(web))}
    return subprocess.Popen(
        [sys.executable, "-m", "ingestion", "run", "amocrm", *more],
        cwd=ROOT,
        env=env,
        # Tests that run in the background inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stopping_at(amo, path, page, stopped):
    """Answers like `amo`, but never gives the named page until the test ends."""

    def answer(asked):
        if asked.path.endswith(path) and asked.query.get("page") == str(page):
            stopped.set()
            threading.Event().wait(60)
        return amo(asked)

    return answer


def held(bench):
    return bench.rows(EVERYTHING)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_killed_while_reading_leaves_nothing_and_the_next_equals_an_undisturbed_one(
    serve, amo, bench, how
):
    fill(amo)
    stopped = threading.Event()
    web = serve(stopping_at(amo, "/events", 3, stopped))
    process = command(bench, web)
    assert stopped.wait(60)

    process.send_signal(how)
    process.wait(60)

    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    assert held(bench) == []
    web.answer = amo
    bench.run("amocrm", bench.amocrm(web))
    assert len(held(bench)) == 1 + 899 + 899


def test_a_run_killed_while_loading_leaves_nothing_and_its_rows_are_thrown_away(serve, amo, bench):
    fill(amo)
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web))
    before = held(bench)
    with psycopg.connect(bench.loader_url, autocommit=True) as connection:
        # What a kill between two COPYs leaves: rows of a load that never got complete.
        connection.execute(
            "insert into t_raw_amocrm_incoming.leads (account_name, id, name, _dlt_load_id) "
            "values ('main', 5, 'half', '9999.1')"
        )
        connection.execute(
            "insert into t_raw_amocrm_incoming.loaded_tables (account_name, table_name, "
            "row_count, is_whole, gone_keys, filled_columns, _dlt_load_id) values "
            "('main', 'users', 0, true, '[]', '[]', '9999.1'), "
            "('main', '*', 0, false, '[]', '[]', '9999.1')"
        )

    bench.run("amocrm", bench.amocrm(web))

    assert held(bench) == before
    assert bench.rows("select count(*) from t_raw_amocrm_incoming.leads") == [(0,)]


def test_a_load_completed_but_not_applied_is_applied_by_the_next_run(
    serve, amo, bench, monkeypatch
):
    fill(amo, size=5)
    web = serve(amo)

    def die(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Landing, "apply_run", die)
        with pytest.raises(KeyboardInterrupt):
            bench.run("amocrm", bench.amocrm(web))
    assert held(bench) == []
    amo.lists["leads"] = []  # the cursor has moved on: only the waiting load holds these rows

    bench.run("amocrm", bench.amocrm(web))

    assert len(held(bench)) == 1 + 4 + 4
    assert bench.rows("select count(distinct load_id) from t_raw_amocrm._applied_loads") == [(2,)]


SMALL_PACKAGES = """
import os, signal, sys
from ingestion import __main__ as command, packages
from ingestion.landing import Landing
packages.PACKAGE_ROWS = 200
dies_at, done = int(sys.argv.pop(1)), Landing._write_down
def write_down(*arguments):
    global dies_at
    dies_at -= 1
    if dies_at == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    done(*arguments)
Landing._write_down = write_down
sys.exit(command.main(["run", "amocrm"]))
"""


def small_packages(bench, web, dies_at_table=0):
    """A run in packages of 200 rows, killed when it has applied `dies_at_table` tables."""
    env = {**os.environ, **bench.env(**bench.amocrm(web))}
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PACKAGES, str(dies_at_table)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_killed_again_and_again_a_first_load_ends_as_an_undisturbed_one(serve, amo, bench):
    fill(amo, size=2_500)
    processes = []

    requests = itertools.count(1)

    def killing(asked):
        if next(requests) in (10, 22, 36, 51):
            processes[-1].kill()
        return amo(asked)

    web = serve(killing)
    for _ in range(4):
        processes.append(small_packages(bench, web))
        assert processes[-1].wait(120) == -signal.SIGKILL
        assert held(bench) == []
    processes.append(small_packages(bench, web))
    assert processes[-1].wait(120) == 0, processes[-1].stderr.read()

    assert len(held(bench)) == 1 + 2_499 + 2_499
    after = held(bench)
    web.answer = amo
    bench.run("amocrm", bench.amocrm(web), full_refresh=True)
    assert held(bench) == after


@pytest.mark.parametrize("table_number", [1, 5, 12])
def test_killed_while_showing_rows_a_run_shows_none_and_the_next_shows_all(
    serve, amo, bench, table_number
):
    fill(amo)
    web = serve(amo)
    process = small_packages(bench, web, dies_at_table=table_number)
    assert process.wait(120) == -signal.SIGKILL
    assert held(bench) == []

    bench.run("amocrm", bench.amocrm(web))

    assert len(held(bench)) == 1 + 899 + 899


def test_two_runs_of_one_source_do_not_race(serve, amo, bench, monkeypatch):
    monkeypatch.setattr(raw.turn.__wrapped__, "__defaults__", (0.0,))
    with (
        raw.connect(bench.loader_url) as connection,
        raw.turn(connection, "t_raw_amocrm", AMOCRM),
        pytest.raises(SourceError, match="another run of this source is going on"),
    ):
        bench.run("amocrm", bench.amocrm(serve(amo)))


def test_an_empty_run_still_says_that_it_ran(serve, amo, bench):
    result = bench.run("amocrm", bench.amocrm(serve(amo)))

    rows = bench.rows(
        "select count(*), count(distinct load_id), "
        "bool_and(applied_at > now() - interval '1 minute') from t_raw_amocrm._applied_loads"
    )
    assert rows == [(len(AMOCRM.tables), 1, True)]
    assert result.tables["leads"] == 0


def test_full_refresh_never_shows_an_empty_table(serve, amo, bench):
    fill(amo, size=300)
    web = serve(amo)
    bench.run("amocrm", bench.amocrm(web))
    seen = set()

    def look(asked):
        seen.add(len(held(bench)))
        return amo(asked)

    web.answer = look
    result = bench.run("amocrm", bench.amocrm(web), full_refresh=True)

    assert seen == {1 + 299 + 299}
    assert result.tables["leads"] >= 299


def test_init_creates_every_declared_table_with_its_key_and_twice_is_once(bench):
    settings = bench.settings()
    init(settings)
    init(settings)

    held_tables = bench.rows(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema like 't\\_raw\\_%' and table_name not like '\\_%' order by 1"
    )
    declared = sorted(f"t_{s.schema}.{t.name}" for s in SOURCES for t in s.tables)
    assert [name for (name,) in held_tables] == declared
    keys = bench.rows(
        "select count(*) from pg_index join pg_class on oid = indrelid "
        "where indisprimary and relnamespace::regnamespace::text like 't\\_raw\\_%'"
    )
    assert keys == [(len(declared) + 3 * len(SOURCES),)]


def test_init_adds_a_newly_declared_column_and_refuses_a_changed_type(bench):
    settings = bench.settings()
    init(settings)
    with psycopg.connect(bench.loader_url, autocommit=True) as connection:
        connection.execute("alter table t_raw_amocrm.users drop column group_name")
        init(settings)
        assert connection.execute("select group_name from t_raw_amocrm.users").fetchall() == []
        connection.execute("alter table t_raw_amocrm.leads alter column price type text")

    with pytest.raises(SourceError) as refused:
        init(settings)

    assert "amocrm.leads: column price is declared numeric" in str(refused.value)
    assert "holds it as text" in str(refused.value)


def test_an_unreachable_warehouse_is_told_without_its_password(bench):
    settings = bench.settings(WAREHOUSE_LOADER_URL="postgresql://loader:hush@127.0.0.1:1/warehouse")

    with pytest.raises(IngestionError, match="the warehouse cannot be reached") as refused:
        init(settings)

    assert "hush" not in str(refused.value)


def test_a_var_dir_that_cannot_be_written_is_told(serve, amo, bench, tmp_path):
    (tmp_path / "occupied").write_text("")

    with pytest.raises(SettingsError, match=r"cannot be written .* check VAR_DIR"):
        bench.run("amocrm", bench.amocrm(serve(amo), VAR_DIR=str(tmp_path / "occupied")))


def test_the_command_ends_with_one_sentence_and_exit_code_1(serve, amo, bench):
    fill(amo, size=3)
    web = serve(amo)
    process = command(bench, web)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "amocrm.leads: 2 read" in out

    env = {**os.environ, **bench.env(**bench.amocrm(web, AMOCRM_TOKEN="wrong"))}
    failed = subprocess.run(
        [sys.executable, "-m", "ingestion", "run", "amocrm"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert re.match(r"amocrm\.\w+: access was refused \(401\)", failed.stderr)
    assert "Check AMOCRM_TOKEN" in failed.stderr


LISTENER = """
import runpy, socket, sys
asked = socket.getaddrinfo
def told(host, *more, **named):
    sys.stderr.write(f"asked for {host}\\n")
    return asked(host, *more, **named)
socket.getaddrinfo = told
sys.argv = ["ingestion", "run", "amocrm"]
runpy.run_module("ingestion", run_name="__main__")
"""


def test_a_run_talks_to_nobody_but_its_source_and_the_warehouse(serve, amo, bench):
    env = {**os.environ, **bench.env(**bench.amocrm(serve(amo)))}

    ran = subprocess.run(
        [sys.executable, "-c", LISTENER],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    hosts = {line.split()[-1] for line in ran.stderr.splitlines() if line.startswith("asked for")}
    assert ran.returncode == 0
    assert hosts == {"127.0.0.1"}


def test_a_full_disk_of_the_warehouse_is_told_as_such(postgres):
    with (
        pytest.raises(IngestionError, match=r"disk is full; nothing .* run again"),
        raw.connect(postgres.url("loader")) as connection,
        connection.transaction(),
    ):
        connection.execute("do $$ begin raise disk_full; end $$")


def test_a_warehouse_that_is_down_is_told_with_the_reason():
    with (
        pytest.raises(IngestionError, match=r"cannot be reached \(Connection refused\)"),
        raw.connect("postgresql://loader:secret@127.0.0.1:9/warehouse"),
    ):
        pass
