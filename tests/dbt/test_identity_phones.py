"""Phones, addresses and tax numbers as people write them: the macros' SQL in Postgres.

Google's library for phones judges the phones. It knows every country's numbers; the SQL knows
those of Russia, Kazakhstan and Ukraine by their first digits and of the rest only the length. So
a number that is valid must read alike in both, and what the SQL reads must at least be possible.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, ValidationResult

from tests.dbt.conftest import Dbt, Macros, compiled_macros

pytestmark = pytest.mark.integration

COUNTRIES = ("RU", "KZ", "UA")
OURS = (7, 380)
ABROAD = {"RU": "810", "KZ": "810", "UA": "00"}
TRUNKS = {"RU": ("8",), "KZ": ("8",), "UA": ("0", "80")}
EXAMPLES = settings(
    max_examples=25,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def macros(dbt_of: Callable[..., Dbt]) -> Iterator[Macros]:
    calls = {country: f"normalised_phones('written', '{country}')" for country in COUNTRIES}
    calls["emails"] = "normalised_emails('written')"
    with compiled_macros(dbt_of("identity_phones_"), calls) as compiled:
        yield compiled


def parsed(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    """As the library dials it from the country, else as from abroad with its plus forgotten."""
    digits = re.sub(r"\D", "", text)
    attempts = [text]
    if digits.startswith("00") or (len(digits) >= 11 and not digits.startswith(TRUNKS[country])):
        attempts.append("+" + digits.removeprefix("00"))
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
    return None


def e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def is_possible(phone: str) -> bool:
    """By its length in our countries, else by that of any number."""
    if not phone.startswith(tuple(f"+{code}" for code in OURS)):
        return re.fullmatch(r"\+[1-9]\d{7,14}", phone) is not None
    number = phonenumbers.parse(phone, None)
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason == ValidationResult.IS_POSSIBLE


@st.composite
def numbers(draw: st.DrawFn, *countries: str) -> phonenumbers.PhoneNumber:
    """A valid number: an example of the library's, its last digits changed."""
    country = draw(st.sampled_from(countries))
    kinds = sorted(phonenumbers.supported_types_for_region(country))
    example = phonenumbers.example_number_for_type(country, draw(st.sampled_from(kinds)))
    national = phonenumbers.national_significant_number(example)
    kept = len(national) - draw(st.integers(0, 7))
    digits = national[:kept] + draw(st.text("0123456789", min_size=7, max_size=7))
    number = phonenumbers.PhoneNumber(
        country_code=example.country_code, national_number=int(digits[: len(national)])
    )
    return number if phonenumbers.is_valid_number(number) else example


@st.composite
def spellings(draw: st.DrawFn, number: phonenumbers.PhoneNumber, country: str) -> str:
    """The number as somebody in the country writes it."""
    national = phonenumbers.national_significant_number(number)
    prefixes = ["+{} ", "+{}", ABROAD[country] + "{}", ABROAD[country] + " {} "]
    if number.country_code == phonenumbers.country_code_for_region(country):
        trunk = TRUNKS[country][0]
        prefixes += [trunk, trunk + " ", trunk + "-", "{}", "{} ", ""]
    elif not f"{number.country_code}{national}".startswith(TRUNKS[country]):
        prefixes += ["{}"] * (len(f"{number.country_code}{national}") >= 11)
    prefix = draw(st.sampled_from(prefixes)).format(number.country_code)
    style = draw(st.sampled_from(["bare", "bracket", "groups", "dots"]))
    code, rest = national[:3], national[3:]
    groups = [rest[:-4], rest[-4:-2], rest[-2:]]
    return prefix + {
        "bare": national,
        "bracket": f"({code}) {'-'.join(groups)}",
        "groups": " ".join([code, *groups]),
        "dots": ".".join([code, *groups]),
    }[style]  # fmt: skip


SURROUNDINGS = st.sampled_from([
    "{}", " {} ", "{} доб. 12", "{} доб.1234", "{}, доб 305", "{} ext. 7", "{} вн. 101",
    "тел. {}", "{} Иван", "{} (Анна, секретарь)", "моб: {};",
])  # fmt: skip
SEPARATORS = st.sampled_from([", ", "; ", " / ", "\n", " или ", " и ", ",", "|"])
GARBAGE = st.one_of(
    st.text("0123456789+()- .", max_size=24),
    st.text("0123456789", min_size=9, max_size=13),
    st.text("0123456789", min_size=10, max_size=10).map(lambda digits: f"+7{digits}"),
    st.text("0123456789", min_size=10, max_size=10).map(lambda digits: f"8 {digits}"),
    st.text("0123456789", min_size=9, max_size=9).map(lambda digits: f"+380{digits}"),
    st.text("0123456789", min_size=1, max_size=6),
    st.text(max_size=20),
)


