"""Checks on training questions: enough of them, our own, varied, and each under one intent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from finlit.content import likeness
from finlit.content.problems import Problem, error, warning
from finlit.content.topics import Content, Example, Place
from finlit.privacy import mask
from finlit.text import fingerprints

# Intents that customers of the evaluation lenders ask often need more sentences.
FREQUENT = frozenset(
    [
        "overdue_negotiate",
        "loan_apply",
        "repay_failed",
        "fee_interest",
        "overdue_what_to_do",
        "overdue_service_restricted",
        "fee_early_repayment",
        "credit_impact",
        "limit_reduced",
        "fee_penalty",
        "repay_early",
        "repay_date",
        "repay_change_card",
        "repay_installment",
        "repay_auto_debit",
        "loan_disbursement",
        "overdue_grace_period",
        "limit_adjust",
        "repay_how",
        "repay_minimum",
        "loan_rejected",
        "fee_dispute",
        "account_close",
        "fee_penalty_calculate",
        "settlement_proof",
        "loan_refund",
        "limit_query",
        "overdue_wrongly_flagged",
        "overdue_consequences",
        "loan_review_time",
        "loan_reborrow",
        "account_status",
    ]
)
AT_LEAST = {"out_of_scope": 300}
AT_LEAST_FREQUENT, AT_LEAST_OTHERS = 60, 35
LONGEST_SHARED = 8  # characters that a sentence may have in common with a measuring sentence
UNIFORM_AT = 0.34
NEARLY_THE_SAME = 0.85
# A sentence stands out when another intent's nearest one is this alike, and its own intent's far less.
LIKE_ANOTHERS = 0.6
LESS_LIKE_ITS_OWN = 0.6


def too_few(content: Content, intents: Iterable[str], where: Place) -> Iterator[Problem]:
    """Each intent needs a minimum of sentences."""
    counts = Counter(example.intent for example in content.examples)
    for intent in intents:
        needed = AT_LEAST.get(intent, AT_LEAST_FREQUENT if intent in FREQUENT else AT_LEAST_OTHERS)
        if counts[intent] < needed:
            yield error(where, f"意图 {intent} 只有 {counts[intent]} 句，至少要 {needed} 句。请补充真实的问法。")


def unknown_intents(content: Content, intents: frozenset[str]) -> Iterator[Problem]:
    """A sentence must stand under an intent of domain.yml."""
    reported: set[str] = set()
    for example in content.examples:
        if example.intent not in intents and example.label not in reported:
            reported.add(example.label)
            yield error(
                example.where, f"domain.yml 里没有意图 {example.intent}。请改成已有的名字，或先在 domain.yml 登记。"
            )


def duplicates(content: Content) -> Iterator[Problem]:
    """The same sentence, apart from punctuation, may stand once only."""
    seen: dict[str, Example] = {}
    for example in content.examples:
        key = example.plain or example.text
        other = seen.setdefault(key, example)
        if other is example:
            continue
        if other.intent != example.intent:
            yield error(example.where, f"「{example.text}」也写在 {other.where}（{other.label}），请只保留一处。")
        else:
            yield warning(example.where, f"「{example.text}」和 {other.where} 重复，可以删掉。")


def lookalikes(content: Content) -> Iterator[Problem]:
    """Sentences that nearly repeat another one, or look like another intent's more than like their own."""
    examples = content.examples
    if len(examples) < 2:
        return
    matters = min(NEARLY_THE_SAME, LIKE_ANOTHERS * LESS_LIKE_ITS_OWN)
    alike = likeness.Likeness([example.plain for example in examples]).among_themselves(matters)
    plain = [example.plain for example in examples]
    for later, earlier, _ in likeness.pairs_above(alike, NEARLY_THE_SAME):
        if plain[later] != plain[earlier]:  # equal ones are ``duplicates``
            other = examples[earlier]
            message = (
                f"「{examples[later].text}」和 {other.where}（{other.label}）的「{other.text}」几乎一样，留一句就够。"
            )
            yield warning(examples[later].where, message)
    yield from _closer_to_another(examples, alike)


