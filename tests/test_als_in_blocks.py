import os

import numpy as np
import pandas as pd
import pytest

from scratch.machinery.sparse import Observed, Rows
from scratch.machinery.workers import Here, WorkerDied, WorkerFailed
from scratch.recommenders import als_in_blocks
from scratch.recommenders.als_in_blocks import Crew, Part, cut_rows, fit_in_blocks, needed_by
from scratch.recommenders.weighted import WeightedFactorization, als_half_step, drawn_vectors, gram

WEIGHTS = 0.01, 0.2, 0.5  # w0, l2, scaling


def some_pairs(num_users=60, num_movies=40, share=0.2, confidence=False, seed=0):
    rng = np.random.default_rng(seed)
    users, movies = np.nonzero(rng.random((num_users, num_movies)) < share)
    held = rng.integers(1, 9, len(users)) if confidence else None
    return Observed.from_pairs(users, movies, held, num_users=num_users, num_movies=num_movies)


def start(observed, k=5, seed=1):
    rng = np.random.default_rng(seed)
    return [drawn_vectors(rng, (rows, k), 0.1) for rows in observed.shape]


class Mortal(Here):
    """A worker in this process, which can die as well."""

    to_die, has_ended = 0, False

    def ask(self, question):
        self.asked = [*getattr(self, "asked", []), question.number]
        super().ask(question)

    def answer(self):
        if self.to_die > 0:
            self.to_die -= 1
            self.deaths += 1
            raise WorkerDied("ended with exit code 9")
        return super().answer()

    def replace(self):
        self._questions.clear()

    def end(self):
        self.has_ended = True


@pytest.fixture
def here(monkeypatch):
    """All workers are in this process, which keeps all of its cores."""
    monkeypatch.setattr(als_in_blocks, "Worker", Mortal)
    monkeypatch.setattr(als_in_blocks, "part_with_one_core", Part)


def after_sweeps(observed, sweeps=3, **settings):
    with Crew(observed, *start(observed), **settings) as crew:
        for _ in range(sweeps):
            crew.half_step("U", *WEIGHTS)
            crew.half_step("V", *WEIGHTS)
        return crew.vectors("U"), crew.vectors("V")


@pytest.mark.parametrize("confidence", [False, True])
@pytest.mark.parametrize("count", [1, 3, 7, 100])
def test_blocks_have_all_rows_and_name_the_columns_they_need(count, confidence):
    rows = some_pairs(confidence=confidence).by_user
    blocks = cut_rows(rows, count)
    assert [b.begin for b in blocks[1:]] == [b.end for b in blocks[:-1]]
    assert (len(blocks), blocks[0].begin, blocks[-1].end) == (count, 0, 60)
    for block in blocks:
        for row in range(block.begin, block.end):
            cells = slice(*block.rows.starts[[row - block.begin, row - block.begin + 1]])
            whole = slice(*rows.starts[[row, row + 1]])
            assert block.rows.indices[cells].tolist() == rows.indices[whole].tolist()
            assert block.rows.confidence[cells].tolist() == rows.confidence[whole].tolist()
        assert block.rows.num_columns == rows.num_columns
    some = [block for block in blocks if block.begin < 30]
    assert needed_by(some).tolist() == sorted(
        set(rows.indices[: rows.starts[some[-1].end]].tolist())
    )


def test_a_block_of_no_rows_is_one():
    rows = Rows(np.array([0, 3]), np.arange(3, dtype=np.int32), np.empty(0, np.float32), 3)
    blocks = cut_rows(rows, 3)
    assert sorted(b.end - b.begin for b in blocks) == [0, 0, 1]
    for count in (0, 100_001):
        with pytest.raises(ValueError, match="count must be at least 1 and at most 100000, got"):
            cut_rows(rows, count)
    with pytest.raises(ValueError, match="3 indices of rows, but 2 numbers of confidence"):
        cut_rows(rows._replace(confidence=np.ones(2, np.float32)), 2)


@pytest.mark.parametrize("confidence", [False, True])
def test_one_block_is_the_half_step_of_notebook_11_to_the_last_bit(confidence):
    observed = some_pairs(confidence=confidence)
    U, V = start(observed)
    for _ in range(3):
        als_half_step(observed.by_user, U, V, *WEIGHTS)
        als_half_step(observed.by_movie, V, U, *WEIGHTS)
    by_blocks = after_sweeps(observed, num_workers=0, num_blocks=1)
    assert np.array_equal(by_blocks[0], U) and np.array_equal(by_blocks[1], V)


