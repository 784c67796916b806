"""The registry: a source is a folder beside this file and one line below."""

from __future__ import annotations

from ingestion.catalog import SourceSpec
from ingestion.sources.amocrm import AMOCRM
from ingestion.sources.exports import EXPORTS
from ingestion.sources.onec import ONEC

SOURCES: tuple[SourceSpec, ...] = (AMOCRM, ONEC, EXPORTS)
