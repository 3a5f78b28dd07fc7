"""A claim, and whether it held."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One sentence, and whether it held."""

    sentence: str
    holds: bool

    @property
    def bullet(self) -> str:
        """As a line of a list in Markdown."""
        return f"- {'holds' if self.holds else 'DOES NOT HOLD'}: {self.sentence}"