def test_several_blocks_are_so_but_for_rounding_and_need_not_be_to_the_last_bit():
    observed = some_pairs()
    one, eight = (after_sweeps(observed, num_workers=0, num_blocks=n) for n in (1, 8))
    assert np.allclose(one[0], eight[0], rtol=0, atol=1e-12)
    assert not np.array_equal(one[0], eight[0])  # or the next test would show nothing


@pytest.mark.slow
def test_three_processes_give_the_same_to_the_last_bit():
    check_that_it_is_the_same(3)


def check_that_it_is_the_same(num_workers):
    observed = some_pairs(confidence=True)
    alone = after_sweeps(observed, num_workers=0)
    together = after_sweeps(observed, num_workers=num_workers)
    assert np.array_equal(alone[0], together[0]) and np.array_equal(alone[1], together[1])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("num_workers", [1, 2, 3, 8])
def test_any_number_of_parts_gives_the_same_to_the_last_bit(num_workers):
    check_that_it_is_the_same(num_workers)


def test_a_row_without_a_part_in_the_loss_stays_where_it_is():
    observed = Observed.from_pairs([0, 1, 3, 3], [0, 1, 0, 2], num_users=6, num_movies=3)
    U, V = start(observed)
    with Crew(observed, U, V, num_workers=0, num_blocks=3) as crew:
        crew.half_step("U", 0.0)
        moved = crew.vectors("U")
    als_half_step(observed.by_user, expected := U.copy(), V, 0.0)
    assert np.array_equal(moved, expected)
    assert [row for row in range(6) if np.array_equal(moved[row], U[row])] == [2, 4, 5]


def test_weights_left_out_are_0():
    observed = some_pairs()
    for weights in ((0.1,), (0.1, 0.2), (0.1, 0.2, 0.3)):
        U, V = start(observed)
        with Crew(observed, U, V, num_workers=0, num_blocks=1) as crew:
            crew.half_step("U", *weights)
            crew.ask("V", *weights)
            crew.collect()
            als_half_step(observed.by_user, U, V, *weights)
            als_half_step(observed.by_movie, V, U, *weights)
            assert np.array_equal(crew.vectors("U"), U) and np.array_equal(crew.vectors("V"), V)


@pytest.mark.usefixtures("here")
def test_two_workers_share_eight_blocks_where_nothing_else_is_said():
    observed = some_pairs()
    with Crew(observed, *start(observed)) as crew:
        assert [len(crew.blocks[side]) for side in "UV"] == [8, 8]
        own = [worker._work.blocks["U"] for worker in crew.workers]
        for number, blocks in enumerate(own):
            dealt = crew.blocks["U"][number::2]
            assert [b[:2] for b in blocks] == [b[:2] for b in dealt]
        assert crew.bytes_fetched == 0
        assert [table.shape for table in crew._tables.values()] == [(2, 60, 5), (2, 40, 5)]
    assert len(own) == 2


@pytest.mark.usefixtures("here")
def test_each_worker_may_have_one_block():
    observed = some_pairs()
    with Crew(observed, *start(observed), num_workers=2, num_blocks=2) as crew:
        crew.half_step("U", *WEIGHTS)
        assert len(crew.workers) == 2


def test_a_worker_takes_one_core():
    numba = pytest.importorskip("numba")
    before = numba.get_num_threads()
    tables = {side: als_in_blocks.SharedTable((2, 60, 5)) for side in "UV"}
    try:
        blocks = {"U": cut_rows(some_pairs().by_user, 2), "V": []}
        part = als_in_blocks.part_with_one_core(blocks, tables)
        assert numba.get_num_threads() == 1
        assert isinstance(part, Part) and len(part.blocks["U"]) == 2
    finally:
        numba.set_num_threads(before)
        for table in tables.values():
            table.close()


def test_the_tables_of_the_blocks_add_up():
    V = np.random.default_rng(0).normal(size=(100, 4))
    parts = [gram(V[begin : begin + 30]) for begin in range(0, 100, 30)]
    assert np.allclose(sum(parts), gram(V), rtol=1e-14)


