"""Right and wrong answers to the gap about one training step."""

import torch

from brainlab.training import train_step
from grading_tests.checks.nb02.train_step import reference_step
from grading_tests.gap import Mistake


def usual_step(model, batch, loss_fn, optimizer):
    image, target = batch
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(image), target)
    loss.backward()
    optimizer.step()
    return loss.item()


def gradients_by_hand(model, batch, loss_fn, optimizer):
    model.train()
    loss = loss_fn(model(batch[0]), batch[1])
    weights = list(model.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return float(loss)


def cleared_at_the_end(model, batch, loss_fn, optimizer):
    image, target = batch
    loss = loss_fn(model.train()(image), target)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach()


def through_the_model(model, batch, loss_fn, optimizer):
    for part in model.modules():
        part.training = True
    model.zero_grad()
    loss = loss_fn(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    return loss.tolist()


def gradients_to_none(model, batch, loss_fn, optimizer, clip=None):
    """Clears by hand, and looks at the batch first."""
    images, target = (part.clone() for part in batch)
    model.train(True)
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    with torch.enable_grad():
        loss = loss_fn(model(images), target)
        loss.backward()
    optimizer.step()
    return loss.detach().numpy()


def zeros_before(model, batch, loss_fn, optimizer):
    """Zeros instead of no gradient, and backward as a function."""
    model.train()
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    loss = loss_fn(model(batch[0]), batch[1])
    torch.autograd.backward([loss], [torch.ones(())])
    optimizer.step()
    return round(loss.item(), 8)


def step_with(order, train=True, change=lambda logits: logits, value=lambda loss: loss.item()):
    """Return a step that calls things in this order: z(ero), f(orward), b(ackward), s(tep)."""

    def answer(model, batch, loss_fn, optimizer):
        if train:
            model.train()
        loss = None
        for letter in order:
            if letter == "z":
                optimizer.zero_grad()
            elif letter == "f":
                loss = loss_fn(change(model(batch[0])), batch[1])
            elif letter == "b":
                loss.backward()
            elif letter == "s":
                optimizer.step()
        return value(loss)

    return answer


def first_image_only(model, batch, loss_fn, optimizer):
    return usual_step(model, (batch[0][:1], batch[1][:1]), loss_fn, optimizer)


def loss_afterwards(model, batch, loss_fn, optimizer):
    usual_step(model, batch, loss_fn, optimizer)
    model.eval()
    with torch.no_grad():
        value = loss_fn(model(batch[0]), batch[1]).item()
    model.train()
    return value


def without_gradient(model, batch, loss_fn, optimizer):
    model.train()
    optimizer.zero_grad()
    with torch.no_grad():
        loss = loss_fn(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    return loss.item()


def decoded_first(model, batch, loss_fn, optimizer):
    model.train()
    optimizer.zero_grad()
    loss = loss_fn(model(batch[0]).argmax(dim=1), batch[1])
    loss.backward()
    optimizer.step()
    return loss.item()


RIGHT = {
    "library": train_step,
    "usual": usual_step,
    "oracle": lambda model, batch, loss_fn, optimizer: reference_step(model, batch, optimizer),
    "gradients by hand": gradients_by_hand,
    "cleared at the end": cleared_at_the_end,
    "through the model": through_the_model,
    "gradients set to None": gradients_to_none,
    "gradients of zero": zeros_before,
}

WRONG = [
    Mistake(
        "no zero_grad",
        "pytorch/pytorch#47175: an extremely nasty bug",
        "the gradients of earlier batches are still there and add to the new ones: see step 2.",
        step_with("fbs"),
    ),
    Mistake(
        "zero_grad before step",
        "lucidrains/byol-pytorch#93, cloneofsimo/lora#263",
        "the gradients are cleared between backward and step: nothing is left to step with.",
        step_with("fbzs"),
    ),
    Mistake(
        "no step",
        "pytorch/tutorials, optimisation: zero_grad, backward, step",
        "the gradients are there, but no weight moves: who makes use of them?",
        step_with("zfb"),
    ),
    Mistake(
        "step before backward",
        "pytorch/tutorials#3676: the order of backward and step",
        "you step before the gradients exist: backward comes first.",
        step_with("zfsb"),
    ),
    Mistake(
        "no backward",
        "theartificialguy/NLP-with-Deep-Learning#2: where backward is called",
        "there are no gradients to step with: nobody asked the loss for them.",
        step_with("zfs"),
    ),
    Mistake(
        "softmax before the loss",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2",
        "the loss wants the logits: it applies the softmax itself.",
        step_with("zfbs", change=lambda logits: logits.softmax(dim=1)),
    ),
    Mistake(
        "still evaluating",
        "HuiZeng/Grid-Anchor-based-Image-Cropping-Pytorch#2: no net.train() after evaluation",
        "after a validation the network is still in evaluation mode: it must be told that it trains again.",
        step_with("zfbs", train=False),
    ),
    Mistake(
        "the graph is kept",
        "google/brax#152, pytorch/pytorch#6017: total_loss += loss",
        "you return the loss with its graph; summed over an epoch it fills the memory. Return loss.item().",
        step_with("zfbs", value=lambda loss: loss),
    ),
    Mistake(
        "first image only",
        "a trial on a single image that was left in place",
        "only the first image of the batch is used.",
        first_image_only,
    ),
    Mistake(
        "loss after the step",
        "docstring: the loss before the step",
        "you compute the loss once more after the step; return the one that made the gradients.",
        loss_afterwards,
    ),
    Mistake(
        "under no_grad",
        "rasbt/faster-pytorch-blog#8, davidmascharka/tbd-nets#8",
        "under no_grad no graph is built, so backward has nothing to follow.",
        without_gradient,
    ),
    Mistake(
        "argmax before the loss",
        "LZGMatrix/BOP19_CDPN_2019ICCV#4, wonbeomjang/mobile-hair-segmentation-pytorch#3",
        "argmax has no gradient: the loss takes the logits, decoding comes after training.",
        decoded_first,
    ),
]
