"""`$filter` of the 1C OData interface: from its text to a test of one record.

Comparisons, `and`, `or`, `not`, arithmetic, the vendor's functions, `any` and `all` over a tabular
part; literals `datetime'...'`, `guid'...'`, strings (a quote is doubled), numbers, true and false.
Nothing is evaluated as code. Paths into another entity (`Контрагент/ИНН`) are not spoken here.

Grammar: any := every {"or" every};  every := one {"and" one};
         one := "not" one | "(" any ")" | value [comparison value]
         value := term {("add"|"sub") term};  term := factor {("mul"|"div") factor}
         factor := name | literal | function "(" value {"," value} ")" | "(" value ")"
                 | name "/" ("any"|"all") "(" variable ":" any ")" | variable "/" name
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from demo.odata_functions import FUNCTIONS, BadArgumentError, Typed, property_value
from demo.selections import Record

Test = Callable[[Record], bool]
Value = Callable[[Record], Any]

MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<typed>(?:datetime|guid)'[^']*')
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
      | (?P<name>\w+)
      | (?P<mark>[(),/:])
    )""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
}
_CONSTANTS = {"true": True, "false": False}
_LAMBDAS: dict[str, Callable[..., bool]] = {"any": any, "all": all}
_RESERVED = {*_COMPARISONS, *_ARITHMETIC, *_CONSTANTS, "and", "or", "not"}


class BadFilterError(ValueError):
    """The text of `$filter` cannot be parsed; the message says where."""


class UnknownFunctionError(BadFilterError):
    """A function that is not there, or with the wrong number of arguments."""


@dataclass(frozen=True)
class Filter:
    """A parsed filter: `test` of one record and the property `names` it looks at."""

    test: Test
    names: frozenset[str]


@dataclass(frozen=True)
class Guid:
    """A reference in the text of a filter."""

    text: str


def stored_order(guid: str) -> str:
    """What a reference compares by inside 1C's tables: its last groups weigh most."""
    return "".join(reversed(guid.split("-")))


