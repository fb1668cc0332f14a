import copy
import pickle

import pytest

from scratch.checking.learner import Learner, NotFitted


class Model(Learner):
    learned = ("U", "history")

    def fit(self):
        self.U = [1.0]
        return self


def test_what_has_learned_nothing_says_so():
    model = Model()
    for name in Model.learned:
        with pytest.raises(NotFitted, match=rf"this Model has .* no {name}: call fit"):
            getattr(model, name)
    assert not hasattr(model, "U")
    assert issubclass(NotFitted, ValueError) and issubclass(NotFitted, AttributeError)


def test_what_has_learned_is_asked_as_ever():
    model = Model().fit()
    assert model.U == [1.0]
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'V'") as error:
        model.V  # noqa: B018  # it is the asking that counts
    assert not isinstance(error.value, NotFitted)


def test_it_can_be_copied_before_and_after():
    for model in (Model(), Model().fit()):
        for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert vars(twin) == vars(model)
