"""The gaps of notebook 03, losses: what is asked, for how many points, and what is checked."""

from functools import partial

from brainlab import metrics
from brainlab.data import elastic_field
from brainlab.losses import (
    alpha_bce_dice_loss,
    border_weight_map,
    cross_entropy,
    exponential_logarithmic_loss,
    focal_loss,
    soft_dice_loss,
    tversky_loss,
)
from grading_tests import nb03_borders as borders
from grading_tests import nb03_combined as combined
from grading_tests import nb03_elastic as elastic
from grading_tests import nb03_hunt as hunt
from grading_tests import nb03_logarithmic as logarithmic
from grading_tests import nb03_overlap as overlap
from grading_tests import nb03_pixels as pixels
from grading_tests import nb03_scores as scores
from grading_tests.gap import Gap, Property
from grading_tests.picture import border_scene

GAPS = [
    Gap(
        "g03_weighted_cross_entropy",
        "weighted_cross_entropy",
        minutes=5,
        points=4,
        reference=cross_entropy,
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
        reference=focal_loss,
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
        minutes=7,
        points=5,
        reference=soft_dice_loss,
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
        reference=partial(soft_dice_loss, per_image=False),
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
        reference=tversky_loss,
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
    Gap(
        "g03_bce_dice",
        "bce_dice_loss",
        minutes=7,
        points=4,
        reference=partial(alpha_bce_dice_loss, alpha=0.5),
        properties=[
            Property("both parts, weighed", combined.both_weighed, share=2),
            Property("the Dice part alone", combined.dice_alone),
            Property("the BCE part alone", combined.bce_alone),
            Property("logits of 200", combined.large_logits),
            Property("no tumour", combined.nothing_there),
            Property("one image, four images", combined.other_batches, visible=False),
            Property("the gradient, inputs left alone", combined.gradient, visible=False),
        ],
    ),
    Gap(
        "g03_exp_log",
        "exponential_logarithmic_loss",
        minutes=8,
        points=5,
        reference=logarithmic.reference,
        shortcuts=[exponential_logarithmic_loss],
        properties=[
            Property("random logits", logarithmic.values, share=2),
            Property("the Dice part alone", logarithmic.dice_part),
            Property("the cross-entropy part alone", logarithmic.cross_part),
            Property("a perfect prediction", logarithmic.all_right),
            Property("large logits", logarithmic.large_logits),
            Property("other gammas", logarithmic.other_gammas, visible=False),
            Property("a class that is nowhere", logarithmic.nowhere, visible=False),
            Property("other numbers of classes", logarithmic.other_classes, visible=False),
            Property("the gradient, inputs left alone", logarithmic.gradient, visible=False),
        ],
    ),
    Gap(
        "g03_border_weight_map",
        "border_weight_map",
        minutes=8,
        points=5,
        reference=partial(border_weight_map, class_weights=False),
        scene=border_scene,
        properties=[
            Property("the background between three objects", borders.between_objects, share=2),
            Property("inside the objects", borders.inside_objects),
            Property("other w0 and sigma", borders.other_options),
            Property("one object, and none", borders.fewer_than_two),
            Property("objects that touch", borders.touching_objects),
            Property("numbers with gaps", borders.missing_numbers),
            Property("input left alone", borders.unchanged, share=0.5, visible=False),
        ],
    ),
    Gap(
        "g03_scores",
        "class_scores",
        minutes=7,
        points=4,
        reference=scores.class_scores,
        shortcuts=[metrics.scores],
        properties=[
            Property("recall and precision", scores.recall_and_precision, share=2),
            Property("specificity", scores.specificity),
            Property("F1", scores.f1),
            Property("classes without a denominator", scores.no_denominator),
            Property("a truth of one class", scores.nothing_else_there, share=0.5),
            Property("other numbers of classes", scores.other_classes, share=0.5, visible=False),
            Property("input left alone", scores.unchanged, share=0.5, visible=False),
        ],
    ),
    Gap(
        "g03_elastic_field",
        "elastic_field",
        minutes=6,
        points=4,
        reference=elastic_field,
        properties=[
            Property("smooth from node to node, oblong images", elastic.between_the_nodes, share=2),
            Property("seeds", elastic.its_own_random_numbers),
            Property("the size at the nodes", elastic.size_at_the_nodes),
            Property("two components of their own", elastic.two_components),
            Property("nodes of their own", elastic.each_node, visible=False),
            Property("other grids", elastic.other_grids, visible=False),
            Property("sigma 0", elastic.without_sigma, share=0.5, visible=False),
        ],
    ),
    Gap(
        "g03_bug_hunt",
        "repaired_loss",
        minutes=10,
        points=6,
        reference=hunt.repaired,
        properties=[
            # Without a share: the broken version holds it too.
            Property("still a loss", hunt.still_a_loss, share=0),
            Property("a perfect prediction", hunt.perfect_prediction, share=2),
            Property("a healthy slice", hunt.healthy_slice, share=2),
            Property("a doubt in a small and in a large tumour", hunt.same_doubt_elsewhere, share=2),
            Property("the whole loss", hunt.whole_loss),
            Property("other inputs, the gradient", hunt.other_inputs, visible=False),
        ],
    ),
    Gap("g03_explain", "your answer", minutes=8, points=6),
]
