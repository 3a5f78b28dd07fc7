"""Prices from a file or from bills."""

import numpy as np
import pytest

from jax_router.v1.fitting.prices import fit_prices, read_prices

RNG = np.random.default_rng(0)
PROMPTS, ANSWERS = RNG.integers(1, 4000, 500).astype(float), RNG.integers(1, 900, 500).astype(float)
BILLS = (2.5 * PROMPTS + 10 * ANSWERS) / 1e6


def test_bills_tell_the_prices():
    prices, odd = fit_prices(PROMPTS, ANSWERS, BILLS, {})
    assert prices["price_in"].value == pytest.approx(2.5, rel=1e-6)
    assert prices["price_out"].value == pytest.approx(10, rel=1e-6)
    assert odd is None


def test_a_third_of_the_prompts_in_the_cache_does_not_change_the_price():
    cheaper = BILLS - np.where(np.arange(500) % 3 == 0, 0.8 * 2.5 * PROMPTS / 1e6, 0)
    prices, _ = fit_prices(PROMPTS, ANSWERS, cheaper, {})
    assert prices["price_in"].value == pytest.approx(2.5, rel=0.01)


def test_the_price_file_comes_first_and_is_compared_with_the_bills():
    given = {"price_in": 2.0, "price_out": 10.0}
    prices, odd = fit_prices(PROMPTS, ANSWERS, BILLS, given)
    assert (prices["price_in"].value, prices["price_in"].origin) == (2.0, "price file")
    assert "times what the price file comes to" in odd
    assert fit_prices(PROMPTS, ANSWERS, BILLS, {"price_in": 2.5, "price_out": 10.0})[1] is None


def test_neither_is_an_error():
    with pytest.raises(ValueError, match="the log has no cost: give them in --prices"):
        fit_prices(PROMPTS, ANSWERS, np.full(500, np.nan), {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models = 3", "holds .* tables, and nothing else"),
        ("[[models]]\nprice_in = 1", "number 1 lacks its name"),
        ('[[models]]\nname = "a"\nprice = 1', "unknown key 'price'"),
        ('[[models]]\nname = "a"\nprice_in = -1', "price_in of 'a' is -1"),
        ('[[models]]\nname = "a"\n[[models]]\nname = "a"', "'a' is there twice"),
        ("[[models", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_price_file(text, message, tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_prices(path)
