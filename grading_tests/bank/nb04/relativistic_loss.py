"""Right and wrong answers to the gap about the relativistic average loss."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.bank.nb04.discriminator_step import bce, probability_bce
from grading_tests.checks.nb04.relativistic_loss import oracle, reference
from grading_tests.gap import Mistake


def in_one_function(real_logits, fake_logits):
    """G's loss is D's with the roles exchanged."""

    def side(first, second):
        return bce(first - second.mean(), 1.0) + bce(second - first.mean(), 0.0)

    return side(real_logits, fake_logits), side(fake_logits, real_logits)


def with_criterion(real_logits, fake_logits):
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = (make(len(fake_logits), 1, dtype=fake_logits.dtype) for make in (torch.ones, torch.zeros))
    real_ones, real_zeros = torch.ones_like(real_logits), torch.zeros_like(real_logits)
    real = real_logits - torch.mean(fake_logits, dim=0, keepdim=True)
    fake = fake_logits - torch.mean(real_logits, dim=0, keepdim=True)
    loss_d = criterion(real, real_ones) + criterion(fake, zeros)
    loss_g = criterion(real, real_zeros) + criterion(fake, ones)
    return [loss_d, loss_g]


def image_by_image(real_logits, fake_logits):
    mean_real = sum(real_logits) / len(real_logits)
    mean_fake = sum(fake_logits) / len(fake_logits)
    loss_d = loss_g = 0.0
    for logit in real_logits:
        x = logit - mean_fake
        loss_d = loss_d - F.logsigmoid(x) / len(real_logits)
        loss_g = loss_g - F.logsigmoid(-x) / len(real_logits)
    for logit in fake_logits:
        x = logit - mean_real
        loss_d = loss_d - F.logsigmoid(-x) / len(fake_logits)
        loss_g = loss_g - F.logsigmoid(x) / len(fake_logits)
    return loss_d[0], loss_g[0]


def by_logaddexp(real_logits, fake_logits):
    real, fake = real_logits.double() - fake_logits.mean(), fake_logits.double() - real_logits.mean()
    zero = real.new_zeros(1)
    loss_d = torch.logaddexp(zero, -real).mean() + torch.logaddexp(zero, fake).mean()
    # softplus(x) = softplus(-x) + x: the two losses differ by the sums of the arguments only
    loss_g = loss_d + real.mean() - fake.mean()
    return torch.stack([loss_d, loss_g])


def real_as_constant_for_the_generator(real_logits, fake_logits):
    """As in a well-known training loop; the logits of the real images then get no gradient from it."""
    of_d, _ = with_criterion(real_logits, fake_logits)
    _, of_g = with_criterion(real_logits.detach(), fake_logits)
    return of_d, of_g


def of_all_pairs(real_logits, fake_logits):
    """The mean of the differences of all pairs is the difference to the mean."""
    pairs = real_logits[:, 0, None] - fake_logits[None, :, 0]  # (B, B')
    real, fake = pairs.mean(dim=1), -pairs.mean(dim=0)
    soft = F.softplus
    return soft(-real).mean() + soft(fake).mean(), soft(real).mean() + soft(-fake).mean()


RIGHT = {
    "library": reference,
    "roles exchanged": in_one_function,
    "BCEWithLogitsLoss, a list": with_criterion,
    "all pairs": of_all_pairs,
    "image by image": image_by_image,
    "logaddexp, float64, one tensor": by_logaddexp,
}


def loss(
    real_logits,
    fake_logits,
    real_above=lambda real, fake: real - fake.mean(),
    fake_above=lambda real, fake: fake - real.mean(),
    says=bce,
    of_d=lambda says, real, fake: says(real, 1.0) + says(fake, 0.0),
    of_g=lambda says, real, fake: says(real, 0.0) + says(fake, 1.0),
):
    """The right losses in parts, so that each mistake is one part."""
    real, fake = real_above(real_logits, fake_logits), fake_above(real_logits, fake_logits)
    return of_d(says, real, fake), of_g(says, real, fake)


def everything(real, fake):
    return torch.cat([real, fake]).mean()


def overwritten(real_logits, fake_logits):
    """The name of the logits is used again for the difference."""
    real = real_logits - fake_logits.mean()
    fake = fake_logits - real.mean()
    return bce(real, 1.0) + bce(fake, 0.0), bce(real, 0.0) + bce(fake, 1.0)


def log_of_sigmoid(logits, truth):
    prob = logits.sigmoid()
    return -(prob.log() if truth else (1 - prob).log()).mean()


def averages_only(real_logits, fake_logits):
    difference = real_logits.mean() - fake_logits.mean()
    return 2 * bce(difference, 1.0), 2 * bce(-difference, 1.0)


def swapped(real_logits, fake_logits):
    of_d, of_g = oracle(real_logits, fake_logits)
    return of_g, of_d


def minus(real_logits, fake_logits):
    of_d, _ = oracle(real_logits, fake_logits)
    return of_d, -of_d


def halved(real_logits, fake_logits):
    of_d, of_g = oracle(real_logits, fake_logits)
    return of_d / 2, of_g / 2


def cut(real_logits, fake_logits):
    of_d, of_g = oracle(real_logits, fake_logits)
    return of_d.item(), of_g.item()


def added(real_logits, fake_logits):
    return sum(oracle(real_logits, fake_logits))


def both_with(says):
    return partial(loss, says=says)


def made_detached(real_logits, fake_logits):
    """The generated images' logits are detached in both losses, where only the image should be, for D."""
    return oracle(real_logits, fake_logits.detach())


