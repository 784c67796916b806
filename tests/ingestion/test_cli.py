"""The command line: what it prints, and the exit code of each end."""

from datetime import date

import pytest

from ingestion import __main__ as command
from ingestion.check import Tried
from ingestion.errors import PartlyDoneError, SourceError, TableRefusedError
from ingestion.pipeline import RunResult
from ingestion.sweep import Swept

LOADED = RunResult(
    "toy", {"orders": 5}, {"orders": 2}, ("toy.orders: column x vanished",), "1.1", 2
)


def test_check_says_one_line_a_permission_and_fails_only_for_what_is_needed(monkeypatch, capsys):
    tried = [
        Tried("main", "leads", "readable, the newest change today", True, True),
        Tried("main", "customers", "the account is not paid for (402). Renew it", False, True),
    ]
    monkeypatch.setattr(command, "check", lambda name, settings: iter(tried))

    assert command.main(["check", "toy"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  ok  toy main  leads: readable, the newest change today",
        "  --  toy main  customers: the account is not paid for (402). Renew it",
    ]
    tried.append(Tried("main", "users", "access is forbidden (403). Ask", False, False))
    assert command.main(["check", "toy"]) == 1
    assert "  no  toy main  users: access is forbidden (403). Ask" in capsys.readouterr().out


def test_a_run_says_what_it_read_and_what_is_worth_a_look(monkeypatch, capsys):
    monkeypatch.setattr(command, "run_source", lambda *given, **how: LOADED)

    assert command.main(["run", "toy"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  toy.orders: 5 read, 2 changed in raw",
        "  notice  toy.orders: column x vanished",
        "toy: done in 2.0 s, load 1.1",
    ]


def test_a_run_that_was_partly_done_says_both_and_fails(monkeypatch, capsys):
    refused = TableRefusedError("toy", "notes", "its type flipped", "Mend it")

    def partly(*given, **how):
        raise PartlyDoneError([refused], LOADED)

    monkeypatch.setattr(command, "run_source", partly)

    assert command.main(["run", "toy"]) == 1
    said = capsys.readouterr()
    assert "toy.orders: 5 read" in said.out
    assert said.err == "toy.notes: its type flipped. Mend it\n"


def test_a_backfill_is_given_its_days_and_tables(monkeypatch, capsys):
    given = []

    def backfill(*arguments, **how):
        given.append((arguments[0], *arguments[2:], how["tables"]))
        return 7

    monkeypatch.setattr(command, "backfill", backfill)

    done = command.main(
        ["backfill", "toy", "--from", "2026-01-01", "--to", "2026-01-31", "--table", "orders"]
    )

    assert done == 0
    assert given == [("toy", date(2026, 1, 1), date(2026, 1, 31), ["orders"])]
    assert capsys.readouterr().out == "toy: 2026-01-01 to 2026-01-31 read, 7 changed in raw\n"


def test_a_day_written_otherwise_is_refused_with_how_to_write_it(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["backfill", "toy", "--from", "01.02.2026", "--to", "2026-02-01"])

    assert ended.value.code == 2
    assert "01.02.2026 is not a day; write it as 2026-01-31" in capsys.readouterr().err


def test_a_sweep_says_what_was_asked_for_and_what_is_gone(monkeypatch, capsys):
    monkeypatch.setattr(
        command, "sweep", lambda *given, **how: [Swept("main", "orders", 100, 2, 1)]
    )

    assert command.main(["sweep", "toy"]) == 0
    assert capsys.readouterr().out == "  toy main orders: 100 asked for, 2 gone, 1 mended\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [(SourceError("toy", None, "it is down", "Wait"), 1), (KeyboardInterrupt(), 130)],
)
def test_every_end_has_its_exit_code_and_one_sentence(monkeypatch, capsys, error, code):
    def ends(*given, **how):
        raise error

    monkeypatch.setattr(command, "run_source", ends)

    assert command.main(["run", "toy"]) == code
    assert capsys.readouterr().err.count("\n") == 1
