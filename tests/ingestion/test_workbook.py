"""The company's workbook as people write it: what is read, and every sentence of what is not."""

from datetime import date
from decimal import Decimal

import pytest

from ingestion.catalog import Checkpoint, Unchanged
from ingestion.errors import SourceError
from ingestion.sources.workbook import cells
from ingestion.sources.workbook.layout import LOCALES, SHEETS
from ingestion.sources.workbook.reader import read_book
from ingestion.sources.workbook.sentences import _SAID
from ingestion.sources.workbook.template import write_template
from tests.ingestion.workbooks import JUNE, PLAN_HEADER, opened, write

AD_HEADER = ("Дата", "Источник", "Кампания", "Расход", "С НДС")
RULE_HEADER = ("Порядок", "utm_source", "Канал", "Действует с", "Кто решил", "Почему")


@pytest.fixture
def book(tmp_path):
    def read(sheets, merged=None, locale="ru"):
        return read_book(write(tmp_path / "Книга.xlsx", sheets, merged).read_bytes(), locale)

    return read


def plan(*rows):
    return {"План": [PLAN_HEADER, *rows]}


# -- What people write -----------------------------------------------------------------------------


def test_a_plan_is_read_with_where_it_stands(book):
    read = book(plan(JUNE))

    assert read.faults == []
    assert read.rows["plans"] == [
        {
            "sheet_name": "План",
            "row_number": 2,
            "month": "2026-06-01",
            "department": "Опт",
            "manager": "Иванова Анна",
            "revenue_amount": Decimal(100),
        }
    ]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1 234 567,50", "1234567.50"),
        ("1\u00a0234\u202f567", "1234567"),
        ("1,234,567.50", "1234567.50"),
        ("1.234.567,5", "1234567.5"),
        ("50 000 ₽", "50000"),
        ("1 234,567 руб.", "1234.567"),
        ("0,125", "0.125"),
        (1234.5, "1234.5"),
    ],
)
def test_numbers_are_read_as_people_type_them(book, written, amount):
    read = book(plan((*JUNE[:3], written)))
    assert (read.faults, read.rows["plans"][0]["revenue_amount"]) == ([], Decimal(amount))


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("1,234", "можно прочесть двояко"),
        ("1.234 ₽", "можно прочесть двояко"),
        ("12 34", "не число"),
        ("1,23,4", "не число"),
        ("сто", "не число"),
        (-1, "меньше нуля"),
        (date(2026, 6, 1), "не число"),
    ],
)
def test_a_number_is_never_guessed(book, written, what):
    (fault,) = book(plan((*JUNE[:3], written))).faults
    assert fault.startswith("Лист «План», строка 2: «Выручка»")
    assert what in fault


@pytest.mark.parametrize(
    "written",
    [date(2026, 6, 15), "июнь 2026", "Июня 2026 г.", "06.2026", "2026-06", "червень 2026"],
)
def test_months_are_read_as_people_type_them(book, written):
    assert book(plan((written, *JUNE[1:]))).rows["plans"][0]["month"] == "2026-06-01"


@pytest.mark.parametrize("written", [date(2026, 3, 4), "04.03.2026", "4/3/26", "2026-03-04"])
def test_text_dates_put_the_day_first(book, written):
    read = book({"Реклама": [AD_HEADER, (written, "VK", "Лето", 10, "да")]})
    assert [row["date"] for row in read.rows["ad_spend"]] == ["2026-03-04"]


@pytest.mark.parametrize("written", ["03/31/2026", "31.02.2026", "вчера", 45000])
def test_what_is_no_date_is_told(book, written):
    (fault,) = book({"Реклама": [AD_HEADER, (written, "VK", "Лето", 10, "да")]}).faults
    assert "«Дата» — не дата" in fault


def test_headers_lie_under_a_title_and_merged_cells_count_for_all_they_cover(book):
    read = book(
        {
            "План опт": [
                (),
                (),
                (None, None, None, None, "Продажи"),
                ("июнь 2026", None, "Иванова", "1 000", 3),
                (None, None, "Петров", "2 000", 4),
                (None, None, None, None, None, "заметка сбоку"),
                ("Итого", None, None, "3 000"),
                (),
            ]
        },
        merged={
            "План опт": {
                "A1:E1": "Планы на лето",
                "A2:A3": "Месяц",
                "B2:B3": "Отдел",
                "C2:C3": "Менеджер",
                "D2:D3": "Выручка",
                "A4:A5": "июнь 2026",
                "B4:B5": "Опт",
            }
        },
    )

    assert read.faults == []
    assert [
        (row["row_number"], row["month"], row["department"], row["manager"], row["sales_count"])
        for row in read.rows["plans"]
    ] == [(4, "2026-06-01", "Опт", "Иванова", 3), (5, "2026-06-01", "Опт", "Петров", 4)]


def test_a_sheet_may_be_named_for_its_month_and_titled_as_in_the_older_template(book):
    read = book({"Июнь 2026": [("Менеджер", "План"), ("Иванова", 5)]})
    assert [(row["month"], row["revenue_amount"]) for row in read.rows["plans"]] == [
        ("2026-06-01", 5)
    ]


