"""Words of the glossary in the text of the book: whoever points at one reads what it means."""

import html
import re
from collections.abc import Iterable

from scratch.teaching.book.prose import replaced
from scratch.teaching.concepts import SYMBOL, Term

# In running text these are mostly everyday words, and mean no more than they do anywhere.
EVERYDAY = frozenset(
    re.split(
        r",\s+",
        """a one, angle, by chance, by lot, chance, cold, count, description, direction, draw,
        error, fan, fine, from the box, gain, grid, held, hit, in common, kept, known
        rows, lead, leftover, lift, like, one voice, own ratings, paired, phase,
        published, ratio, reason, rest, score, set, setting, side, spread, start, state,
        strangers, tally, taste, the other film, tie, tuned, unfinished, units, variant,
        vote, winner""",
    )
)
# These mean something else in other lessons, so they are explained only in their own.
AT_HOME = frozenset(
    re.split(
        r",\s+",
        """decay, factor, layer, most liked, most rated, neighbour, newcomer, shrinkage (of biases),
        similarity, suggestion, sweep, the simple rival""",
    )
)
# These are verbs as well: they are explained after an article.
NOUNS = frozenset({"pull", "split"})
ARTICLE = re.compile(r"(?i)\b(a|the|one|each|every|this|that|no)\s+$")
UNREAD = "## Further reading"  # titles of other people's texts


def slug(name: str) -> str:
    """The name of a term as the end of a link.

    >>> slug("stochastic gradient descent (SGD)")
    'term-stochastic-gradient-descent-sgd'
    """
    return "term-" + re.sub(r"\W+", "-", name.lower()).strip("-")


def spellings(name: str) -> list[str]:
    """How a term may be written in a text: with and without what is in brackets after it.

    A single letter may be anything, so it is not looked for.

    >>> spellings("mean squared error (MSE)"), spellings("p (of a test)")
    (['mean squared error', 'MSE'], [])
    """
    found = re.fullmatch(r"(.+?) \((.+)\)", name)
    if found is None:
        return [name]
    short = [found[2]] if found[2].isupper() else []
    return [spelling for spelling in (found[1], *short) if len(spelling) > 1]


def with_places(glossary: str) -> str:
    """The page of the glossary with a place to link to at each word; a symbol needs none."""

    def placed(match: re.Match[str]) -> str:
        return f'- <span id="{slug(match[1])}"></span>**{match[1]}**:'

    return re.sub(rf"(?m)^- \*\*([^*{SYMBOL}]+)\*\*:", placed, glossary)


class Hovers:
    """Puts the meaning of a word under it: once in a lesson, and of a new word in each section.

    terms: those of the glossary; only what has been introduced up to lesson `number` is explained.
    page: where the glossary is, as seen from the lesson, whose texts come one after the other.
    """

    def __init__(self, terms: Iterable[Term], number: int, page: str):
        self.page = page
        known = [term for term in terms if SYMBOL not in term.name and term.number <= number]
        self.meant = {
            spelling.lower(): term
            for term in known
            if term.name not in EVERYDAY and (term.number == number or term.name not in AT_HOME)
            for spelling in spellings(term.name)
        }
        self.new = {term.name for term in known if term.number == number}
        self.seen: set[str] = set()
        words = sorted(map(re.escape, self.meant), reverse=True)  # "error rate" before "error"
        self.pattern = re.compile(rf"(?i)(?<![\w-])({'|'.join(words)})(e?s)?(?![\w-])")

    def explain(self, text: str) -> str:
        """The text with its words explained that have not been seen."""
        if not self.meant:
            return text
        made = []
        for part in re.split(r"(?m)^(?=##)", text):
            if part.startswith("##"):
                self.seen -= self.new
            is_unread = part.startswith(UNREAD)
            made.append(part if is_unread else replaced(part, self.pattern, self.explained))
        return "".join(made)

    def explained(self, match: re.Match[str]) -> str:
        """One word with its meaning under it, if it has not been seen."""
        word = match[1].lower()
        term = self.meant[word]
        is_verb = word in NOUNS and not ARTICLE.search(match.string[: match.start()])
        if term.name in self.seen or is_verb:
            return match[0]
        self.seen.add(term.name)
        meaning = html.escape(term.meaning.replace("`", ""))
        return (
            f'<a class="term" href="{self.page}#{slug(term.name)}" data-bs-toggle="tooltip" '
            f'data-bs-title="{meaning}">{match[0]}</a>'
        )
