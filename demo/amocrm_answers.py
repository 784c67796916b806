"""The shapes amoCRM v4 answers in: HAL pages with links, dictionaries, problems, nothing.

What belongs here: envelopes. Not: what lies in them (`amocrm_items`), who asks for what (`amocrm`).
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from demo.amocrm_query import Pairs, Record


def hal(body: Record, status: int = 200) -> Response:
    """A success, `application/hal+json`."""
    return _respond(body, status, "application/hal+json")


def nothing() -> Response:
    """What amoCRM says where others say "not found" or give an empty list."""
    return Response(status_code=204)


def problem(status: int, title: str, detail: str, **more: Any) -> Response:
    """An error in the vendor's shape, `application/problem+json`."""
    body = {
        **more,
        "title": title,
        "type": f"https://httpstatus.es/{status}",
        "status": status,
        "detail": detail,
    }
    return _respond(body, status, "application/problem+json")


def invalid(parameter: str, what: str) -> Response:
    """400 with `validation-errors` about one parameter."""
    errors = [{"code": "InvalidValue", "path": parameter, "detail": what}]
    return problem(
        400,
        "Bad Request",
        f"{parameter}: {what}",
        **{"validation-errors": [{"request_id": "0", "errors": errors}]},
    )


def self_link(href: str) -> Record:
    return {"self": {"href": href}}


def api_base(request: Request) -> str:
    """This server's own address up to and with `/api/v4/`."""
    url = request.url
    return f"{url.scheme}://{url.netloc}{request.scope.get('root_path', '')}/api/v4/"


def page_of(
    request: Request,
    pairs: Pairs,
    key: str,
    items: list[Record],
    *,
    page: int,
    limit: int,
    total: int,
    counts_total: bool = False,
) -> Record:
    """One page of a list of `total` rows; `pairs` is the whole query it was asked with.

    `_page` is missing with limit=1, as seen in live answers.
    """
    last = -(-total // limit)
    body: Record = {"_page": page} if limit > 1 else {}
    if counts_total:
        body |= {"_total_items": total, "_page": page, "_page_count": last}
    numbers = {"self": page}
    if page < last:
        numbers["next"] = page + 1
    if page > 1:
        numbers |= {"first": 1, "prev": page - 1}
    kept = [pair for pair in pairs if pair[0] not in ("page", "limit")]
    address = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    body["_links"] = {
        name: {"href": f"{address}?{urlencode([*kept, ('limit', limit), ('page', number)])}"}
        for name, number in numbers.items()
    }
    body["_embedded"] = {key: items}
    return body


def dictionary(request: Request, key: str, items: list[Record]) -> Record:
    """A list without pages: everything at once, with its count."""
    links = self_link(str(request.url))
    return {"_total_items": len(items), "_links": links, "_embedded": {key: items}}


def _respond(body: Any, status: int, media_type: str) -> Response:
    headers = {"X-Request-Id": uuid.uuid4().hex}
    return Response(orjson.dumps(body), status, headers=headers, media_type=media_type)