def test_a_month_without_a_year_is_told(book):
    (fault,) = book({"Июнь": [("Менеджер", "План"), ("Иванова", 5)]}).faults
    assert fault.startswith("Лист «Июнь»: в названии листа нет года")


@pytest.mark.parametrize("place", range(3))
def test_titles_and_values_are_understood_in_every_language(book, place):
    sheet = next(one for one in SHEETS if one.table == "costs")
    kinds = next(one.values for one in sheet.columns if one.name == "cost_kind")
    header = [column.titles[place] for column in sheet.columns]
    row = ("06.2026", kinds["personnel"][place], "Оклады", "Опт", None, 5)

    (read,) = book({sheet.titles[place]: [header, row]}).rows["costs"]

    assert read["cost_kind"] == "personnel"


def test_a_scripts_points_are_columns_of_the_companys_own(book):
    header = ("Звонок", "Дата", "Балл: приветствие", "Балл: возражения")
    read = book({"Звонки": [header, (1718, "03.06.2026", 8, None)]})
    assert read.faults == []
    assert [(row["call"], row["points"]) for row in read.rows["call_reviews"]] == [
        ("1718", {"приветствие": 8})
    ]


# -- What is refused -------------------------------------------------------------------------------


def test_all_faults_are_told_at_once(book):
    read = book(
        {
            "Июнь": [PLAN_HEADER, ("06.2026", "Опт", "Иванова", None)],
            "План": [PLAN_HEADER, ("июнь", "Опт", "Петров", "много"), JUNE, JUNE],
            "Отпуска": [("Менеджер", "С", "По"), ("Иванова", "15.06.2026", "14.06.2026")],
            "Опросы": [("Дата", "Сделка", "Оценка"), ("01.06.2026", 5, 11)],
            "Реклама": [AD_HEADER[:4], ("01.06.2026", "VK", "Лето", 1)],
            "Затраты": [("a", "b")],
            "Этапы": [
                ("Система", "Аккаунт", "Воронка", "Этап", "Вид воронки", *RULE_HEADER[3:]),
                ("amocrm", "main", 1, 2, "sales", "01.06.2026", "РОП", "так"),
                ("amocrm", "main", 1, 3, "продажи", "01.06.2026", "РОП", "так"),
            ],
        }
    )

    assert read.faults == [
        "Лист «Июнь», строка 2: не заполнено «Выручка»",
        "Лист «План», строка 2: «Месяц» — не месяц; введите его как «июнь 2026» или 06.2026",
        "Лист «План», строка 2: «Выручка» — не число",
        "Лист «Отпуска», строка 2: последний день раньше первого",
        "Лист «Опросы», строка 2: «Оценка» должно быть от 0 до 10",
        "Лист «Реклама»: нет столбца «С НДС»",
        "Лист «Затраты»: не найдены заголовки; нужны столбцы: Месяц, Вид, Статья, Сумма",
        "Лист «Этапы», строка 2: у воронки продаж «Смысл этапа» должно быть заполнено",
        "Лист «Этапы», строка 3: «Вид воронки» не из списка: sales, service, warming, aftersales, "
        "ignore",
        "Лист «План», строка 4: повторяет строку 3 (лист «План»)",
    ]


def test_two_columns_of_one_title_are_told(book):
    (fault,) = book({"План": [(*PLAN_HEADER, "Revenue"), (*JUNE, 1)]}).faults
    assert fault == "Лист «План»: столбец «Revenue» встречается дважды"


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("ru", "Лист «План», строка 2: не заполнено «Выручка»"),
        ("uk", "Аркуш «План», рядок 2: не заповнено «Выручка»"),
        ("en", "Sheet “План”, row 2: “Выручка” is not filled in"),
    ],
)
def test_people_are_told_in_their_language(book, locale, sentence):
    assert book(plan(JUNE[:3]), locale=locale).faults == [sentence]


def test_every_sentence_has_the_same_parts_in_every_language():
    def parts(words):
        return sorted(part.split("}")[0] for part in words.split("{")[1:])

    for name, said in _SAID.items():
        assert len(said) == len(LOCALES), name
        assert parts(said[0]) == parts(said[1]) == parts(said[2]), name


def test_every_title_of_a_sheet_is_one_columns():
    for sheet in SHEETS:
        owners = {}
        for column in sheet.columns:
            for title in {*column.titles, *column.older}:
                assert owners.setdefault(title.lower(), column.name) == column.name, sheet.table
        assert {*sheet.unique} <= {column.name for column in sheet.columns}


def test_month_names_are_no_two_months():
    words = [word for month in cells.MONTHS for word in month]
    assert len(words) == len(set(words))


# -- The template ----------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_a_template_as_it_is_says_nothing(tmp_path, locale):
    """Its examples are accepted and are nobody's plans, costs or rules."""
    path = tmp_path / "template.xlsx"
    write_template(path, locale)

    read = read_book(path.read_bytes(), locale)

    assert (read.faults, read.unread_sheets, read.unread_columns) == ([], [], {})
    assert not any(read.rows.values())
    shown = [max(len(column.examples) for column in sheet.columns) for sheet in SHEETS]
    assert read.examples_count == sum(shown)


