"""JAX's own generator, Threefry-2x32, as plain arithmetic that XLA fuses and vectorises.

`jax.random` runs it on the CPU as a loop of small kernels, and `jax.random.bits` throws away half of its words (it
folds each pair into one). Drawing a step's random numbers that way took longer than the rest of the step. `fold_in`
returns exactly the keys of `jax.random`. Keys of other generators are passed on to `jax.random`.
"""

import jax
import jax.numpy as jnp
import numpy as np

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = np.uint32(0x1BD11BDA)
NAME = "threefry2x32"


def random_words(key: jax.Array, num_words: int, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw random words, (num_words, *shape) uint32; each of the `num_words` rows is contiguous over the batch.

    Args:
        key: a JAX random key; or an array of Threefry keys, (B,), with `shape` (B,), each of which draws what it would
            draw alone.
        num_words: the number of words for each element of the batch.
        shape: the shape of the batch, which must have fewer than 2**32 elements.
    """
    data = jax.random.key_data(key)
    if data.ndim == 2:
        return _words_of_each(data, num_words)
    if data.shape != (2,):
        return jax.random.bits(key, (num_words, *shape), jnp.uint32)
    pairs = ((num_words + 1) // 2, *shape)
    quantity = jax.lax.broadcasted_iota(jnp.uint32, pairs, 0)
    place = jax.lax.iota(jnp.uint32, int(np.prod(shape))).reshape(shape)
    words = jnp.concatenate(threefry_2x32(data[0], data[1], quantity, jnp.broadcast_to(place, pairs)))
    # Every word is used several times. Without the barrier, XLA computes it again for each use.
    return jax.lax.optimization_barrier(words[:num_words])


def _words_of_each(data: jax.Array, num_words: int) -> jax.Array:
    """Draw random words, (num_words, B) uint32, from the data of B keys, (B, 2) uint32."""
    # Without this barrier, XLA computes the keys again for each pair of words.
    key_0, key_1 = jax.lax.optimization_barrier((data[:, 0], data[:, 1]))
    quantity = jax.lax.broadcasted_iota(jnp.uint32, ((num_words + 1) // 2, len(data)), 0)
    words = jnp.concatenate(threefry_2x32(key_0[None], key_1[None], quantity, jnp.zeros_like(quantity)))
    return jax.lax.optimization_barrier(words[:num_words])


def uniform(key: jax.Array, shape: tuple[int, ...] = ()) -> jax.Array:
    """Draw numbers that are uniform in [0, 1), of 24 random bits each, `shape` float32."""
    return (random_words(key, 1, shape)[0] >> 8).astype(jnp.float32) * np.float32(2**-24)


def random_integers(key: jax.Array, shape: tuple[int, ...], num: int | jax.Array) -> jax.Array:
    """Draw whole numbers from 0 to `num` - 1, `shape` int32; `num` is positive and below 2**24.

    No number is likelier than another by more than `num` in 2**24. The product is never rounded up to `num`: the
    largest uniform number is 2**-24 below 1, which is half a place of any float32 at least.
    """
    return (uniform(key, shape) * jnp.asarray(num, jnp.float32)).astype(jnp.int32)


def fold_in(key: jax.Array, number: jax.Array | int) -> jax.Array:
    """Return the key `jax.random.fold_in(key, number)`, for a () integer of at most 32 bits."""
    data = jax.random.key_data(key)
    if data.shape != (2,):
        return jax.random.fold_in(key, number)
    return _wrapped(*threefry_2x32(data[0], data[1], jnp.uint32(0), jnp.asarray(number).astype(jnp.uint32)))


def threefry_2x32(
    key_0: jax.Array, key_1: jax.Array, counter_0: jax.Array, counter_1: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Threefry-2x32 with 20 rounds (Salmon et al., 2011): two words from a key and a counter of two, all uint32."""
    keys = (key_0, key_1, key_0 ^ key_1 ^ PARITY)
    x_0, x_1 = counter_0 + key_0, counter_1 + key_1
    for block in range(5):
        for distance in ROTATIONS[block % 2]:
            x_0 = x_0 + x_1
            x_1 = x_0 ^ _rotated(x_1, distance)
        x_0 = x_0 + keys[(block + 1) % 3]
        x_1 = x_1 + keys[(block + 2) % 3] + np.uint32(block + 1)
    return x_0, x_1


def _rotated(word: jax.Array, distance: int) -> jax.Array:
    return (word << np.uint32(distance)) | (word >> np.uint32(32 - distance))


def _wrapped(word_0: jax.Array, word_1: jax.Array) -> jax.Array:
    return jax.random.wrap_key_data(jnp.stack([word_0, word_1], axis=-1), impl=NAME)
