"""The gaps of notebook 04, super-resolution: what is asked, for how many points, and what is checked."""

from torch.nn.functional import pixel_shuffle

from brainlab.data.superres import kspace_crop
from brainlab.metrics.images import psnr
from brainlab.models.esrgan import RRDB, DenseBlock
from brainlab.models.srgan import ResidualBlock
from grading_tests import nb04_blocks as blocks
from grading_tests import nb04_kspace as kspace
from grading_tests import nb04_psnr as decibels
from grading_tests import nb04_shuffle as shuffle
from grading_tests.gap import Gap, Property

GAPS = [
    Gap(
        "g04_kspace_crop",
        "kspace_crop",
        minutes=8,
        points=4,
        reference=kspace_crop,
        properties=[
            Property("random images", kspace.even_sizes, share=2),
            Property("a flat image", kspace.flat_image),
            Property("what is in the middle stays there", kspace.middle_stays),
            Property("odd sizes", kspace.odd_sizes),
            Property("a black background", kspace.dark_background),
            Property("oblong images, left alone", kspace.oblong, visible=False),
        ],
    ),
    Gap(
        "g04_psnr",
        "psnr",
        minutes=5,
        points=3,
        reference=psnr,
        properties=[
            Property("each image of a batch", decibels.each_image, share=2),
            Property("every pixel wrong by 0.1", decibels.twenty_decibels),
            Property("values outside 0 to 1", decibels.out_of_range),
            Property("a perfect image", decibels.identical),
            Property("other shapes, float64", decibels.other_shapes, visible=False),
            Property("inputs left alone", decibels.inputs_left_alone, visible=False),
        ],
    ),
    Gap(
        "g04_pixel_shuffle",
        "pixel_shuffle",
        minutes=7,
        points=4,
        reference=pixel_shuffle,
        properties=[
            Property("four channels become 2 x 2 pixels", shuffle.one_small_image),
            Property("several channels", shuffle.several_channels, share=2),
            Property("an oblong image, r = 3", shuffle.oblong),
            Property("other sizes", shuffle.other_sizes, visible=False),
            Property("the gradient", shuffle.gradient, visible=False),
        ],
    ),
    Gap(
        "g04_residual_block",
        "ResidualBlock",
        minutes=6,
        points=4,
        reference=ResidualBlock,
        properties=[
            Property("the output with given weights", blocks.residual_values, share=2),
            Property("another width", blocks.residual_width),
            Property("batch statistics and gradient while training", blocks.residual_training, visible=False),
        ],
    ),
    # discriminator_step, generator_step
    Gap(
        "g04_dense_block",
        "DenseBlock",
        minutes=8,
        points=5,
        reference=DenseBlock,
        properties=[
            Property("the output with given weights", blocks.dense_values, share=2),
            Property("other widths", blocks.dense_widths),
            Property("the gradient", blocks.dense_training, visible=False),
        ],
    ),
    Gap(
        "g04_rrdb",
        "RRDB",
        minutes=5,
        points=3,
        reference=RRDB,
        properties=[
            Property("the output with given weights", blocks.rrdb_values, share=2),
            Property("other widths", blocks.rrdb_widths),
            Property("the gradient", blocks.rrdb_training, visible=False),
        ],
    ),
    # relativistic_loss, perceptual_loss, interpolate
    Gap("g04_explain", "your answer", minutes=8, points=6),
]
