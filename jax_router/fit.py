"""The command `python -m jax_router.fit` makes a simulator of a gateway from its log."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from jax_router.internal.help import head_of_help


@dataclass(frozen=True)
class Arguments:
    """Fit a routing problem of LLMRouter-v1 to the log of a gateway: problem.toml, its tables, and a report.

    The log is CSV, JSON lines or Parquet, plain or in .gz or .zst, or a folder of such files, in the columns of
    LiteLLM, Langfuse, OpenTelemetry's GenAI spans, a public trace, or a plain table (timestamp, model, prompt_tokens,
    completion_tokens, cost_usd, latency_s, ttft_s, category, score). Prompts and answers are never read.
    """

    log: tyro.conf.Positional[Path]
    """Fit to this log."""
    output: Path
    """Write the problem to this folder, which must not exist yet."""
    prices: Path | None = None
    """Take prices, rate limits and whatever else is known of the models from this TOML file of [[models]] tables."""
    scores: Path | None = None
    """Join scores from 0 to 1 of this file to the log, by request_id, observation_id, trace_id or span_id."""
    quality: Path | None = None
    """Take the shares of good answers from this CSV table (category, model, prompts, share_good) instead of scores."""
    category: str | None = None
    """Take the category of a prompt from this column of the log instead of the format's own."""
    rename: tuple[str, ...] = ()
    """Call models of the log something else: OLD=NEW, as often as needed."""

    def check(self) -> None:
        """Raise a `ValueError` that names the first flag that makes no sense, its value and what is allowed."""
        if self.output.exists():
            raise ValueError(f"--output is {self.output}; that exists, choose another")
        if not self.output.absolute().parent.is_dir():
            raise ValueError(f"--output is {self.output}; there is no folder to make it in")
        for pair in self.rename:
            if not all(pair.partition("=")):
                raise ValueError(f"--rename is {pair}; write OLD=NEW")

    @property
    def renames(self) -> dict[str, str]:
        """What a model of the log is to be called, by its name there."""
        return dict((old, new) for old, _, new in (pair.partition("=") for pair in self.rename))


def main(args: Sequence[str] | None = None) -> None:
    """Run the command; bad input ends it with one line and exit status 2."""
    head = head_of_help(Arguments)
    arguments = tyro.cli(Arguments, args=args, prog="python -m jax_router.fit", description=head)
    try:
        arguments.check()
        from jax_router.v1.fitting.command import fit_folder  # JAX is for those who fit

        fit_folder(
            arguments.log,
            arguments.output,
            prices=arguments.prices,
            scores=arguments.scores,
            quality=arguments.quality,
            category=arguments.category,
            rename=arguments.renames,
        )
    except KeyboardInterrupt:
        _stop("interrupted; nothing was written", 130)
    except FileNotFoundError as error:
        _stop(f"error: {error.filename}: no such file", 2)
    except (ValueError, OSError) as error:
        _stop(f"error: {' '.join(str(error).split())}", 2)


def _stop(message: str, status: int) -> None:
    print(message, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
