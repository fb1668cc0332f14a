"""Good calls of `scratch.similarity`."""

import numpy as np

CALLS = {
    "similarity.cosine_similarity": lambda: {"v": [3.0, 4], "w": [6, 8.0]},
    "similarity.cosine_similarities": lambda: {"rows": np.array([[3.0, 4], [4, 3], [0, 0]])},
}
