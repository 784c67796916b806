"""`$metadata`: the entities a base publishes, as EDMX of OData 3.

Belongs here: XML. Does not belong: what an entity consists of (`onec_shapes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from demo.onec_answers import METADATA_NAMESPACE
from demo.onec_shapes import Shape

_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">
<edmx:DataServices m:DataServiceVersion="3.0" xmlns:m="{METADATA_NAMESPACE}">
<Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">
"""
_TAIL = "</EntityContainer>\n</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n"
_SLICES = ("SliceLast", "SliceFirst")


def edmx(shapes: Mapping[str, Shape], sliced: Iterable[str]) -> str:
    """The document; `sliced` are the registers that answer `SliceLast` and `SliceFirst`."""
    types = "".join(line for name, shape in shapes.items() for line in _types(name, shape))
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="StandardODATA.{name}"/>\n'
        for set_name, shape in shapes.items()
        for name in (set_name, *(f"{set_name}_{part}" for part in _tabular(shape)))
    )
    functions = "".join(
        f'<FunctionImport Name="{function}" IsBindable="true" m:HttpMethod="GET"'
        f' ReturnType="Collection(StandardODATA.{name})">\n'
        f'<Parameter Name="bindingParameter" Type="StandardODATA.{name}" Mode="In"/>\n'
        '<Parameter Name="Period" Type="Edm.DateTime" Mode="In"/>\n'
        '<Parameter Name="Condition" Type="Edm.String" Mode="In"/>\n</FunctionImport>\n'
        for name in sliced
        for function in _SLICES
    )
    container = '<EntityContainer Name="StandardODATA" m:IsDefaultEntityContainer="true">\n'
    return _HEAD + types + container + sets + functions + _TAIL


def _tabular(shape: Shape) -> list[str]:
    """The parts that are entity sets of their own; a record set's rows are published apart."""
    return [part for part in shape.parts if part != "RecordSet"]


def _types(name: str, shape: Shape) -> Iterator[str]:
    collections = {
        part: f"Collection(StandardODATA.{row_type(name, part)})" for part in shape.parts
    }
    yield _type("EntityType", name, shape.properties | collections, shape.key)
    for part, columns in shape.parts.items():
        yield _type("ComplexType", row_type(name, part), columns, ())
        if part != "RecordSet":
            yield _type("EntityType", f"{name}_{part}", columns, ("Ref_Key", "LineNumber"))


def row_type(entity: str, part: str) -> str:
    """The name of the type of a tabular part's rows, or of a record set's."""
    return f"{entity}_RowType" if part == "RecordSet" else f"{entity}_{part}_RowType"


def _type(kind: str, name: str, properties: Mapping[str, str], key: tuple[str, ...]) -> str:
    references = "".join(f'<PropertyRef Name="{one}"/>' for one in key)
    lines = "".join(
        f'<Property Name="{one}" Type="{edm}" Nullable="{str(one not in key).lower()}"/>\n'
        for one, edm in properties.items()
    )
    declared_key = f"<Key>{references}</Key>\n" if key else ""
    return f'<{kind} Name="{name}">\n{declared_key}{lines}</{kind}>\n'