class DiesInTheMiddle(Part):
    """Ends its process when one block of two is written, unless that has happened before."""

    def __init__(self, blocks, tables, marker):
        super().__init__(blocks, tables)
        self.marker = marker

    def __call__(self, question):
        if not self.marker.exists():
            self.marker.touch()
            del self.blocks[question.side][1:]
            super().__call__(question)
            os._exit(9)
        return super().__call__(question)


class AlwaysDies(Part):
    def __call__(self, question):
        os._exit(9)


@pytest.mark.usefixtures("here")
def test_who_dies_twice_is_asked_again_and_who_dies_three_times_is_given_up():
    observed = some_pairs()
    alone = after_sweeps(observed, 1, num_workers=0)
    with Crew(observed, *start(observed), num_workers=2) as crew:
        before = crew.vectors("U")
        crew.workers[1].to_die = 3
        with pytest.raises(WorkerDied, match="exit code 9"):
            crew.half_step("U", *WEIGHTS)
        assert crew.workers[1].asked == [1, 1, 1]
        assert np.array_equal(crew.vectors("U"), before)
        assert not any(worker._questions for worker in crew.workers)  # all were replaced
        with pytest.raises(RuntimeError, match="no half-step has begun"):
            crew.collect()
        crew.workers[1].to_die = 2
        crew.half_step("U", *WEIGHTS)
        assert crew.workers[1].asked == [1, 1, 1, 2, 2, 2] and crew.workers[0].asked == [1, 2]
        assert crew.workers[1].deaths == 5
        crew.half_step("V", *WEIGHTS)
        assert np.array_equal(crew.vectors("U"), alone[0])
        assert np.array_equal(crew.vectors("V"), alone[1])


def test_an_error_while_a_crew_is_made_leaves_nothing_behind(monkeypatch):
    made = []

    class Last(Mortal):
        def __init__(self, make, blocks, tables):
            if made:
                raise WorkerFailed("no more")
            super().__init__(make, blocks, tables)
            made.extend([self, tables])

    monkeypatch.setattr(als_in_blocks, "Worker", Last)
    monkeypatch.setattr(als_in_blocks, "part_with_one_core", Part)
    observed = some_pairs()
    with pytest.raises(WorkerFailed, match="no more"):
        Crew(observed, *start(observed))
    worker, tables = made
    assert worker.has_ended
    assert all(table.array.size == 0 for table in tables.values())


def test_a_table_that_somebody_still_looks_into_is_named_and_all_others_are_closed():
    observed = some_pairs()
    crew = Crew(observed, *start(observed), num_workers=0)
    first, second = crew._tables.values()
    held = first.array[0]
    with pytest.raises(BufferError, match="a view of this table's array is still in use"):
        crew.end()
    assert held.size and second.array.size == 0
    del held
    crew.end()
    with pytest.raises(BufferError), Crew(observed, *start(observed), num_workers=0) as crew:
        held = crew._tables["U"].array[0]
    del held
    crew.end()
    with pytest.raises(KeyError), Crew(observed, *start(observed), num_workers=0) as crew:
        held = crew._tables["U"].array[0]
        raise KeyError  # which matters more
    del held
    crew.end()


@pytest.mark.usefixtures("here")
def test_the_end_of_a_crew_is_that_of_its_workers_and_tables():
    observed = some_pairs()
    with Crew(observed, *start(observed)) as crew:
        tables = [*crew._tables.values()]
    assert all(worker.has_ended for worker in crew.workers)
    assert [table.array.size for table in tables] == [0, 0]


def with_a_part(crew, number, kind, *more):
    """Let one worker of the crew hold another kind of part."""
    worker = crew.workers[number]
    worker._make, worker._arguments = kind, (*worker._arguments, *more)
    return worker


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_its_work_changes_no_bit(tmp_path):
    observed = some_pairs()
    alone = after_sweeps(observed, num_workers=0)
    marker = tmp_path / "died"
    with Crew(observed, *start(observed), num_workers=2) as crew:
        crew.half_step("U", *WEIGHTS)
        crew.half_step("V", *WEIGHTS)
        crew.half_step("U", *WEIGHTS)
        worker = with_a_part(crew, 1, DiesInTheMiddle, marker)
        worker.replace()  # the first that has this part
        first, before = worker.process.pid, crew.vectors("V")
        crew.ask("V", *WEIGHTS)
        assert np.array_equal(crew.vectors("V"), before)
        crew.collect()
        assert marker.exists() and worker.process.pid != first and worker.deaths == 1
        crew.half_step("U", *WEIGHTS)
        crew.half_step("V", *WEIGHTS)
        assert np.array_equal(alone[0], crew.vectors("U"))
        assert np.array_equal(alone[1], crew.vectors("V"))


