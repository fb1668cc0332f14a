"""What makes it run: compiled loops, the sparse index, training, optimizers, progress bars."""