WRONG = [
    Mistake(
        "mean of its own batch",
        "Jolicoeur-Martineau 2018 (arXiv:1807.00734), section 4: the opposite type",
        "each logit is compared with the mean of its own batch; it should be that of the other one.",
        partial(
            loss,
            real_above=lambda real, fake: real - real.mean(),
            fake_above=lambda real, fake: fake - fake.mean(),
        ),
    ),
    Mistake(
        "mean of everything",
        "Jolicoeur-Martineau 2018 (arXiv:1807.00734), section 4: the opposite type",
        "true and generated logits are in one mean; compare each with the mean of the other kind alone.",
        partial(
            loss,
            real_above=lambda real, fake: real - everything(real, fake),
            fake_above=lambda real, fake: fake - everything(real, fake),
        ),
    ),
    Mistake(
        "logits overwritten",
        "kozistr/ESRGAN-tensorflow#4: real = real - mean(fake), then mean(real)",
        "the second difference uses the first one in place of the logits: give the differences new names.",
        overwritten,
    ),
    Mistake(
        "sign of the second difference",
        "AlexiaJM/RelativisticGAN#2: mean(fake) - real",
        "for generated images either the difference or the target is the wrong way round.",
        partial(loss, fake_above=lambda real, fake: real.mean() - fake),
    ),
    Mistake(
        "not relativistic",
        "xinntao/Real-ESRGAN#654, stroking-fishes-ml-corp/A-ESRGAN#2",
        "nothing is compared: that is SRGAN's loss. Subtract the mean of the other kind first.",
        partial(loss, real_above=lambda real, fake: real, fake_above=lambda real, fake: fake),
    ),
    Mistake(
        "pairs, no average",
        "Jolicoeur-Martineau 2018 (arXiv:1807.00734), section 4: RSGAN and RaSGAN",
        "image is compared with image; the average loss compares with the mean of the other batch.",
        partial(loss, real_above=lambda real, fake: real - fake, fake_above=lambda real, fake: fake - real),
    ),
    Mistake(
        "difference of the averages only",
        "Wang et al. 2018 (arXiv:1809.00219), equation 1: the expectation is outside the logarithm",
        "you average before the cross-entropy; each image has its own, and the mean comes last.",
        averages_only,
    ),
    Mistake(
        "G: the generated half only",
        "eriklindernoren/PyTorch-GAN#92: ESRGAN, incomplete loss_GAN",
        "the generator's loss has two halves too: real images should look less real than generated ones.",
        partial(loss, of_g=lambda says, real, fake: says(fake, 1.0)),
    ),
    Mistake(
        "G: the plain loss",
        "eriklindernoren/PyTorch-GAN#52: g_loss overwritten by the plain one",
        "the generator's loss is the plain one, without comparison; here it is relativistic too.",
        lambda real, fake: (oracle(real, fake)[0], bce(fake, 1.0)),
    ),
    Mistake(
        "D: the real half only",
        "Wang et al. 2018 (arXiv:1809.00219), equation 1: two terms",
        "the discriminator's loss lacks the half of the generated images.",
        partial(loss, of_d=lambda says, real, fake: says(real, 1.0)),
    ),
    Mistake(
        "G has D's labels",
        "Lornatang/ESRGAN-PyTorch#6: real images less real",
        "both losses have the same labels; for the generator 1 and 0 change places.",
        partial(loss, of_g=lambda says, real, fake: says(real, 1.0) + says(fake, 0.0)),
    ),
    Mistake(
        "G: label 1 for both",
        "Lornatang/ESRGAN-PyTorch#6: real images less real",
        "in the generator's loss the real images have the label 0: they should look less real than its own.",
        partial(loss, of_g=lambda says, real, fake: says(real, 1.0) + says(fake, 1.0)),
    ),
    Mistake(
        "G: minus D's loss",
        "soumith/ganhacks#11: the loss of the minimax game saturates",
        "minus the discriminator's loss hardly has a slope while it wins: exchange the labels.",
        minus,
    ),
    Mistake(
        "the two exchanged",
        "AlexiaJM/RelativisticGAN#2: which is subtracted from which; docstring: the discriminator's first",
        "the two losses are exchanged: the order, the targets, or is it mean minus logit?",
        swapped,
    ),
    Mistake(
        "one sum of both",
        "two players with opposite aims: their losses must stay apart",
        "you return one number; the task asks for two losses, one for each network.",
        added,
    ),
    Mistake(
        "halved",
        "ESRGAN's code against its paper, open-mmlab/mmagic#40: * 0.5",
        "you take half of the two terms, as ESRGAN's code; the task asks for their sum, as in the paper.",
        halved,
    ),
    Mistake(
        "sigmoid twice",
        "XPixelGroup/BasicSR#23: the sigmoid is in the loss",
        "the loss applies the sigmoid itself: give it the differences of the logits.",
        both_with(lambda logits, truth: bce(logits.sigmoid(), truth)),
    ),
    Mistake(
        "sigmoid before the difference",
        "XPixelGroup/BasicSR#23: the sigmoid comes after C(real) - mean C(fake)",
        "you subtract probabilities; logits are subtracted, and the sigmoid comes after.",
        lambda real, fake: loss(real.sigmoid(), fake.sigmoid()),
    ),
    Mistake(
        "BCE of numbers beyond 0 and 1",
        "Lornatang/ESRGAN-PyTorch#8: BCELoss and negative values",
        "the differences are logits, which may be negative: binary_cross_entropy_with_logits.",
        both_with(probability_bce),
    ),
    Mistake(
        "BCE of the probabilities",
        "pytorch/pytorch#24933: BCELoss stops at 100",
        "from probabilities the BCE stops at 100, where the sigmoid is 0 or 1: begin with the logits.",
        both_with(lambda logits, truth: probability_bce(logits.sigmoid(), truth)),
    ),
    Mistake(
        "log of the sigmoid",
        "soumith/ganhacks#36: instability of exponentials and logarithms",
        "for large logits the sigmoid is exactly 0, its log -inf: take the BCE of the logits in one step.",
        both_with(log_of_sigmoid),
    ),
    Mistake(
        "no logarithm",
        "leftthomas/SRGAN#15: 1 - D",
        "the logarithm of the cross-entropy is missing.",
        both_with(lambda logits, truth: (truth - logits.sigmoid()).abs().mean()),
    ),
    Mistake(
        "least squares",
        "VITA-Group/DeblurGANv2#10, pclucas14/lidar_generation#20: RaLSGAN",
        "those are the squares of RaLSGAN; ESRGAN has the cross-entropy.",
        both_with(lambda logits, truth: (logits - (2 * truth - 1)).square().mean()),
    ),
    Mistake(
        "summed over the batch",
        "Wang et al. 2018 (arXiv:1809.00219), equation 1: an expectation",
        "the cross-entropy is summed over the images: take the mean.",
        both_with(lambda logits, truth: F.softplus((1 - 2 * truth) * logits).sum()),
    ),
    Mistake(
        "means detached",
        "open-mmlab/mmagic#40: torch.mean(pred.detach())",
        "the means are detached; the gradient goes through them too, so that both kinds count in each term.",
        partial(
            loss,
            real_above=lambda real, fake: real - fake.mean().detach(),
            fake_above=lambda real, fake: fake - real.mean().detach(),
        ),
    ),
    Mistake(
        "generated logits detached",
        "open-mmlab/mmagic#53: detach on the result of netD",
        "the generated images' logits are detached, so nobody learns from them: leave both as they come.",
        made_detached,
    ),
    Mistake(
        "the graph is cut",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        cut,
    ),
]


