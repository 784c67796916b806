"""Pages of events are decoded on a way of their own: it gives the same rows as the ordinary one."""

import json

import pytest

from ingestion.batches import to_arrow
from ingestion.errors import TableRefusedError
from ingestion.http import fast_json
from ingestion.sources.amocrm.event_pages import event_page
from ingestion.sources.amocrm.mapping import Mapper
from ingestion.sources.amocrm.tables import BY_NAME

EVENT = {
    "id": "01hb", "type": "lead_status_changed", "entity_id": 7, "entity_type": "lead",
    "created_by": 0, "created_at": 1_764_000_000, "account_id": 42,
    "value_before": [], "value_after": [{"lead_status": {"id": 143, "pipeline_id": 700}}],
    "_links": {"self": {"href": "https://x.amocrm.ru/api/v4/events/01hb"}},
    "_embedded": {"entity": {"id": 7, "_links": {"self": {"href": "-"}}}},
}  # fmt: skip


def page(*events, **more):
    return json.dumps({"_page": 1, "_embedded": {"events": list(events)}, **more})


def landed(decode, body):
    """The rows as they are landed; json parsed, because raw keeps it as jsonb."""
    answer = decode(body.encode())
    items = answer["_embedded"]["events"]
    rows = to_arrow("amocrm", BY_NAME["events"], Mapper(BY_NAME["events"], "main").rows(items))
    parsed = [
        {
            name: json.loads(value)
            if value is not None and name in ("value_before", "value_after", "_extra")
            else value
            for name, value in row.items()
        }
        for row in rows.to_pylist()
    ]
    return parsed, sorted(answer.get("_links") or {})


@pytest.mark.parametrize(
    "body",
    [
        page(EVENT, _links={"self": {"href": "-"}, "next": {"href": "-"}}),
        page(),
        page({**EVENT, "value_before": None, "value_after": None, "created_at": 0}),
        page({"id": "01hc"}),
        page({**EVENT, "value_after": [{"note": {"text": "Скидка 58.90 \U0001f600", "n": 1.50}}]}),
        page({**EVENT, "value_after": [{"note": {"text": "a\x00b"}}]}),
        page({**EVENT, "value_after": [{"note": {"text": "half \ud83d of a pair"}}]}),
        page(EVENT, {**EVENT, "id": "01hd", "region": "Урал"}),
        page({**EVENT, "type": "со\x00бытие"}),
    ],
    ids=[
        "with a next page", "empty page", "nothing in values", "only an id", "texts and numbers",
        "NUL", "half a surrogate pair", "a field nobody knows", "NUL outside json",
    ],
)  # fmt: skip
def test_rows_are_those_of_the_ordinary_way(body):
    assert landed(event_page, body) == landed(fast_json, body)


def test_a_field_nobody_knows_is_carried():
    rows, _ = landed(event_page, page({**EVENT, "region": "Урал"}))

    assert rows[0]["_extra"] == {"region": "Урал"}


def test_a_flipped_type_is_found_like_everywhere():
    with pytest.raises(TableRefusedError, match="column created_at changed its type"):
        landed(event_page, page({**EVENT, "created_at": "2026-01-01"}))


@pytest.mark.parametrize("body", ["", '{"_embedded": {"events": [{"id": "01', "<html>"])
def test_a_page_cut_short_is_an_error(body):
    with pytest.raises(ValueError, match=r"unexpected|Expecting|Unterminated"):
        event_page(body.encode())
