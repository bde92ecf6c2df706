"""From a sentence to sparse features: characters across word borders, jieba words, concepts.

Character n-grams are taken twice: as typed, and with every product's name as the same word, so that
what was learnt about one product holds for the others.

``char_wb`` n-grams of stock Rasa stop at jieba's word borders, which hurts short Chinese
questions; here n-grams run over the whole sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import jieba

from finlit.nlu.lexicon import Lexicon
from finlit.nlu.quantities import find
from finlit.text import compact, fingerprint

PRODUCTS = "产品"  # the concept whose forms are names of products and lenders
_ANY_PRODUCT = "贷品"  # stands for each of them: a name doesn't change what is asked
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_BORDER = re.compile(r"[^\w]+")


def masked(text: str) -> str:
    """Return the normal form with figures as ``0`` and punctuation as one space: amounts don't decide topics."""
    return _BORDER.sub(" ", _DIGITS.sub("0", compact(text))).strip()


def _ngrams(text: str) -> list[str]:
    framed = f"^{text}$"
    return [framed[i : i + n] for n in (1, 2, 3, 4) for i in range(len(framed) - n + 1)]


@dataclass(frozen=True)
class Analyzer:
    """Turns a sentence into feature names; ``blocks`` keeps the kinds apart for weighting."""

    segmenter: jieba.Tokenizer
    lexicon: Lexicon
    products: re.Pattern[str]

    @classmethod
    def of(cls, segmenter: jieba.Tokenizer, concepts: dict[str, list[str]]) -> Analyzer:
        """Return an analyzer for the editors' ``concepts``; the forms of ``PRODUCTS`` are the products' names."""
        names = sorted(map(fingerprint, concepts[PRODUCTS]), key=len, reverse=True)
        return cls(segmenter, Lexicon.from_concepts(concepts), re.compile("|".join(map(re.escape, names))))

    def blocks(self) -> dict[str, Callable[[str], list[str]]]:
        """Return the kinds of features by name."""
        return {
            "characters": self.characters,
            "unbranded": self.unbranded,
            "words": self.words,
            "concepts": self.concepts,
        }

    def characters(self, text: str) -> list[str]:
        """Return character n-grams (1-4) with sentence borders."""
        return _ngrams(masked(text))

    def unbranded(self, text: str) -> list[str]:
        """Return character n-grams (1-4) with each product's name as the same word."""
        return _ngrams(self.products.sub(_ANY_PRODUCT, masked(text)))

    def words(self, text: str) -> list[str]:
        """Return jieba words and pairs of neighbours."""
        words = [word for word in self.segmenter.lcut(masked(text)) if word.strip()]
        return words + [f"{a}_{b}" for a, b in zip(words, words[1:])]

    def concepts(self, text: str) -> list[str]:
        """Return concepts and kinds of quantities, unordered pairs, and runs of two and three in order."""
        sequence = self.lexicon.concepts_in(masked(text).replace(" ", ""))
        kinds = {f"#{quantity.kind}" for quantity in find(text)}
        unique = sorted({*sequence, *kinds})
        pairs = [f"{a}+{b}" for i, a in enumerate(unique) for b in unique[i + 1 :]]
        steps = [f"{a}>{b}" for a, b in zip(sequence, sequence[1:])]
        runs = [f"{a}>{b}>{c}" for a, b, c in zip(sequence, sequence[1:], sequence[2:])]
        return unique + pairs + steps + runs or ["(none)"]

    def sequence(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the characters in order, each with its concepts; each product's name as the same two characters."""
        plain = masked(text).replace(" ", "")
        found = list(zip(plain, self.lexicon.concepts_at(plain)))
        for name in reversed(list(self.products.finditer(plain))):
            found[name.start() : name.end()] = [(char, found[name.start()][1]) for char in _ANY_PRODUCT]
        return found
