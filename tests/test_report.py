import numpy as np
import pytest
from make_splits import split_of, table_of
from sklearn.metrics import roc_auc_score

from scratch.evaluation import lists, report, split_ratings
from scratch.evaluation.protocol import evaluate
from scratch.evaluation.report import judge
from scratch.ratings import COLD, IdMap


def some_split(seed=0):
    return split_ratings(table_of(30, 25, 0.4, seed), rng=np.random.default_rng(seed))


def some_scores(split, seed=1):
    table = np.random.default_rng(seed).normal(size=(len(split.users), len(split.movies))).round(1)
    return lambda users: table[users]


@pytest.mark.parametrize("on", ["validation", "test"])
def test_what_the_protocol_measures_too_is_the_same(on):
    split = some_split()
    judged = judge(some_scores(split), split, on).means
    expected = evaluate({"it": some_scores(split)}, split, on).loc["it"]
    np.testing.assert_allclose(judged[expected.index], expected, rtol=1e-12)


@pytest.mark.parametrize("on", ["validation", "test"])
def test_auc_ranks_what_is_liked_among_all_that_could_have_been_shown(on):
    split = some_split(3)
    scores = some_scores(split)
    judged = judge(scores, split, on)
    part = getattr(split, on)
    for user, row in judged.users.iterrows():
        known = {m for p in split.known(on) for u, m in zip(*p[:2], strict=True) if u == user}
        candidates = [m for m in range(len(split.movies)) if m not in known]
        liked = {
            m for u, m, stars in zip(*part, strict=True) if u == user and stars >= 4 and m != COLD
        }
        truth = [m in liked for m in candidates]
        if 0 < sum(truth) < len(truth):
            expected = roc_auc_score(truth, scores(np.array([user]))[0, candidates])
            assert row["AUC"] == pytest.approx(expected, abs=1e-12)
        else:
            assert np.isnan(row["AUC"])


def test_the_lists_as_a_whole_are_judged_against_the_training_part():
    # Movies 0 … 2 are known to 3, 2 and 1 of three users; all are shown what they do not know.
    split = split_of(
        [(0, 0, 5), (1, 0, 5), (2, 0, 1), (0, 1, 3), (1, 1, 3), (2, 2, 4)],
        test=[(0, 2, 5), (1, 2, 4), (2, 1, 5)],
    )
    judged = judge(lambda users: np.tile([3.0, 2.0, 1.0], (len(users), 1)), split, "test", places=1)
    assert judged.shown.tolist() == [[2], [2], [1]]
    assert judged.users["hit rate"].tolist() == [1, 1, 1]
    assert judged.together["coverage"] == 2 / 3
    assert judged.together["novelty"] == pytest.approx((2 * np.log2(3) + np.log2(3 / 2)) / 3)
    # They know movies of 2.5, 2.5 and 2 ratings on average, and are shown some of 1, 1 and 2.
    assert judged.together["popularity lift"] == pytest.approx((4 / 3) / (7 / 3) - 1)
    assert judged.together["Gini"] == lists.gini(judged.shown, 3)


def test_every_measure_has_its_name_and_its_place():
    split = some_split()
    measures = [
        "precision", "recall", "hit rate", "reciprocal rank", "average precision", "NDCG", "AUC",
    ]  # fmt: skip
    together = ["coverage", "Gini", "novelty", "popularity lift"]
    judged = judge(some_scores(split), split, genres=np.ones((len(split.movies), 1)))
    assert list(judged.users) == [*measures, "miscalibration"]
    assert list(judged.means.index) == [*measures, "miscalibration", *together]
    assert [*report.OF_LISTS] == measures and [*report.TOGETHER] == together
    assert judged.users.index.name == "user"


def test_the_measures_of_a_list_by_hand():
    # Shown are the movies 1, 2 and 3; of the two that are liked, one stands in the second place.
    split = split_of(
        [(0, 0, 5), (1, 1, 5), (1, 2, 1), (1, 3, 4)], validation=[(0, 2, 4), (0, COLD, 5)]
    )
    judged = judge(lambda users: np.array([[4.0, 3.0, 2.0, 1.0]]), split, places=3)
    assert judged.users.loc[0].to_dict() == pytest.approx(
        {
            "precision": 1 / 3,
            "recall": 1 / 2,
            "hit rate": 1,
            "reciprocal rank": 1 / 2,
            "average precision": 1 / 4,
            "NDCG": (1 / np.log2(3)) / (1 + 1 / np.log2(3)),
            "AUC": 1 / 2,
        }
    )


