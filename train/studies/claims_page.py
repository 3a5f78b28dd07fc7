"""The page RESULTS.md: every claim, whether it held, and what was measured."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import jax


@dataclass(frozen=True)
class Claim:
    """A claim in one sentence, and whether it held."""

    sentence: str
    holds: bool

    @property
    def bullet(self) -> str:
        """The claim as a line of a list in Markdown."""
        return f"- {'holds' if self.holds else 'DOES NOT HOLD'}: {self.sentence}"


def claims_page(claims: Sequence[Claim], sections: Sequence[str], seconds: float) -> str:
    """Return the whole page in Markdown: how it was made and in how many seconds, the claims, then the sections."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "flax", "optax", "gymnax"))
    device = jax.devices()[0].device_kind
    head = (
        "# Results\n\n"
        f"Written by `make claims` on {date.today()}, in {seconds:.0f} s, on {device} ({platform.machine()}), "
        f"Python {platform.python_version()}, {versions}. Every strategy of a table ran through the same episodes.\n\n"
        "## Claims\n\n"
    )
    return head + "\n".join(claim.bullet for claim in claims) + "\n\n" + "\n".join(sections)
