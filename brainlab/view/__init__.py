"""Figures of slices, labels and learning, drawn the same way everywhere."""
