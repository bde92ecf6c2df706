"""The overview's figures from conversations, and their plots as SVG with the numbers beside them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from finlit.console.talks import Talk
from finlit.settings import SHANGHAI

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 160, 36, 22, 10


@dataclass(frozen=True)
class Day:
    """One day's figures; shares are between 0 and 1, None when nobody asked."""

    day: date
    conversations: int
    questions: int
    missed: int
    handoffs: int
    up: int
    down: int

    @property
    def miss_rate(self) -> float | None:
        return self.missed / self.questions if self.questions else None


def days(talks: Iterable[Talk], ratings: Iterable[tuple[date, int]], last: date, count: int) -> list[Day]:
    """Return the figures of ``count`` days up to ``last``, the oldest first."""
    conversations: dict[date, set[str]] = {}
    asked: Counter[date] = Counter()
    missed: Counter[date] = Counter()
    handoffs: Counter[date] = Counter()
    for talk in talks:
        for turn in talk.turns:
            day = turn.at.astimezone(SHANGHAI).date()
            conversations.setdefault(day, set()).add(talk.conversation)
            if turn.customer:
                asked[day] += 1
                missed[day] += turn.kind in ("refused", "asked") or turn.intent == "out_of_scope"
                handoffs[day] += turn.intent == "human_handoff"
    thumbs = Counter(ratings)
    wanted = [last - timedelta(days=count - 1 - n) for n in range(count)]
    return [
        Day(d, len(conversations.get(d, ())), asked[d], missed[d], handoffs[d], thumbs[(d, 1)], thumbs[(d, -1)])
        for d in wanted
    ]


def top_intents(talks: Iterable[Talk], most: int = 12) -> list[tuple[str, int]]:
    """Return what is asked most, with how often."""
    asked = Counter(turn.intent for talk in talks for turn in talk.turns if turn.customer and turn.intent)
    return asked.most_common(most)


def by_channel(talks: Iterable[Talk]) -> list[tuple[str, int, int, float | None]]:
    """Return channel, conversations, questions, share missed."""
    conversations: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for talk in talks:
        customer = [turn for turn in talk.turns if turn.customer]
        if not customer:
            continue
        channel = customer[0].channel
        conversations[channel] += 1
        asked[channel] += len(customer)
        missed[channel] += sum(t.kind in ("refused", "asked") or t.intent == "out_of_scope" for t in customer)
    return [(c, conversations[c], asked[c], missed[c] / asked[c]) for c in sorted(conversations)]


def bars(title: str, points: Sequence[tuple[str, float | None]], unit: str = "") -> str:
    """Return a bar chart as SVG; the same numbers must stand in a table beside it."""
    most = max([value for _, value in points if value is not None] or [0]) or 1
    step = (WIDTH - LEFT) / max(1, len(points))
    room = HEIGHT - BOTTOM - TOP
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<line class="axis" x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH}" y2="{HEIGHT - BOTTOM}"/>',
        f'<text class="tick" x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">{most:g}{escape(unit)}</text>',
        f'<text class="tick" x="{LEFT - 4}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>',
    ]
    for number, (name, value) in enumerate(points):
        x = LEFT + number * step
        if value:
            height = room * value / most
            y = HEIGHT - BOTTOM - height
            parts.append(
                f'<rect class="bar" x="{x + step * 0.15:.1f}" y="{y:.1f}" width="{step * 0.7:.1f}" height="{height:.1f}">'
                f"<title>{escape(name)}：{value:g}{escape(unit)}</title></rect>"
            )
        if number % max(1, len(points) // 7) == 0:
            parts.append(
                f'<text class="tick" x="{x + step / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(name)}</text>'
            )
    return "".join(parts) + "</svg>"