def one_each(real_logits, fake_logits):
    of_d, of_g = oracle(real_logits, fake_logits)
    return of_d.reshape(1), of_g.reshape(1)


def overwritten_in_place(real_logits, fake_logits):
    above = real_logits.mean(), fake_logits.mean()
    with torch.no_grad():
        real_logits -= above[1]
        fake_logits -= above[0]
    return bce(real_logits, 1.0) + bce(fake_logits, 0.0), bce(real_logits, 0.0) + bce(fake_logits, 1.0)


def in_a_dictionary(real_logits, fake_logits):
    return dict(zip("dg", oracle(real_logits, fake_logits), strict=True))


def hinge(real_logits, fake_logits):
    real, fake = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
    return (1 - real).relu().mean() + (1 + fake).relu().mean(), (1 + real).relu().mean() + (
        1 - fake
    ).relu().mean()


def smoothed(real_logits, fake_logits):
    real, fake = real_logits - fake_logits.mean(), fake_logits - real_logits.mean()
    return bce(real, 0.9) + bce(fake, 0.0), bce(real, 0.0) + bce(fake, 0.9)


def medians(real_logits, fake_logits):
    real, fake = real_logits - fake_logits.median(), fake_logits - real_logits.median()
    return bce(real, 1.0) + bce(fake, 0.0), bce(real, 0.0) + bce(fake, 1.0)


