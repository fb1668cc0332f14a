import numpy as np
import pandas as pd

from scratch import plots


def test_the_steps_of_a_prediction_add_up():
    parts = pd.DataFrame({"mean": 3.5, "user": [0.5, 0.5], "movie": [1.0, -1.0]}, index=["a", "b"])
    _, ax = plots.prediction_steps(parts, "t")
    numbers = [text.get_text() for text in ax.texts if text.get_text()]
    assert numbers == ["5.00", "3.00"]
    arrows = [text for text in ax.texts if not text.get_text()]
    steps = [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows]
    assert steps == [(3.5, 4.0), (4.0, 5.0), (3.5, 4.0), (4.0, 3.0)]
    low, high = ax.get_xlim()
    assert low < 3 and high > 5


def test_the_nearest_films_are_named_in_order():
    nearest = {"x": [("a", 0.9), ("b", 0.5)], "y": [("c", 0.8), ("d" * 30, 0.1)]}
    _, axes = plots.nearest_films(nearest, "t", "cosine")
    assert [ax.get_title() for ax in axes] == ["x", "y"]
    assert [text.get_text() for text in axes[1].texts] == ["c  0.80", "d" * 22 + "…  0.10"]
    assert np.allclose([bar.get_width() for bar in axes[0].patches], [0.9, 0.5])
