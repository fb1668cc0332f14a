"""What is looked at in a finished website, on one of two pages."""

import argparse
import os
import sys
from pathlib import Path

import pytest

from scratch.course import book, cli, repository
from scratch.course.install import SetupError
from scratch.teaching.book import checks

PAGE = """<html><head><link rel="next" href="a.html"><link rel="stylesheet" href="_static/it.css">
<script src="{script}"></script></head><body id="top"><a name="here"></a>
<a href="#here">here</a> <a href="{link}">there</a> <a href="mailto:a@b.c">write</a>
<a href="https://example.org/x">out</a> <img src="data:image/png;base64,iVBORw0KGgo=">
<a href="a.html#caf%C3%A9">and</a> <a>nowhere</a></body></html>"""


@pytest.fixture
def write(tmp_path):
    """Writes a site, whose first page has these links, and returns its folder."""
    site = tmp_path / "book"

    def pages(link="a.html", script="_static/it.js"):
        (site / "_static").mkdir(parents=True, exist_ok=True)
        for name in ("it.css", "it.js", "part.html"):
            (site / "_static" / name).write_text("<a href='gone.html'>", encoding="utf-8")
        (site / "index.html").write_text(PAGE.format(link=link, script=script), encoding="utf-8")
        more = '<p id="café"><a href="https://example.org/x">out</a> <a href="index.html#top">'
        (site / "a.html").write_text(more, encoding="utf-8")
        return site

    return pages


@pytest.mark.parametrize(
    "link", ["a.html", "a.html#café", "index.html#here", "_static/it.css#%C3%A9"]
)
def test_a_link_that_leads_somewhere_is_no_complaint(write, link):
    pages = checks.read(write(link))
    assert [path.name for path in pages] == ["a.html", "index.html"]  # a part is no page
    assert checks.broken(pages) == []


@pytest.mark.parametrize("link", ["b.html", "a.html#here", "#there", "_static/none.css"])
def test_a_link_that_leads_nowhere_is_named_with_its_page(write, link):
    assert checks.broken(checks.read(write(link))) == [f"index.html: {link}"]


@pytest.mark.parametrize(
    "tag", ["script", "img", "link", "iframe", "source", "video", "audio", "embed", "object"]
)
def test_what_each_tag_loads_is_found(tag):
    attribute = {"link": "href", "object": "data"}.get(tag, "src")
    page = checks.Page(f'<{tag} {attribute}="a.b">')
    assert (page.loads, page.links) == (["a.b"], [])
    assert checks.loaded_from_elsewhere({Path("a.html"): page}) == []
    page = checks.Page(f'<{tag} {attribute}="file:///a">')
    assert checks.loaded_from_elsewhere({Path("a.html"): page}) == ["a.html: file:///a"]


@pytest.mark.parametrize("rel", ["next", "prev", "index", "search"])
def test_a_page_does_not_load_its_neighbours(rel):
    page = checks.Page(f'<link rel="{rel}" href="a.html">')
    assert (page.loads, page.links) == ([], ["a.html"])


def test_the_places_of_a_page_are_those_with_an_id_or_a_name():
    page = checks.Page('<p id><p id="a" name="b" class="c"><a href>')
    assert page.places == {"", "a", "b"} and page.links == []


def test_a_file_that_is_missing_is_named(write):
    pages = checks.read(write(script="_static/none.js"))
    assert checks.broken(pages) == ["index.html: _static/none.js"]


@pytest.mark.parametrize("script", ["https://example.org/it.js", "//example.org/it.js"])
def test_what_is_loaded_from_elsewhere_is_named_and_a_link_is_not_loaded(write, script):
    assert checks.loaded_from_elsewhere(checks.read(write())) == []
    pages = checks.read(write(script=script))
    assert checks.loaded_from_elsewhere(pages) == [f"index.html: {script}"]
    assert checks.broken(pages) == []


def test_addresses_outside_are_listed_once_with_their_pages(write):
    pages = checks.read(write("http://example.org/a"))
    assert checks.leading_out(pages) == {
        "http://example.org/a": ["index.html"],
        "https://example.org/x": ["a.html", "index.html"],
    }


# The command, without Sphinx


