"""The gaps of notebook 02, the U-Net: what is asked, for how many points, and what is checked."""

from brainlab.inference import false_positives
from brainlab.losses import cross_entropy
from brainlab.models import (
    AttentionGate,
    ConvBlock,
    UNet,
    UpBlock,
    conv_output_size,
    crop_and_concat,
    valid_size,
)
from brainlab.training import keep_best, train_step
from grading_tests import nb02_attention as attention
from grading_tests import nb02_best as best
from grading_tests import nb02_blocks as blocks
from grading_tests import nb02_decoding as decoding
from grading_tests import nb02_loss as loss
from grading_tests import nb02_sizes as sizes
from grading_tests import nb02_step as step
from grading_tests.gap import Gap, Property

GAPS = [
    Gap(
        "g02_conv_output_size",
        "conv_output_size",
        minutes=5,
        points=3,
        reference=conv_output_size,
        properties=[
            Property("a valid convolution", sizes.valid_convolution),
            Property("dilation", sizes.with_dilation),
            Property("padding and stride", sizes.with_padding_and_stride),
            Property("what torch makes of all together", sizes.as_torch_does, visible=False),
        ],
    ),
    Gap(
        "g02_conv_block",
        "ConvBlock",
        minutes=6,
        points=4,
        reference=ConvBlock,
        properties=[
            Property("the output with given weights", blocks.conv_block_values, share=2),
            Property("without padding", blocks.conv_block_valid),
            Property(
                "batch statistics and gradient while training", blocks.conv_block_training, visible=False
            ),
        ],
    ),
    Gap(
        "g02_crop_and_concat",
        "crop_and_concat",
        minutes=6,
        points=4,
        reference=crop_and_concat,
        properties=[
            Property("the middle, joined along the channels", blocks.crop_even),
            Property("an oblong image", blocks.crop_oblong),
            Property("equal sizes", blocks.crop_nothing),
            Property("an odd border", blocks.crop_odd),
            Property("gradient, inputs left alone", blocks.crop_gradient, visible=False),
        ],
    ),
    Gap(
        "g02_up_block",
        "UpBlock",
        minutes=8,
        points=4,
        reference=UpBlock,
        properties=[
            Property("the output with given weights", blocks.up_block_values, share=2),
            Property("without padding", blocks.up_block_valid),
            Property("gradient through both inputs", blocks.up_block_gradient, visible=False),
        ],
    ),
    Gap(
        "g02_valid_size",
        "valid_size",
        minutes=6,
        points=3,
        reference=valid_size,
        properties=[
            Property("a size between two valid ones", sizes.between_two),
            Property("a valid size", sizes.already_valid),
            Property("other depths", sizes.other_depths, visible=False),
        ],
    ),
    Gap(
        "g02_unet_forward",
        "UNet",
        minutes=9,
        points=5,
        reference=UNet,
        properties=[
            Property("the logits with given weights", blocks.unet_values, share=2),
            Property("three levels", blocks.unet_deeper, visible=False),
            Property("without padding", blocks.unet_valid),
            Property("gradient of every weight", blocks.unet_gradient, visible=False),
        ],
    ),
    Gap(
        "g02_cross_entropy",
        "cross_entropy",
        minutes=6,
        points=4,
        reference=cross_entropy,
        properties=[
            Property("random logits", loss.loss_values, share=2),
            Property("a network that knows nothing", loss.loss_of_knowing_nothing),
            Property("large logits", loss.loss_of_large_logits),
            Property("other numbers of classes", loss.loss_other_classes, visible=False),
            Property("the gradient", loss.loss_gradient, visible=False),
        ],
    ),
    Gap(
        "g02_train_step",
        "train_step",
        minutes=8,
        points=4,
        reference=train_step,
        properties=[
            Property("the weights after one step", step.step_moves_weights),
            Property("three steps in a row", step.step_forgets_old_gradients),
            Property("the value returned", step.step_returns_a_number),
            Property("a step after a validation", step.step_after_validation),
        ],
    ),
    Gap(
        "g02_keep_best",
        "keep_best",
        minutes=7,
        points=4,
        reference=keep_best,
        properties=[
            Property("which epoch is best, how long ago", best.best_of_a_run, share=2),
            Property("weights that stay as they were", best.best_keeps_copies),
            Property("the weights of the best epoch", best.best_weights_follow),
            Property("equal losses", best.best_of_equals),
            Property("NaN", best.nan_is_never_best, visible=False),
        ],
    ),
    Gap(
        "g02_false_positives",
        "false_positives",
        minutes=7,
        points=4,
        reference=decoding.false_positives,
        shortcuts=[false_positives],
        properties=[
            Property("one threshold for all classes", decoding.one_threshold_for_all),
            Property("a threshold for each class", decoding.own_thresholds),
            Property("a perfect prediction", decoding.perfect_prediction),
            Property("a probability at the threshold", decoding.exactly_at_the_threshold),
            Property("other numbers of classes", decoding.other_classes, visible=False),
            Property("a class that is nowhere", decoding.absent_class, visible=False),
        ],
    ),
    Gap(
        "g02_attention_gate",
        "AttentionGate",
        minutes=9,
        points=5,
        reference=AttentionGate,
        properties=[
            Property("output and weights with given layers", attention.weighted_skip, share=2),
            Property("weights from 0 to 1", attention.weights_between_0_and_1),
            Property("odd sizes", attention.odd_size, visible=False),
            Property("the gradient", attention.gradient, visible=False),
        ],
    ),
    Gap("g02_explain", "your answer", minutes=8, points=6),
]
