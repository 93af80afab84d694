"""The gaps of notebook 04, super-resolution: what is asked, for how many points, and what is checked."""

from functools import partial

from torch.nn.functional import pixel_shuffle

from brainlab.data import kspace_crop
from brainlab.losses import perceptual_loss, relativistic_discriminator_loss, relativistic_generator_loss
from brainlab.metrics import psnr
from brainlab.models import RRDB, DenseBlock, ResidualBlock, interpolate_networks
from brainlab.training import discriminator_step, generator_step
from grading_tests import nb04_blocks as blocks
from grading_tests import nb04_interpolate as interpolation
from grading_tests import nb04_kspace as kspace
from grading_tests import nb04_perceptual as perceptual
from grading_tests import nb04_psnr as decibels
from grading_tests import nb04_relativistic as relativistic
from grading_tests import nb04_shuffle as shuffle
from grading_tests import nb04_steps as steps
from grading_tests.gap import Gap, Property
from grading_tests.picture import kspace_scene, shuffle_scene

GAPS = [
    Gap(
        "g04_kspace_crop",
        "kspace_crop",
        minutes=8,
        points=4,
        reference=kspace_crop,
        scene=kspace_scene,
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
        scene=shuffle_scene,
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
    Gap(
        "g04_discriminator_step",
        "discriminator_step",
        minutes=8,
        points=5,
        reference=steps.reference_discriminator_step,
        shortcuts=[discriminator_step],
        properties=[
            Property("weights after a step", partial(steps.weights_after, "discriminator"), share=2),
            Property(
                "the generator left alone", partial(steps.the_other_is_left_alone, "discriminator"), share=2
            ),
            Property("gradients from before", partial(steps.old_gradients, "discriminator")),
            Property("the returned loss", partial(steps.returned_number, "discriminator")),
            Property("after a validation", partial(steps.after_validation, "discriminator")),
            Property("one image, other sizes", partial(steps.other_batches, "discriminator"), visible=False),
        ],
    ),
    Gap(
        "g04_generator_step",
        "generator_step",
        minutes=8,
        points=5,
        reference=steps.reference_generator_step,
        shortcuts=[generator_step],
        properties=[
            Property("weights after a step", partial(steps.weights_after, "generator", weight=0.5), share=2),
            Property(
                "the discriminator left alone",
                partial(steps.the_other_is_left_alone, "generator", weight=0.5),
            ),
            Property("gradients from before", partial(steps.old_gradients, "generator")),
            Property("the returned loss", partial(steps.returned_number, "generator", weight=3.0)),
            Property("after a validation", partial(steps.after_validation, "generator")),
            Property("a large weight", partial(steps.weights_after, "generator", weight=20.0), visible=False),
            Property("one image, other sizes", partial(steps.other_batches, "generator"), visible=False),
        ],
    ),
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
    Gap(
        "g04_relativistic_loss",
        "relativistic_loss",
        minutes=7,
        points=4,
        reference=relativistic.reference,
        shortcuts=[relativistic_discriminator_loss, relativistic_generator_loss],
        properties=[
            Property("the discriminator's loss", partial(relativistic.one_value, 0), share=2),
            Property("the generator's loss", partial(relativistic.one_value, 1), share=2),
            Property("batches of different sizes", relativistic.uneven_batches),
            Property("a discriminator that is sure", relativistic.sure_judge),
            Property("the gradients", relativistic.gradients),
            Property("one image, many, inputs left alone", relativistic.other_batches, visible=False),
        ],
    ),
    Gap(
        "g04_perceptual_loss",
        "perceptual_loss",
        minutes=5,
        points=3,
        reference=perceptual_loss,
        properties=[
            Property("random images", perceptual.values, share=2),
            Property("negative features", perceptual.dark_features),
            Property("the gradient in sr", perceptual.gradient_in_sr, share=2),
            Property("no gradient in hr", perceptual.no_gradient_in_hr),
            Property("a plain function, inputs left alone", perceptual.any_function, visible=False),
        ],
    ),
    Gap(
        "g04_interpolate",
        "interpolate",
        minutes=5,
        points=3,
        reference=interpolate_networks,
        properties=[
            Property("weights and biases", interpolation.weights, share=2),
            Property("both ends", interpolation.both_ends),
            Property("batch norm's statistics", interpolation.running_statistics),
            Property("whole numbers", interpolation.whole_numbers),
            Property("inputs left alone", interpolation.inputs_unchanged),
            Property("memory of its own", interpolation.memory_of_its_own),
            Property("a network without batch norm", interpolation.into_a_network, visible=False),
        ],
    ),
    Gap("g04_explain", "your answer", minutes=8, points=6),
]
