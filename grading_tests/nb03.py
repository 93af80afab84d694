"""The gaps of notebook 03, losses: what is asked, for how many points, and what is checked."""

from functools import partial

import torch.nn.functional as F

from grading_tests import nb03_logarithmic as logarithmic
from grading_tests import nb03_overlap as overlap
from grading_tests import nb03_pixels as pixels
from grading_tests.gap import Gap, Property

GAPS = [
    Gap(
        "g03_weighted_cross_entropy",
        "weighted_cross_entropy",
        minutes=6,
        points=4,
        reference=F.cross_entropy,
        properties=[
            Property("random logits and weights", pixels.weighted_values, share=2),
            Property("equal weights", pixels.weighted_equally),
            Property("a class of weight 0", pixels.weighted_zero),
            Property("large logits", pixels.weighted_large_logits),
            Property("other numbers of classes", pixels.weighted_other_classes, visible=False),
            Property("the gradient, inputs left alone", pixels.weighted_gradient, visible=False),
        ],
    ),
    Gap(
        "g03_focal",
        "focal_loss",
        minutes=6,
        points=4,
        reference=pixels.focal,
        properties=[
            Property("random logits", pixels.focal_values, share=2),
            Property("gamma 0", pixels.focal_without_gamma),
            Property("other gammas", pixels.focal_other_gammas),
            Property("large logits", pixels.focal_large_logits),
            Property("other numbers of classes", pixels.focal_other_classes, visible=False),
            Property("the gradient, inputs left alone", pixels.focal_gradient, visible=False),
        ],
    ),
    Gap(
        "g03_soft_dice",
        "soft_dice_loss",
        minutes=8,
        points=5,
        reference=overlap.soft_dice,
        properties=[
            Property("large and small areas", partial(overlap.values, overlap.soft_dice), share=2),
            Property("a class that is nowhere", partial(overlap.nowhere, overlap.soft_dice)),
            Property("a class that is only predicted", partial(overlap.only_predicted, overlap.soft_dice)),
            Property("one image, odd size", partial(overlap.single_image, overlap.soft_dice), visible=False),
            Property("another eps", partial(overlap.other_eps, overlap.soft_dice), visible=False),
            Property(
                "the gradient, inputs left alone", partial(overlap.gradient, overlap.soft_dice), visible=False
            ),
        ],
    ),
    Gap(
        "g03_batch_dice",
        "batch_dice_loss",
        minutes=6,
        points=4,
        reference=overlap.batch_dice,
        properties=[
            Property("large and small areas", partial(overlap.values, overlap.batch_dice), share=2),
            Property("an image without tumour", partial(overlap.in_one_image, overlap.batch_dice)),
            Property("a class that is nowhere", partial(overlap.nowhere, overlap.batch_dice)),
            Property("one image, odd size", partial(overlap.single_image, overlap.batch_dice), visible=False),
            Property("another eps", partial(overlap.other_eps, overlap.batch_dice), visible=False),
            Property(
                "the gradient, inputs left alone",
                partial(overlap.gradient, overlap.batch_dice),
                visible=False,
            ),
        ],
    ),
    Gap(
        "g03_tversky",
        "tversky_loss",
        minutes=6,
        points=4,
        reference=overlap.tversky,
        properties=[
            Property("random logits", partial(overlap.values, overlap.tversky), share=2),
            Property("other weights of the two errors", overlap.other_weights),
            Property("equal weights: soft Dice", overlap.as_dice),
            Property("a class that is nowhere", partial(overlap.nowhere, overlap.tversky)),
            Property("one image, odd size", partial(overlap.single_image, overlap.tversky), visible=False),
            Property("another eps", partial(overlap.other_eps, overlap.tversky), visible=False),
            Property(
                "the gradient, inputs left alone", partial(overlap.gradient, overlap.tversky), visible=False
            ),
        ],
    ),
    # g03_bce_dice (7 min, 4 points)
    Gap(
        "g03_exp_log",
        "exponential_logarithmic_loss",
        minutes=8,
        points=5,
        reference=logarithmic.exp_log,
        properties=[
            Property("random logits", logarithmic.values, share=2),
            Property("the Dice part alone", logarithmic.dice_part),
            Property("the cross-entropy part alone", logarithmic.cross_part),
            Property("a perfect prediction", logarithmic.all_right),
            Property("large logits", logarithmic.large_logits),
            Property("other gammas", logarithmic.other_gammas, visible=False),
            Property("other numbers of classes", logarithmic.other_classes, visible=False),
            Property("the gradient, inputs left alone", logarithmic.gradient, visible=False),
        ],
    ),
    # g03_border_weight_map (8, 5), g03_scores (7, 4), g03_elastic_field (8, 4), g03_bug_hunt (7, 4)
    Gap("g03_explain", "your answer", minutes=8, points=6),
]
