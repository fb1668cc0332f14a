"""Runs the notebooks again in other surroundings, and their cells in another order.

    python tests/repeat.py                     all of it: hours
    python tests/repeat.py --only hash,folder  some of the surroundings, see WAYS
    python tests/repeat.py --notebooks 04 09   some of the notebooks

In each of the surroundings every cell must give the stored output to the last character, as in
`test`, from fresh kernels. Then the cells of each notebook run in a shuffled order: each gives the
stored output, or fails with a NameError, because what it needs has not been made yet. (Where cells
edit a file to show that the edit is seen, an assert may say so as well: see EDITS_A_FILE.)
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
TRACKED = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
SHUFFLES = 2
NOBODY = 65_534
EDITS_A_FILE = {"00_start_here.ipynb"}


class Way(NamedTuple):
    """Surroundings: environment variables, and where the course lies."""

    variables: dict[str, str]
    folder: str = "course"
    elsewhere: bool = False  # started from another folder
    as_nobody: bool = False  # by a user without rights; only root can try that


# What NumPy, OpenBLAS, PyTorch and numba choose by the processor they find.
AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
    "ATEN_CPU_CAPABILITY": "avx2",
    "NUMBA_CPU_NAME": "haswell",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}
SSE = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": AVX2["NPY_DISABLE_CPU_FEATURES"] + " AVX2 FMA3 AVX F16C",
    "ATEN_CPU_CAPABILITY": "default",
    "NUMBA_CPU_NAME": "nehalem",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
WAYS = {
    "again": Way({}),
    "hash": Way({"PYTHONHASHSEED": "1"}),
    "hash-2": Way({"PYTHONHASHSEED": "4294967295"}),
    "one-thread": Way({"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}),
    "two-threads": Way({"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}),
    "locale": Way({"LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati", "PYTHONUTF8": "0"}),
    "folder": Way({}, elsewhere=True),
    "path": Way({}, folder="Größe und Maß/ein Kurs"),
    "nobody": Way({}, as_nobody=True),
    "avx2": Way(AVX2),
    "sse": Way(SSE),
}


def main() -> int:
    """Return 0 if nothing differs anywhere."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join([*WAYS, "shuffled"]))
    parser.add_argument("--notebooks", nargs="*", default=[""], metavar="NUMBER")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    failed = []
    for name in given.only.split(","):
        if name == "shuffled":
            problems = [p for n in given.notebooks for p in shuffled(n, given.seed)]
        else:
            problems = run_in(WAYS[name], given.notebooks)
        print(f"{name}: {'as stored' if not problems else f'{len(problems)} problems'}", flush=True)
        print("".join(f"    {problem}\n" for problem in problems), end="", flush=True)
        failed += problems
    return 1 if failed else 0


def run_in(way: Way, notebooks: list[str]) -> list[str]:
    """What is wrong with the notebooks whose names begin so, in these surroundings."""
    if way.as_nobody and not (hasattr(os, "geteuid") and os.geteuid() == 0):
        return ["only root can run them as somebody else"]
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        copy = Path(place) / way.folder
        copy_of_the_course(copy)
        env = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"} | way.variables
        env |= {"PYTHONPATH": str(copy), "HOME": place, "TMPDIR": place}
        user = {}
        if way.as_nobody:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", place], check=True)
            user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        paths = [str(p) for n in notebooks for p in sorted(copy.glob(f"notebooks/{n}*.ipynb"))]
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadscope", "-q", "-rfE"]
        command += ["--nbval", "--nbval-current-env", "-c", str(copy / "pyproject.toml")]
        command += ["-p", "no:cacheprovider", *paths]
        home = place if way.elsewhere else copy
        try:
            done = subprocess.run(
                command, cwd=home, env=env, capture_output=True, text=True, **user
            )
        except PermissionError as problem:
            return [f"another user may not run this Python: {problem}"]
    if done.returncode == 0 and "compared strictly" not in done.stdout:
        return [f"nothing was compared: {done.stdout.strip().splitlines()[-1]}"]
    found = re.findall(r"^(?:FAILED|ERROR) .*", done.stdout, re.MULTILINE)
    return found or ([] if done.returncode == 0 else [(done.stdout + done.stderr)[-2000:]])


def copy_of_the_course(folder: Path) -> None:
    """Put what git would commit into a folder."""
    names = subprocess.run(TRACKED, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, names):
        source, target = ROOT / os.fsdecode(name), folder / os.fsdecode(name)
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def shuffled(number: str, seed: int) -> Iterator[str]:
    """What is wrong with the cells of notebooks whose names begin so, in shuffled orders."""
    for path in sorted((ROOT / "notebooks").glob(f"{number}*.ipynb")):
        for turn in range(SHUFFLES):
            yield from problems_of_order(path, random.Random(f"{path.name} {seed} {turn}"))


def problems_of_order(path: Path, rng: random.Random) -> Iterator[str]:
    """Run the cells of a notebook once, in an order of luck; its beginning stays in front."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    rest = code[2:]
    rng.shuffle(rest)
    stored = [[dict(output) for output in cell.outputs] for cell in [*code[:2], *rest]]
    notebook.cells = [*code[:2], *rest]
    client = NotebookClient(
        notebook, allow_errors=True, timeout=1200, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    for cell, before in zip(notebook.cells, stored, strict=True):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        where = f"{path.name}, `{cell.source.strip().splitlines()[0][:60]}`"
        allowed = {"NameError"} | ({"AssertionError"} if path.name in EDITS_A_FILE else set())
        if errors and errors[0].ename not in allowed:
            yield f"{where}: {errors[0].ename}: {errors[0].evalue[:200]}"
        elif not errors and "nbval-ignore-output" not in cell.metadata.get("tags", []):
            was, now = text_of(before), text_of(cell.outputs)
            if was != now:
                yield f"{where}: {was[:200]!r} became {now[:200]!r}"


def text_of(outputs: list[dict]) -> str:
    """What is to be read in outputs; pictures are looked at elsewhere."""
    texts = []
    for output in outputs:
        data = output.get("data", {})
        shown = output.get("text", "" if "image/png" in data else data.get("text/plain", ""))
        texts.append("".join(shown))
    return "".join(texts)


if __name__ == "__main__":
    sys.exit(main())
