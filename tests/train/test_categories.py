"""A classifier learns the categories of prompts from their words, and a gateway reads it with NumPy alone."""

import numpy as np
import pytest

from router_serving.gateway.categories import Categories, load_categories, save_categories, words_of
from router_serving.gateway.quality import Forecasts
from train.categories import accuracy, fit, main, read_labelled

WORDS = {
    "code": ["python", "function", "return", "class", "bug", "compile", "loop", "test", "import", "error"],
    "maths": ["prove", "integral", "sum", "equation", "theorem", "matrix", "number", "square", "root", "limit"],
    "chat": ["hello", "weather", "friend", "music", "film", "evening", "dinner", "happy", "story", "weekend"],
}
COMMON = ["please", "tell", "me", "about", "the", "a", "of", "and", "what", "how"]


def prompts(count: int, names=tuple(WORDS)) -> tuple[list[str], list[str]]:
    """Prompts of mostly common words and two of their category's."""
    random = np.random.default_rng(0)
    categories = [names[i % len(names)] for i in range(count)]
    texts = [
        " ".join([*random.choice(COMMON, 8), *random.choice(WORDS[name], 2), *random.choice(COMMON, 3)])
        for name in categories
    ]
    return texts, categories


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.csv"
    lines = [f"{text},{category}" for text, category in zip(*prompts(150), strict=True)]
    path.write_text("\n".join(["text,category", *lines]))
    return path


def test_it_knows_prompts_that_it_has_not_seen():
    assert accuracy(*prompts(300), strength=10.0) > 0.9
    texts, _ = prompts(300)
    by_chance = list(np.random.default_rng(1).choice(list(WORDS), 300))
    assert accuracy(texts, by_chance, strength=10.0) < 0.45


def test_its_numbers_are_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    from train.categories import _matrix

    texts, categories = prompts(90)
    theirs = LogisticRegression(C=10.0, max_iter=1000).fit(_matrix(texts), categories)
    ours = fit(texts, categories, strength=10.0)
    made = np.stack([ours.probabilities(text) for text in texts])
    np.testing.assert_allclose(made, theirs.predict_proba(_matrix(texts)), atol=1e-5)


def test_two_categories_are_enough():
    model = fit(*prompts(100, ("code", "chat")), strength=10.0)
    assert model.categories == ("chat", "code")
    assert model.probabilities("a python class with a bug")[1] > 0.7


def test_command_file_and_forecasts(labelled, tmp_path, capsys):
    output = tmp_path / "categories.npz"
    main([str(labelled), "--output", str(output)])
    printed = " ".join(capsys.readouterr().out.split())
    assert "of 150 prompts that it had not seen are in their category" in printed
    model = load_categories(output)
    shares = {name: np.full(3, 0.1 * i) for i, name in enumerate(model.categories, 1)}
    quality, source, category = Forecasts(np.full(3, 0.5), shares, model).of(None, "how to compile a python loop")
    assert (source, category) == ("classifier", "code")
    assert quality[0] == pytest.approx(model.probabilities("how to compile a python loop") @ [0.1, 0.2, 0.3])
    assert Forecasts(np.full(3, 0.5), shares, model).of("maths", "x")[1] == "caller"
    with pytest.raises(ValueError, match="the classifier knows the category 'chat', and the quality file does not"):
        Forecasts(np.full(3, 0.5), {"code": shares["code"]}, model)


def test_only_the_end_of_a_long_text_counts():
    ours = words_of("z " * 5000 + "python loop")
    assert len(ours[0]) == len(words_of("z z z python loop")[0])
    assert np.isclose((ours[1] ** 2).sum(), 1.0)
    assert words_of("")[0].size == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\na\n", "lacks the column category"),
        ("text,category\na,\n", "line 2: category is empty"),
        ("text,category\na,b\n", "has prompts of fewer than two categories"),
    ],
)
def test_what_is_not_labelled_is_named(tmp_path, refuses, text, message):
    path = tmp_path / "labelled.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_labelled(path)
    refuses(main, [str(path), "--output", str(tmp_path / "new.npz")], message)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "categories.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match=r"categories\.npz: not a classifier of categories, or a damaged one: "):
        load_categories(path)
    other = tmp_path / "other.npz"
    save_categories(other, Categories(["a", "b"], np.zeros((4, 3), np.float32), np.zeros(3, np.float32)))
    with pytest.raises(ValueError, match="its arrays do not fit its categories"):
        load_categories(other)