def test_an_example_that_somebody_changed_is_a_row(book):
    decided = ("01.06.2026", "РОП", "Решение планёрки 29.05")
    sheets = {
        "Обязательные поля": [
            ("Поле", "Действует с", "Кто решил", "Почему"),
            ("city", *decided),
            ("inn", *decided),
        ]
    }
    read = book(sheets)
    assert [row["field_name"] for row in read.rows["required_fields"]] == ["inn"]
    assert read.examples_count == 1


def test_a_channel_rule_that_asks_for_nothing_is_refused(book):
    """It would take every enquiry; without a channel it switches a rule off."""
    decided = ("01.07.2026", "Марк", "Так вернее")
    rows = [RULE_HEADER, (5, None, "vk_ads", *decided), (6, None, None, *decided)]
    read = book({"Правила каналов": rows})
    assert read.faults == [
        "Лист «Правила каналов», строка 2: правило должно хоть что-то проверять: "
        "utm_source, utm_medium, набранный номер или источник в CRM"
    ]
    assert [row["priority"] for row in read.rows["channel_rules"]] == [6]


def test_a_channel_rule_may_ask_for_the_called_number_alone(book):
    header = ("Порядок", "Набранный номер", *RULE_HEADER[2:])
    row = (5, 84951234567, "outdoor", "01.07.2026", "Марк", "Так вернее")
    read = book({"Правила каналов": [header, row]})
    assert not read.faults
    assert [row["called_number"] for row in read.rows["channel_rules"]] == ["84951234567"]


# -- From run to run -------------------------------------------------------------------------------


def test_an_unchanged_file_costs_one_hash(tmp_path, monkeypatch):
    path = write(tmp_path / "Книга.xlsx", plan(JUNE))
    with opened(path) as source:
        *_, said = source.readers["plans"]({})
    assert isinstance(said, Checkpoint)

    monkeypatch.setattr("ingestion.sources.workbook.resources.read_book", None)
    with opened(path) as source:
        assert list(source.readers["plans"](said.state)) == [Unchanged()]


def test_check_tells_what_is_not_read(tmp_path):
    sheets = {"План": [(*PLAN_HEADER, "Заметки"), JUNE], "Черновик": [("a",)]}
    path = write(tmp_path / "Книга.xlsx", sheets)
    with opened(path) as source:
        assert source.probes[0].try_it() == (
            "принята, строк: 1; листы не читаются: Черновик; План: столбцы не читаются: Заметки"
        )


def test_a_sheet_that_was_there_may_not_vanish(tmp_path):
    path = write(tmp_path / "Книга.xlsx", plan(JUNE))
    with opened(path, held=["leave"]) as source, pytest.raises(SourceError) as refused:
        list(source.readers["plans"]({}))
    assert "Нет листа «Отпуска», а в принятой книге он был" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short"])
def test_what_is_no_workbook_is_told(tmp_path, content):
    path = tmp_path / "Книга.xlsx"
    path.write_bytes(content)
    with opened(path) as source, pytest.raises(SourceError, match="не целая книга Excel"):
        list(source.readers["plans"]({}))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with (
        opened(tmp_path / "нет.xlsx") as source,
        pytest.raises(SourceError, match=r"файл нет\.xlsx не открывается"),
    ):
        list(source.readers["plans"]({}))
    with opened(tmp_path / "нет.xlsx") as source, pytest.raises(SourceError, match="не открыв"):
        source.probes[0].try_it()


@pytest.mark.integration
def test_a_refused_file_leaves_every_table_as_it_was(tmp_path, bench):
    path = write(tmp_path / "Книга.xlsx", plan(JUNE))
    variables = {"WORKBOOK_FILE": str(path)}
    plans = "select month, manager, revenue_amount from t_raw_workbook.plans"
    leave = "select count(*) from t_raw_workbook.leave"
    accepted = [("2026-06-01", "Иванова Анна", Decimal(100))]
    assert bench.run("workbook", variables).tables["plans"] == 1

    good_leave = [("Менеджер", "С", "По"), ("Иванова", "15.06.2026", "28.06.2026")]
    write(path, {**plan((*JUNE[:3], None)), "Отпуска": good_leave})
    with pytest.raises(SourceError, match="строка 2: не заполнено «Выручка»"):
        bench.run("workbook", variables)
    assert (bench.rows(plans), bench.rows(leave)) == (accepted, [(0,)])

    write(path, {**plan(JUNE), "Отпуска": good_leave})
    bench.run("workbook", variables)
    assert (bench.rows(plans), bench.rows(leave)) == (accepted, [(1,)])

    write(path, {**plan(JUNE), "Отпуска": good_leave[:1]})  # emptied, which a person may do
    bench.run("workbook", variables)
    assert bench.rows(leave) == [(0,)]
