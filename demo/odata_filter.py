"""`$filter` of the 1C OData interface: from its text to a test of one record.

The part of the language clients of accounting data need: comparisons, `and`, `or`, `not`,
parentheses; literals `datetime'...'`, `guid'...'`, strings (a quote is doubled), numbers, true and
false. Nothing is evaluated as code. Functions, arithmetic, lambdas and `cast` are not spoken here
and are refused.

Grammar: any := every {"or" every};  every := one {"and" one};
         one := "not" one | "(" any ")" | side comparison side;  side := name | literal
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Record = dict[str, Any]
Test = Callable[[Record], bool]
Side = Callable[[Record], Any]

MAX_DEPTH = 50

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<typed>(?:datetime|guid)'[^']*')
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
      | (?P<name>\w+)
      | (?P<bracket>[()])
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
_CONSTANTS = {"true": True, "false": False}
_RESERVED = {*_COMPARISONS, *_CONSTANTS, "and", "or", "not"}


class BadFilterError(ValueError):
    """The text of `$filter` cannot be parsed; the message says where."""


@dataclass(frozen=True)
class Filter:
    """A parsed filter: `test` of one record and the property `names` it looks at."""

    test: Test
    names: frozenset[str]


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
    """Recursive descent over the tokens; `kind` and `word` are those of the current one."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._rest = iter(tokens)
        self.names: set[str] = set()
        self.kind, self.word = next(self._rest)

    def _next(self) -> str:
        word = self.word
        if not self.kind:
            raise BadFilterError("it ends too early")
        self.kind, self.word = next(self._rest)
        return word

    def any_of(self, depth: int) -> Test:
        tests = [self._every(depth)]
        while self._take_name("or"):
            tests.append(self._every(depth))
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def _every(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._take_name("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > MAX_DEPTH:
            raise BadFilterError(f"nested deeper than {MAX_DEPTH}")
        if self._take_name("not"):
            test = self._one(depth + 1)
            return lambda record: not test(record)
        if (self.kind, self.word) == ("bracket", "("):
            self._next()
            inner = self.any_of(depth + 1)
            if self._next() != ")":
                raise BadFilterError("a closing parenthesis is missing")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._side()
        word = self._next()
        compare = _COMPARISONS.get(word)
        if compare is None:
            raise BadFilterError(f"a comparison is expected, not {word!r}")
        return _compared(left, compare, self._side())

    def _side(self) -> Side:
        kind, word = self.kind, self._next()
        if kind == "name" and word not in _RESERVED:
            self.names.add(word)
            return lambda record: record.get(word)
        value = _literal(kind, word)
        return lambda record: value

    def _take_name(self, word: str) -> bool:
        if (self.kind, self.word) != ("name", word):
            return False
        self._next()
        return True


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
                return str(UUID(value))
            return datetime.fromisoformat(value).replace(tzinfo=None).isoformat()
        except ValueError:
            raise BadFilterError(f"{word} is not a {prefix}") from None
    raise BadFilterError(f"a property or a value is expected, not {word!r}")


def _compared(left: Side, compare: Callable[[Any, Any], bool], right: Side) -> Test:
    def test(record: Record) -> bool:
        one, other = _same_type(left(record), right(record))
        if type(one) is not type(other):
            return compare is operator.ne
        return compare(one, other)

    return test


def _same_type(one: Any, other: Any) -> tuple[Any, Any]:
    """Numbers meet as numbers, also Int64, which JSON carries as a string."""
    numeric = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return one, other
    if isinstance(one, numeric) or isinstance(other, numeric):
        return _number(one), _number(other)
    return one, other


def _number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
