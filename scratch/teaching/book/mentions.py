"""Places that a text mentions become links: notebooks, their sections, exercises."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from posixpath import relpath

from scratch.course.notebook_files import read_notebook
from scratch.teaching.book.hovers import spellings
from scratch.teaching.book.prose import replaced
from scratch.teaching.concepts import SYMBOL, Lesson, Term

SECTION = re.compile(r"(?m)^## (?P<number>\d+)\. .*$")
NUMBER = re.compile(r"\b\d\d\b")
# "Its section 5" is one of another text.
MENTION = re.compile(
    r"""(?ix)\b(?:
    (?P<exercise> exercise\ (?P<id> \d\d\.\d) )
    | (?P<there> (?:notebook\ )? (?P<in> \d\d),\ section\ (?P<its> \d+) )
    | (?P<here> (?<! its\ ) section\ (?P<own> \d+) (?:\ of\ (?:notebook\ )?(?P<of> \d\d)\b)? )
    | (?P<sections> sections\ \d+ (?:(?:,\ |\ and\ |\ to\ |–)\d+)+ )
    | (?P<notebooks> notebooks?\ \d\d (?:(?:,\ |\ and\ |\ or\ |\ to\ |–)\d\d)* )
    )\b"""
)


class Mentions:
    """Makes links of the places that texts mention, and gives these places their names.

    lessons: those of the course. exercises: the numbers of all, such as "04.3". terms: the words of
    the glossary, under which a search finds the section that introduces them.
    """

    def __init__(self, lessons: Iterable[Lesson], exercises: Iterable[str], terms: Iterable[Term]):
        self.files = {f"{lesson.number:02}": lesson.path.name for lesson in lessons}
        self.places = {place_of_exercise(exercise) for exercise in exercises}
        for lesson in lessons:
            cells = read_notebook(lesson.path).cells
            found = SECTION.findall("\n".join(c.source for c in cells if c.cell_type == "markdown"))
            self.places |= {place_of_section(f"{lesson.number:02}", number) for number in found}
        self.words: dict[str, list[str]] = {}
        for term in terms:
            if SYMBOL not in term.name:
                place = place_of_section(f"{term.number:02}", str(term.section))
                self.words.setdefault(place, []).extend(looked_for(term.name))

    def named(self, text: str, number: str) -> str:
        """The text of a notebook's cell with a name at each section that begins in it.

        number: of the notebook.
        """

        def name(match: re.Match[str]) -> str:
            place = place_of_section(number, match["number"])
            words = [f"```{{index}} ! single: {word}\n```\n" for word in self.words.get(place, [])]
            return "".join([f"({place})=\n{match[0]}\n", *words])

        return SECTION.sub(name, text)

    def linked(self, text: str, page: PurePosixPath, number: str = "") -> str:
        """The text with its mentions as links, if what they name is there.

        page: its path in the book. number: of the notebook whose sections it means if it names
        none; without it, such a section stays as it is.
        """

        def link(match: re.Match[str]) -> str:
            if match["notebooks"]:
                return self.each(match[0], page)
            if match["sections"]:
                return re.sub(
                    r"\d+", lambda found: self.section(found[0], number, found[0]), match[0]
                )
            if match["exercise"]:
                return self.place(match[0], place_of_exercise(match["id"]))
            lesson = match["in"] or match["of"] or number
            return self.section(match[0], lesson, match["its"] or match["own"])

        return replaced(text, MENTION, link)

    def section(self, words: str, lesson: str, number: str) -> str:
        """A link to a section, or the words alone if there is none."""
        return self.place(words, place_of_section(lesson, number))

    def place(self, words: str, place: str) -> str:
        """A link to a place, or the words alone if it is not there."""
        return f"[{words}](#{place})" if place in self.places else words

    def each(self, words: str, page: PurePosixPath) -> str:
        """Words such as "notebooks 02 and 03" with a link for each number; for one, all of them."""
        if len(NUMBER.findall(words)) == 1:
            return self.link(words, words[-2:], page)
        return NUMBER.sub(lambda match: self.link(match[0], match[0], page), words)

    def link(self, words: str, number: str, page: PurePosixPath) -> str:
        """A link to a notebook, or the words alone if it is the page at hand, or not there."""
        if number not in self.files or self.files[number] == page.name:
            return words
        return f"[{words}]({relpath(f'notebooks/{self.files[number]}', page.parent)})"


def looked_for(name: str) -> list[str]:
    """The words under which somebody may look for a term.

    >>> looked_for("pull (regularization, L2)"), looked_for("user-based")
    (['pull', 'regularization', 'L2'], ['user-based', 'user based'])
    """
    _, _, others = name.rstrip(")").partition(" (")
    further = [] if others.startswith("of ") else others.split(", ")
    words = [*spellings(name), *further]
    words += [word.replace("-", " ") for word in words]
    return list(dict.fromkeys(filter(None, words)))


def place_of_section(lesson: str, number: str) -> str:
    """The name by which links know a section."""
    return f"section-{lesson}-{number}"


def place_of_exercise(exercise: str) -> str:
    """The name by which links know an exercise.

    >>> place_of_exercise("04.3")
    'exercise-04-3'
    """
    return "exercise-" + exercise.replace(".", "-")
