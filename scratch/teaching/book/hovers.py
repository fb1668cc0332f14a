"""Words of the glossary in the text of the book: whoever points at one reads what it means."""

import html
import re
from collections.abc import Iterable

from scratch.teaching.concepts import SYMBOL, Term

# In running text these are mostly everyday words, and mean no more than they do anywhere.
EVERYDAY = frozenset(
    re.split(
        r",\s+",
        """angle, by chance, by lot, chance, cold, count, description, direction, draw, error, fan,
        fine, from the box, grid, held, hit, in common, kept, known rows, lead, leftover, like,
        one voice, paired, phase, published, rest, score, set, setting, side, spread, start, state,
        strangers, tally, taste, the other film, tie, tuned, unfinished, units, variant, vote,
        winner""",
    )
)
# What no word is looked for in: code, formulas, links, HTML, headings, directives, tables, quotes.
PASSED_OVER = re.compile(
    r"(?ms)(^ *```.*?^ *```|^ *:::.*?$|\$\$.*?\$\$|\$[^$\n]+\$|`+[^`\n]+`+|!?\[[^\]]*\]\([^)]*\)"
    r"|<details>.*?</details>|<[^>]+>|^#.*?$|^ *\|.*?$|https?://\S+)"
)


def slug(name: str) -> str:
    """The name of a term as the end of a link.

    >>> slug("stochastic gradient descent (SGD)")
    'term-stochastic-gradient-descent-sgd'
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def spellings(name: str) -> list[str]:
    """How a term may be written in a text: with and without what is in brackets after it.

    >>> spellings("mean squared error (MSE)")
    ['mean squared error', 'MSE']
    """
    found = re.fullmatch(r"(.+?) \((.+)\)", name)
    if found is None:
        return [name]
    short = [found[2]] if found[2].isupper() else []
    return [found[1], *short]


def with_places(glossary: str) -> str:
    """The page of the glossary with a place to link to at each word."""
    return re.sub(
        r"(?m)^- \*\*(.+?)\*\*:",
        lambda match: f'- <span id="{slug(match[1])}"></span>**{match[1]}**:',
        glossary,
    )


class Hovers:
    """Puts the meaning of a word under it, where a section uses it first.

    terms: those of the glossary; only what has been introduced up to lesson `number` is explained.
    page: where the glossary is, as seen from the lesson.
    """

    def __init__(self, terms: Iterable[Term], number: int, page: str):
        self.page = page
        self.meant = {
            spelling.lower(): term
            for term in terms
            if SYMBOL not in term.name and term.name not in EVERYDAY and term.number <= number
            for spelling in spellings(term.name)
        }
        words = sorted(map(re.escape, self.meant), key=len, reverse=True)
        self.pattern = re.compile(rf"(?i)(?<![\w-])({'|'.join(words)})(e?s)?(?![\w-])")

    def explain(self, text: str, seen: set[str]) -> str:
        """The text with its words explained that are not among those `seen`, which grow."""
        if not self.meant:
            return text

        def explained(match: re.Match[str]) -> str:
            term = self.meant[match[1].lower()]
            if term.name in seen:
                return match[0]
            seen.add(term.name)
            meaning = html.escape(term.meaning.replace("`", ""), quote=True)
            return (
                f'<a class="term" href="{self.page}#{slug(term.name)}" data-bs-toggle="tooltip" '
                f'data-bs-title="{meaning}">{match[0]}</a>'
            )

        parts = PASSED_OVER.split(text)
        return "".join(
            part if i % 2 else self.pattern.sub(explained, part) for i, part in enumerate(parts)
        )
