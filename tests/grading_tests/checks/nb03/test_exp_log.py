"""The oracle of the exponential-logarithmic loss against the library."""

import torch

from brainlab.losses import exponential_logarithmic_loss
from grading_tests.checks.nb03.exp_log import reference


def test_the_gap_is_the_library_s_loss_of_one_image():
    """The gap has one Dice for the batch and no class weights; for one image nothing else differs."""
    logits, target = torch.randn(1, 4, 6, 5), torch.randint(0, 4, (1, 6, 5))
    ours = reference(logits, target, 0.6, 0.4, 0.5)
    library = exponential_logarithmic_loss(logits, target, 0.6, 0.4, 0.5, 0.5, weight=torch.ones(4))
    torch.testing.assert_close(ours, library)
