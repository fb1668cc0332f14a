"""The learner's edition: the course without solutions, which checks answers all the same."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from scratch.exercises.source import FOLDER, read
from scratch.teaching import handout

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def edition(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("handout")
    try:
        with zipfile.ZipFile(handout.build(ROOT, folder)) as archive:
            archive.extractall(folder)
    except handout.HandoutError as error:
        pytest.skip(str(error))
    return folder / handout.NAME


def test_it_has_all_that_a_learner_needs(edition):
    for name in ("README.md", "Makefile", "environment.yml", "requirements.lock", "conftest.py",
                 "scratch/pca.py", "datasets/README.md", "LICENSE"):  # fmt: skip
        assert (edition / name).is_file(), name
    names = [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    assert [path.name for path in sorted((edition / "notebooks").glob("*.ipynb"))] == names
    assert (ROOT / "notebooks" / names[0]).read_bytes() == (
        edition / "notebooks" / names[0]
    ).read_bytes()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_file_with_any_name_is_in_it_and_what_fails_leaves_the_old_zip(tmp_path, monkeypatch):
    course, folder = tmp_path / "course", tmp_path / "made"
    course.mkdir()
    (course / "übung.txt").write_text("a", encoding="utf-8")
    with pytest.raises(handout.HandoutError, match="no git checkout"):
        handout.build(course, folder)
    subprocess.run(["git", "init", "--quiet"], cwd=course, check=True)
    with pytest.raises(handout.HandoutError, match="git tracks no file in"):
        handout.build(course, folder)
    subprocess.run(["git", "add", "."], cwd=course, check=True)
    made = handout.build(course, folder)
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == [f"{handout.NAME}/übung.txt"]
    before = made.read_bytes()

    def full(root, name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handout, "content", full)
    with pytest.raises(OSError, match="No space"):
        handout.build(course, folder)
    assert made.read_bytes() == before and list(folder.iterdir()) == [made]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_zip_has_what_git_tracks_and_learners_may_see(tmp_path):
    course = tmp_path / "course"
    names = (
        ".ci/tests.yml", "README.md", "docs/map.md", "docs/teach.md", "gone.txt", "ignored.txt",
        "known.txt", "run.sh", "tests/test_exercises.py", "tests/test_pca.py",
    )  # fmt: skip
    for name in names:
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(f"{name}\n" * 99, encoding="utf-8")
    (course / ".gitignore").write_text("ignored.txt\n", encoding="utf-8")
    (course / "run.sh").chmod(0o755)
    subprocess.run(["git", "init", "--quiet"], cwd=course, check=True)
    subprocess.run(["git", "add", "."], cwd=course, check=True)
    (course / "gone.txt").unlink()
    (course / "new.txt").write_text("new", encoding="utf-8")
    assert list(handout.left_out(course)) == ["new.txt"]
    made = handout.build(course, tmp_path / "not" / "there")
    assert made == tmp_path / "not" / "there" / "recommenders-from-scratch.zip"
    with zipfile.ZipFile(made) as archive:
        inside = archive.infolist()
    kept = [".gitignore", "README.md", "docs/map.md", "known.txt", "run.sh", "tests/test_pca.py"]
    assert [i.filename for i in inside] == [f"recommenders-from-scratch/{name}" for name in kept]
    for information, name in zip(inside, kept, strict=True):
        assert information.date_time == (1980, 1, 1, 0, 0, 0)
        assert information.external_attr >> 16 == (course / name).stat().st_mode
        assert information.compress_type == zipfile.ZIP_DEFLATED
    assert inside[3].compress_size < inside[3].file_size


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_no_copy_of_a_solution_is_handed_out_tracked_or_not(tmp_path):
    solutions = PurePosixPath("exercises/solutions")
    beside = [str(solutions / name) for name in ("03_a.py.orig", "old/03_a.py", "03_a.txt", "a.py")]
    new = [".env", str(solutions / "04_new.py")]
    for name in ("README.md", str(solutions / "03_a.py"), *beside):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(SOLUTION, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    for name in new:
        (tmp_path / name).write_text(SOLUTION, encoding="utf-8")
    with zipfile.ZipFile(handout.build(tmp_path, tmp_path / "build")) as archive:
        kept = [f"{handout.NAME}/{name}" for name in ("README.md", solutions / "03_a.py")]
        assert archive.namelist() == kept
        assert b"solution" not in archive.read(kept[1])
    left = handout.left_out(tmp_path)
    assert set(left) == {*beside, *new, "build/"}
    assert "hand out a solution" in left[beside[1]] and "does not track it" in left[new[1]]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("notebooks/04_a.ipynb", b"{", r"04_a\.ipynb is no notebook"),
        ("exercises/solutions/07_a.py", b"# %% Solution\nx = 1\n", "line 1: '# %% Solution' is"),
        ("README.md", b"\xff", "can't decode"),
        ("docs/a.md", b"\xff", "can't decode"),
    ],
)
def test_a_damaged_file_is_named_and_not_handed_out(tmp_path, name, raw, said):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(handout.HandoutError, match=f"^{name} is not as it should be: .*{said}"):
        handout.content(tmp_path, name)


TASK = "# %% [markdown] 07.1 · open · 60 minutes\n# Think.\n\n# %% stub\nx = ...\n"
SOLUTION = f"{TASK}\n# %% solution\nx = 'é'\n"
ASIDE = "Hé.\n\n<!-- for teachers: begin -->\na\n\nb\n<!-- for teachers: end -->\n\nYou.\n"


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("exercises/solutions/07_a.py", SOLUTION, f"\n\n{TASK}"),
        ("exercises/07_a.py", SOLUTION, SOLUTION),
        ("docs/a.md", ASIDE, "Hé.\n\nYou.\n"), ("docs/a.txt", ASIDE, ASIDE),
        ("docs/README.md", ASIDE, "Hé.\n\nYou.\n"),
        ("README.md", ASIDE, f"Hé.\n\n{handout.EDITION}You.\n"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("ascii_by_default")
def test_what_becomes_of_a_file(tmp_path, name, text, kept):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(text.encode())
    assert handout.content(tmp_path, name).decode() == kept


def test_it_has_no_solution_and_no_wrong_answer(edition):
    files = sorted((edition / "exercises" / "solutions").glob("*.py"))
    assert [path.name for path in files] == [path.name for path in sorted(FOLDER.glob("*.py"))]
    for path in files:
        for exercise in read(path).exercises.values():
            assert not {"solution", "wrong"} & set(exercise.parts)
            assert "check" in exercise.parts or exercise.level == "open"
    for left_out in ("docs/teach.md", "tests/test_exercises.py", ".ci"):
        assert not (edition / left_out).exists()
    readme = (edition / "README.md").read_text(encoding="utf-8")
    assert handout.EDITION in readme and "teach.md" not in readme


def test_its_checks_work_where_it_lies(edition):
    program = (
        "from scratch.exercises import check, solution, source\n"
        "print(source.FOLDER)\n"
        "check('03.q1', 0.2), check('03.q1', 0.5), check('03.q1', ...), solution('03.q1')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=edition, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(edition)},
    )  # fmt: skip
    folder, *said = done.stdout.splitlines()
    assert Path(folder) == edition / "exercises" / "solutions", done.stderr
    assert said == [
        "03.q1: correct",
        "03.q1: not yet: your cosine is too large",
        "03.q1: not answered yet",
        "03.q1: this edition has no solutions; they are in the course's repository",
    ]


def test_the_same_course_makes_the_same_zip(tmp_path):
    try:
        first = handout.build(ROOT, tmp_path / "1").read_bytes()
    except handout.HandoutError as error:
        pytest.skip(str(error))
    assert handout.build(ROOT, tmp_path / "2").read_bytes() == first


def test_what_is_for_teachers_is_taken_out_of_the_readme():
    readme = (
        "# Course\n\nHello.\n\n<!-- for teachers: begin -->\n\n## Teach\n\n"
        "<!-- for teachers: end -->\n\n## Study\n"
    )
    assert handout.for_learners(readme) == f"# Course\n\n{handout.EDITION}Hello.\n\n## Study\n"


def test_without_git_it_is_said_why_there_is_no_handout(tmp_path):
    with pytest.raises(handout.HandoutError, match="no git checkout"):
        handout.build(tmp_path, tmp_path / "out")


def test_where_there_is_no_git_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(handout.HandoutError, match="git is needed to list the files"):
        handout.tracked(tmp_path)


def test_the_notebooks_hold_no_solution(edition):
    for path in sorted(FOLDER.glob("*.py")):
        notebook = nbformat.read(edition / "notebooks" / f"{path.stem}.ipynb", as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells)
        assert "# %% solution" not in text and "# %% wrong" not in text
