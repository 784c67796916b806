"""What the variables may say, and the sentence for what they may not."""

import pytest

from ingestion.errors import SettingsError
from ingestion.settings import positive_number


def test_a_number_may_be_whole_or_not():
    assert (positive_number("X", "7"), positive_number("X", "0.5")) == (7, 0.5)


@pytest.mark.parametrize("text", ["many", "0", "-1", "nan", "inf", "7,5"])
def test_what_is_no_number_above_zero_is_told_by_its_variable(text):
    with pytest.raises(SettingsError, match=f"^X={text} is not a number above zero"):
        positive_number("X", text)