@pytest.mark.parametrize("country", COUNTRIES)
@EXAMPLES
@given(data=st.data())
def test_a_valid_number_reads_as_the_library_reads_it(
    macros: Macros, country: str, data: st.DataObject
) -> None:
    abroad = ("DE", "US", "GB", "CN", "TR", "BY", "UZ", "GE", "PL", "IL")
    chosen = data.draw(st.lists(numbers(*COUNTRIES, *COUNTRIES, *abroad), min_size=20, max_size=20))
    texts = [data.draw(spellings(number, country)) for number in chosen]
    for text, number in zip(texts, chosen, strict=True):
        assert parsed(text, country) == number, f"the test's own spelling {text}"
    surrounded = [data.draw(SURROUNDINGS).format(text) for text in texts]
    read = macros.read(country, surrounded)
    assert dict(zip(surrounded, read, strict=True)) == {
        text: [e164(number)] for text, number in zip(surrounded, chosen, strict=True)
    }


@pytest.mark.parametrize("country", COUNTRIES)
@EXAMPLES
@given(data=st.data())
def test_every_number_of_a_field_is_read(macros: Macros, country: str, data: st.DataObject) -> None:
    expected = {}
    for _ in range(10):
        chosen = data.draw(st.lists(numbers(*COUNTRIES), min_size=2, max_size=3))
        texts = [data.draw(spellings(number, country)) for number in chosen]
        field = data.draw(SEPARATORS).join(texts)
        expected[field] = list(dict.fromkeys(map(e164, chosen)))
    assert dict(zip(expected, macros.read(country, list(expected)), strict=True)) == expected


@pytest.mark.parametrize("country", COUNTRIES)
@EXAMPLES
@given(texts=st.lists(GARBAGE, min_size=30, max_size=30))
def test_what_is_no_number_is_none_and_what_is_one_is_not_lost(
    macros: Macros, country: str, texts: list[str]
) -> None:
    readable = [text.replace("\0", "") for text in texts]
    for text, read in zip(readable, macros.read(country, readable), strict=True):
        assert all(map(is_possible, read)), (text, read)
        if re.fullmatch(r"\s*[+(]?[0-9() .-]*", text) and (number := parsed(text, country)):
            # A trunk zero behind the code of a country we do not know stays.
            assert e164(number) in read or (read and number.country_code not in OURS), text


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("+8 916 123-45-67", "RU", "+79161234567"),
        ("8 (050) 123-45-67", "UA", "+380501234567"),
        ("0049 30 12345678", "RU", "+493012345678"),
        ("380501234567", "RU", "+380501234567"),
    ],
    ids=["plus before the trunk", "trunk of before 2009", "00 from Russia", "no plus"],
)
def test_slips_that_the_library_refuses_are_understood(
    macros: Macros, text: str, country: str, phone: str
) -> None:
    with suppress(phonenumbers.NumberParseException):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(text, country))
    assert macros.read(country, [text]) == [[phone]]


@pytest.mark.parametrize(
    "text",
    ["8 916 123-45-6", "+7 916 123-45-678", "8916123456", "79161234567890", "101", "доб. 12",
     "123-45-67", "0000000000", "86 10 6505 2255", "8-800-ПОЗВОНИ", "нет", "", "18-00 до 20:00"],
)  # fmt: skip
def test_nothing_is_made_of_what_cannot_be_dialled(macros: Macros, text: str) -> None:
    assert macros.read("RU", [text]) == [[]]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (" Anna@Example.COM ", ["anna@example.com"]),
        ("mailto:anna@example.com", ["anna@example.com"]),
        ("Анна <anna@example.com>.", ["anna@example.com"]),
        ("anna@example.com; boris@example.org.", ["anna@example.com", "boris@example.org"]),
        ("ИВАН@Почта.РФ", ["иван@почта.рф"]),
        ("anna+shop@mail.example.com..", ["anna+shop@mail.example.com"]),
        ("anna@localhost", []),
        ("anna example.com", []),
        ("@example.com", []),
        ("нет", []),
    ],
)
def test_addresses_are_read_out_of_what_surrounds_them(
    macros: Macros, text: str, addresses: list[str]
) -> None:
    assert macros.read("emails", [text]) == [addresses]
