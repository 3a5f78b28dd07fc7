"""Threefry by the book, the same as JAX's own, and no word given twice."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jax_router.internal.threefry import fold_in, random_integers, random_words, threefry_2x32, uniform

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((ONES, ONES), (ONES, ONES), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_known_answers(key, counter, words) -> None:
    """Those that Salmon et al. publish with their library (Random123) for 20 rounds."""
    made = threefry_2x32(*(jnp.uint32(number) for number in (*key, *counter)))
    assert tuple(int(word) for word in made) == words


def test_the_words_are_those_of_jax_s_own_generator() -> None:
    """`jax.random.bits` counts places from (0, 0) on and folds the two words of each into one."""
    key = jax.random.key(7)
    words = random_words(key, 2, (1000,))
    np.testing.assert_array_equal(words[0] ^ words[1], jax.random.bits(key, (1000,), jnp.uint32))


@pytest.mark.parametrize(("num_words", "shape"), [(8, (100,)), (5, ()), (1, (2, 3)), (2, (0,))])
def test_every_place_has_words_of_its_own(num_words: int, shape: tuple[int, ...]) -> None:
    words = random_words(jax.random.key(0), num_words, shape)
    assert words.shape == (num_words, *shape)
    assert words.dtype == np.uint32
    assert len(np.unique(words)) == words.size


def test_a_batch_of_keys_gives_what_each_key_gives() -> None:
    keys = jax.random.split(jax.random.key(1), 4)
    together = jax.vmap(lambda key: random_words(key, 8))(keys)
    for key, words in zip(keys, together, strict=True):
        np.testing.assert_array_equal(words, random_words(key, 8))


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_numbers_are_folded_in_as_jax_does_it(impl: str) -> None:
    key = jax.random.key(11, impl=impl)
    data = jax.random.key_data
    for number in (0, 1, 2**31 - 1, jnp.int32(-3), jnp.uint32(2**32 - 1)):
        np.testing.assert_array_equal(data(fold_in(key, number)), data(jax.random.fold_in(key, number)))


def test_keys_of_other_kinds_are_taken_too() -> None:
    old = random_words(jax.random.PRNGKey(7), 3, (5,))
    np.testing.assert_array_equal(old, random_words(jax.random.key(7), 3, (5,)))
    other = jax.random.key(7, impl="rbg")
    np.testing.assert_array_equal(random_words(other, 3, (5,)), jax.random.bits(other, (3, 5), jnp.uint32))


def test_uniform_numbers_and_integers_are_uniform() -> None:
    numbers = np.asarray(uniform(jax.random.key(3), (100_000,)))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.histogram(numbers, 10, (0, 1))[0] / 10_000 == pytest.approx(1, abs=0.05)
    counts = np.bincount(random_integers(jax.random.key(4), (70_000,), 7))
    assert counts / 10_000 == pytest.approx(1, abs=0.05)
    assert len(counts) == 7


def test_the_largest_uniform_number_stays_below_every_bound() -> None:
    """`random_integers` multiplies with the bound: a product rounded up to it would be one too many."""
    bounds = np.arange(1, 100_000, dtype=np.float32)
    assert (bounds * np.float32(1 - 2**-24) < bounds).all()


def test_each_of_many_keys_draws_what_it_draws_alone() -> None:
    keys = jax.random.split(jax.random.key(3), 6)
    together = random_words(keys, 5, (6,))
    assert together.shape == (5, 6)
    for i, key in enumerate(keys):
        np.testing.assert_array_equal(together[:, i], random_words(key, 5))
