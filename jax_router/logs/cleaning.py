"""Which rows of a log stay, and for which reason each of the others goes: every row has at most one."""

from dataclasses import dataclass

from jax_router.logs.duck import text
from jax_router.logs.formats import REFUSED, Format
from jax_router.logs.times import has_zone, is_number, seconds

REASONS = (
    "no time that can be read",
    "no number of prompt tokens",
    "no model",
    "negative tokens",
    "no answer",
    "end before start",
)
"""What is wrong with a row that is of the right type and was answered, in the order in which it is looked for."""


@dataclass(frozen=True)
class Choices:
    """What a user may say about a log."""

    rename: tuple[tuple[str, str], ...] = ()
    """Names of models and what each is to be called instead."""
    category: str | None = None
    """The column that has the category, where it is not the format's own."""


def numbers_query(form: Format, choices: Choices, table: str) -> str:
    """SQL for a row of numbers from each row of `table`: times in their own unit, and why a row may have to go."""
    category = form.category if choices.category is None else f'"{choices.category}"'
    joined = "".join(f', "{key}" AS key{i}' for i, key in enumerate(form.keys))
    return f"""
        SELECT {seconds(form.start)} AS start, {seconds(form.end)} AS "end", {seconds(form.first_token)} AS first,
            {is_number(form.start)} AS numeric_time, {has_zone(form.start)} AS zoned,
            {_renamed(form.model, choices)} AS model, nullif(CAST({category} AS VARCHAR), '') AS category,
            {_number(form.prompt_tokens)} AS prompt_tokens, {_number(form.completion_tokens)} AS completion_tokens,
            {_number(form.cost)} AS cost, {_number(form.latency)} AS latency, {_number(form.ttft)} AS ttft,
            {_number(form.score)} AS score, CAST({form.prompt} AS VARCHAR) AS prompt,
            {form.other} AS other, {form.failure} AS failure{joined}
        FROM ({form.source.format(table=table)})"""


def cleaned_query(unit: float, with_answers: bool) -> str:
    """SQL over the table `numbers`: latencies in s, and in `reason` why a row goes, NULL where it stays.

    Args:
        unit: of times that are numbers, s.
        with_answers: whether the log says how long answers are.
    """
    no_answer = "coalesce(completion_tokens, 0) = 0" if with_answers else "false"
    # A gateway that did not stream notes the end as the time of the first token, too.
    return f"""
        SELECT start * {unit} AS start, model, category, prompt_tokens, completion_tokens, cost, score, prompt, failure,
            coalesce(("end" - start) * {unit}, latency) AS latency,
            CASE WHEN first < "end" OR completion_tokens = 1 THEN nullif((first - start) * {unit}, 0)
                WHEN first IS NULL THEN ttft END AS ttft,
            CASE WHEN other IS NOT NULL THEN other
                WHEN start IS NULL THEN '{REASONS[0]}'
                WHEN model IS NULL OR model = '' THEN '{REASONS[2]}'
                WHEN failure IS NOT NULL THEN failure
                WHEN prompt_tokens IS NULL THEN '{REASONS[1]}'
                WHEN prompt_tokens < 0 OR completion_tokens < 0 THEN '{REASONS[3]}'
                WHEN {no_answer} THEN '{REASONS[4]}'
                WHEN coalesce("end" - start, latency) < 0 THEN '{REASONS[5]}' END AS reason
        FROM numbers"""


def is_refused(column: str) -> str:
    """SQL: whether a failure was a refusal by a rate limit."""
    return f"coalesce({column} = '{REFUSED}', false)"


def _number(column: str) -> str:
    """SQL: a number, NULL where it is none or not finite."""
    return f"(CASE WHEN isfinite(TRY_CAST({column} AS DOUBLE)) THEN TRY_CAST({column} AS DOUBLE) END)"


def _renamed(model: str, choices: Choices) -> str:
    if not choices.rename:
        return f"CAST({model} AS VARCHAR)"
    cases = " ".join(f"WHEN {text(old)} THEN {text(new)}" for old, new in choices.rename)
    return f"(CASE {model} {cases} ELSE {model} END)"