def stacked(real_logits, fake_logits):
    return torch.stack(in_one_function(real_logits, fake_logits))


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "one tensor of two": stacked,
}
WRONG += [
    Mistake(
        "the real logits constant for G",
        SECOND,
        "the generator's loss depends on the real images, too: do not detach their logits.",
        real_as_constant_for_the_generator,
    ),
    Mistake(
        "shape (1,)",
        SECOND,
        "each loss is a scalar, shape (): a tensor (1,) cannot be printed with a format.",
        one_each,
    ),
    Mistake(
        "in a dictionary",
        SECOND,
        "return the two losses as a pair: first the discriminator's, then the generator's.",
        in_a_dictionary,
    ),
    Mistake(
        "logits overwritten in place",
        SECOND,
        "-= writes into the logits of the caller.",
        overwritten_in_place,
    ),
    Mistake(
        "hinge",
        SECOND,
        "a cross-entropy of each logit is asked for, not a hinge.",
        hinge,
    ),
    Mistake(
        "targets smoothed",
        SECOND,
        "the targets are 1 and 0; 0.9 is another loss.",
        smoothed,
    ),
    Mistake(
        "medians",
        SECOND,
        "the mean of the other kind is asked for, not the median.",
        medians,
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: (
        "mean of its own batch",
        "mean of everything",
        "logits overwritten",
        "not relativistic",
        "means detached",
        "logits overwritten in place",
        "medians",
    ),
    2: ("D: the real half only",),
    3: (
        "G: the generated half only",
        "G: the plain loss",
        "G has D's labels",
        "G: label 1 for both",
        "G: minus D's loss",
        "the real logits constant for G",
    ),
}
WRONG = with_steps(WRONG, STEPS)
