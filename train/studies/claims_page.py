"""The page RESULTS.md: every claim, whether it held, and what was measured, environment after environment."""

import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version

import jax

from train.studies.claims import Claim


def claims_page(claims: Mapping[str, Sequence[Claim]], sections: Mapping[str, Sequence[str]], seconds: float) -> str:
    """Return the whole page in Markdown: how it was made and in how many seconds, then claims and sections.

    Args:
        claims: by the id of the environment.
        sections: with headings of the third level, by the id of the environment.
        seconds: that measuring took.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "flax", "optax", "gymnax"))
    device = jax.devices()[0].device_kind
    head = (
        "# Results\n\n"
        f"Written by `python -m train.claims` on {date.today()}, in {seconds:.0f} s, on {device} "
        f"({platform.machine()}), Python {platform.python_version()}, {versions}. "
        "Every strategy of a table ran through the same episodes.\n\n"
    )
    return head + "\n".join(_part(name, claims[name], sections[name]) for name in claims)


def _part(environment: str, claims: Sequence[Claim], sections: Sequence[str]) -> str:
    bullets = "\n".join(claim.bullet for claim in claims)
    return f"## {environment}\n\n### Claims\n\n{bullets}\n\n" + "\n".join(sections)
