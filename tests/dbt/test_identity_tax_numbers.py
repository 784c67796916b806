"""Tax numbers in Postgres against a library of them; it lacks Kazakhstan, so known ones stand in.

Check digits are there to find slips, so each way of slipping is tried on numbers that are right.
"""

from collections.abc import Callable, Iterator
from random import Random

import pytest
from stdnum.ru import inn
from stdnum.ua import edrpou, rntrc

from tests.dbt.conftest import Dbt, Macros, compiled_macros

pytestmark = pytest.mark.integration

COUNTRIES = ("RU", "KZ", "UA")
KAZAKH = ("971240001315", "940140000385", "010940000162", "020240000555", "980540002879")
"""Of companies that publish them: Kaspi, Halyk, Air Astana, KazMunayGas, Kcell."""


@pytest.fixture(scope="module")
def macros(dbt_of: Callable[..., Dbt]) -> Iterator[Macros]:
    calls = {country: f"tax_customer_id('written', '{country}')" for country in COUNTRIES}
    calls["digits"] = "tax_number_digits('written')"
    with compiled_macros(dbt_of("identity_tax_numbers_"), calls) as compiled:
        yield compiled


def random_digits(length: int, seed: int, count: int = 20_000) -> list[str]:
    chance = Random(seed)
    return [f"{chance.randrange(10**length):0{length}d}" for _ in range(count)]


@pytest.mark.parametrize(
    ("home", "length", "is_valid", "prefix"),
    [
        ("RU", 10, inn.is_valid, "tax:RU:"),
        ("KZ", 10, inn.is_valid, "tax:RU:"),
        ("UA", 10, rntrc.is_valid, "tax:UA:"),
        ("RU", 8, edrpou.is_valid, "tax:UA:"),
        ("UA", 8, edrpou.is_valid, "tax:UA:"),
    ],
)
def test_a_number_is_right_when_the_library_says_so(
    macros: Macros, home: str, length: int, is_valid: Callable[[str], bool], prefix: str
) -> None:
    numbers = random_digits(length, seed=length)
    read = macros.read(home, numbers)
    assert read == [prefix + number if is_valid(number) else None for number in numbers]
    assert sum(value is not None for value in read) > 1_000


@pytest.mark.parametrize("home", COUNTRIES)
def test_twelve_digits_are_a_russian_persons_or_kazakh(macros: Macros, home: str) -> None:
    """Of a number that is both, the home country's."""
    numbers = random_digits(12, seed=12)
    persons = [number[:10] + inn.calc_personal_check_digits(number) for number in numbers]
    read = macros.read(home, persons)
    as_russian = [f"tax:RU:{number}" for number in persons]
    if home != "KZ":
        assert read == as_russian
    else:
        both = [value for value, russian in zip(read, as_russian, strict=True) if value != russian]
        assert all(value and value.startswith("tax:KZ:") for value in both)
        assert 0 < len(both) < len(persons) / 50
    assert macros.read(home, list(KAZAKH)) == [f"tax:KZ:{number}" for number in KAZAKH]


@pytest.mark.parametrize("number", ["7707083893", "500100732259", "14360570", *KAZAKH])
def test_nine_of_ten_slips_in_one_digit_make_a_number_nobodys(macros: Macros, number: str) -> None:
    """Where a rest of 10 asks for other weights or counts as 0, a slip may hit a right number."""
    slips = [
        number[:place] + digit + number[place + 1 :]
        for place in range(len(number))
        for digit in "0123456789"
        if digit != number[place]
    ]
    found = sum(value is None for value in macros.read("RU", slips))
    assert macros.read("RU", [number]) != [None]
    assert found / len(slips) > 0.89


@pytest.mark.parametrize(
    "text", ["", "0000000000", "00000000", "000000000000", "770708389", "77070838930", "нет"]
)
def test_what_people_put_in_place_of_a_number_is_none(macros: Macros, text: str) -> None:
    assert [macros.read(home, [text]) for home in COUNTRIES] == [[None]] * 3


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("7707083893/773601001", "7707083893"),
        ("ИНН 7707083893 КПП 773601001", "7707083893"),
        ("77 0708 3893", "7707083893"),
        ("7707083894", "7707083894"),
        ("нет", None),
    ],
    ids=["КПП behind a slash", "КПП named", "in groups", "wrong, but visible", "none"],
)
def test_the_digits_of_a_number_are_kept_as_they_are(
    macros: Macros, text: str, digits: str | None
) -> None:
    assert macros.read("digits", [text]) == [digits]
