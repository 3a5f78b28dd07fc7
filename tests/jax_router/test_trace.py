"""Traffic from a request trace, and what is said about a bad one."""

import jax
import numpy as np
import pytest

import jax_router
from jax_router import Traffic
from jax_router.internal.tables import draw_from_quantiles, load_at
from jax_router.strategies import round_robin
from jax_router.v0.traffic import NUM_LOAD_BINS, knots

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
REQUESTS = (
    "2023-11-16 18:15:46.6805900,4808,10",
    "2023-11-16 18:15:50.9951690,3180,8",
    "2023-11-16 18:15:59.3202200,110,27",
)


@pytest.fixture
def write(tmp_path):
    """A file from its lines, without a newline at its end, as Azure publishes them."""

    def to_file(*lines):
        path = tmp_path / "trace.csv"
        path.write_text("\n".join(lines))
        return path

    return to_file


@pytest.fixture
def day(write):
    """A day of 5,000 requests, three of four in its second half: the file, its seconds and its tokens."""
    rng = np.random.default_rng(0)
    half = rng.choice([0, 43200, 43200, 43200], 4998)
    seconds = np.sort([0, 86399.5, *(half + rng.uniform(0, 43199, 4998))])
    times = np.datetime64("2023-11-16", "ns") + (seconds * 1e9).astype("timedelta64[ns]")
    stamps = [str(time).replace("T", " ")[:-2] for time in times]  # seven digits of a second, as Azure has them
    tokens = rng.integers(1, 7000, 5000)
    return write(HEADER, *(f"{stamp},{n},1" for stamp, n in zip(stamps, tokens, strict=True))), seconds, tokens


def test_a_trace_gives_length_and_load(day):
    path, seconds, tokens = day
    traffic = Traffic.from_trace(path)
    np.testing.assert_allclose(traffic.length_quantiles, np.quantile(tokens / tokens.max(), knots()), rtol=1e-6)
    np.testing.assert_allclose(traffic.mean_length, tokens.mean() / tokens.max(), rtol=1e-6)
    counts, _ = np.histogram(seconds, NUM_LOAD_BINS, (seconds[0], seconds[-1]))
    np.testing.assert_allclose(traffic.load, counts / counts.mean(), rtol=1e-6)
    np.testing.assert_allclose(np.mean(traffic.load), 1, rtol=1e-6)
    np.testing.assert_array_equal(traffic.complexity_quantiles, Traffic.synthetic().complexity_quantiles)


def test_a_trace_is_sampled_as_it_was(day):
    """What comes out of the tables: the mean length, and three times the load in the second half of the day."""
    path, _, tokens = day
    traffic = Traffic.from_trace(path)
    even = ((np.arange(10_000) + 0.5) / 10_000).astype(np.float32)
    lengths = draw_from_quantiles(even, traffic.length_quantiles)
    np.testing.assert_allclose(lengths.mean(), tokens.mean() / tokens.max(), rtol=1e-3)
    load = np.asarray(load_at(even, traffic.load))
    np.testing.assert_allclose(load[5000:].mean() / load[:5000].mean(), 3, rtol=0.1)


def test_complexity_is_used_where_the_trace_has_it(write):
    complexity = [0.25, 0.9, 0.4]
    path = write(f"{HEADER},complexity", *(f"{row},{c}" for row, c in zip(REQUESTS, complexity, strict=True)))
    quantiles = Traffic.from_trace(path).complexity_quantiles
    np.testing.assert_allclose(quantiles, np.quantile(complexity, knots()), rtol=1e-6)


def test_requests_need_not_be_in_order(write):
    ordered, shuffled = (Traffic.from_trace(write(HEADER, *rows)) for rows in (REQUESTS, REQUESTS[::-1]))
    jax.tree.map(np.testing.assert_array_equal, ordered, shuffled)


