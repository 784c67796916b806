"""What must hold for every contract, and that reading the catalogue costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expectations import report
from expectations.catalog import QualityContract, contracts
from expectations.contract import DATA_OWNER

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OWNERS = {"manager", "sales_head", "marketer", "accountant", "data_owner"}

every_contract = pytest.mark.parametrize(
    "contract", contracts(), ids=lambda contract: str(contract.check_id)
)


@every_contract
def test_every_contract_has_an_owner_a_title_and_a_limit(contract: QualityContract) -> None:
    assert contract.owner.code in OWNERS
    assert re.match("[А-Я]", contract.owner.label)
    assert re.match("[А-Я]", contract.title)
    assert 0 <= contract.limit_share < 1
    assert re.fullmatch(r"(staging|intermediate)/[a-z_]+", contract.asset)


@every_contract
def test_an_error_is_what_the_data_owner_mends_and_it_allows_no_failure(
    contract: QualityContract,
) -> None:
    is_error = contract.severity == "error"
    assert is_error is (contract.owner == DATA_OWNER)
    assert contract.limit_share == 0 or not is_error


@every_contract
def test_every_query_stands_in_the_schemas_of_its_prefix(contract: QualityContract) -> None:
    query = contract.query(prefix="dev_", now=NOW)
    # Great Expectations accepts nothing before the select.
    assert query.startswith("select\n")
    schemas = re.findall(r"(?:from|join) (\w+)\.\w+ as", query)
    assert schemas
    assert all(schema.startswith("dev_") for schema in schemas)


def test_a_check_is_named_once_per_asset() -> None:
    names = [(contract.asset, contract.check_id) for contract in contracts()]
    assert len(names) == len(set(names))


def test_the_list_shows_every_check() -> None:
    lines = report.catalogue(contracts()).splitlines()
    assert len(lines) == len(contracts())


def test_importing_the_package_loads_no_great_expectations_and_no_driver() -> None:
    modules = "expectations.catalog, expectations.runner, expectations.report, sys"
    code = (
        f"import {modules}; print(sorted({{'great_expectations', 'sqlalchemy', 'pandas'}}"
        " & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
