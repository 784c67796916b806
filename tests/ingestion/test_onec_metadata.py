"""Reading what a base says of itself."""

import pytest

from ingestion.errors import SourceError, TableRefusedError
from ingestion.sources.onec.bindings import bind
from ingestion.sources.onec.configurations import Layout, Part
from ingestion.sources.onec.metadata import read_metadata

EDMX = """<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">
<edmx:DataServices><Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm">
<ComplexType Name="Document_Счет_Товары_RowType">
  <Property Name="LineNumber" Type="Edm.Int64"/><Property Name="Сумма" Type="Edm.Double"/>
</ComplexType>
<ComplexType Name="Document_СчетФактура_Товары_RowType">
  <Property Name="Чужое" Type="Edm.Int64"/>
</ComplexType>
<EntityType Name="Document_Счет"><Key><PropertyRef Name="Ref_Key"/></Key>
  <Property Name="Ref_Key" Type="Edm.Guid"/><Property Name="Контрагент_Key" Type="Edm.Guid"/>
  <Property Name="Товары" Type="Collection(StandardODATA.Document_Счет_Товары_RowType)"/>
  <NavigationProperty Name="Контрагент"/>
</EntityType>
<EntityType Name="Document_Другой"><Key><PropertyRef Name="Ref_Key"/></Key>
  <Property Name="Ref_Key" Type="Edm.Guid"/>
</EntityType>
</Schema></edmx:DataServices></edmx:Edmx>"""


@pytest.fixture
def bill():
    return read_metadata(EDMX.encode(), {"Document_Счет"})["Document_Счет"]


def test_only_what_is_wanted_is_kept_with_the_columns_of_its_parts(bill):
    assert read_metadata(EDMX.encode(), {"Document_Нет"}) == {}
    assert bill.key == ("Ref_Key",)
    assert bill.properties == {"Ref_Key": "Edm.Guid", "Контрагент_Key": "Edm.Guid"}
    assert bill.parts == {"Товары": {"LineNumber": "Edm.Int64", "Сумма": "Edm.Double"}}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (EDMX[:400], "is no XML or was cut short"),
        (EDMX.replace("<edmx:Edmx", "<!DOCTYPE x [<!ENTITY a 'b'>]><edmx:Edmx", 1), "document typ"),
        ("\ufeff{}", "is no XML"),
    ],
)
def test_what_describes_no_base_is_refused(body, sentence):
    with pytest.raises(SourceError, match=sentence):
        read_metadata(body.encode(), {"Document_Счет"})


def bound(bill, columns, parts=()):
    layout = Layout(("Document_Счет",), columns, parts=parts)
    return bind("invoices", layout, "Document_Счет", bill, "accounting_3")


def test_the_first_spelling_that_is_there_is_read_and_what_may_be_missing_left_out(bill):
    columns = {"ref_key": "Ref_Key", "counterparty_key": "Партнер|Контрагент", "note": "Заметка?"}
    assert bound(bill, columns).columns == {
        "ref_key": "Ref_Key",
        "counterparty_key": "Контрагент_Key",
    }


@pytest.mark.parametrize(
    ("columns", "parts", "name"),
    [
        ({"number": "Номер|Number"}, (), "Номер or Number"),
        ({}, (Part("Услуги", {}),), "Услуги"),
        ({}, (Part("Товары", {"price": "Цена"}),), "Товары/Цена"),
    ],
)
def test_a_missing_property_is_named_with_its_entity(bill, columns, parts, name):
    with pytest.raises(TableRefusedError, match=f"Document_Счет has no property {name}, which"):
        bound(bill, columns, parts)


def test_a_part_that_may_be_missing_is_left_out(bill):
    assert bound(bill, {}, (Part("Услуги?", {"amount": "Сумма"}),)).parts == ()
