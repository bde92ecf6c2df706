"""A small convolutional network over a sentence's characters and concepts, in their order.

It errs elsewhere than the linear model, so the two together are surer of what is right and less sure
of what is wrong (``finlit.nlu.ensemble``). Keras trains it; a sentence is read with numpy alone, in about
0.2 milliseconds, so that a server needs no second TensorFlow graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

Analyze = Callable[[str], list[tuple[str, tuple[str, ...]]]]  # characters in order, each with its concepts

CHARACTER_SIZE = 64
CONCEPT_SIZE = 32
MOST_CONCEPTS = 3  # at one character
WIDTHS = (1, 2, 3, 4)  # characters that a filter sees
FILTERS = 64  # for each width
BEFORE, AFTER = 3, 4  # empty places around a sentence: every filter sees its borders, and nothing at all once
LONGEST = 120  # characters that are read
UNKNOWN = 1  # a character seen once or never; 0 is an empty place
SEEN_TWICE = 2
EPOCHS = 6
BATCH = 64
LEARNING_RATE = 2e-3
AT_THE_END = 0.2  # of the learning rate
LENGTHS = (10, 16, 24, 40, LONGEST)  # sentences of like length share a batch: less emptiness to compute
RARE = 0.5  # rare intents count for more, by the root of how rare they are


@dataclass
class CharacterNetwork:
    """The trained network: vocabularies and arrays."""

    analyze: Analyze
    characters: dict[str, int]
    concepts: dict[str, int]
    arrays: dict[str, np.ndarray]

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[int],
        weights: np.ndarray,
        analyze: Analyze,
        seed: int = 0,
        elsewhere: Executor | None = None,
    ) -> CharacterNetwork:
        """Train on ``texts``; ``labels`` are numbers from 0 without gaps, ``weights`` one for each text.

        ``elsewhere``: another process, where Keras does not wait for this one's Python.
        """
        analysed = [analyze(text)[:LONGEST] for text in texts]
        seen = Counter(char for sentence in analysed for char, _ in sentence)
        characters = {char: UNKNOWN + 1 + i for i, char in enumerate(sorted(c for c in seen if seen[c] >= SEEN_TWICE))}
        names = sorted({name for sentence in analysed for _, here in sentence for name in here})
        network = cls(analyze, characters, {name: 1 + i for i, name in enumerate(names)}, {})
        counts = np.bincount(labels)
        balanced = weights * (len(texts) / len(counts) / counts[np.asarray(labels)]) ** RARE
        lesson = (network._encoded(analysed), np.asarray(labels), balanced, network._sizes(), seed)
        network.arrays = elsewhere.submit(_train, *lesson).result() if elsewhere else _train(*lesson)
        return network

    def scores(self, text: str) -> np.ndarray:
        """Return one score (a logit) for each label."""
        arrays = self.arrays
        encoded = self._encode(self.analyze(text)[:LONGEST])
        characters, concepts = encoded[:, 0], encoded[:, 1:]
        known = arrays["characters"][characters] * (characters > 0)[:, None]
        meant = (arrays["concepts"][concepts] * (concepts > 0)[..., None]).sum(axis=1)
        rows = np.concatenate([known, meant], axis=1)
        pooled = []
        for width in WIDTHS:
            windows = np.concatenate([rows[i : len(rows) - width + 1 + i] for i in range(width)], axis=1)
            kernel = arrays[f"kernel_{width}"].reshape(-1, FILTERS)
            pooled.append(np.maximum((windows @ kernel).max(axis=0) + arrays[f"bias_{width}"], 0.0))
        return np.asarray(np.concatenate(pooled) @ arrays["out"] + arrays["out_bias"])

    def document(self) -> dict[str, list[str]]:
        """Return the vocabularies as plain lists, for JSON."""
        return {"characters": list(self.characters), "concepts": list(self.concepts)}

    @classmethod
    def of(cls, document: dict[str, list[str]], arrays: dict[str, np.ndarray], analyze: Analyze) -> CharacterNetwork:
        """Build from what ``document`` and ``arrays`` gave."""
        characters = {char: UNKNOWN + 1 + i for i, char in enumerate(document["characters"])}
        return cls(analyze, characters, {name: 1 + i for i, name in enumerate(document["concepts"])}, arrays)

    def _sizes(self) -> tuple[int, int]:
        return len(self.characters) + UNKNOWN + 1, len(self.concepts) + 1

    def _encode(self, sentence: list[tuple[str, tuple[str, ...]]]) -> np.ndarray:
        encoded = np.zeros((BEFORE + len(sentence) + AFTER, 1 + MOST_CONCEPTS), dtype=np.int32)
        for place, (char, concepts) in enumerate(sentence, BEFORE):
            encoded[place, 0] = self.characters.get(char, UNKNOWN)
            numbers = [self.concepts[name] for name in concepts if name in self.concepts][:MOST_CONCEPTS]
            encoded[place, 1 : 1 + len(numbers)] = numbers
        return encoded

    def _encoded(self, analysed: list[list[tuple[str, tuple[str, ...]]]]) -> list[np.ndarray]:
        return [self._encode(sentence) for sentence in analysed]


def _train(
    sentences: list[np.ndarray], labels: np.ndarray, weights: np.ndarray, sizes: tuple[int, int], seed: int
) -> dict[str, np.ndarray]:
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    network = _network(tf, sizes, int(labels.max()) + 1, rng)
    batches = _batches(tf, sentences, labels, weights.astype(np.float32), rng)
    pace = tf.keras.optimizers.schedules.PolynomialDecay(
        LEARNING_RATE, EPOCHS * len(batches), AT_THE_END * LEARNING_RATE
    )
    network.compile(tf.keras.optimizers.Adam(pace), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0)
    arrays = {
        "characters": network.get_layer("characters").get_weights()[0],
        "concepts": network.get_layer("concepts").get_weights()[0],
    }
    for name in (*map(str, WIDTHS), "out"):
        kernel, bias = network.get_layer(name).get_weights()
        arrays.update(
            {"out": kernel, "out_bias": bias} if name == "out" else {f"kernel_{name}": kernel, f"bias_{name}": bias}
        )
    return arrays


def _network(tf: Any, sizes: tuple[int, int], labels: int, rng: np.random.Generator) -> Any:
    """Return the Keras model: integers (sentence, place, character and concepts) in, logits out."""
    layers = tf.keras.layers

    def start() -> Any:
        return tf.keras.initializers.GlorotUniform(int(rng.integers(2**31)))

    def chance() -> int:
        return int(rng.integers(2**31))

    places = tf.keras.Input((None, 1 + MOST_CONCEPTS), dtype=tf.int32)
    characters, concepts = places[:, :, 0], places[:, :, 1:]
    known = layers.Embedding(sizes[0], CHARACTER_SIZE, start(), name="characters")(characters)
    known *= tf.cast(characters > 0, tf.float32)[..., None]
    meant = layers.Embedding(sizes[1], CONCEPT_SIZE, start(), name="concepts")(concepts)
    meant = tf.reduce_sum(meant * tf.cast(concepts > 0, tf.float32)[..., None], axis=2)
    rows = layers.SpatialDropout1D(0.2, seed=chance())(layers.Concatenate()([known, meant]))
    pooled = []
    for width in WIDTHS:
        seen = layers.Conv1D(FILTERS, width, activation="relu", kernel_initializer=start(), name=str(width))(rows)
        pooled.append(layers.GlobalMaxPooling1D()(seen))
    kept = layers.Dropout(0.5, seed=chance())(layers.Concatenate()(pooled))
    return tf.keras.Model(places, layers.Dense(labels, kernel_initializer=start(), name="out")(kept))


def _batches(
    tf: Any, sentences: list[np.ndarray], labels: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> Any:
    """Return a Keras sequence of batches of sentences of like length, mixed anew for each epoch."""
    lengths = np.array([len(sentence) for sentence in sentences]) - BEFORE - AFTER
    group_of = np.searchsorted(LENGTHS, lengths)

    def mixed() -> list[np.ndarray]:
        found: list[np.ndarray] = []
        for group in range(len(LENGTHS)):
            own = rng.permutation(np.flatnonzero(group_of == group))
            found += [own[i : i + BATCH] for i in range(0, len(own), BATCH)]
        return [found[i] for i in rng.permutation(len(found))]

    class Batches(tf.keras.utils.Sequence):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.rows = mixed()

        def __len__(self) -> int:
            return len(self.rows)

        def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rows = self.rows[number]
            places = np.zeros((len(rows), BEFORE + int(lengths[rows].max()) + AFTER, 1 + MOST_CONCEPTS), dtype=np.int32)
            for place, row in enumerate(rows):
                places[place, : len(sentences[row])] = sentences[row]
            return places, labels[rows], weights[rows]

        def on_epoch_end(self) -> None:
            self.rows = mixed()

    return Batches()
