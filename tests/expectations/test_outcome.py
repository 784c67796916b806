"""Reading a Great Expectations result, and keeping people's contacts out of what we say."""

from __future__ import annotations

import pytest

from expectations.outcome import without_contacts


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Входящий звонок от 79161234567", "Входящий звонок от …"),
        ("+7 (916) 123-45-67, Анна", "…, Анна"),
        ("8.916.123.45.67", "…"),
        ("почта anna@example.org срочно", "почта … срочно"),
        ("Сделка #31000001", "Сделка #31000001"),
        ("счёт № 123 от 12.03.2026", "счёт № 123 от 12.03.2026"),
    ],
)
def test_a_phone_and_an_email_are_blotted_out_of_a_title(written: str, shown: str) -> None:
    assert without_contacts(written) == shown