def parse_filter(text: str) -> Filter:
    """Parse the decoded text of `$filter`; raises BadFilterError."""
    parser = _Parser(_tokens(text))
    test = parser.any_of(0)
    if parser.kind:
        raise BadFilterError(f"unexpected {parser.word!r} at the end")
    return Filter(test, frozenset(parser.names))


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each token, closed by an empty one."""
    tokens = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise BadFilterError(f"cannot read {text[position : position + 20]!r}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return [*tokens, ("", "")]


class _Parser:
    """Recursive descent over the tokens; `kind` and `word` are those of the current one.

    Inside `any(d: ...)` the tests get the rows of the tabular part, and `variable` is `d`.
    """

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._place = 0
        self._variable: str | None = None
        self.names: set[str] = set()

    @property
    def kind(self) -> str:
        return self._tokens[self._place][0]

    @property
    def word(self) -> str:
        return self._tokens[self._place][1]

    def _next(self) -> str:
        if not self.kind:
            raise BadFilterError("it ends too early")
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _take(self, *words: str) -> str | None:
        """The current token if it is one of these words or marks."""
        if self.kind not in ("name", "mark") or self.word not in words:
            return None
        return self._next()

    def _expect(self, mark: str) -> None:
        if self._take(mark) is None:
            raise BadFilterError(f"{mark!r} is expected, not {self.word!r}")

    def any_of(self, depth: int) -> Test:
        tests = [self._every(depth)]
        while self._take("or"):
            tests.append(self._every(depth))
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def _every(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._take("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise BadFilterError(f"nested deeper than {MAX_DEPTH}")
        if self._take("not"):
            test = self._one(depth + 1)
            return lambda record: not test(record)
        if (grouped := self._grouped(depth)) is not None:
            return grouped
        left, is_test = self._value(depth)
        comparison = self._take(*_COMPARISONS)
        if comparison is None:
            if is_test:
                return lambda record: bool(left(record))
            raise BadFilterError(f"a comparison is expected, not {self.word!r}")
        return _compared(left, _COMPARISONS[comparison], self._value(depth)[0])

    def _grouped(self, depth: int) -> Test | None:
        """A test in parentheses, unless what follows shows that they hold a value: `(a add 1) gt`.

        Told apart by looking for the closing one first, so nothing is parsed twice.
        """
        if (self.kind, self.word) != ("mark", "("):
            return None
        after = self._tokens[self._closing(self._place) + 1]
        if after[1] in _COMPARISONS or after[1] in _ARITHMETIC:
            return None
        self._next()
        inner = self.any_of(depth + 1)
        self._expect(")")
        return inner

    def _closing(self, opening: int) -> int:
        level = 0
        for place in range(opening, len(self._tokens)):
            kind, word = self._tokens[place]
            level += (kind == "mark") * ((word == "(") - (word == ")"))
            if level == 0:
                return place
        raise BadFilterError("a closing parenthesis is missing")

    def _value(self, depth: int) -> tuple[Value, bool]:
        """A value, and whether it is true or false by itself (a function, not a property)."""
        left, is_test = self._term(depth)
        while word := self._take("add", "sub"):
            left, is_test = _counted(left, word, self._term(depth)[0]), False
        return left, is_test

    def _term(self, depth: int) -> tuple[Value, bool]:
        left, is_test = self._factor(depth)
        while word := self._take("mul", "div"):
            left, is_test = _counted(left, word, self._factor(depth)[0]), False
        return left, is_test

    def _factor(self, depth: int) -> tuple[Value, bool]:
        if depth > MAX_DEPTH:
            raise BadFilterError(f"nested deeper than {MAX_DEPTH}")
        if self._take("("):
            inner = self._value(depth + 1)[0]
            self._expect(")")
            return inner, False
        kind, word = self.kind, self._next()
        if kind != "name" or word in _RESERVED:
            value = _literal(kind, word)
            return lambda record: value, False
        if self._take("("):
            return self._called(word, depth), True
        if self._take("/"):
            return self._path(word, depth)
        if self._variable is not None:
            raise BadFilterError(f"{word!r} does not say whose property it is")
        self.names.add(word)
        return lambda record: property_value(record, word), False

    def _called(self, name: str, depth: int) -> Value:
        arguments = [self._value(depth + 1)[0]]
        while self._take(","):
            arguments.append(self._value(depth + 1)[0])
        self._expect(")")
        if name not in FUNCTIONS:
            raise UnknownFunctionError(f"function {name!r} is not there")
        counts, function = FUNCTIONS[name]
        if len(arguments) not in counts:
            raise UnknownFunctionError(f"function {name!r} takes {counts[0]} arguments")

        def called(record: Record) -> Any:
            values = [argument(record) for argument in arguments]
            return function(*(one.text if isinstance(one, Guid) else one for one in values))

        return called

    def _path(self, owner: str, depth: int) -> tuple[Value, bool]:
        if owner == self._variable:
            name = self._next()
            return lambda record: property_value(record, name), False
        word = self._next()
        if word not in _LAMBDAS or self._variable is not None:
            raise BadFilterError(f"the path {owner}/{word} is not spoken here")
        self.names.add(owner)
        self._expect("(")
        if self._take(")"):
            return lambda record: bool(record.get(owner)) == (word == "any"), True
        self._variable = self._next()
        self._expect(":")
        test = self.any_of(depth + 1)
        self._expect(")")
        self._variable = None
        chosen = _LAMBDAS[word]
        return lambda record: chosen(test(row) for row in record.get(owner) or ()), True


def literal_value(text: str) -> Any:
    """The value of one literal as it stands in JSON; BadFilterError where it is none."""
    tokens = _tokens(text)
    value = _literal(*tokens[0])
    if len(tokens) != 2:
        raise BadFilterError(f"{text!r} is more than one value")
    return value.text if isinstance(value, Guid) else value


def _literal(kind: str, word: str) -> Any:
    """The value of a literal, as the same value stands in JSON."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if kind == "number":
        return float(word) if "." in word else int(word)
    if kind == "text":
        return word[1:-1].replace("''", "'")
    if kind == "typed":
        prefix, value = word[:-1].split("'", 1)
        try:
            if prefix == "guid":
                return Guid(str(UUID(value)))
            return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()
        except ValueError:
            raise BadFilterError(f"{word} is not a {prefix}") from None
    raise BadFilterError(f"a property or a value is expected, not {word!r}")


def _counted(left: Value, word: str, right: Value) -> Value:
    apply = _ARITHMETIC[word]

    def counted(record: Record) -> Any:
        one, other = _number(left(record)), _number(right(record))
        if not isinstance(one, int | float) or not isinstance(other, int | float):
            raise BadArgumentError(f"{word} needs numbers")
        if word == "div" and other == 0:
            raise BadArgumentError("division by zero")
        return apply(one, other)

    return counted


def _compared(left: Value, compare: Callable[[Any, Any], bool], right: Value) -> Test:
    def test(record: Record) -> bool:
        one, other = left(record), right(record)
        if isinstance(one, Typed) or isinstance(other, Typed):
            # A composite property meets only what `cast` made; anything else gives nothing.
            both = isinstance(one, Typed) and isinstance(other, Typed)
            return both and compare in (operator.eq, operator.ne) and compare(one, other)
        one, other = _same_type(one, other)
        if type(one) is not type(other):
            return compare is operator.ne
        return compare(one, other)

    return test


def _same_type(one: Any, other: Any) -> tuple[Any, Any]:
    """References meet as such; numbers as numbers, also Int64, which JSON carries as a string."""
    if isinstance(one, Guid) or isinstance(other, Guid):
        return _stored(one), _stored(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return one, other
    if isinstance(one, int | float) or isinstance(other, int | float):
        return _number(one), _number(other)
    return one, other


def _stored(value: Any) -> Any:
    text = value.text if isinstance(value, Guid) else value
    return stored_order(text) if isinstance(text, str) else text


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