@pytest.mark.slow
def test_a_worker_that_always_dies_is_said_and_the_vectors_are_those_from_before():
    observed = some_pairs()
    with Crew(observed, *start(observed), num_workers=2) as crew:
        crew.half_step("U", *WEIGHTS)
        before = crew.vectors("V")
        make = crew.workers[0]._make
        with_a_part(crew, 0, AlwaysDies).replace()
        with pytest.raises(WorkerDied, match="ended with exit code 9"):
            crew.half_step("V", *WEIGHTS)
        assert crew.workers[0].deaths == als_in_blocks.MOST_DEATHS
        assert np.array_equal(crew.vectors("V"), before)
        with_a_part(crew, 0, make).replace()
        crew.half_step("V", *WEIGHTS)
        alone = after_sweeps(observed, 1, num_workers=0)
        assert np.array_equal(crew.vectors("V"), alone[1])


@pytest.mark.slow
def test_ctrl_c_leaves_no_answer_of_a_process_to_be_taken_for_the_next(monkeypatch):
    check_ctrl_c("answer", monkeypatch)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("when", ["ask", "answer"])
def test_ctrl_c_in_the_middle_leaves_no_answer_to_be_taken_for_the_next(when, monkeypatch):
    check_ctrl_c(when, monkeypatch)


