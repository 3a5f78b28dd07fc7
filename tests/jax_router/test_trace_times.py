"""Times as people write them, and times that are years away from the others."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jax_router import Traffic
from jax_router.internal import csv_rows
from jax_router.trace import read_trace

START = datetime(2024, 5, 10, tzinfo=UTC)
FUZZ = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def stamp(microseconds, *, hours=0, ending=""):
    """A time on the clock of a zone, as Azure prints it: seven digits of a second."""
    clock = (START + timedelta(microseconds=microseconds)).astimezone(timezone(timedelta(hours=hours)))
    return f"{clock:%Y-%m-%d %H:%M:%S.%f}0{ending}"


def since_1970(microseconds):
    return int(START.timestamp()) * 10**6 + microseconds


WAYS = {
    # How each request's time is written, how its format is called, and how exactly it can say it, s.
    "Azure": (lambda t: stamp(t), "ISO 8601 without zones", 1e-9),
    "T": (lambda t: stamp(t).replace(" ", "T"), "ISO 8601 without zones", 1e-9),
    "whole seconds": (lambda t: stamp(t)[:19], "ISO 8601 without zones", 1),
    "comma": (lambda t: f'"{stamp(t)}"'.replace(".", ","), "ISO 8601 without zones", 1e-9),
    "Z": (lambda t: stamp(t, ending="Z"), "ISO 8601 with zones", 1e-9),
    "UTC": (lambda t: stamp(t, ending=" UTC"), "ISO 8601 with zones", 1e-9),
    "India": (lambda t: stamp(t, hours=5.5, ending="+05:30"), "ISO 8601 with zones", 1e-9),
    "summer ends": (
        lambda t: stamp(t, hours=2, ending="+0200") if t % 2 else stamp(t, hours=1, ending="+01:00"),
        "ISO 8601 with zones",
        1e-9,
    ),
    "s": (lambda t: f"{since_1970(t) // 10**6}", "seconds since 1970", 1),
    "s, 6 digits": (lambda t: f"{since_1970(t) / 1e6:.6f}", "seconds since 1970", 1e-6),
    "s, in quotes": (lambda t: f'"{since_1970(t) / 1e6:.6f}"', "seconds since 1970", 1e-6),
    "ms": (lambda t: f"{since_1970(t) // 1000}", "milliseconds since 1970", 1e-3),
    "us": (lambda t: f"{since_1970(t)}", "microseconds since 1970", 1e-6),
    "ns": (lambda t: f"{since_1970(t)}000", "nanoseconds since 1970", 1e-6),
    "ns as a float": (lambda t: f"{since_1970(t) * 1e3:.8e}", "nanoseconds since 1970", 20),
}


@pytest.fixture
def write(tmp_path):
    def to_file(stamps):
        path = tmp_path / "trace.csv"
        path.write_text("TIMESTAMP,ContextTokens\n" + "".join(f"{text},{n + 1}\n" for n, text in enumerate(stamps)))
        return path

    return to_file


@pytest.fixture(params=[3, csv_rows.BLOCK], ids=["blocks of 3", "one block"])
def block(request, monkeypatch):
    monkeypatch.setattr(csv_rows, "BLOCK", request.param)


@pytest.mark.parametrize("way", WAYS)
@given(times=st.lists(st.integers(0, 90 * 86_400 * 10**6), min_size=1, max_size=8))
@FUZZ
def test_each_way_is_recognised_and_read(write, way, times):
    written, time_format, resolution = WAYS[way]
    times = np.array([*times, 91 * 86_400 * 10**6])
    trace = read_trace(write(map(written, times.tolist())))
    assert trace.time_format == time_format
    assert trace.remarks() == (f"TIMESTAMP is read as {time_format}",)
    np.testing.assert_allclose(trace.seconds, (times - times.min()) / 1e6, rtol=1e-15, atol=1.01 * resolution)


@pytest.mark.parametrize("way", WAYS)
def test_traffic_is_the_same_however_times_are_written(write, way):
    # At the middle of the bins of the load, so that rounding to seconds moves none.
    times = [0, *(450 * 10**6 + 900 * 10**6 * np.array([0, 3, 3, 40, 95])).tolist(), 86_400 * 10**6]
    load = Traffic.from_trace(write(map(WAYS[way][0], times))).load
    np.testing.assert_allclose(load[[0, 1, 3, 40, 95]], np.array([2, 0, 2, 1, 2]) * 96 / 7, rtol=1e-6)


AMBIGUOUS = {
    "seconds since the start": ["0", "1.5", "2"],
    "day and month": ["01/02/2023 10:00", "02/02/2023 10:00", "03/02/2023 10:00"],
    "a date alone": ["2024-05-10", "2024-05-11", "2024-05-12"],
    "years": ["2022", "2023", "2024"],
    "days of a spreadsheet": ["45000.1", "45000.2", "45000.3"],
    "digits of a date": ["20240510181546", "20240510181547", "20240510181548"],
    "words": ["now", "today", "tomorrow"],
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_with_what_to_write(write, kind):
    path = write(AMBIGUOUS[kind])
    with pytest.raises(ValueError, match=r"such as 2023-11-16 18:15:46\.6805900, or a number of s, ms") as error:
        read_trace(path)
    assert str(error.value).startswith(f"{path}, line 2: TIMESTAMP is {AMBIGUOUS[kind][0]!r}")
    assert len(str(error.value).splitlines()) == 1


def test_seconds_since_the_start_are_told_how(write):
    with pytest.raises(ValueError, match="to seconds since the start of the trace, add 1700000000"):
        read_trace(write(["0", "1.5", "2"]))
    trace = read_trace(write(["1700000000", "1700000001.5", "1700000002"]))
    np.testing.assert_array_equal(trace.seconds, [0, 1.5, 2])


@pytest.mark.parametrize("kind", ["ISO 8601 without zones", "ISO 8601 with zones", "seconds since 1970"])
@given(data=st.data())
@FUZZ
def test_a_time_that_is_written_in_another_way_is_named(write, kind, data):
    ways = {"ISO 8601 without zones": "Azure", "ISO 8601 with zones": "India", "seconds since 1970": "s"}
    other = data.draw(st.sampled_from([way for way, (_, of_way, _) in WAYS.items() if of_way != kind]))
    place = data.draw(st.integers(0, 5))
    stamps = [WAYS[other if row == place else ways[kind]][0](row * 10**6) for row in range(6)]
    with pytest.raises(ValueError, match=f"line {place + 2}: TIMESTAMP is ") as error:
        read_trace(write(stamps))
    assert "most others" in str(error.value) or "such as" in str(error.value)


FAR = {
    "Azure": ["1970-01-01 00:00:00", "9999-12-31 23:59:59.9999999", "0001-01-01 00:00:00", "2042-05-10 11:00:00"],
    "India": ["1970-01-01 00:00:00Z", "9999-12-31 23:59:59.9999999+00:00", "1066-10-14T09:00:00+01:00"],
    "s": ["0", "-1", "1", "946684800", "4000000000", "99999999999", "1e308", "-1e308"],
    "ms": ["0", "-1", "946684800000", "253402300799000"],
}


@pytest.mark.parametrize("way", FAR)
@given(data=st.data())
@FUZZ
def test_times_years_away_are_named_or_dropped(write, block, way, data):
    num_far = data.draw(st.integers(1, 6))
    good = [WAYS[way][0](row * 600 * 10**6) for row in range(2 * num_far + 6)]
    rows = [(text, True) for text in good] + [(data.draw(st.sampled_from(FAR[way])), False) for _ in range(num_far)]
    # The first block, which says how times are written, is left as most of the rows are.
    rows = rows[:6] + data.draw(st.permutations(rows[6:]))
    path = write(text for text, _ in rows)
    with pytest.raises(ValueError, match="leave them out with outliers=") as error:
        read_trace(path)
    line, value = str(error.value).removeprefix(f"{path}, line ").split(": TIMESTAMP is ")
    text, is_good = rows[int(line) - 2]
    assert not is_good
    assert value.startswith(repr(text) + f"; {len(good)} of {len(rows)} requests lie from 2024-05-10 to 2024-05-")

    trace = read_trace(path, outliers="drop")
    assert trace.dropped == num_far
    assert trace.remarks()[1].startswith("1 row is left" if num_far == 1 else f"{num_far} rows are left")
    kept = np.array([is_good for _, is_good in rows])
    np.testing.assert_array_equal(trace.tokens, 1 + np.flatnonzero(kept))
    np.testing.assert_array_equal(trace.seconds, read_trace(write(text for text, ok in rows if ok)).seconds)


@pytest.mark.parametrize("days", [1, 200, 299])
def test_a_silence_of_months_is_believed(write, days):
    trace = read_trace(write(stamp(day * 86_400 * 10**6) for day in (0, 0.5, days)))
    assert trace.seconds[-1] == days * 86_400
    assert trace.dropped == 0


@pytest.mark.parametrize("outliers", ["refuse", "drop"])
@pytest.mark.parametrize("years", [(0, 1), (0, 0, 5, 5), (0, 1, 2, 3)])
def test_a_trace_in_parts_without_a_majority_is_refused(write, years, outliers):
    path = write(stamp((365 * year * 86_400 + place) * 10**6) for place, year in enumerate(years))
    with pytest.raises(ValueError, match=rf"part its {len(years)} requests into {len(set(years))} groups"):
        read_trace(path, outliers=outliers)


@pytest.mark.parametrize("year", ["0001", "9999"])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_times_beyond_what_can_be_counted_are_refused(write, block, year, place):
    """Such as the seconds since the start, printed as a date."""
    stamps = [f"{year}-01-01 00:00:0{second}" for second in range(4)]
    for outliers in ("refuse", "drop"):
        with pytest.raises(ValueError, match=f"TIMESTAMP is '{year}-01-01 00:00:0.'; it must be in the years 1678"):
            read_trace(write([*stamps[:place], "2024-05-10 00:00:00", *stamps[place:]]), outliers=outliers)


def test_outliers_is_checked(write):
    with pytest.raises(ValueError, match="outliers is 'keep'; it must be 'refuse' or 'drop'"):
        Traffic.from_trace(write([stamp(0), stamp(1)]), outliers="keep")
