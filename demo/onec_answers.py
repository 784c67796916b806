"""How 1C's OData answers: in which format, and with which errors.

Belongs here: the format a request asks for, the vendor's error codes, an error as JSON and as XML.
Does not belong: what is asked for, and Atom's entries (`onec_atom`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

import orjson
from starlette.requests import Request
from starlette.responses import Response

from demo.selections import Record

UNSUPPORTED, NO_SUCH_FORMAT, BAD_VALUE, BAD_URL, NO_KEY_PART = 0, 3, 4, 6, 7
NO_ENTITY_TYPE, NO_INSTANCE, BAD_PROPERTY, NO_METHOD, NO_ARGUMENT = 8, 9, 10, 11, 12
BAD_OPTION, FORBIDDEN_METHOD, ACCESS, BAD_FUNCTION = 14, 19, 20, 21
HANDLER_FAILED = -1

ATOM = "atom"
JSON_DETAILS = ("nometadata", "minimalmetadata", "fullmetadata")
METADATA_NAMESPACE = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"


class ODataError(Exception):
    """An answer in the vendor's error shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def asked_format(request: Request, options: Mapping[str, str]) -> str:
    """`atom`, which is what 1C gives unasked, or the detail of metadata in JSON."""
    asked = options.get("$format")
    if asked is None:
        asked = request.headers.get("accept", "")
    elif "json" not in asked and "atom" not in asked:
        raise ODataError(400, NO_SUCH_FORMAT, f"Представление '{asked}' не поддерживается")
    if "json" not in asked:
        return ATOM
    found = re.search(r"odata=(\w+)", asked)
    return found[1] if found and found[1] in JSON_DETAILS else "minimalmetadata"


def refusal(status: int, code: int, message: str, *, as_xml: bool) -> Response:
    """An error as the vendor writes it."""
    if as_xml:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<m:error xmlns:m="{METADATA_NAMESPACE}">\n'
            f" <m:code>{code}</m:code>\n <m:message>{escape(message)}</m:message>\n</m:error>"
        )
        return Response(body, status, media_type="application/xml")
    told = {"odata.error": {"code": str(code), "message": {"lang": "ru", "value": message}}}
    return Response(orjson.dumps(told), status, media_type="application/json")


def json_answer(body: Record, detail: str) -> Response:
    """A body in JSON of this detail."""
    media_type = f"application/json;odata={detail};charset=utf-8"
    return Response(orjson.dumps(body), media_type=media_type)


def root_address(request: Request, root: str) -> str:
    """The interface's own address as this client reached it, without a slash at the end."""
    url = request.url
    return f"{url.scheme}://{url.netloc}{request.scope.get('root_path', '')}{root}"