@pytest.fixture
def command(monkeypatch, tmp_path, write):
    """The command for a site that is there already: `made` is what building it comes to."""
    fetched = []

    def make(made=0, options=("-v",), address="", **site):
        def build(root, work, where, for_sphinx):
            if isinstance(made, Exception):
                raise made
            assert (where, for_sphinx) == (address, ["-v"])
            assert work.parent == tmp_path / "logs" and work.name.startswith("book-")
            write(**site).rename(work / "site")
            return made

        monkeypatch.setattr(book, "build", build)
        return cli.book(list(options))

    monkeypatch.setattr(book, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(book, "BUILD", tmp_path / "build")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setattr(book.extras, "fetch", fetched.append)
    yield make
    assert {*fetched} <= {book.extras.BOOK}


def test_sphinx_is_fetched_before_anything_else(command, tmp_path, monkeypatch):
    def fetch(extra):
        raise SetupError("no network")

    monkeypatch.setattr(book.extras, "fetch", fetch)
    with pytest.raises(SetupError):
        command()
    assert not (tmp_path / "logs").exists()


def test_what_a_page_with_formulas_needs_is_taken_from_the_package_that_is_fetched():
    es5 = book.ROOT / ".course" / "book" / "mathjax" / "static" / "mathjax" / "es5"
    assert es5 == book.MATHJAX
    if es5.exists():
        assert all((es5 / name).exists() for name in book.OF_MATHJAX)
    assert book.OF_MATHJAX == ("tex-chtml.js", "output/chtml/fonts/woff-v2")


def test_all_options_but_the_address_are_sphinxs_and_help_says_so(capsys):
    with pytest.raises(SystemExit) as end:
        book.parse(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0 and said.startswith("usage: python -m scratch.course book [-h]")
    for told in (
        "Build the course as a website from the stored notebooks.",
        "from which readers clone the course; else git's origin",
        "All other options are Sphinx's: -j 2 builds with two processes.",
    ):
        assert told in said


def test_the_book_is_named_and_where_it_leads_out_is_listed(command, tmp_path, capsys):
    assert command() == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 pages; 1 links out of them, for you to try: build/links-out.txt"
    assert said[1].replace("\\", "/") == "Open build/book/index.html"
    listed = (tmp_path / "build" / "links-out.txt").read_text(encoding="utf-8")
    assert listed == "https://example.org/x  (a.html, index.html)\n"


def test_each_address_outside_is_on_a_line_of_its_own(command, tmp_path):
    assert command(link="http://example.org/a") == 0
    listed = (tmp_path / "build" / "links-out.txt").read_text(encoding="utf-8")
    assert sorted(line.split()[0] for line in listed.splitlines()) == [
        "http://example.org/a", "https://example.org/x",
    ]  # fmt: skip


def test_its_address_is_the_one_that_is_given_or_git_s_origin(command, monkeypatch, capsys):
    assert command(options=["--address=https://a.org/b", "-v"], address="https://a.org/b") == 0
    secret = ["--address=https://me:secret@a.org/b", "-v"]
    assert command(options=secret, address="https://a.org/b") == 0
    with pytest.raises(SystemExit) as end:
        book.parse(["--address=nonsense"])
    assert end.value.code == 2 and "Nobody elsewhere can clone" in capsys.readouterr().err
    monkeypatch.setattr(repository, "origin", lambda root: "https://c.org/d")
    assert book.parse([])[0].address == "https://c.org/d"

    def no_origin(root):
        raise ValueError("There is none.")

    monkeypatch.setattr(repository, "origin", no_origin)
    assert book.parse(["-j", "2"]) == (argparse.Namespace(address=""), ["-j", "2"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"made": 1}, "What Sphinx complains about is above."),
        ({"made": ValueError("04: a figure without words")}, "04: a figure without words"),
        ({"link": "none.html"}, "Links that lead nowhere:\nindex.html: none.html"),
    ],
    ids=["a warning", "a page that cannot be laid out", "a link"],
)
def test_a_book_that_is_not_as_it_should_be_is_an_error_and_leaves_the_old_one(
    command, tmp_path, capsys, wrong, said
):
    old = tmp_path / "build" / "book"
    (old / "mine").mkdir(parents=True)
    assert command(**wrong) == 1
    kept = f"{old.relative_to(tmp_path)} is still the one before."
    assert capsys.readouterr().err == f"{said}\nThe book is not as it should be. {kept}\n"
    assert (old / "mine").is_dir() and not list((tmp_path / "logs").iterdir())


def test_where_there_was_no_book_none_is_said_to_be_kept(command, capsys):
    assert command(made=1) == 1
    said = "What Sphinx complains about is above.\nThe book is not as it should be.\n"
    assert capsys.readouterr().err == said


def test_a_new_book_takes_the_place_of_the_old_one(command, tmp_path):
    (tmp_path / "build" / "book" / "mine").mkdir(parents=True)
    (tmp_path / "logs").mkdir()
    assert command() == 0
    names = {path.name for path in (tmp_path / "build" / "book").iterdir()}
    assert "index.html" in names and "mine" not in names


def test_it_is_built_anew_by_the_sphinx_that_lies_beside_the_course(monkeypatch, tmp_path):
    asked = []
    mathjax = tmp_path / "es5"
    for name in book.OF_MATHJAX:
        (mathjax / name).parent.mkdir(parents=True, exist_ok=True)
    (mathjax / book.OF_MATHJAX[0]).write_text("it", encoding="utf-8")
    (mathjax / book.OF_MATHJAX[1]).mkdir()
    (mathjax / book.OF_MATHJAX[1] / "a.woff").write_text("a", encoding="utf-8")

    def run(words, cwd, env):
        asked.append((words, cwd, env))
        return type("Done", (), {"returncode": 5})

    monkeypatch.setattr(book, "MATHJAX", mathjax)
    monkeypatch.setattr(book.subprocess, "run", run)
    laid_out = []
    monkeypatch.setattr("scratch.teaching.book.source.lay_out", lambda *a: laid_out.append(a))
    monkeypatch.setenv("PYTHONPATH", "mine")
    work = tmp_path / "work"
    assert book.build(tmp_path, work, "https://a.org/b", ["-v"]) == 5
    assert laid_out == [(tmp_path, work / "source", "https://a.org/b")]
    ((words, folder, env),) = asked
    strict = ["-b", "html", "-q", "-W", "--keep-going", "-d", str(work / "read")]
    places = [str(work / "source"), str(work / "site")]
    assert words == [sys.executable, "-m", "sphinx", *strict, "-v", *places] and folder == tmp_path
    path = f"{book.extras.BOOK.folder}{os.pathsep}mine"
    assert env == os.environ | {"PYTHONPATH": path}
    parts = work / "source" / "_static" / "mathjax"
    assert (parts / "tex-chtml.js").is_file()
    assert (parts / "output" / "chtml" / "fonts" / "woff-v2" / "a.woff").is_file()
    book.copy_mathjax(mathjax, tmp_path / "again" / "there")
    (tmp_path / "more").mkdir()
    book.copy_mathjax(mathjax, tmp_path / "more")
