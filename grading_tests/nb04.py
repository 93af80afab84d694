"""The gaps of notebook 04, super-resolution: what is asked, for how many points, and what is checked."""

from torch.nn.functional import pixel_shuffle

from brainlab.data.superres import kspace_crop
from brainlab.metrics.images import psnr
from brainlab.models.esrgan import RRDB, DenseBlock
from brainlab.models.srgan import ResidualBlock
from grading_tests.gap import Gap

GAPS = [
    Gap("g04_kspace_crop", "kspace_crop", minutes=8, points=4, reference=kspace_crop),
    Gap("g04_psnr", "psnr", minutes=5, points=3, reference=psnr),
    Gap("g04_pixel_shuffle", "pixel_shuffle", minutes=7, points=4, reference=pixel_shuffle),
    Gap("g04_residual_block", "ResidualBlock", minutes=6, points=4, reference=ResidualBlock),
    # discriminator_step, generator_step
    Gap("g04_dense_block", "DenseBlock", minutes=8, points=5, reference=DenseBlock),
    Gap("g04_rrdb", "RRDB", minutes=5, points=3, reference=RRDB),
    # relativistic_loss, perceptual_loss, interpolate
    Gap("g04_explain", "your answer", minutes=8, points=6),
]