def check_ctrl_c(when, monkeypatch):
    observed = some_pairs()
    alone = after_sweeps(observed, 1, num_workers=0)
    with Crew(observed, *start(observed), num_workers=2) as crew:

        def interrupted(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(crew.workers[1], when, interrupted)
            with pytest.raises(KeyboardInterrupt):
                crew.half_step("V", *WEIGHTS)  # which nobody wants any more
        crew.half_step("U", *WEIGHTS)
        crew.half_step("V", *WEIGHTS)
        assert np.array_equal(crew.vectors("U"), alone[0])
        assert np.array_equal(crew.vectors("V"), alone[1])


def test_an_answer_to_an_older_question_is_not_taken():
    observed = some_pairs()
    with Crew(observed, *start(observed), num_workers=0) as crew:
        (here,) = crew.workers
        answers = [als_in_blocks.Answer(0, [], 7), als_in_blocks.Answer(1, [], 5)]
        here.answer = lambda: answers.pop(0)
        crew.half_step("U", *WEIGHTS)
        assert (crew.bytes_fetched, answers) == (5, [])


def test_out_of_turn_is_said():
    observed = some_pairs()
    with Crew(observed, *start(observed), num_workers=0) as crew:
        with pytest.raises(RuntimeError, match="no half-step has begun: call ask first"):
            crew.collect()
        crew.ask("U", *WEIGHTS)
        with pytest.raises(RuntimeError, match="has not been collected: call collect first"):
            crew.ask("V", *WEIGHTS)
        crew.collect()
        with crew._talking(), pytest.raises(RuntimeError, match="one thread at a time"):
            crew.half_step("V", *WEIGHTS)
        crew.half_step("V", *WEIGHTS)
    alone = after_sweeps(observed, 1, num_workers=0)
    crew.end()  # once more
    assert len(alone[0]) == 60
    for call in (crew.collect, *(lambda do=do: do("U", 0.1) for do in (crew.half_step, crew.ask)),
                 lambda: crew.vectors("U")):  # fmt: skip
        with pytest.raises(RuntimeError, match="this crew has ended"):
            call()


@pytest.mark.slow
def test_the_end_is_that_of_the_processes_and_of_the_memory():
    observed = some_pairs()
    crew = Crew(observed, *start(observed), num_workers=2)
    crew.half_step("U", *WEIGHTS)
    names = [table._memory.name for table in crew._tables.values()]
    crew.end()
    assert all(worker.process.exitcode is not None for worker in crew.workers)
    for name in names:
        with pytest.raises(FileNotFoundError):
            als_in_blocks.SharedTable((1,), name)


@pytest.mark.usefixtures("here")
def test_what_is_fetched_is_what_others_hold_and_a_row_needs():
    # Each worker holds a user and a movie; user 0 has both movies, user 1 the first alone.
    observed = Observed.from_pairs([0, 0, 1], [0, 1, 0])
    with Crew(observed, *start(observed, k=3), num_workers=2, num_blocks=2) as crew:
        assert [(b.begin, b.end) for b in crew.blocks["U"]] == [(0, 1), (1, 2)]
        crew.half_step("U", 0.1)
        assert crew.bytes_fetched == 2 * 3 * 8  # movie 1 for user 0, and movie 0 for user 1
        crew.half_step("V", 0.1)
        assert crew.bytes_fetched == 4 * 3 * 8
    with Crew(observed, *start(observed, k=3), num_workers=0, num_blocks=2) as crew:
        crew.half_step("U", 0.1)
        assert crew.bytes_fetched == 0


@pytest.mark.usefixtures("here")
def test_the_fit_is_that_of_the_model_and_says_the_same_in_its_bar(capsys):
    observed, settings = some_pairs(), {"k": 4, "w0": 0.02, "num_sweeps": 3, "scaling": 0.5}
    told = []
    for fit in (WeightedFactorization.fit, fit_in_blocks):
        model = WeightedFactorization(**settings)
        assert fit(model, observed, rng=np.random.default_rng(3), progress=True) is model
        told.append((model.history, model.recommend(2, 5), capsys.readouterr().out))
    assert told[0][2] == told[1][2] and "sweep 3/3" in told[0][2]
    pd.testing.assert_frame_equal(told[0][0], told[1][0])
    assert [movie for movie, _ in told[0][1]] == [movie for movie, _ in told[1][1]]


@pytest.mark.slow
def test_two_processes_fit_what_the_model_fits():
    observed, settings = some_pairs(), {"k": 4, "w0": 0.02, "num_sweeps": 2, "scaling": 0.5}
    alone = WeightedFactorization(**settings).fit(observed, rng=np.random.default_rng(3))
    rng = np.random.default_rng(3)
    both = fit_in_blocks(WeightedFactorization(**settings), observed, rng=rng, num_workers=2)
    assert np.allclose(alone.U, both.U, atol=1e-12) and np.allclose(alone.V, both.V, atol=1e-12)
    assert np.allclose(alone.history, both.history)


def test_the_settings_of_a_fit_are_those_of_its_crew(monkeypatch):
    asked = []

    class Noted(Crew):
        def __init__(self, observed, U, V, **settings):
            asked.append(settings)
            super().__init__(observed, U, V, num_workers=0, num_blocks=1)

    monkeypatch.setattr(als_in_blocks, "Crew", Noted)
    for settings in ({}, {"num_workers": 3, "num_blocks": 5}):
        model = WeightedFactorization(k=2, num_sweeps=1)
        fit_in_blocks(model, some_pairs(), rng=np.random.default_rng(0), **settings)
        assert np.isfinite(model.history["loss"]).all()
    assert asked == [{"num_workers": 2, "num_blocks": 8}, {"num_workers": 3, "num_blocks": 5}]


def test_without_being_asked_a_fit_shows_no_bar(capsys):
    model = WeightedFactorization(k=2, num_sweeps=1)
    fit_in_blocks(model, some_pairs(), rng=np.random.default_rng(0), num_workers=0, measure=False)
    assert model.history["loss"].isna().all() and [*model.history["sweep"]] == [1]
    assert capsys.readouterr() == ("", "")


def test_what_does_not_fit_is_said():
    observed = some_pairs()
    U, V = start(observed)
    for workers, words in ((-1, "at least 0"), (9, "from 0 to 8, as many as blocks")):
        with pytest.raises(ValueError, match=rf"num_workers must be {words}.*, got {workers}"):
            Crew(observed, U, V, num_workers=workers)
    with pytest.raises(ValueError, match=r"\(59, 5\) and \(40, 5\) do not fit 60 users and 40 mov"):
        Crew(observed, U[1:], V)
    with pytest.raises(ValueError, match=r"\(60, 5\) and \(40, 4\) do not fit"):
        Crew(observed, U, V[:, 1:])
    with pytest.raises(TypeError, match=r"num_workers must be a whole number, got 0\.5"):
        Crew(observed, U, V, num_workers=0.5)
    with pytest.raises(ValueError, match=r"V\[\d+, \d+\] is nan: it must be a finite number"):
        Crew(observed, U, np.where(V > 0, V, np.nan))
    with Crew(observed, U.tolist(), V, num_workers=0) as crew:
        with pytest.raises(ValueError, match="l2 must be at least 0, got -1"):
            crew.half_step("U", 0.1, -1)
        with pytest.raises(ValueError, match="side must be 'U' or 'V', got 'u'"):
            crew.half_step("u", 0.1)
        crew.half_step("U", 0.1)
    assert needed_by([]).tolist() == []
    with pytest.raises(ValueError, match="num_steps"):
        fit_in_blocks(WeightedFactorization(num_steps=3), observed, rng=np.random.default_rng(0))


def test_numbers_that_grow_too_large_are_said_and_the_vectors_are_those_from_before():
    observed = some_pairs()
    U, V = start(observed)
    with Crew(observed, U, 1e170 * V, num_workers=0) as crew:
        with pytest.raises(ValueError, match=r"^the half-step can't be computed, (inf|nan) came"):
            crew.half_step("U", *WEIGHTS)
        assert np.array_equal(crew.vectors("U"), U)
        with pytest.raises(ValueError, match="the result of pulls can't be computed"):
            crew.half_step("U", 0.1, 1.0, 1e300)
    with Crew(observed, U, V, num_workers=0) as crew:
        with pytest.raises(ValueError, match="the result of pulls can't be computed"):
            crew.ask("U", 0.1, 1.0, 1e300)
        with pytest.raises(RuntimeError, match="no half-step has begun"):
            crew.collect()
        crew.half_step("U", *WEIGHTS)
        assert np.isfinite(crew.vectors("U")).all()


def test_blocks_that_are_none_are_refused():
    blocks = cut_rows(some_pairs().by_user, 3)
    tables = {side: als_in_blocks.SharedTable((2, 60, 5)) for side in "UV"}
    try:
        for wrong, error, message in [
            (
                [blocks[0]._replace(end=blocks[0].end + 1)],
                ValueError,
                "one of blocks is said",
            ),
            (
                [blocks[0]._replace(begin=-1, end=blocks[0].end - 1)],
                ValueError,
                r"one of blocks is said to be the rows from -1 to 20, and has 21 of them",
            ),
            ([blocks[0]._replace(begin=None)], TypeError, "the begin of one of blocks must be"),
            ([blocks[0]._replace(rows=None)], TypeError, "rows must be a Rows"),
            ([tuple(blocks[0])], TypeError, "blocks must be a list of blocks"),
            (blocks[0], TypeError, "blocks must be a list of blocks"),
            (tuple(blocks), TypeError, "blocks must be a list of blocks"),
            (3, TypeError, "blocks must be a list of blocks"),
        ]:
            with pytest.raises(error, match=message):
                needed_by(wrong)
            with pytest.raises(error, match=message.replace("blocks", r"blocks.*", 1)):
                Part({"U": wrong, "V": blocks}, tables)
        with pytest.raises(ValueError, match=r'^blocks must be of the sides "U" and "V", got'):
            Part({"U": blocks}, tables)
        with pytest.raises(ValueError, match=r'^tables must be of the sides "U" and "V", got'):
            Part({"U": blocks, "V": blocks}, {})
    finally:
        for table in tables.values():
            table.close()


def test_observed_pairs_that_do_not_fit_together_are_refused():
    observed = some_pairs()
    wrong = observed._replace(by_movie=observed.by_user)
    for call in (
        lambda: Crew(wrong, *start(observed), num_workers=0),
        lambda: fit_in_blocks(WeightedFactorization(), wrong, rng=np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match="are of different shapes"):
            call()


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_fit_that_is_interrupted_leaves_the_model_as_it_was(monkeypatch, num_workers):
    rng = np.random.default_rng(0)
    few, many = (Observed.from_pairs(*np.nonzero(rng.random(s) < 0.5)) for s in ((6, 7), (9, 30)))
    model = WeightedFactorization(3, num_sweeps=2).fit(few, rng=rng)
    before = {name: vars(model)[name] for name in (*model.learned, "_seen")}
    half_step, sides = Crew.half_step, []

    def stopped(self, side, *weights):
        views = [table.array[0] for table in self._tables.values()]  # as deeper frames have
        sides.append(side)
        if len(sides) == 3:
            raise KeyboardInterrupt(len(views))
        half_step(self, side, *weights)

    monkeypatch.setattr(Crew, "half_step", stopped)
    with pytest.raises(KeyboardInterrupt):
        fit_in_blocks(model, many, rng=rng, num_workers=num_workers)
    assert all(vars(model)[name] is value for name, value in before.items())
