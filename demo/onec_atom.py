"""Records as Atom: what 1C's OData gives unless JSON is asked for, and the only form of a feed of
changes.

Belongs here: entries, feeds and deleted entries (RFC 6721). Does not belong: which records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from demo.onec_answers import METADATA_NAMESPACE
from demo.onec_metadata import row_type
from demo.selections import Record

_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    ' xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"'
    f' xmlns:m="{METADATA_NAMESPACE}"'
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEME = "http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"


def feed(root: str, entries: Iterable[str], *, updated: str, count: int | None = None) -> str:
    """A whole feed of entries made by `entry` and `deleted_entry`."""
    counted = "" if count is None else f"<m:count>{count}</m:count>\n"
    return (
        f"{_DECLARATION}<feed {_NAMESPACES} xml:base={quoteattr(root + '/')}>\n"
        f"<id>{escape(root)}</id>\n<title/>\n<updated>{updated}</updated>\n"
        f"{''.join(entries)}{counted}</feed>"
    )


def service_document(root: str, names: Iterable[str]) -> str:
    """The list of entity sets."""
    collections = "".join(
        f'<collection href="{name}"><atom:title>{name}</atom:title></collection>\n'
        for name in names
    )
    return (
        f'{_DECLARATION}<service xmlns="http://www.w3.org/2007/app"'
        f' xmlns:atom="http://www.w3.org/2005/Atom" xml:base={quoteattr(root + "/")}>\n'
        f"<workspace>\n<atom:title>Default</atom:title>\n{collections}</workspace>\n</service>"
    )


def single(root: str, entity: str, key: str, record: Record, *, updated: str) -> str:
    """One entry as a document of its own."""
    inside = entry(root, entity, key, record, updated=updated)
    return _DECLARATION + inside.replace("<entry>", f"<entry {_NAMESPACES}>", 1)


def entry(root: str, entity: str, key: str, record: Record, *, updated: str) -> str:
    """One record; `key` is what stands in the parentheses of its address."""
    properties = "".join(_property(entity, name, value) for name, value in record.items())
    address = escape(f"{root}/{entity}({key})")
    return (
        f"<entry>\n<id>{address}</id>\n"
        f'<category term="StandardODATA.{entity}" scheme="{_SCHEME}"/>\n'
        f'<title type="text"/>\n<updated>{updated}</updated>\n<author/>\n<summary/>\n'
        f'<link rel="edit" href={quoteattr(f"{entity}({key})")} title="edit-link"/>\n'
        f'<content type="application/xml">\n<m:properties>\n{properties}</m:properties>\n'
        "</content>\n</entry>\n"
    )


def deleted_entry(root: str, entity: str, key: str, *, when: str) -> str:
    """What is left of a record erased from the base."""
    return f'<at:deleted-entry ref={quoteattr(f"{root}/{entity}({key})")} when="{when}"/>\n'


def _property(entity: str, name: str, value: Any) -> str:
    if isinstance(value, list):
        kind = f"StandardODATA.{row_type(entity, name)}"
        rows = "".join(_row(kind, row) for row in value)
        return f'<d:{name} m:type="Collection({kind})">{rows}</d:{name}>\n'
    if value is None:
        return f'<d:{name} m:null="true"/>\n'
    if value == "":
        return f"<d:{name}/>\n"
    return f"<d:{name}>{escape(_text(value))}</d:{name}>\n"


def _row(kind: str, row: Mapping[str, Any]) -> str:
    """A row of a part does not repeat its owner here, as it does in JSON."""
    columns = "".join(
        _property(kind, name, value)
        for name, value in row.items()
        if name not in ("Ref_Key", "Recorder", "Recorder_Type")
    )
    return f'<d:element m:type="{kind}">{columns}</d:element>'


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