def test_a_trace_drives_an_episode(write, key):
    traffic = Traffic.from_trace(write(HEADER, *REQUESTS))
    params = jax_router.make_params(traffic=traffic, episode_length=200)
    run_steps = jax.jit(jax_router.run_steps, static_argnums=(1, 2, 3))
    _, transitions = run_steps(key, round_robin(params), 2, 200, params)
    length = np.asarray(transitions.observation[..., 0])
    assert length.max() <= 1
    assert length.min() >= np.float32(110 / 4808) - 1e-6
    assert np.isfinite(transitions.reward).all()
    # Half of the prompts are longer than the median one, 3180 tokens.
    assert (length > 3180 / 4808).mean() == pytest.approx(0.5, abs=0.1)


LINES = pytest.mark.parametrize("position", [0, 1, 2], ids=["first", "middle", "last"])
BAD_LINES = {
    "no time": ("yesterday,3180,8", "TIMESTAMP is 'yesterday'"),
    "number for a time": ("12345,3180,8", "TIMESTAMP is '12345'"),
    "no tokens": ("2023-11-16 18:15:50.9951690,,8", "ContextTokens is ''"),
    "one field": ("2023-11-16 18:15:50.9951690", "ContextTokens is"),
    "word for tokens": ("2023-11-16 18:15:50.9951690,many,8", "ContextTokens is 'many'"),
    "negative tokens": ("2023-11-16 18:15:50.9951690,-1,8", "ContextTokens is '-1'"),
    "infinite tokens": ("2023-11-16 18:15:50.9951690,inf,8", "ContextTokens is 'inf'"),
}


@LINES
@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_line_that_does_not_parse_is_named(write, position, bad):
    line, problem = BAD_LINES[bad]
    path = write(HEADER, *REQUESTS[:position], line, *REQUESTS[position + 1 :])
    with pytest.raises(ValueError, match="it must be a") as error:
        Traffic.from_trace(path)
    assert f"{path}, line {position + 2}: {problem}" in str(error.value)


@LINES
@pytest.mark.parametrize("extra", [",9", ",", ",9,10"])
def test_a_line_with_too_many_fields_is_named(write, position, extra):
    path = write(HEADER, *REQUESTS[:position], REQUESTS[position] + extra, *REQUESTS[position + 1 :])
    with pytest.raises(ValueError, match=rf"line {position + 2}\b") as error:
        Traffic.from_trace(path)
    assert str(path) in str(error.value)


@LINES
def test_a_line_with_an_open_quote_is_named(write, position):
    path = write(HEADER, *REQUESTS[:position], '2023-11-16 18:15:50.9951690,"3180,8', *REQUESTS[position + 1 :])
    with pytest.raises(ValueError, match=rf"line {position + 2}\b") as error:
        Traffic.from_trace(path)
    assert str(path) in str(error.value)


@LINES
@pytest.mark.parametrize("complexity", ["1.5", "-0.1", "nan", "hard", ""])
def test_a_complexity_out_of_range_is_named(write, position, complexity):
    values = ["0.25"] * 3
    values[position] = complexity
    path = write(f"{HEADER},complexity", *map(",".join, zip(REQUESTS, values, strict=True)))
    with pytest.raises(ValueError, match="from 0 to 1") as error:
        Traffic.from_trace(path)
    assert f"{path}, line {position + 2}: complexity is {complexity!r}" in str(error.value)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([""], "empty"),
        ([HEADER], "no rows"),
        (["TIMESTAMP,GeneratedTokens", "2023-11-16 18:15:46,10"], "no column ContextTokens"),
        (["ContextTokens,GeneratedTokens", "4808,10"], "no column TIMESTAMP"),
        (REQUESTS, "no column TIMESTAMP"),  # the header forgotten
        ([HEADER, REQUESTS[0]], "must span some time"),
        ([HEADER, "2023-11-16 18:15:46,0,1", "2023-11-16 18:15:47,0,1"], "every ContextTokens is 0"),
    ],
)
def test_a_file_that_is_no_trace_is_named(write, lines, problem):
    path = write(*lines)
    with pytest.raises(ValueError, match=problem) as error:
        Traffic.from_trace(path)
    assert str(error.value).startswith(str(path))


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ValueError, match="not a text file in UTF-8"):
        Traffic.from_trace(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        Traffic.from_trace(tmp_path / "no.csv")
