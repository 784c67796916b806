"""What the environment may say and what the others are told."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from psycopg.conninfo import conninfo_to_dict

from warehouse.__main__ import psql_call
from warehouse.connections import Connections
from warehouse.errors import WarehouseError
from warehouse.passwords import OWNERS, ensure_passwords, password_file
from warehouse.settings import Settings

PASSWORDS = {owner: f"{owner}-secret" for owner in OWNERS}


def test_nothing_in_the_environment_means_the_embedded_server_under_var():
    settings = Settings.from_environment({})
    assert settings.admin_url is None
    assert settings.var_dir == Path("var").absolute()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WAREHOUSE_EMBEDDED_PORT", "http"),
        ("WAREHOUSE_EMBEDDED_PORT", "70000"),
        ("WAREHOUSE_PREFIX", 'x"; drop'),
        ("BUSINESS_TIMEZONE", "Moscow/Europe"),
        ("COMPANY_LOCALE", "de"),
    ],
)
def test_a_senseless_setting_is_named(name: str, value: str):
    with pytest.raises(WarehouseError, match=name):
        Settings.from_environment({name: value})


@pytest.mark.parametrize(
    "url", ["warehouse", "mysql://u:p@h/d", "postgresql:///postgres", "postgresql://h:99999/x"]
)
def test_an_unusable_warehouse_url_is_refused_without_repeating_it(url: str):
    with pytest.raises(WarehouseError, match="WAREHOUSE_URL must look like") as caught:
        Connections.company(url, PASSWORDS)
    assert url not in str(caught.value)


def test_options_of_the_companys_url_are_kept_for_every_role():
    admin_url = "postgresql://boss:p%40ss@db.example:6432/postgres?sslmode=require"
    connections = Connections.company(admin_url, PASSWORDS)
    reader = "postgresql://reader:reader-secret@db.example:6432/warehouse?sslmode=require"
    assert connections.url("reader") == reader
    assert connections.url("admin").startswith("postgresql://boss:p%40ss@db.example:6432/warehouse")
    assert connections.environment()["WAREHOUSE_SSLMODE"] == "require"


def test_dagster_gets_the_driver_it_can_use_and_its_own_database():
    url = urlsplit(Connections.embedded(5544, PASSWORDS).environment()["DAGSTER_POSTGRES_URL"])
    assert (url.scheme, url.path) == ("postgresql+psycopg2", "/dagster")


def test_psql_gets_its_password_outside_the_process_list():
    arguments, environment = psql_call(Connections.embedded(5544, PASSWORDS), "reader", {})
    assert environment == {"PGPASSWORD": "reader-secret"}
    assert "secret" not in " ".join(arguments)
    assert conninfo_to_dict(arguments[1])["user"] == "reader"


def test_passwords_stay_out_of_the_representation():
    assert "secret" not in repr(Connections.embedded(5544, PASSWORDS))


def test_passwords_are_made_once_and_readable_only_by_their_owner(tmp_path: Path):
    first = ensure_passwords(tmp_path)
    assert len(set(first.values())) == len(OWNERS)
    password_file(tmp_path).chmod(0o644)
    assert ensure_passwords(tmp_path) == first
    assert password_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_damaged_password_file_is_named(tmp_path: Path):
    password_file(tmp_path).write_text('{"loader": "x"}')
    with pytest.raises(WarehouseError, match=r"passwords\.json is damaged"):
        ensure_passwords(tmp_path)
