"""Logits and truth to try the losses on."""

import pytest
import torch
import torch.nn.functional as F


def one_hot(target, classes):
    return F.one_hot(target, classes).movedim(-1, 1).float()  # (B, C, H, W)


@pytest.fixture
def problem():
    """Return random logits (B, C, H, W) and labels (B, H, W) that hold every class."""

    def make(shape=(2, 4, 5, 7), dtype=torch.float32, seed=0):
        generator = torch.Generator().manual_seed(seed)
        logits = 3 * torch.randn(shape, generator=generator, dtype=dtype)
        target = torch.randint(max(shape[1], 2), (shape[0], *shape[2:]), generator=generator)
        return logits, target

    return make


@pytest.fixture
def certain():
    """Return logits (B, C, H, W) whose probabilities are all 0 or 1, and right."""

    def make(target, channels=4, size=60.0):
        if channels == 1:
            return size * (2.0 * target.unsqueeze(1) - 1)
        return size * (2 * one_hot(target, channels) - 1)

    return make
