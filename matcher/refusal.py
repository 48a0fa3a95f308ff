"""How the matcher refuses a value: which field, what is wrong, how to mend it. Never the value itself."""

from __future__ import annotations


class PersonError(ValueError):
    """A person's data cannot be used as given.

    field: the key as the officer wrote it, with its place ("names[0].text"). problem: what is wrong, in words, without
    echoing personal data. remedy: what to do about it.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}. {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy
