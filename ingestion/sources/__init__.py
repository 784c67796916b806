"""The registry: a source is a folder beside this file and one line below."""

from __future__ import annotations

from ingestion.catalog import SourceSpec
from ingestion.sources.amocrm import AMOCRM
from ingestion.sources.bitrix24 import BITRIX24
from ingestion.sources.exports import EXPORTS
from ingestion.sources.mango import MANGO
from ingestion.sources.onec import ONEC
from ingestion.sources.workbook import WORKBOOK
from ingestion.sources.yandex_direct import DIRECT
from ingestion.sources.zadarma import ZADARMA

SOURCES: tuple[SourceSpec, ...] = (
    AMOCRM,
    BITRIX24,
    ONEC,
    ZADARMA,
    MANGO,
    DIRECT,
    EXPORTS,
    WORKBOOK,
)
