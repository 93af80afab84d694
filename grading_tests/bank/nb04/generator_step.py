"""Right and wrong answers to the gap about the generator's step."""

import numpy as np
import torch
import torch.nn.functional as F

from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.bank.nb04.discriminator_step import bce, probability_bce
from grading_tests.checks.nb04.generator_step import reference_generator_step
from grading_tests.gap import Mistake


def discriminator_frozen_meanwhile(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    discriminator.requires_grad_(False)
    optimizer.zero_grad()
    sr = generator.train()(lr)
    loss = (sr - hr).pow(2).mean() + weight * bce(discriminator(sr), 1.0)
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.detach().double().item()


def two_backwards(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    generator.zero_grad()
    generator.train()
    sr = generator(lr, hr.shape[-2:])
    pixels = F.mse_loss(sr, hr)
    pixels.backward(retain_graph=True)
    adversarial = weight * F.softplus(-discriminator(sr)).mean()
    adversarial.backward()
    optimizer.step()
    discriminator.zero_grad()
    return pixels.item() + adversarial.item()


def gradients_by_hand(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    generator.train(True)
    sr = generator(lr)
    loss = torch.add(F.mse_loss(sr, hr), F.logsigmoid(discriminator(sr)).mean(), alpha=-weight)
    weights = list(generator.parameters())
    for each, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        each.grad = gradient
    optimizer.step()
    return float(loss)


def through_the_image(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    """The gradient of the image first, then one backward through the generator."""
    generator.train()
    sr = generator(lr)
    seen = sr.detach().requires_grad_()
    loss = torch.nn.MSELoss()(seen, hr) + weight * torch.nn.BCEWithLogitsLoss()(
        discriminator(seen), torch.ones(len(lr), 1)
    )
    optimizer.zero_grad()
    sr.backward(torch.autograd.grad(loss, seen)[0])
    optimizer.step()
    return loss.tolist()


def discriminator_evaluating(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    """The discriminator here has no batch norm, so its mode is free."""
    before = discriminator.training
    discriminator.eval()
    loss = usual()(generator, discriminator, optimizer, lr, hr, weight)
    discriminator.train(before)
    return np.float64(loss)


def usual(
    made=lambda generator, lr: generator(lr),
    asked=lambda discriminator, sr, hr: discriminator(sr),
    pixels=lambda sr, hr, lr: F.mse_loss(sr, hr),
    adversarial=lambda logits: bce(logits, 1.0),
    join=lambda pixels, adversarial, weight: pixels + weight * adversarial,
    order="zfbs",
    train=True,
    value=lambda loss: loss.item(),
):
    """Return the right step in parts, in this order: z(ero), f(orward), b(ackward), s(tep)."""

    def answer(generator, discriminator, optimizer, lr, hr, weight=1e-3):
        if train:
            generator.train()
        loss = None
        for letter in order:
            if letter == "z":
                optimizer.zero_grad()
            elif letter == "f":
                sr = made(generator, lr)
                logits = asked(discriminator, sr, hr)
                loss = join(pixels(sr, hr, lr), adversarial(logits), weight)
            elif letter == "b":
                loss.backward()
            elif letter == "s":
                optimizer.step()
        return value(loss)

    return answer


RIGHT = {
    "library": reference_generator_step,
    "usual": usual(),
    "the discriminator frozen meanwhile": discriminator_frozen_meanwhile,
    "two backwards, one step": two_backwards,
    "gradients by hand": gradients_by_hand,
    "through the gradient of the image": through_the_image,
    "the discriminator evaluating meanwhile": discriminator_evaluating,
}


def without_gradient(generator, lr):
    with torch.no_grad():
        return generator(lr)


def frozen_for_good(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    discriminator.requires_grad_(False)
    return usual()(generator, discriminator, optimizer, lr, hr, weight)


def both_learn(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    """The discriminator follows the generator's loss, as in a combined model without a switch."""
    discriminator.zero_grad()
    loss = usual()(generator, discriminator, optimizer, lr, hr, weight)
    torch.optim.SGD(discriminator.parameters(), lr=0.1).step()
    return loss


def afterwards(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    usual()(generator, discriminator, optimizer, lr, hr, weight)
    with torch.no_grad():
        sr = generator(lr)
        return (F.mse_loss(sr, hr) + weight * bce(discriminator(sr), 1.0)).item()


WRONG = [
    Mistake(
        "detached on the way to the discriminator",
        "nikhilsinghmus/image2reverb#37: fake.detach() in the generator's step",
        "no gradient comes back from the discriminator (detach, no_grad): the generator learns pixels only.",
        usual(asked=lambda discriminator, sr, hr: discriminator(sr.detach())),
    ),
    Mistake(
        "generator under no_grad",
        "DeepMotionEditing/deep-motion-editing#90: does it learn behind a detach?",
        "the image is made without a gradient (no_grad or detach): here the generator has to learn.",
        usual(made=without_gradient),
    ),
    Mistake(
        "label 0",
        "https-deeplearning-ai/GANs-Public#1, yunjey/pytorch-tutorial#45",
        "with label 0 the generator learns to be found out; it wants to be taken for real: label 1.",
        usual(adversarial=lambda logits: bce(logits, 0.0)),
    ),
    Mistake(
        "minus the discriminator's loss",
        "soumith/ganhacks#11: min log(1 - D) saturates",
        "minus the loss with label 0 hardly has a slope while the discriminator wins: take label 1.",
        usual(adversarial=lambda logits: -bce(logits, 0.0)),
    ),
    Mistake(
        "weight on the pixels",
        "TianLin0509/Easiest-SRGAN-demo#1: [0.001, 1] or [1, 0.001]",
        "the weight is on the pixels; it belongs to the adversarial term.",
        usual(join=lambda pixels, adversarial, weight: weight * pixels + adversarial),
    ),
    Mistake(
        "not weighed",
        "XPixelGroup/BasicSR#118: too large a weight distorts the texture",
        "that is pixels + adversarial; the weight is missing.",
        usual(join=lambda pixels, adversarial, weight: pixels + adversarial),
    ),
    Mistake(
        "always 1e-3",
        "tensorlayer/SRGAN#245: what if the weight is another one",
        "1e-3 is written into the code: use the argument.",
        usual(join=lambda pixels, adversarial, weight: pixels + 1e-3 * adversarial),
    ),
    Mistake(
        "adversarial only",
        "Lornatang/SRGAN-PyTorch#69: without the pixels it hardly converges",
        "the pixels are missing: the generator may invent any image that looks real.",
        usual(join=lambda pixels, adversarial, weight: weight * adversarial),
    ),
    Mistake(
        "pixels only",
        "twtygqyy/pytorch-SRResNet#18: no use for the adversarial loss",
        "the adversarial term is missing: that is still training for PSNR.",
        usual(join=lambda pixels, adversarial, weight: pixels),
    ),
    Mistake(
        "compared with lr",
        "pytorch/pytorch#1939: the shapes must be the same",
        "the pixels are compared with the small image: compare with hr.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr, lr)),
    ),
    Mistake(
        "compared with the enlarged lr",
        "Ledig et al. 2017 (arXiv:1609.04802), equation 4: I_HR - G(I_LR)",
        "the pixels are compared with the enlarged small image, which is blurred: compare with hr.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr, F.interpolate(lr, sr.shape[-2:], mode="bicubic"))),
    ),
    Mistake(
        "L1",
        "eriklindernoren/PyTorch-GAN#176: L1Loss as content loss",
        "that is the mean absolute difference; SRGAN has the squared one.",
        usual(pixels=lambda sr, hr, lr: F.l1_loss(sr, hr)),
    ),
    Mistake(
        "summed over the pixels",
        "soumith/cudnn.torch#73: normalise by batch, height and width",
        "the squared error is summed over the pixels: take the mean, or it drowns the other term.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr, hr, reduction="sum")),
    ),
    Mistake(
        "the discriminator sees hr",
        "Ledig et al. 2017 (arXiv:1609.04802), equation 6: D(G(I_LR))",
        "the discriminator is asked about hr, which the generator cannot change: ask about its own image.",
        usual(asked=lambda discriminator, sr, hr: discriminator(hr)),
    ),
    Mistake(
        "sigmoid before BCE with logits",
        "soumith/ganhacks#67, XPixelGroup/BasicSR#23: the sigmoid is in the loss",
        "the loss applies the sigmoid itself: give it the logits.",
        usual(adversarial=lambda logits: bce(logits.sigmoid(), 1.0)),
    ),
    Mistake(
        "BCE of logits without sigmoid",
        "Lornatang/ESRGAN-PyTorch#8: BCELoss wants numbers from 0 to 1",
        "binary_cross_entropy wants probabilities; logits go into binary_cross_entropy_with_logits.",
        usual(adversarial=lambda logits: probability_bce(logits, 1.0)),
    ),
    Mistake(
        "no logarithm",
        "leftthomas/SRGAN#15: 1 - out_labels",
        "1 - D(fake) is no cross-entropy: the logarithm is missing.",
        usual(adversarial=lambda logits: 1 - logits.sigmoid().mean()),
    ),
    Mistake(
        "least squares",
        "eriklindernoren/PyTorch-GAN#176: MSELoss as adversarial loss",
        "your adversarial term is the squared error of LSGAN; the task asks for the binary cross-entropy.",
        usual(adversarial=lambda logits: (logits - 1).square().mean()),
    ),
    Mistake(
        "the discriminator learns too",
        "mafda/generative_adversarial_networks_101#4: discriminator.trainable = False",
        "the discriminator's weights move too, and it takes generated images for real: only one may learn.",
        both_learn,
    ),
    Mistake(
        "discriminator frozen for good",
        "0b01/SimGAN-Captcha#1: never toggled back",
        "the discriminator's requires_grad stays off, so it never learns again: switch it on afterwards.",
        frozen_for_good,
    ),
    Mistake(
        "no zero_grad",
        "Lightning-AI/pytorch-lightning#591, pytorch/pytorch#47175",
        "gradients from before are still in the generator and add to the new ones: see step 2.",
        usual(order="fbs"),
    ),
    Mistake(
        "no step",
        "pytorch/tutorials, optimisation: zero_grad, backward, step",
        "the gradients are there, but no weight moves: who makes use of them?",
        usual(order="zfb"),
    ),
    Mistake(
        "step before backward",
        "pytorch/tutorials#3676: the order of backward and step",
        "you step before the gradients exist: backward comes first.",
        usual(order="zfsb"),
    ),
    Mistake(
        "still evaluating",
        "pytorch/examples#119: the modes of a GAN's batch norm",
        "after a validation the generator is still in evaluation mode: tell it that it trains again.",
        usual(train=False),
    ),
    Mistake(
        "the graph is kept",
        "adriansahlman/stylegan2_pytorch#11, BatsResearch/labelmodels#4",
        "you return the loss with its graph; kept for a curve it fills the memory. Return loss.item().",
        usual(value=lambda loss: loss),
    ),
    Mistake(
        "loss after the step",
        "docstring: the loss before the step",
        "you compute the loss once more after the step; return the one that made the gradients.",
        afterwards,
    ),
]


def clears_afterwards(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    loss = usual()(generator, discriminator, optimizer, lr, hr, weight)
    discriminator.zero_grad()
    return loss


def discriminator_left_evaluating(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    discriminator.eval()
    return usual()(generator, discriminator, optimizer, lr, hr, weight)


def lr_scaled_in_place(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    return usual()(generator, discriminator, optimizer, lr.mul_(0.9), hr, weight)


def twice(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    loss = usual()(generator, discriminator, optimizer, lr, hr, weight)
    usual()(generator, discriminator, optimizer, lr, hr, weight)
    return loss


def default_of_a_tenth(generator, discriminator, optimizer, lr, hr, weight=0.1):
    return usual()(generator, discriminator, optimizer, lr, hr, weight)


def without_weight(generator, discriminator, optimizer, lr, hr):
    return usual()(generator, discriminator, optimizer, lr, hr, 1e-3)


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "gradients of the discriminator cleared": clears_afterwards,
}
WRONG += [
    Mistake(
        "discriminator left in evaluation mode",
        SECOND,
        "the discriminator's mode is not yours to change in this step.",
        discriminator_left_evaluating,
    ),
    Mistake(
        "discriminator put in training mode",
        SECOND,
        "the mode of the discriminator is not yours to change in this step: evaluation mode stays.",
        lambda generator, discriminator, *others, **options: usual()(
            generator, discriminator.train(), *others, **options
        ),
    ),
    Mistake(
        "the pixels cut off",
        SECOND,
        "the pixel error is taken of a detached image: it is returned, but nothing is learnt from it.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr.detach(), hr)),
    ),
    Mistake(
        "BCE of a sigmoid",
        SECOND,
        "from probabilities the BCE stops at 100, where the sigmoid is exactly 0: begin with the logits.",
        usual(adversarial=lambda logits: probability_bce(logits.sigmoid(), 1.0)),
    ),
    Mistake(
        "lr scaled in place",
        SECOND,
        "mul_ writes into the images of the caller.",
        lr_scaled_in_place,
    ),
    Mistake(
        "two steps",
        SECOND,
        "one call is one step of the optimiser.",
        twice,
    ),
    Mistake(
        "another default weight",
        SECOND,
        "the default of weight is 0.001.",
        default_of_a_tenth,
    ),
    Mistake(
        "no weight",
        SECOND,
        "the function takes a sixth argument, weight.",
        without_weight,
    ),
    Mistake(
        "a convex mixture",
        SECOND,
        "the pixel error counts fully: only the adversarial term has a weight.",
        usual(join=lambda pixels, adversarial, weight: (1 - weight) * pixels + weight * adversarial),
    ),
    Mistake(
        "root of the squared error",
        SECOND,
        "the mean squared error is asked for, not its root.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr, hr).sqrt()),
    ),
    Mistake(
        "clipped for the pixels",
        SECOND,
        "the pixel error is taken of the output as it is; where it is clipped nothing is learnt.",
        usual(pixels=lambda sr, hr, lr: F.mse_loss(sr.clamp(0, 1), hr)),
    ),
    Mistake(
        "both terms returned",
        SECOND,
        "return one plain number: the whole loss.",
        usual(value=lambda loss: (loss.item(), 0.0)),
    ),
    Mistake(
        "nothing returned",
        SECOND,
        "the function ends without a return: it returns None.",
        usual(value=lambda loss: None),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    1: ("still evaluating",),
    2: ("no zero_grad",),
    3: ("generator under no_grad",),
    4: ("detached on the way to the discriminator", "the discriminator sees hr"),
    5: (
        "label 0",
        "minus the discriminator's loss",
        "weight on the pixels",
        "not weighed",
        "always 1e-3",
        "adversarial only",
        "pixels only",
        "compared with lr",
        "compared with the enlarged lr",
        "L1",
        "summed over the pixels",
        "sigmoid before BCE with logits",
        "BCE of logits without sigmoid",
        "no logarithm",
        "least squares",
        "a convex mixture",
        "root of the squared error",
        "clipped for the pixels",
        "the pixels cut off",
        "BCE of a sigmoid",
    ),
    6: (
        "no step",
        "step before backward",
        "the graph is kept",
        "loss after the step",
        "the discriminator learns too",
        "two steps",
        "both terms returned",
        "nothing returned",
    ),
}
WRONG = with_steps(WRONG, STEPS)
