"""A memory of sorted and filtered lists, so that page 600 costs no more than page 1.

A client that pages asks the same question again and again with another page number. The answer
(records in order, not copies) is kept until somebody changes the store, who must call `forget`.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Record = dict[str, Any]
Answer = TypeVar("Answer")


class Selections:
    """Keeps the latest `capacity` answers, oldest out first. One event loop uses it: no locks."""

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """The kept answer to the question, or a new one from `answer()`. Do not change it."""
        if question not in self._kept:
            self._kept[question] = answer()
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        self._kept.move_to_end(question)
        kept: Answer = self._kept[question]
        return kept

    def forget(self) -> None:
        """Drop everything: records were added, changed or removed."""
        self._kept.clear()
