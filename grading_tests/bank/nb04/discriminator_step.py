"""Right and wrong answers to the gap about the discriminator's step."""

import torch
import torch.nn.functional as F

from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.checks.nb04.discriminator_step import reference_discriminator_step
from grading_tests.gap import Mistake


def bce(logits, truth):
    """Return the mean cross-entropy of logits with one answer for all, 0 or 1."""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))


def under_no_grad(generator, discriminator, optimizer, lr, hr):
    discriminator.train()
    with torch.no_grad():
        fake = generator(lr)
    fake_logits, real_logits = discriminator(fake), discriminator(hr)
    loss = F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach().item()


def two_backwards(generator, discriminator, optimizer, lr, hr):
    """As in PyTorch's DCGAN tutorial: the gradients of the two halves add up before one step."""
    discriminator.zero_grad()
    discriminator.train()
    real_loss = bce(discriminator(hr).view(-1), 1.0)
    real_loss.backward()
    fake_loss = bce(discriminator(generator(lr).detach()).view(-1), 0.0)
    fake_loss.backward()
    optimizer.step()
    return real_loss.item() + fake_loss.item()


def gradients_by_hand(generator, discriminator, optimizer, lr, hr):
    """Gradients are asked for by name, so nothing else gets one."""
    discriminator.train(True)
    real, fake = discriminator(hr), discriminator(generator(lr, hr.shape[-2:]))
    loss = -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean()
    weights = list(discriminator.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return float(loss)


def with_labels_of_the_batch(generator, discriminator, optimizer, lr, hr):
    ones, zeros = torch.ones(len(lr), 1), torch.zeros(len(lr), 1)
    criterion = torch.nn.BCEWithLogitsLoss()
    for part in discriminator.modules():
        part.training = True
    optimizer.zero_grad()
    fake = torch.tensor(generator(lr).detach().numpy())
    loss = criterion(discriminator(hr), ones) + criterion(discriminator(fake), zeros)
    loss.backward()
    optimizer.step()
    return float(loss.detach().numpy())


def generator_frozen_meanwhile(generator, discriminator, optimizer, lr, hr):
    optimizer.zero_grad()
    discriminator.train()
    generator.requires_grad_(False)
    loss = bce(discriminator(hr), 1.0) + bce(discriminator(generator(lr)), 0.0)
    generator.requires_grad_(True)
    loss.backward()
    optimizer.step()
    return loss.tolist()


def with_functional_loss(generator, discriminator, optimizer, lr, hr, device="cpu"):
    """Labels in one tensor, logits joined only after two calls of the discriminator."""
    with torch.inference_mode():
        made = generator(lr.to(device))
    discriminator.train()
    logits = torch.cat([discriminator(hr), discriminator(made.clone())])
    labels = torch.cat([torch.ones(len(hr), 1), torch.zeros(len(lr), 1)])
    losses = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    loss = losses[: len(hr)].mean() + losses[len(hr) :].mean()
    for weight in discriminator.parameters():
        weight.grad = None
    loss.backward()
    optimizer.step()
    return loss.item()


RIGHT = {
    "library": reference_discriminator_step,
    "no_grad, softplus": under_no_grad,
    "two backwards, one step": two_backwards,
    "gradients by hand": gradients_by_hand,
    "inference mode, one tensor of labels": with_functional_loss,
    "labels of the batch, through NumPy": with_labels_of_the_batch,
    "the generator frozen meanwhile": generator_frozen_meanwhile,
}


def usual(
    fake=lambda generator, lr, hr: generator(lr).detach(),
    loss=lambda real, fake: bce(real, 1.0) + bce(fake, 0.0),
    judged=lambda net, hr, fake: (net(hr), net(fake)),
    order="zfbs",
    train=True,
    value=lambda loss: loss.item(),
):
    """Return the right step in parts, in this order: z(ero), f(orward), b(ackward), s(tep)."""

    def answer(generator, discriminator, optimizer, lr, hr):
        if train:
            discriminator.train()
        total = None
        for letter in order:
            if letter == "z":
                optimizer.zero_grad()
            elif letter == "f":
                total = loss(*judged(discriminator, hr, fake(generator, lr, hr)))
            elif letter == "b":
                total.backward()
            elif letter == "s":
                optimizer.step()
        return value(total)

    return answer


def probability_bce(logits, truth):
    return F.binary_cross_entropy(logits, torch.full_like(logits, truth))


def in_one_batch(generator, discriminator, optimizer, lr, hr):
    discriminator.train()
    optimizer.zero_grad()
    logits = discriminator(torch.cat([hr, generator(lr).detach()]))
    truth = torch.cat([torch.ones(len(hr), 1), torch.zeros(len(lr), 1)])
    loss = F.binary_cross_entropy_with_logits(logits, truth)
    loss.backward()
    optimizer.step()
    return loss.item()


def a_step_for_each(generator, discriminator, optimizer, lr, hr):
    discriminator.train()
    total = 0.0
    for images, truth in ((hr, 1.0), (generator(lr).detach(), 0.0)):
        optimizer.zero_grad()
        loss = bce(discriminator(images), truth)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


def frozen_for_good(generator, discriminator, optimizer, lr, hr):
    generator.requires_grad_(False)
    return usual()(generator, discriminator, optimizer, lr, hr)


def afterwards(generator, discriminator, optimizer, lr, hr):
    usual()(generator, discriminator, optimizer, lr, hr)
    with torch.no_grad():
        return (bce(discriminator(hr), 1.0) + bce(discriminator(generator(lr)), 0.0)).item()


WRONG = [
    Mistake(
        "detach forgotten",
        "heykeetae/Self-Attention-GAN#48, alterzero/DBPN-Pytorch#37",
        "this loss flows on into the generator and leaves gradients there: detach the generated images.",
        usual(fake=lambda generator, lr, hr: generator(lr)),
    ),
    Mistake(
        "logits detached",
        "open-mmlab/mmagic#53: netD(fake).detach()",
        "you detach the logits, so D learns nothing from generated images: detach the images.",
        usual(judged=lambda net, hr, fake: (net(hr), net(fake).detach())),
    ),
    Mistake(
        "labels swapped",
        "keras-team/keras-io#361: ones for the generated images",
        "the labels are swapped: 1 is for real images, 0 for generated ones.",
        usual(loss=lambda real, fake: bce(real, 0.0) + bce(fake, 1.0)),
    ),
    Mistake(
        "the generator's label",
        "jacobgil/keras-dcgan#11, fchollet/deep-learning-with-python-notebooks#9",
        "generated images get the label 1 here too: that is the generator's wish. The right answer is 0.",
        usual(loss=lambda real, fake: bce(real, 1.0) + bce(fake, 1.0)),
    ),
    Mistake(
        "sigmoid before BCE with logits",
        "soumith/ganhacks#67, XPixelGroup/BasicSR#23: the sigmoid is in the loss",
        "the loss applies the sigmoid itself: give it the logits.",
        usual(loss=lambda real, fake: bce(real.sigmoid(), 1.0) + bce(fake.sigmoid(), 0.0)),
    ),
    Mistake(
        "BCE of logits without sigmoid",
        "Lornatang/ESRGAN-PyTorch#8: BCELoss wants numbers from 0 to 1",
        "binary_cross_entropy wants probabilities; logits go into binary_cross_entropy_with_logits.",
        usual(loss=lambda real, fake: probability_bce(real, 1.0) + probability_bce(fake, 0.0)),
    ),
    Mistake(
        "real images only",
        "Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1: both terms",
        "only the real images count: who calls everything true has loss 0. Add the generated ones.",
        usual(loss=lambda real, fake: bce(real, 1.0)),
    ),
    Mistake(
        "generated images only",
        "pytorch/examples, DCGAN: errD = errD_real + errD_fake",
        "only the generated images count: who calls everything made has loss 0. Add the real ones.",
        usual(loss=lambda real, fake: bce(fake, 0.0)),
    ),
    Mistake(
        "halved",
        "junyanz/pytorch-CycleGAN-and-pix2pix#388: (real + fake) * 0.5",
        "you take the mean of the two terms; the task asks for their sum, as in Goodfellow et al. 2014.",
        usual(loss=lambda real, fake: (bce(real, 1.0) + bce(fake, 0.0)) / 2),
    ),
    Mistake(
        "summed over the batch",
        "Goodfellow et al. 2014 (arXiv:1406.2661), algorithm 1: 1/m",
        "the cross-entropy is summed over the images: take the mean, or the step grows with the batch.",
        usual(loss=lambda real, fake: F.softplus(-real).sum() + F.softplus(fake).sum()),
    ),
    Mistake(
        "both in one batch",
        "soumith/ganhacks#52, eriklindernoren/PyTorch-GAN#135",
        "true and generated images go through together, so batch norm mixes them: two calls, then the sum.",
        in_one_batch,
    ),
    Mistake(
        "a step for each half",
        "eriklindernoren/Keras-GAN#157: train_on_batch twice",
        "the optimiser steps twice, as for real and for made images apart: add both losses, then step once.",
        a_step_for_each,
    ),
    Mistake(
        "least squares",
        "eriklindernoren/PyTorch-GAN#176: MSELoss as adversarial loss",
        "that is the squared error of LSGAN; the task asks for the binary cross-entropy.",
        usual(loss=lambda real, fake: (real - 1).square().mean() + fake.square().mean()),
    ),
    Mistake(
        "no logarithm",
        "leftthomas/SRGAN#15: 1 - real_out + fake_out",
        "you add up probabilities; the cross-entropy takes their logarithm.",
        usual(loss=lambda real, fake: 1 - real.sigmoid().mean() + fake.sigmoid().mean()),
    ),
    Mistake(
        "fake from hr",
        "a large image in place of a small one: the generator fits every size",
        "the generator got hr; it makes large images of lr.",
        usual(fake=lambda generator, lr, hr: generator(hr).detach()),
    ),
    Mistake(
        "lr in place of the generator's image",
        "Ledig et al. 2017 (arXiv:1609.04802), equation 2: D(G(I_LR))",
        "the discriminator sees the small image itself; show it what the generator makes of it.",
        usual(fake=lambda generator, lr, hr: lr),
    ),
    Mistake(
        "no zero_grad before",
        "ajbrock/BigGAN-PyTorch#25, Lightning-AI/pytorch-lightning#591: only after the step",
        "the generator's step has left gradients in the discriminator, which add to yours: see step 2.",
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
        "after a validation the discriminator is still in evaluation mode: tell it that it trains again.",
        usual(train=False),
    ),
    Mistake(
        "generator frozen for good",
        "0b01/SimGAN-Captcha#1: never toggled back",
        "the generator's requires_grad stays off, so it never learns again: detach needs no switch.",
        frozen_for_good,
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


def with_closure(generator, discriminator, optimizer, lr, hr):
    discriminator.train()
    fake = generator(lr).detach()

    def closure():
        optimizer.zero_grad()
        loss = F.softplus(-discriminator(hr)).mean() + F.softplus(discriminator(fake)).mean()
        loss.backward()
        return loss

    return float(optimizer.step(closure).detach())


def by_its_own_rule(generator, discriminator, optimizer, lr, hr):
    discriminator.train()
    discriminator.zero_grad()
    loss = bce(discriminator(hr), 1.0) + bce(discriminator(generator(lr).detach()), 0.0)
    loss.backward()
    with torch.no_grad():
        for weight in discriminator.parameters():
            weight -= optimizer.param_groups[0]["lr"] * weight.grad
    return loss.item()


def generator_evaluates(generator, discriminator, optimizer, lr, hr):
    loss = usual()(generator, discriminator, optimizer, lr, hr)
    generator.eval()
    return loss


def clips_the_truth(generator, discriminator, optimizer, lr, hr):
    return usual()(generator, discriminator, optimizer, lr, hr.clamp_(0, 1))


def resets_the_generator(generator, discriminator, optimizer, lr, hr):
    loss = usual(fake=lambda net, lr, hr: net(lr))(generator, discriminator, optimizer, lr, hr)
    generator.zero_grad()
    return loss


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "closure": with_closure,
}
WRONG += [
    Mistake(
        "weights moved by hand",
        SECOND,
        "the optimiser makes the step: it knows the learning rate, momentum and more.",
        by_its_own_rule,
    ),
    Mistake(
        "generator left in evaluation mode",
        SECOND,
        "the generator's mode is not yours to change in this step.",
        generator_evaluates,
    ),
    Mistake(
        "truth clipped in place",
        SECOND,
        "clamp_ writes into the images of the caller.",
        clips_the_truth,
    ),
    Mistake(
        "generator put in training mode",
        SECOND,
        "the mode of the generator is not yours to change in this step: it stays in evaluation mode here.",
        lambda generator, *others: usual()(generator.train(), *others),
    ),
    Mistake(
        "the generator's gradients reset",
        SECOND,
        "the gradients that the generator holds are lost: detach its images, then nothing has to be reset.",
        resets_the_generator,
    ),
    Mistake(
        "a tensor without its graph",
        SECOND,
        "a tensor is returned, though without its graph; the task asks for a plain number.",
        usual(value=lambda loss: loss.detach()),
    ),
    Mistake(
        "logarithm of a sigmoid",
        SECOND,
        "for large logits the sigmoid is exactly 0 or 1, and its logarithm overflows: begin with the logits.",
        usual(loss=lambda real, fake: -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()),
    ),
    Mistake(
        "generated images clipped",
        SECOND,
        "the discriminator gets the generated images as they are.",
        usual(fake=lambda generator, lr, hr: generator(lr).detach().clamp(0, 1)),
    ),
    Mistake(
        "smoothed target",
        SECOND,
        "the target of the real images is 1; 0.9 is another loss.",
        usual(loss=lambda real, fake: bce(real, 0.9) + bce(fake, 0.0)),
    ),
    Mistake(
        "hinge",
        SECOND,
        "a cross-entropy is asked for, not a hinge.",
        usual(loss=lambda real, fake: (1 - real).relu().mean() + (1 + fake).relu().mean()),
    ),
    Mistake(
        "a list",
        SECOND,
        "return a plain number: loss.item().",
        usual(value=lambda loss: [loss.item()]),
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
    2: ("no zero_grad before",),
    3: (
        "detach forgotten",
        "fake from hr",
        "lr in place of the generator's image",
        "generated images clipped",
        "the generator's gradients reset",
    ),
    4: ("both in one batch",),
    5: (
        "labels swapped",
        "the generator's label",
        "sigmoid before BCE with logits",
        "BCE of logits without sigmoid",
        "real images only",
        "generated images only",
        "halved",
        "summed over the batch",
        "least squares",
        "no logarithm",
        "smoothed target",
        "hinge",
        "logarithm of a sigmoid",
    ),
    6: (
        "no step",
        "step before backward",
        "the graph is kept",
        "loss after the step",
        "weights moved by hand",
        "a list",
        "a tensor without its graph",
        "nothing returned",
    ),
}
WRONG = with_steps(WRONG, STEPS)
