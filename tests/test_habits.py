"""What contributors read and what runs for them is true: pages, forms, hooks, workflow, version."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml

from scratch.course import cli
from scratch.course.environment import locked
from scratch.course.kit import BUILD

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
GUIDE = ROOT / "docs" / "teach.md"
COURSE = "python -m scratch.course"


def from_yaml(name: str):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


# What is read


@pytest.mark.skipif(not GUIDE.is_file(), reason="the learner's edition has no guide to link to")
@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md"])
def test_every_link_and_file_that_is_named_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    }
    for link in links:
        there = link[1:] in headings if link[0] == "#" else (ROOT / link).exists()
        assert there, f"{name} links {link}, which is not there"
    folders = "scratch|tests|docs|exercises|notebooks|benchmarks"
    for path in re.findall(rf"`((?:{folders})/[\w/.]+\.\w+)`", text):
        assert (ROOT / path).exists() or "_your_lesson" in path, (
            f"{name} names {path}: it is not there"
        )


def test_every_command_that_is_named_exists():
    pages = [CONTRIBUTING, CHANGELOG]
    pages += [p.read_text(encoding="utf-8") for p in (ROOT / ".github").rglob("*.md")]
    for page in pages:
        named = re.findall(rf"(?:`|^)(?:{COURSE}|make) (\w+)", page, flags=re.MULTILINE)
        unknown = sorted(set(named) - {*cli.COMMANDS, "clean"})
        assert not unknown, f"these are named, and no commands: {', '.join(unknown)}"
    assert len(set(re.findall(rf"{COURSE} (\w+)", CONTRIBUTING))) > 8


def test_every_file_of_tests_is_explained():
    modules = {p.stem for p in (ROOT / "scratch").rglob("*.py")}
    modules |= {p.name for p in (ROOT / "scratch").rglob("*") if p.is_dir()}
    rows = re.findall(r"^\| `.*$", CONTRIBUTING, flags=re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`(test_\w+)`", row)}
    there = {path.stem for path in (ROOT / "tests").glob("test_*.py")}
    problems = [f"CONTRIBUTING.md explains {n}, which is not there" for n in explained - there]
    problems += [
        f"CONTRIBUTING.md has no row for {name}, and no module of scratch/ is called so"
        for name in there - explained
        if not name.startswith("test_plots_") and name.removeprefix("test_") not in modules
    ]
    assert not problems, "\n".join(sorted(problems))


def test_every_form_asks_and_every_field_has_a_name():
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert {path.stem for path in forms} == {"bug", "config", "idea", "mistake"}
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.stem == "config":
            assert form == {"blank_issues_enabled": True}
            continue
        assert set(form) <= {"name", "description", "title", "labels", "body"}
        fields = form["body"]
        assert len({field["id"] for field in fields}) == len(fields) >= 3
        for field in fields:
            assert field["type"] in ("input", "textarea", "dropdown")
            assert field["attributes"]["label"]
            options = field["attributes"].get("options", [])
            assert bool(options) == (field["type"] == "dropdown")
            assert all(isinstance(option, str) for option in options)
        assert any(field.get("validations", {}).get("required") for field in fields)


# The version


VERSIONS = re.findall(r"^## \[(.+?)\](?: - (.+))?$", CHANGELOG, flags=re.MULTILINE)
BUMP = PYPROJECT["tool"]["bumpversion"]


def test_the_version_and_its_date_are_the_same_everywhere():
    citation = from_yaml("CITATION.cff")
    (unreleased, nothing), (latest, day), *_ = VERSIONS
    assert (unreleased, nothing) == ("Unreleased", "")
    assert latest == PYPROJECT["project"]["version"] == citation["version"]
    assert date.fromisoformat(day) == citation["date-released"]


def test_the_changelog_goes_back_from_version_to_version():
    numbers = [tuple(map(int, version.split("."))) for version, _ in VERSIONS[1:]]
    days = [date.fromisoformat(day) for _, day in VERSIONS[1:]]
    assert numbers == sorted(set(numbers), reverse=True) and days == sorted(days, reverse=True)
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", CHANGELOG, flags=re.MULTILINE)) <= kinds


def test_a_new_version_is_written_wherever_one_stands():
    texts = {}
    told = {"current_version": PYPROJECT["project"]["version"], "new_version": "7.8.9"}
    for place in BUMP["files"]:
        name = place["filename"]
        before = texts.get(name) or (ROOT / name).read_text(encoding="utf-8")
        search = place["search"].format(**told)
        pattern = search if place.get("regex") else re.escape(search)
        new = place["replace"].format(now=date(2031, 2, 3), **told)
        texts[name], times = re.subn(pattern, lambda _, new=new: new, before)
        assert times == 1, f"{search!r} is {times} times in {name}"
    citation = yaml.safe_load(texts["CITATION.cff"])
    assert (citation["version"], citation["date-released"]) == ("7.8.9", date(2031, 2, 3))
    assert "## [Unreleased]\n\n## [7.8.9] - 2031-02-03\n\n###" in texts["CHANGELOG.md"]
    assert BUMP["commit"] and BUMP["tag"] and "current_version" not in BUMP


def test_bump_my_version_does_that(tmp_path):
    program = shutil.which("bump-my-version")
    if program is None:
        pytest.skip("bump-my-version is not here: requirements-tools.txt has it")
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    words = [program, "bump", "minor", "--no-commit", "--no-tag", "--allow-dirty"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    major, minor, _ = PYPROJECT["project"]["version"].split(".")
    version = f"{major}.{int(minor) + 1}.0"
    written = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    assert written["project"]["version"] == version
    assert f"\nversion: {version}\n" in (tmp_path / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{version}] - " in (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")


def test_tools_are_pinned_and_are_no_packages_of_the_course():
    lines = (ROOT / "requirements-tools.txt").read_text(encoding="utf-8").split("\n")
    lines = [line for line in lines if line and not line.startswith("#")]
    assert lines[0] == "-c requirements.lock"
    pins = [re.fullmatch(r"([a-z-]+)==[\d.]+", line) for line in lines[1:]]
    assert all(pins) and not {pin[1] for pin in pins} & set(locked())
    assert {"bump-my-version", "pre-commit", "zizmor"} <= {pin[1] for pin in pins}


# The hooks of pre-commit


HOOKS = {
    hook["id"]: hook
    for repo in from_yaml(".pre-commit-config.yaml")["repos"]
    for hook in repo["hooks"]
}


def asked(hook: str, path: Path) -> subprocess.CompletedProcess:
    """Run a hook as pre-commit does, on one file."""
    python, *words = HOOKS[hook]["entry"].split()
    assert python == "python"
    return subprocess.run(
        [sys.executable, *words, str(path)], cwd=ROOT, capture_output=True, text=True
    )


def test_hooks_are_the_courses_own_and_need_no_network():
    assert [repo["repo"] for repo in from_yaml(".pre-commit-config.yaml")["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
    assert not any("additional_dependencies" in hook for hook in HOOKS.values())
    assert HOOKS["notebooks"]["types"] == ["jupyter"]


def test_hooks_mend_a_badly_formatted_file(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text('"""Bad."""\nimport os\nimport math\nx=  math.pi\n', encoding="utf-8")
    assert asked("style", path).returncode == 0
    assert asked("format", path).returncode == 0
    assert path.read_text(encoding="utf-8") == '"""Bad."""\n\nimport math\n\nx = math.pi\n'


def test_hooks_refuse_what_they_cannot_mend(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text('"""Bad."""\n\nprint(nobody_knows_this)\n', encoding="utf-8")
    refused = asked("style", path)
    assert refused.returncode == 1 and "F821" in refused.stdout
    path = tmp_path / "bad.ipynb"
    path.write_text("{}", encoding="utf-8")
    refused = asked("notebooks", path)
    assert refused.returncode == 1 and "bad.ipynb is no notebook" in refused.stderr


def test_hooks_take_jupyters_traces_out_of_a_notebook_and_leave_its_outputs(tmp_path):
    stored = min((ROOT / "notebooks").glob("*.ipynb")).read_bytes()
    path = tmp_path / "00.ipynb"
    notebook = json.loads(stored)
    notebook["metadata"]["language_info"]["version"] = "3.13.0"
    notebook["cells"][0]["metadata"]["scrolled"] = True
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    assert asked("notebooks", path).returncode == 0
    assert path.read_bytes() == stored and b'"image/png"' in stored


# The workflow


WORKFLOW = from_yaml(".github/workflows/tests.yml")
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def test_the_workflow_covers_each_system_and_python_that_is_promised():
    matrix = WORKFLOW["jobs"]["tests"]["strategy"]["matrix"]
    assert [system.partition("-")[0] for system in matrix["system"]] == [
        "ubuntu", "macos", "windows",
    ]  # fmt: skip
    promised = [
        classifier.rpartition(" ")[2]
        for classifier in PYPROJECT["project"]["classifiers"]
        if re.search(r"Python :: 3\.\d+$", classifier)
    ]
    assert matrix["python"] == promised
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + promised[0].replace(".", "")


def test_the_workflow_runs_commands_of_the_course_alone_which_contributors_know():
    audit = [step["run"] for step in WORKFLOW["jobs"]["audit"]["steps"] if "run" in step]
    words = [step["run"] for step in STEPS if "run" in step and step["run"] not in audit]
    for line in words:
        name, *options = line.removeprefix(f"{COURSE} ").split()
        assert line.startswith(f"{COURSE} ") and name in cli.COMMANDS, line
        assert options in ([], ["--stand-in"]) and f"{COURSE} {name}" in CONTRIBUTING, line
    of_tests = [step["run"] for step in WORKFLOW["jobs"]["tests"]["steps"] if "run" in step]
    assert [line.removeprefix(f"{COURSE} ") for line in of_tests] == [
        "setup", "check", "data --stand-in", "test",
    ]  # fmt: skip


def test_the_workflow_may_do_nothing_but_read_and_each_action_is_one_that_was_looked_at():
    assert WORKFLOW["permissions"] == {}
    for job in WORKFLOW["jobs"].values():
        assert job["permissions"] == {"contents": "read"} and job["timeout-minutes"] <= 90
    text = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    used = re.findall(r"- uses: (.*)", text)
    assert used and all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v[\d.]+", u) for u in used)
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(WORKFLOW["jobs"])
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert "secrets" not in text


def test_the_workflow_looks_up_every_pinned_package_each_week():
    install, look = [step["run"] for step in WORKFLOW["jobs"]["audit"]["steps"] if "run" in step]
    tool, version = install.removeprefix("python -m pip install ").split("==")
    assert tool == "pip-audit" and re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert look == "python -m pip_audit --disable-pip --no-deps -r requirements.lock"
    # YAML takes the word "on" for True.
    assert WORKFLOW[True]["schedule"][0]["cron"].endswith(" * * 1")


def test_the_security_policy_has_five_points():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    title, *points = [line for line in text.split("\n") if line]
    assert title == "# Security" and len(points) == 5
    assert all(re.match(r"- \*\*[^*]+\*\*", point) for point in points)


def test_the_workflow_keeps_the_book_that_was_built():
    (step,) = [step for step in STEPS if step.get("uses", "").startswith("actions/upload-artifact")]
    assert (
        ROOT / step["with"]["path"] == BUILD / "book"
        and step["with"]["if-no-files-found"] == "error"
    )
