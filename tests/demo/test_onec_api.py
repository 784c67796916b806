"""The 1C stand-in answers as its standard OData interface does, over real HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from demo.odata_filter import BadFilterError, parse_filter

if TYPE_CHECKING:
    from tests.demo.conftest import DemoServer

INVOICES = "Document_СчетНаОплатуПокупателю"
NOMETA = "application/json;odata=nometadata"
KEY = "aaaaaaaa-0000-11f0-0000-00000000000"


def page(demo: DemoServer, **options: Any) -> httpx.Response:
    """A page of invoices; option `filter` is sent as `$filter`."""
    params = {"$format": NOMETA} | {f"${name}": value for name, value in options.items()}
    return demo.onec(INVOICES, params=params)


def numbers(response: httpx.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [int(row["Number"][-1]) for row in response.json()["value"]]


def error_code(response: httpx.Response) -> str:
    code = response.json()["odata.error"]["code"]
    assert isinstance(code, str)
    return code


@pytest.mark.parametrize("auth", [None, ("demo", "wrong"), ("демо", "демо")])
def test_any_access_problem_is_401(demo: DemoServer, auth: tuple[str, str] | None) -> None:
    credentials = httpx.BasicAuth(*(part.encode() for part in auth)) if auth else None
    response = demo.onec(INVOICES, auth=credentials)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")


def test_service_document_lists_the_entities(demo: DemoServer) -> None:
    body = demo.onec("?$format=json").json()
    assert {"name": INVOICES, "url": INVOICES} in body["value"]
    assert body["odata.metadata"] == f"{demo.base_url}/onec/odata/standard.odata/$metadata"


def test_without_metadata_only_values_come(demo: DemoServer) -> None:
    body = page(demo, orderby="Number").json()
    assert set(body) == {"value"}
    assert not [name for name in body["value"][0] if "@" in name]


def test_minimal_metadata_is_the_default_and_links_filled_references(demo: DemoServer) -> None:
    body = demo.onec(f"{INVOICES}?$format=json&$orderby=Number").json()
    assert body["odata.metadata"].endswith(f"/$metadata#{INVOICES}")
    assert body["odata.metadata"].startswith(demo.base_url)
    row = body["value"][0]
    assert row["Контрагент@navigationLinkUrl"] == f"{INVOICES}(guid'{KEY}1')/Контрагент"
    assert "ДоговорКонтрагента@navigationLinkUrl" not in row


def test_json_may_be_asked_for_by_the_accept_header(demo: DemoServer) -> None:
    assert demo.onec(INVOICES, headers={"Accept": "application/json"}).status_code == 200
    unasked = demo.onec(INVOICES, headers={"Accept": "*/*"})
    assert unasked.headers["content-type"].startswith("application/atom+xml")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Date ge datetime'2026-02-04T00:00:00'", [4, 5]),
        ("Date ge datetime'2026-02-02T12:30:00' and Date lt datetime'2026-02-03T12:30:00'", [2]),
        (f"Ref_Key eq guid'{KEY.upper()}2'", [2]),
        ("Контрагент_Key eq guid'aaaaaaaa-0000-11f0-0000-0000000000c1' and Posted eq false", [3]),
        ("not Posted", None),
        ("not (Posted eq true)", [3]),
        ("Posted eq false or СуммаДокумента gt 4500", [3, 5]),
        ("(Posted eq false or СуммаДокумента ge 4002) and DeletionMark eq false", [3, 4, 5]),
        ("Комментарий eq 'по д''Артаньяну'", [4]),
        ("Комментарий ne ''", [4]),
        ("КратностьВзаиморасчетов ge 4", [4, 5]),
        ("СуммаДокумента eq 2001.0", [2]),
        ("Misspelt eq 1", []),
        ("not (Misspelt eq 1)", []),
    ],
)
def test_filter_chooses_documents(
    demo: DemoServer, condition: str, expected: list[int] | None
) -> None:
    response = page(demo, filter=condition, orderby="Number")
    if expected is None:
        assert (response.status_code, error_code(response)) == (400, "14")
    else:
        assert numbers(response) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "Posted eq",
        "Posted eq true and",
        "(Posted eq true",
        "Posted eq true)",
        "Posted == true",
        "Date ge datetime'вчера'",
        "Ref_Key eq guid'1'",
        "Number eq 'без конца",
        "length(Number) eq 5",
        "startswith(Number)",
        "Контрагент/ИНН eq '1'",
        "Товары/any(d: Сумма gt 1)",
        "Posted eq true eq true",
        "__import__('os')",
        "(" * 5000 + "Posted eq true" + ")" * 5000,
        "not " * 5000 + "Posted eq true",
    ],
)
def test_filter_that_cannot_be_parsed_is_refused(condition: str) -> None:
    with pytest.raises(BadFilterError):
        parse_filter(condition)


def test_order_top_and_skip_page_through_everything(demo: DemoServer) -> None:
    first = page(demo, orderby="Posted asc,Date desc", top=2)
    second = page(demo, orderby="Posted asc,Date desc", top=2, skip=2)
    third = page(demo, orderby="Posted asc,Date desc", top=2, skip=4)
    assert [numbers(first), numbers(second), numbers(third)] == [[3, 5], [4, 2], [1]]


def test_rows_repeat_between_pages_without_an_order(demo: DemoServer) -> None:
    seen = [number for skip in (0, 2, 4) for number in numbers(page(demo, top=2, skip=skip))]
    assert len(set(seen)) < 5
    assert sorted(numbers(page(demo))) == [1, 2, 3, 4, 5]


def test_select_keeps_named_properties_or_drops_tabular_parts(demo: DemoServer) -> None:
    named = page(demo, select="Ref_Key,DataVersion,Posted", filter="Number eq '0000-000001'")
    assert named.json()["value"] == [
        {"Ref_Key": f"{KEY}1", "DataVersion": "AAAAAQAAAAA=", "Posted": True}
    ]
    row = page(demo, select="**", top=1).json()["value"][0]
    assert "Товары" not in row
    assert "СуммаДокумента" in row
    assert error_code(page(demo, select="Misspelt")) == "10"


def test_count_comes_as_a_string_beside_the_page(demo: DemoServer) -> None:
    body = page(demo, inlinecount="allpages", top=1, filter="Posted eq true").json()
    assert body["odata.count"] == "4"
    assert len(body["value"]) == 1


def test_bare_count_is_plain_text_behind_a_byte_order_mark(demo: DemoServer) -> None:
    response = demo.onec(f"{INVOICES}/$count?$filter=Posted%20eq%20true")
    assert response.headers["content-type"].startswith("text/plain")
    assert response.content == b"\xef\xbb\xbf4"


def test_one_document_is_read_by_its_key(demo: DemoServer) -> None:
    body = demo.onec(f"{INVOICES}(guid'{KEY}4')?$format=json").json()
    assert body["odata.metadata"].endswith(f"#{INVOICES}/@Element")
    assert body["Number"] == "0000-000004"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Document_Misspelt?$format=json", 404, "8"),
        (f"{INVOICES}(guid'{KEY}9')?$format=json", 404, "9"),
        (f"{INVOICES}(guid'9')?$format=json", 400, "6"),
        (f"{INVOICES}(9)?$format=json", 400, "6"),
        (f"{INVOICES}?$format=json&$orderby=Misspelt", 400, "10"),
        (f"{INVOICES}?$format=json&$orderby=DataVersion", 400, "10"),
        (f"{INVOICES}?$format=json&$top=-1", 400, "14"),
        (f"{INVOICES}?$format=json&$expand=X", 501, "0"),
        (f"{INVOICES}?$format=json&$filter=length(Number) eq 5", 400, "21"),
        (f"{INVOICES}?$format=json&$filter=year(Number) eq 5", 400, "21"),
    ],
)
def test_errors_carry_the_vendors_code(demo: DemoServer, path: str, status: int, code: str) -> None:
    response = demo.onec(path)
    assert (response.status_code, error_code(response)) == (status, code)


def test_percent_encoded_options_and_names_are_understood(demo: DemoServer) -> None:
    query = "%24format=json&%24filter=Posted%20eq%20false&%24top=1"
    assert numbers(demo.onec(f"{INVOICES}?{query}")) == [3]
