"""What one base is: its configuration, the entity behind each raw table, where columns lie.

It is found out once a run, at the first need, from the list of published entities and from the
base's description of itself. What belongs here: choosing. What does not: names (`configurations`),
reading rows (`resources`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.errors import SettingsError, SourceError, TableRefusedError
from ingestion.sources.onec.bindings import Binding, bind
from ingestion.sources.onec.client import OneCClient
from ingestion.sources.onec.configurations import (
    CONFIGURATIONS,
    CONTACT_KINDS,
    NEEDED,
    Configuration,
)
from ingestion.sources.onec.metadata import EntityType, read_metadata
from ingestion.sources.onec.refusals import not_published

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What a person said of the base: the configuration's name, and entities of single tables."""

    configuration: str | None
    entities: Mapping[str, str]

    @classmethod
    def of(cls, configuration: str | None, entities: str) -> Choice:
        """`entities` is `table=Entity,table=Entity`. Raises SettingsError for unknown names."""
        if configuration is not None and configuration not in CONFIGURATIONS:
            raise SettingsError(
                f"ONEC_CONFIGURATION={configuration} is not known; "
                f"choose of {', '.join(CONFIGURATIONS)}"
            )
        known = {table for one in CONFIGURATIONS.values() for table in one}
        named = {}
        for part in filter(None, (text.strip() for text in entities.split(","))):
            table, _, entity = (text.strip() for text in part.partition("="))
            if table not in known or not entity:
                raise SettingsError(
                    f"ONEC_ENTITIES: {part} is not table=Entity of a table among "
                    f"{', '.join(sorted(known))}"
                )
            named[table] = entity
        return cls(configuration, named)


@dataclass(frozen=True)
class Found:
    """The base as it is: `entities` are the published ones behind tables."""

    configuration: str
    published: frozenset[str]
    entities: Mapping[str, str]
    types: Mapping[str, EntityType]


class Infobase:
    """One base, looked at once; may be asked from several threads."""

    def __init__(self, client: OneCClient, choice: Choice) -> None:
        self._client = client
        self._choice = choice
        self._looking = threading.Lock()
        self._found: Found | SourceError | None = None

    def found(self) -> Found:
        """Raises SourceError, to every caller the same, when the base does not answer or is of no
        known configuration.
        """
        with self._looking:
            if self._found is None:
                try:
                    self._found = self._look()
                except SourceError as error:
                    self._found = error
        if isinstance(self._found, SourceError):
            raise self._found
        return self._found

    def is_needed(self, table: str) -> bool:
        return table in NEEDED or table in self._choice.entities

    def binding(self, table: str) -> Binding | None:
        """Where the table lies; None when nothing of it is published and it may be missing.

        Raises TableRefusedError naming what is not published or which property is missing.
        """
        found = self.found()
        layouts = CONFIGURATIONS[found.configuration]
        entity = found.entities.get(table)
        if entity is None:
            entities = self._wanted(table, layouts)
            if self.is_needed(table):
                raise not_published(table, entities)
            logger.warning("onec.%s: %s; the table stays empty", table, missing_entity(entities))
            return None
        kind = found.types.get(entity)
        if kind is None:
            raise TableRefusedError(
                "onec",
                table,
                f"{entity} is published, and /$metadata of the base does not describe it",
                "The table keeps its rows; run again, and if it repeats publish the entity anew",
            )
        return bind(table, layouts[table], entity, kind, found.configuration)

    def _look(self) -> Found:
        published = self._client.names()
        configuration = self._choice.configuration or recognised(published)
        entities = self._entities(CONFIGURATIONS[configuration], published)
        types = read_metadata(self._client.metadata(), frozenset(entities.values()))
        logger.info("onec: configuration %s, %d entities", configuration, len(published))
        return Found(configuration, published, entities, types)

    def _entities(self, layouts: Configuration, published: frozenset[str]) -> dict[str, str]:
        there = {
            table: [entity for entity in self._wanted(table, layouts) if entity in published]
            for table in layouts
        }
        return {table: entities[0] for table, entities in there.items() if entities}

    def _wanted(self, table: str, layouts: Configuration) -> tuple[str, ...]:
        named = self._choice.entities.get(table)
        return (named,) if named else layouts[table].entities

    def kinds_of_contact(self) -> Mapping[str, str]:
        """Names of the kinds of contacts by reference; nothing where they are not published."""
        if CONTACT_KINDS not in self.found().published:
            return {}
        pages = self._client.catalog("counterparties", CONTACT_KINDS)
        return {item["Ref_Key"]: item["Description"] for items in pages for item in items}


def missing_entity(entities: tuple[str, ...]) -> str:
    """Why an optional table is empty."""
    if not entities:
        return "this configuration has no such entity"
    return f"{' or '.join(entities)} is not published"


def recognised(published: frozenset[str]) -> str:
    """The configuration that alone has some of the published entities.

    Raises SourceError telling what was found when it is none or more than one.
    """
    told = {name: sorted(_own(name) & published) for name in CONFIGURATIONS}
    fitting = [name for name, entities in told.items() if entities]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        seen = "; ".join(f"{told[name][0]} of {name}" for name in fitting)
        what = f"the base publishes entities of several configurations: {seen}"
    else:
        what = f"none of the {len(published)} published entities tells the configuration"
    raise SourceError(
        "onec",
        None,
        what,
        f"Set ONEC_CONFIGURATION to the nearest of {', '.join(CONFIGURATIONS)}, and publish its "
        "documents, or name the entities of single tables in ONEC_ENTITIES",
    )


def _own(configuration: str) -> set[str]:
    """Entities no other configuration has."""
    entities = {
        name: {entity for layout in layouts.values() for entity in layout.entities}
        for name, layouts in CONFIGURATIONS.items()
    }
    others = [found for name, found in entities.items() if name != configuration]
    return entities[configuration].difference(*others)
