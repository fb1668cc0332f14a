"""What recommends: popularity, neighbours, baselines, weighted factorization, models in PyTorch."""
