"""What the pages and the workbook show of the rows they are given."""

import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from dashboards import pages, report, workbook
from dashboards.__main__ import main
from dashboards.formats import Formats
from dashboards.marts import QUERIES, Marts
from dashboards.settings import DashboardsError, Settings
from dashboards.words import KPIS, LOCALES, WORDS

PAGES = (report.DIRECTOR, report.SALES_HEAD, "index.html")
CYRILLIC = re.compile("[а-яА-Я]")


def text(page: str, marts: Marts, settings: Settings) -> str:
    return pages.render(page, marts, settings).replace("\u00a0", " ")


def test_numbers_on_the_pages_are_those_of_the_marts(company: Marts, settings: Settings) -> None:
    director = text(report.DIRECTOR, company, settings)
    for written in ("1 234 568 ₽", "+23 %", "обращения <b>150", "−8 спам", "лиды <b>142"):
        assert written in director
    head = text(report.SALES_HEAD, company, settings)
    for written in ("7 654 321 ₽", "было 5", "12,5 мин", "43 778 ₽", "<td>77</td>"):
        assert written in head
    assert '<span class="down">47,9 %</span>' in head
    assert '<span class="up">21,0 %</span>' in head


def test_a_page_says_how_old_the_data_are(company: Marts, settings: Settings) -> None:
    assert "Цифры на 20.03.2026, 12:05" in text("index.html", company, settings)
    assert "1С — 3 ч 5 мин назад" in text("index.html", company, settings)


@pytest.mark.parametrize("page", PAGES)
def test_what_people_typed_is_text(page: str, company: Marts, settings: Settings) -> None:
    html = pages.render(page, company, settings)
    assert "<script" not in html
    assert "javascript:" not in html


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_nothing_from_elsewhere(page: str, company: Marts, settings: Settings) -> None:
    html = pages.render(page, company, settings)
    assert not re.search(r"\bsrc(?:set)?\s*=|@import|url\(", html)
    assert re.findall(r'<link[^>]*href="([^"]*)', html) == ["data:,"]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("page", PAGES)
def test_an_empty_company_has_a_page_that_says_so(
    page: str, locale: str, empty: Marts, settings: Settings
) -> None:
    html = pages.render(page, empty, replace(settings, locale=locale))
    assert WORDS["no_data"][LOCALES.index(locale)] in html


def test_every_word_is_said_in_every_language() -> None:
    for code, words in WORDS.items():
        assert len(words) == len(LOCALES), code
        assert all(words), code
        assert not CYRILLIC.search(words[2]), code
    for code, languages in KPIS.items():
        assert len(languages) == len(LOCALES) - 1, code
        assert not CYRILLIC.search("".join(languages[1])), code


def test_every_word_a_template_asks_for_is_known() -> None:
    folder = Path(pages.__file__).with_name("templates")
    asked = {
        code
        for file in folder.iterdir()
        for code in re.findall(r"w\('(\w+)'\)", file.read_text("utf-8"))
    }
    asked |= {
        code
        for file in folder.parent.glob("*.py")
        for code in re.findall(r'(?:word|say)\("(\w+)"', file.read_text("utf-8"))
    }
    assert len(asked) > 50
    assert asked <= WORDS.keys()


def test_every_step_of_the_bridge_has_a_word() -> None:
    folder = Path(pages.__file__).parents[1] / "dbt_project/models/marts/finance"
    bridge = "".join(file.read_text("utf-8") for file in folder.glob("reconciliation_bridge*.sql"))
    steps = set(re.findall(r"'(\w+)' as step", bridge))
    assert len(steps) > 2
    assert steps <= WORDS.keys()


def test_every_column_of_the_workbook_has_a_title() -> None:
    assert {column for columns in workbook.COLUMNS.values() for column in columns} <= WORDS.keys()


def test_english_pages_have_no_word_of_ours_in_russian(company: Marts, settings: Settings) -> None:
    html = pages.render(report.DIRECTOR, company, replace(settings, locale="en"))
    assert "1,234,568\u00a0₽" in html
    assert "20 Mar 2026" in html
    assert "Revenue" in html
    assert not CYRILLIC.search(html)


def test_formats_round_halves_up_and_hide_nothing_that_is_zero(settings: Settings) -> None:
    f = Formats("ru", "RUB", settings.timezone)
    assert f.number(0) == "0"
    assert f.percent(None) == "—"
    assert f.percent(0.125) == "12,5\u00a0%"
    assert f.number(-1234.5, 1) == "−1\u00a0234,5"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_workbook_holds_the_rows_as_numbers_and_texts(
    locale: str, tmp_path: Path, company: Marts, settings: Settings
) -> None:
    path = tmp_path / "reports.xlsx"
    workbook.write(path, company, replace(settings, locale=locale))
    book = CalamineWorkbook.from_path(path)
    titles = [words[LOCALES.index(locale)] for code, words in WORDS.items() if "sheet_" in code]
    assert set(book.sheet_names) == set(titles)
    goals = book.get_sheet_by_name(WORDS["sheet_goals"][LOCALES.index(locale)]).to_python()
    assert {9000000, 7654321, 0.8505, 1.2} <= set(goals[1])
    feed = book.get_sheet_by_name(WORDS["sheet_event_feed"][LOCALES.index(locale)]).to_python()
    assert 43778.39 in feed[1]
    assert "=1+1" in feed[1]


def test_an_empty_company_has_a_workbook(tmp_path: Path, empty: Marts, settings: Settings) -> None:
    path = tmp_path / "reports.xlsx"
    workbook.write(path, empty, settings)
    assert len(CalamineWorkbook.from_path(path).sheet_names) == 1 + len(workbook.COLUMNS)


def test_a_writer_that_fails_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    def fails_half_way(unfinished: Path) -> None:
        unfinished.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        report.put_in_place(path, fails_half_way)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("page.html", "old")]


def test_queries_name_no_schema_but_by_its_prefix() -> None:
    for query in QUERIES.values():
        named = {field for _, field, _, _ in string.Formatter().parse(query) if field}
        assert named <= {"director", "sales_head"}


@pytest.mark.parametrize(
    "wrong", [{}, {"COMPANY_LOCALE": "de"}, {"BUSINESS_TIMEZONE": "Europe/Nowhere"}]
)
def test_settings_that_make_no_sense_are_named(wrong: dict[str, str]) -> None:
    given = {"WAREHOUSE_READER_URL": "x", **wrong} if wrong else {}
    with pytest.raises(DashboardsError, match=next(iter(wrong), "WAREHOUSE_READER_URL")):
        Settings.from_environment(given)


def test_without_a_warehouse_the_command_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WAREHOUSE_READER_URL", raising=False)
    assert main(["report"]) == 1
    assert "make report" in capsys.readouterr().err
