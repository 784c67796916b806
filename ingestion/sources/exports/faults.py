"""What is wrong with a company's file, before it is known for which table it was read.

What belongs here: the exception. What does not: the wording of a particular fault (it stays where
the fault is noticed), which never repeats a value of the file.
"""

from __future__ import annotations


class FileFaultError(Exception):
    """`what` names the file and the place in it, `what_to_do` the next step of a person."""

    def __init__(self, what: str, what_to_do: str) -> None:
        self.what = what
        self.what_to_do = what_to_do
        super().__init__(f"{what}. {what_to_do}")
