"""The policy file: a fault is one sentence naming the place; the shipped file has none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import alerts
from alerts.models import AlertsError, Candidate
from alerts.policy import Policy, load_policy

POLICY_FILE = Path(alerts.__file__).with_name("policy.yml")


def test_the_shipped_policy_names_people_by_variable_and_their_chats_by_environment(
    policy: Policy,
) -> None:
    (head,) = policy.people["sales_head"]
    assert (head.id, head.chat) == ("sales_head", "-100500")
    assert "-100500" not in repr(head)


def test_a_chat_that_is_not_configured_is_no_chat() -> None:
    policy = load_policy(POLICY_FILE, {})
    assert policy.people["marketer"][0].chat is None


def test_a_managers_chat_is_found_by_the_managers_id(
    tmp_path: Path, overdue: Callable[..., Candidate]
) -> None:
    document = yaml.safe_load(POLICY_FILE.read_text())
    document["manager_chats"] = {"amocrm:main:9101": 777}
    file = tmp_path / "policy.yml"
    file.write_text(yaml.safe_dump(document))
    manager, head = (who for who, _ in load_policy(file, {}).audience(overdue(1)))
    assert (manager.role, manager.name, manager.chat) == ("manager", "Иванов Пётр", "777")
    assert head.role == "sales_head"


def _set(document: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split("/")
    for parent in parents:
        document = document[parent]
    document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("daily_cap", "many", "daily_cap must be a number of at least 1"),
        ("surprise", 1, "unknown key `surprise`"),
        ("digest_at", "07:00", "digest_at must be outside the quiet hours"),
        ("digest_at", 930, "digest_at must be a time in quotes"),
        ("quiet_hours/from", "08:00", "must be over midnight"),
        ("quiet_hours/days_off", ["Sunday"], "days_off[1] must be one of mon, tue"),
        ("units/deals", ["сделка"], "units: deals must be three forms"),
        ("rules/no_new_leads/tell/boss", "at_once", "tell: boss: no such role"),
        ("rules/no_new_leads/tell/marketer", "loudly", "must be at_once or digest"),
        ("rules/no_new_leads/repeat_after_hours", 0, "must be a number of at least 1"),
        ("rules/no_new_leads/texts/title", "Лидов {amount}", "unknown placeholder {amount}"),
        ("rules/no_new_leads/texts/title", "Лидов {observed", "whose braces are closed"),
        ("rules/no_new_leads/texts/title", "", "title must be a text"),
        ("rules/no_new_leads/texts/what_to_do", {"marketer": "x"}, "`sales_head` is missing"),
        ("recipients/sales_head", [{"id": "marketer", "name": "x", "chat": 1}], "must be unique"),
        ("recipients/sales_head", [{"id": "a", "name": "x", "chat": "env:HOME"}], "TELEGRAM_CHAT_"),
    ],
)
def test_a_fault_is_one_sentence_that_names_the_place(
    tmp_path: Path, path: str, value: object, sentence: str
) -> None:
    document = yaml.safe_load(POLICY_FILE.read_text())
    _set(document, path, value)
    file = tmp_path / "policy.yml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    with pytest.raises(AlertsError) as caught:
        load_policy(file, {})
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("policy.yml")


def test_a_missing_file_and_broken_yaml_say_so(tmp_path: Path) -> None:
    with pytest.raises(AlertsError, match="cannot be read"):
        load_policy(tmp_path / "absent.yml", {})
    broken = tmp_path / "broken.yml"
    broken.write_text("rules:\n  a: [1\n")
    with pytest.raises(AlertsError, match=r"not valid UTF-8 YAML near line \d"):
        load_policy(broken, {})
