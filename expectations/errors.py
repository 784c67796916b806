"""The one error of this package: a sentence for the person at the terminal."""


class QualityError(Exception):
    """The checks could not be made or kept at all: what went wrong and what to do about it.

    A single check that could not be made is not an error but a `crashed` outcome.
    """
