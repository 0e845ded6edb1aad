"""The model on this computer: the same tokens and vectors as the original, and nothing where it is not installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from voiceapp.core.errors import ConfigError
from voiceapp.local.embeddings import LocalEmbedder, model_folder
from voiceapp.local.minilm import MiniLm, gelu, read_safetensors
from voiceapp.local.wordpiece import WordPiece, words

needs_model = pytest.mark.skipif(model_folder() is None, reason="the package with the weights is not installed")


def write_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, data = {}, b""
    for name, value in tensors.items():
        raw = value.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": value.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + data)


def small_model(folder: Path) -> Path:
    """A network of one layer with random weights."""
    rng, dim, inner = np.random.default_rng(1), 8, 16
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "boil", "##er", "the", "rattles", "."]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(pieces), dim),
        "embeddings.position_embeddings.weight": (512, dim),
        "embeddings.token_type_embeddings.weight": (2, dim),
    }
    layer = "encoder.layer.0."
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes |= {f"{layer}attention.{part}.weight": (dim, dim), f"{layer}attention.{part}.bias": (dim,)}
    shapes |= {f"{layer}intermediate.dense.weight": (inner, dim), f"{layer}intermediate.dense.bias": (inner,)}
    shapes |= {f"{layer}output.dense.weight": (dim, inner), f"{layer}output.dense.bias": (dim,)}
    for norm in ("embeddings.", f"{layer}attention.output.", f"{layer}output."):
        shapes |= {f"{norm}LayerNorm.weight": (dim,), f"{norm}LayerNorm.bias": (dim,)}
    write_safetensors(folder / "model.safetensors", {n: rng.standard_normal(shape) for n, shape in shapes.items()})
    config = {"num_attention_heads": 2, "num_hidden_layers": 1, "hidden_size": dim}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(pieces))
    return folder


def test_words_are_cut_into_the_longest_known_pieces() -> None:
    pieces = {"[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "boil": 4, "##er": 5, "the": 6, ".": 7}
    assert WordPiece(pieces, 256).tokens("The boiler. Unknown") == [2, 6, 4, 5, 7, 1, 3]
    assert WordPiece(pieces, 4).tokens("The boiler. Unknown") == [2, 6, 4, 3]
    assert WordPiece(pieces, 256).tokens("") == [2, 3]
    assert WordPiece(pieces, 256).tokens("the" * 50) == [2, 1, 3]


def test_marks_accents_and_ideographs_stand_alone() -> None:
    assert list(words("Don't é\u0301 über 日本 $5\u200b\x07 x")) == [
        "don", "'", "t", "e", "uber", "日", "本", "$", "5", "x",
    ]  # fmt: skip


def test_gelu_is_the_exact_one() -> None:
    from math import erf

    x = np.linspace(-6, 6, 1001).astype(np.float32)
    exact = [0.5 * value * (1 + erf(value / 2**0.5)) for value in x.tolist()]
    assert np.abs(gelu(x) - np.array(exact)).max() < 2e-6


def test_texts_do_not_influence_each_other(tmp_path: Path) -> None:
    network = MiniLm(small_model(tmp_path))
    texts = [[2, 6, 4, 5, 3], [2, 7, 3], [2, 6, 3]]
    together = network.embed(texts)
    assert np.allclose(together, np.concatenate([network.embed([text]) for text in texts]), atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_tensors_are_read_as_they_were_written(tmp_path: Path) -> None:
    values = {"a": np.arange(6.0).reshape(2, 3), "b": np.array([0.5])}
    write_safetensors(tmp_path / "x.safetensors", values)
    found = read_safetensors(tmp_path / "x.safetensors")
    assert {name: value.tolist() for name, value in found.items()} == {n: v.tolist() for n, v in values.items()}


async def test_an_embedder_loads_late_and_gives_one_vector_a_text(tmp_path: Path) -> None:
    embedder = LocalEmbedder(tmp_path)
    small_model(tmp_path)
    assert (await embedder.embed(["the boiler", "rattles.", "the", "boiler", "x", ""])).shape == (6, 8)
    assert (await embedder.embed([])).shape == (0, 8)
    await embedder.close()


@pytest.mark.parametrize("missing", ["model.safetensors", "config.json", "vocab.txt"])
async def test_a_broken_package_is_told_with_its_remedy(tmp_path: Path, missing: str) -> None:
    (small_model(tmp_path) / missing).write_text("")
    with pytest.raises(ConfigError) as told:
        await LocalEmbedder(tmp_path).embed(["x"])
    assert "pip install" in told.value.hint


def test_without_the_package_there_is_none() -> None:
    assert model_folder("voiceapp_no_such_package") is None
    assert model_folder("json") is None


@needs_model
async def test_what_means_the_same_is_close() -> None:
    folder = model_folder()
    assert folder is not None
    embedder = LocalEmbedder(folder)
    cat, feline, stocks = await embedder.embed(
        ["The cat sits on the mat.", "A feline rests on a rug.", "Stock prices fell sharply."]
    )
    assert cat @ feline == pytest.approx(0.558404, abs=1e-4)
    assert cat @ stocks == pytest.approx(0.056171, abs=1e-4)