def test_cold_rows_of_a_known_part_take_no_candidate_from_anybody():
    # An index of −1 would be that of the last movie, or of the last user.
    split = split_of(
        [(0, 0, 5), (1, 1, 5), (1, 2, 5), (2, 3, 1)],
        validation=[(0, COLD, 5), (COLD, 0, 5), (COLD, COLD, 5)],
        test=[(0, 3, 5), (2, 0, 5)],
    )
    scores = np.array([[9.0, 1.0, 2.0, 3.0], [0.0] * 4, [3.0, 2.0, 1.0, 0.0]])
    judged = judge(lambda users: scores[users], split, "test", places=1)
    assert judged.users["AUC"].tolist() == [1, 1]


def test_a_movie_that_nobody_has_rated_may_be_the_last_of_the_map():
    split = split_of([(0, 0, 5), (1, 0, 5), (1, 1, 5)], validation=[(0, 1, 5)])
    split = split._replace(movies=IdMap(range(3)))
    judged = judge(lambda users: np.array([[1.0, 2.0, 3.0]]), split, places=2)
    assert judged.shown.tolist() == [[2, 1]]
    assert judged.together["coverage"] == 2 / 3
    assert judged.together["novelty"] == 1  # one of two users, or as if one


def test_users_in_chunks_are_judged_alike(monkeypatch):
    split = some_split(5)
    genres = np.random.default_rng(0).integers(0, 2, (len(split.movies), 4))
    whole = judge(some_scores(split), split, "test", genres=genres)
    monkeypatch.setattr(report, "CHUNK", 7)
    chunks = judge(some_scores(split), split, "test", genres=genres)
    assert whole.users.equals(chunks.users) and whole.together.equals(chunks.together)
    assert "miscalibration" in whole.means


def test_without_genres_nothing_is_said_of_them():
    split = some_split()
    assert "miscalibration" not in judge(some_scores(split), split).means


def test_a_score_that_is_no_number_is_refused():
    split = some_split()
    with pytest.raises(ValueError, match="has the training diverged"):
        judge(lambda users: np.full((len(users), len(split.movies)), np.nan), split)


def test_more_places_than_there_are_unknown_movies_bring_no_hits():
    # User 0 knows movies 0 and 1, of which (in a damaged split) 0 is hidden, too.
    split = split_of(
        [(0, 0, 5), (0, 1, 1), (1, 2, 5)], validation=[(0, 0, 5), (0, 2, 5), (1, 0, 5)]
    )
    judged = judge(lambda users: np.tile([3.0, 2.0, 1.0], (len(users), 1)), split, places=7)
    assert judged.shown.tolist() == [[2] + [-1] * 6, [0, 1] + [-1] * 5]
    assert judged.users["precision"].tolist() == [1 / 7, 1 / 7]
    assert judged.users["recall"].tolist() == [1 / 2, 1]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.uint64])
def test_scores_of_any_kind_of_number_are_judged_alike(kind):
    split = some_split(7)
    table = np.random.default_rng(2).integers(0, 128, (len(split.users), len(split.movies)))
    expected = judge(lambda users: table[users].astype(float), split)
    found = judge(lambda users: table[users].astype(kind), split)
    assert found.users.equals(expected.users) and found.together.equals(expected.together)


def test_genres_of_other_movies_are_refused():
    split = some_split()
    with pytest.raises(ValueError, match=rf"genres has 3 rows, the split {len(split.movies)} mov"):
        judge(some_scores(split), split, genres=np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"genres\[0, 1\] is 2.0: .* zeros and ones only"):
        wrong = np.ones((len(split.movies), 2))
        wrong[0, 1] = 2
        judge(some_scores(split), split, genres=wrong)


def test_a_recommender_that_shows_nobody_anything_is_refused():
    split = some_split()
    with pytest.raises(ValueError, match="shown has no movie in any place"):
        judge(lambda users: np.full((len(users), len(split.movies)), -np.inf), split)


def test_a_part_and_places_that_can_not_be_are_refused():
    split = some_split()
    with pytest.raises(ValueError, match="on must be 'validation' or 'test', got 'train'"):
        judge(some_scores(split), split, "train")
    with pytest.raises(ValueError, match="places must be at least 1"):
        judge(some_scores(split), split, places=0)
    with pytest.raises(ValueError, match=r"^places asks for .* × 1,000,000,000,000 numbers"):
        judge(some_scores(split), split, places=10**12)
