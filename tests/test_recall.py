"""Sheets to explain from memory: headings and code, and nothing that tells what they mean."""

from pathlib import Path

import nbformat
import pytest

from scratch.teaching import recall

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_sheet_has_the_headings_and_the_code_of_its_notebook(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    sheet = nbformat.read(recall.build(path, tmp_path), as_version=4)
    nbformat.validate(sheet)
    ends = [i for i, c in enumerate(notebook.cells) if c.source.startswith("## Summary")]
    assert len(ends) == 1, f"{path.name} has {len(ends)} cells that begin ## Summary"
    lesson = notebook.cells[: ends[0]]
    codes = [cell.source for cell in sheet.cells if cell.cell_type == "code"]
    assert codes == [cell.source for cell in lesson if cell.cell_type == "code"]
    assert all(c.outputs == [] and not c.execution_count for c in sheet.cells if "outputs" in c)
    opening, *texts = [cell.source for cell in sheet.cells if cell.cell_type == "markdown"]
    assert opening.split("\n")[0] == notebook.cells[0].source.split("\n")[0]
    assert "Explain this page from memory" in opening and path.name in opening
    lines = [line for text in texts for line in text.split("\n") if line]
    assert lines and all(line.startswith("#") for line in lines)
    assert not any("**Figure:**" in line for line in lines)


@pytest.mark.parametrize("end", ["## Summary", "## Quiz", "## Exercises"])
@pytest.mark.usefixtures("ascii_by_default")
def test_a_sheet_word_for_word(tmp_path, end):
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Sums · one\n\nText.\n\n## 1. Add\n\n#tag"),
        new.new_code_cell("1 + 1", outputs=[new.new_output("stream", text="2")]),
        new.new_markdown_cell("Text alone."),
        new.new_markdown_cell(f"### Then\n\nText with {end}."),
        new.new_code_cell("2 + 2", execution_count=3),
        new.new_markdown_cell(f"{end}\n\n## More"),
        new.new_code_cell("answer = ..."),
    ]
    notebook = new.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    path, folder = tmp_path / "04_sums.ipynb", tmp_path / "new" / "sheets"
    nbformat.write(notebook, path)
    for _ in range(2):  # over the one of before
        made = recall.build(path, folder)
    assert made == folder / path.name and made.read_text(encoding="utf-8").endswith("}\n")
    sheet = nbformat.read(made, as_version=4)
    kept = [cells[0], cells[1], cells[3], cells[4]]
    assert [(c.cell_type, c.id) for c in sheet.cells] == [(c.cell_type, c.id) for c in kept]
    asked = recall.ASKED.format(name="04_sums.ipynb")
    assert [cell.source for cell in sheet.cells] == [
        f"# Sums · one\n\n## 1. Add\n\n*{asked}*", "1 + 1", "### Then", "2 + 2",
    ]  # fmt: skip
    assert sheet.metadata == notebook.metadata


def test_a_notebook_that_only_asks_makes_an_empty_sheet():
    asked = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## Quiz\n\nWhy?")])
    assert recall.recall(asked, "04.ipynb").cells == []


def test_a_notebook_without_a_summary_is_a_lesson_to_its_end():
    cells = [nbformat.v4.new_markdown_cell("# Title"), nbformat.v4.new_code_cell("1 + 1")]
    sheet = recall.recall(nbformat.v4.new_notebook(cells=cells), "04.ipynb")
    assert [cell.source for cell in sheet.cells][1:] == ["1 + 1"]
