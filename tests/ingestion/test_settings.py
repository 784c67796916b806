"""What the environment may say, and what is said when it says nonsense."""

import pytest

from ingestion.catalog import SourceSpec, Variable
from ingestion.errors import SettingsError
from ingestion.settings import Settings, positive_number

SOURCE = SourceSpec(
    name="toy",
    title="a toy",
    tables=(),
    variables=(
        Variable("TOY_URL", "where it is"),
        Variable("TOY_TOKEN", "its token", secret=True),
        Variable("TOY_ACCOUNT", "its name", "main"),
        Variable("TOY_CODE", "only at first", may_be_absent=True),
    ),
    account_variable="TOY_ACCOUNT",
    open=lambda values, context: pytest.fail("nothing is opened here"),
)


def settings(**variables: str) -> Settings:
    return Settings.from_env({"TOY_URL": "http://toy", **variables})


def test_an_unknown_time_zone_is_told_by_its_variable():
    with pytest.raises(SettingsError, match="BUSINESS_TIMEZONE=Mars is not a time zone"):
        Settings.from_env({"BUSINESS_TIMEZONE": "Mars"})


def test_secrets_are_not_part_of_the_settings_repr():
    given = settings(TOY_TOKEN="hush", WAREHOUSE_LOADER_URL="postgresql://l:hush@h/w")

    assert "hush" not in repr(given)


def test_a_missing_variable_is_named_and_one_that_may_be_absent_is_left_out():
    with pytest.raises(SettingsError, match="source toy needs TOY_TOKEN: its token"):
        settings().of(SOURCE, "main")

    assert settings(TOY_TOKEN="t").of(SOURCE, "main") == {
        "TOY_ACCOUNT": "main",
        "TOY_URL": "http://toy",
        "TOY_TOKEN": "t",
    }


def test_a_secret_may_lie_in_a_mounted_file_and_other_variables_may_not(tmp_path):
    (tmp_path / "token").write_text("from the file\n")
    named = str(tmp_path / "token")

    assert settings(TOY_TOKEN_FILE=named).of(SOURCE, "main")["TOY_TOKEN"] == "from the file"
    assert "TOY_CODE" not in settings(TOY_TOKEN="t", TOY_CODE_FILE=named).of(SOURCE, "main")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "TOY_TOKEN_FILE names .*token, which cannot be read"),
        ("", "TOY_TOKEN_FILE names .*token, and that file is empty"),
    ],
)
def test_a_secret_file_that_cannot_be_used_is_told(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "token").write_text(content)

    with pytest.raises(SettingsError, match=sentence):
        settings(TOY_TOKEN_FILE=str(tmp_path / "token")).of(SOURCE, "main")


def test_a_variable_of_one_account_wins_for_it_alone():
    given = settings(TOY_ACCOUNT="main, kz-2", TOY_TOKEN="common", TOY_TOKEN__KZ_2="own")

    assert given.accounts(SOURCE) == ("main", "kz-2")
    assert given.of(SOURCE, "main")["TOY_TOKEN"] == "common"
    assert given.of(SOURCE, "kz-2") == {
        "TOY_ACCOUNT": "kz-2",
        "TOY_URL": "http://toy",
        "TOY_TOKEN": "own",
    }


def test_what_only_one_of_several_accounts_lacks_is_named_for_it():
    given = settings(TOY_ACCOUNT="main,kz", TOY_TOKEN__MAIN="own")

    with pytest.raises(SettingsError, match=r"needs TOY_TOKEN \(or, for account kz alone, …__KZ"):
        given.of(SOURCE, "kz")


def test_a_source_is_on_when_one_of_its_accounts_is_given():
    assert not Settings.from_env({}).is_on(SOURCE)
    assert Settings.from_env({"TOY_URL__KZ": "http://kz"}).is_on(SOURCE)


def test_a_number_may_be_whole_or_not():
    assert (positive_number("X", "7"), positive_number("X", "0.5")) == (7, 0.5)


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "inf", "7,5"])
def test_what_is_no_number_above_zero_is_told_by_its_variable(text):
    with pytest.raises(SettingsError, match=f"^X={text} is not a number above zero"):
        positive_number("X", text)


def test_the_bound_of_a_sweep_is_a_number_above_zero():
    with pytest.raises(SettingsError, match="INGESTION_SWEEP_ROWS=0 is not a number above zero"):
        Settings.from_env({"INGESTION_SWEEP_ROWS": "0"})
