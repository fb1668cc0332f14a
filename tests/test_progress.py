import io
import os
import sys

import pytest

from scratch.machinery.progress import progress_bar


def run_a_bar(num_epochs=3, text="train 0.9, validation 1.1", epochs=None):
    with progress_bar(num_epochs) as bar:
        for epoch in range(1, (epochs or num_epochs) + 1):
            bar.set_description_str(f"{text}, {epoch}", refresh=False)
            bar.update()


def test_the_text_is_that_of_the_epochs_and_nothing_else(capsys):
    run_a_bar(2, "train 0.9")
    captured = capsys.readouterr()
    assert captured.out.split("\r") == [
        "",
        "epoch 0/2 |" + 20 * " " + "| ",
        "epoch 1/2 |" + 10 * "█" + 10 * " " + "| train 0.9, 1",
        "epoch 2/2 |" + 20 * "█" + "| train 0.9, 2",
        "epoch 2/2 |" + 20 * "█" + "| train 0.9, 2\n",  # once more when it is closed
    ]
    assert captured.err == ""


def test_two_runs_print_the_same_however_long_they_take(capsys, monkeypatch):
    texts = []
    for seconds_per_look in (0.001, 1.0, 1000.0):
        now = iter(range(10**6))
        monkeypatch.setattr("tqdm.std.time", lambda s=seconds_per_look, n=now: s * next(n))
        run_a_bar()
        texts.append(capsys.readouterr().out)
        assert next(now) > 1  # the bar did look at this clock
    assert texts[0] == texts[1] == texts[2]
    assert not any(sign in texts[0] for sign in ("it/s", "s/it", ":", "?"))


def test_every_epoch_is_shown_also_when_they_are_fast(capsys):
    run_a_bar(200)
    out = capsys.readouterr().out
    assert all(f"\repoch {epoch}/200 " in out for epoch in range(201))


def test_a_small_step_after_a_large_one_is_shown_and_no_step_is_not(capsys):
    with progress_bar(200) as bar:
        bar.update(100)
        bar.update(1)
        said = capsys.readouterr().out
        bar.update(0)
        assert capsys.readouterr().out == ""
    assert said.split("\r")[2:] == [
        "epoch 100/200 |" + 10 * "█" + 10 * " " + "| ",
        "epoch 101/200 |" + 10 * "█" + 10 * " " + "| ",
    ]


def test_a_bar_that_is_left_early_stays_where_it_was(capsys):
    run_a_bar(5, epochs=2)
    last = capsys.readouterr().out.split("\r")[-1]
    assert last == "epoch 2/5 |" + 8 * "█" + 12 * " " + "| train 0.9, validation 1.1, 2\n"


@pytest.mark.parametrize("columns", [20, 60, 300])
def test_the_width_of_the_terminal_does_not_matter(columns, monkeypatch):
    class Terminal(io.StringIO):
        def fileno(self):
            return 1

    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((columns, 24)))
    monkeypatch.setattr(sys, "stdout", Terminal())
    run_a_bar(1, "train 0.9123, validation 0.8123, cold 0.7123, all 0.8123")
    assert sys.stdout.getvalue().endswith(
        "| train 0.9123, validation 0.8123, cold 0.7123, all 0.8123, 1\n"
    )


def test_a_hidden_bar_prints_nothing(capsys):
    with progress_bar(2, shown=False) as bar:
        bar.set_description_str("train 0.9", refresh=False)
        bar.update()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"number": -1}, ValueError),
        ({"number": "3"}, TypeError),
        ({"shown": 1}, TypeError),
        ({"unit": None}, TypeError),
    ],
    ids=str,
)
def test_what_makes_no_bar_raises_and_is_named(wrong, error):
    (name,) = wrong
    with pytest.raises(error, match=f"^{name} must be"):
        progress_bar(**({"number": 1, "shown": False} | wrong))