def _closer_to_another(examples: list[Example], alike: Any) -> Iterator[Problem]:
    intents = np.unique([example.intent for example in examples], return_inverse=True)[1]
    rows = np.repeat(np.arange(len(examples)), np.diff(alike.indptr))
    same = intents[rows] == intents[alike.indices]
    own, _ = likeness.best_of(alike, same & (rows != alike.indices))
    others, nearest = likeness.best_of(alike, ~same)
    for position in np.flatnonzero((others >= LIKE_ANOTHERS) & (own < LESS_LIKE_ITS_OWN * others)):
        example, other = examples[position], examples[nearest[position]]
        yield warning(
            example.where,
            f"「{example.text}」写在 {example.label}，却更像 {other.label} 的「{other.text}」（{other.where}）。"
            "请看是不是放错了；没放错就给这个意图多补几句类似的。",
        )


def personal_data(content: Content) -> Iterator[Problem]:
    """No phone, identity or card number may be taught."""
    together = "\n".join(example.text for example in content.examples)
    if mask(together) == together:  # as a rule, and far quicker than one by one
        return
    for example in content.examples:
        if mask(example.text) != example.text:
            yield error(example.where, "训练句里像是有真实的手机号、证件号或卡号，请改掉。")


def entity_marks(content: Content) -> Iterator[Problem]:
    """Amounts and dates are found by rule: marks in sentences are a mistake here."""
    for example in content.examples:
        if "](" in example.text or "]{" in example.text:
            yield error(example.where, f"「{example.text}」里有实体标记。金额、日期由规则抽取，请去掉方括号标记。")


def copied(content: Content, held_out: dict[str, list[str]]) -> Iterator[Problem]:
    """No sentence may come from a measuring set, nor share a long piece with one."""
    size = LONGEST_SHARED + 1
    pieces: dict[str, str] = {}
    for name, sentences in held_out.items():
        for plain in fingerprints(sentences):
            for start in range(len(plain) - size + 1):
                pieces[plain[start : start + size]] = name
    for example in content.examples:
        plain = example.plain
        hit = next(
            (pieces[plain[i : i + size]] for i in range(len(plain) - size + 1) if plain[i : i + size] in pieces), None
        )
        if hit:
            yield error(
                example.where,
                f"「{example.text}」与测量集 {hit} 有超过 {LONGEST_SHARED} 个字相同，请换一句自己的说法。",
            )


def uniformity(examples: list[Example]) -> float:
    """Return the mean, over sentences, of the likeness (0-1) to their most similar neighbour.

    Likeness is the share of different character pairs that two sentences have in common.
    """
    pairs = _character_pairs(examples)
    return _uniformity(pairs) if pairs is not None else 0.0


def _character_pairs(examples: list[Example]) -> Any:
    """Return which character pairs each sentence has, as a sparse matrix; None when no sentence has any."""
    rows, codes = likeness.gram_codes([example.plain for example in examples], (2,), framed=False)
    if not len(codes):
        return None
    known, columns = np.unique(codes, return_inverse=True)
    return likeness.presence(rows, columns, (len(examples), len(known)))


def _uniformity(pairs: Any) -> float:
    shared = (pairs @ pairs.T).toarray()
    sizes = np.diff(pairs.indptr)
    either = sizes[:, None] + sizes[None, :] - shared
    likenesses = shared / np.maximum(either, 1)
    np.fill_diagonal(likenesses, 0.0)
    return float(likenesses.max(axis=1).mean())


def too_uniform(content: Content) -> Iterator[Problem]:
    """Sentences made from one template teach nothing new."""
    labels = content.by_label()
    pairs, end = _character_pairs([example for examples in labels.values() for example in examples]), 0
    for label, examples in labels.items() if pairs is not None else ():
        start, end = end, end + len(examples)
        value = _uniformity(pairs[start:end])
        if len(examples) >= 10 and value > UNIFORM_AT:
            yield warning(
                examples[0].where, f"{label} 的问句太雷同（相似度 {value:.2f}，应低于 {UNIFORM_AT}）。请换句式和场景。"
            )
