"""Right and wrong answers to the gap about one training step."""

import torch

from brainlab.training import train_step
from grading_tests.bank.nb02._variants import variants
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


def cleared_twice(model, batch, loss_fn, optimizer):
    image, target = batch
    loss = loss_fn(model.train()(image), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.detach().item()


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
    return loss.detach().numpy().item()


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
    "oracle": lambda model, batch, loss_fn, optimizer: reference_step(model, batch, optimizer, loss_fn),
    "gradients by hand": gradients_by_hand,
    "cleared twice": cleared_twice,
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
        "no gradient reaches the weights: backward is called on the loss that loss_fn returned, "
        "with its graph.",
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
        "the images go through a network in evaluation mode, as a validation leaves it: set the mode first.",
        step_with("zfbs", train=False),
    ),
    Mistake(
        "the graph is kept",
        "google/brax#152, pytorch/pytorch#6017: total_loss += loss",
        "you return the loss with its graph; summed over an epoch it fills the memory. Return loss.item().",
        step_with("zfbs", value=lambda loss: loss),
        step=5,
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


WRONG += variants(
    "g02_train_step",
    (
        "never in training mode",
        "switch to training mode first: a validation may have left the network in evaluation mode.",
        1,
        "    model.train()\n",
        "",
    ),
    (
        "in evaluation mode",
        "training needs training mode; yours switches to evaluation mode.",
        1,
        "model.train()",
        "model.eval()",
    ),
    (
        "cleared at the end only",
        "gradients that were there before the first step are added: clear them before backward.",
        2,
        "    optimizer.zero_grad()\n",
        "",
        "    return",
        "    optimizer.zero_grad()\n    return",
    ),
    (
        "two steps",
        "one call updates the weights once; yours steps twice.",
        4,
        "    optimizer.step()\n",
        "    optimizer.step()\n    optimizer.step()\n",
    ),
    (
        "backward twice",
        "backward adds to the gradients: called twice, they are doubled.",
        4,
        "loss.backward()",
        "loss.backward(retain_graph=True)\n    loss.backward()",
    ),
    (
        "a detached tensor",
        "the result is a tensor; a plain number is asked for: loss.item().",
        5,
        "loss.item()",
        "loss.detach()",
    ),
    (
        "an array",
        "the result is an array; a plain number is asked for: loss.item().",
        5,
        "loss.item()",
        "loss.detach().numpy()",
    ),
    (
        "a text",
        "the result is a text; a plain number is asked for.",
        5,
        "loss.item()",
        "f'{loss.item():.4f}'",
    ),
    (
        "rounded",
        "the loss is rounded; return it as it is.",
        5,
        "loss.item()",
        "round(loss.item(), 2)",
    ),
    (
        "nothing returned",
        "the loss is not returned.",
        5,
        "return loss.item()",
        "pass",
    ),
    (
        "left in evaluation mode",
        "the model stays in training mode after the step.",
        1,
        "    return",
        "    model.eval()\n    return",
    ),
    (
        "mode put back",
        "the model stays in training mode after the step, whatever it was before.",
        1,
        "    model.train()",
        "    was = model.training\n    model.train()",
        "    return",
        "    model.train(was)\n    return",
    ),
    (
        "the loss's arguments swapped",
        "loss_fn takes the logits first, then the target.",
        3,
        "loss_fn(model(images), target)",
        "loss_fn(target, model(images))",
    ),
    (
        "a loss of its own",
        "the loss is the argument loss_fn; yours is always the cross-entropy.",
        3,
        "loss_fn(",
        "F.cross_entropy(",
    ),
    (
        "an optimiser of its own",
        "the optimiser is the argument; a new one forgets its momentum.",
        4,
        "    optimizer.zero_grad()",
        "    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n    optimizer.zero_grad()",
    ),
    (
        "an update by hand",
        "the weights are updated by the optimiser, which has a method for it.",
        4,
        "    optimizer.step()",
        "    with torch.no_grad():\n        for p in model.parameters():\n            p -= 0.1 * p.grad",
    ),
    (
        "gradients clipped",
        "the gradients are used as they are: no clipping.",
        4,
        "    optimizer.step()",
        "    nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n    optimizer.step()",
    ),
    (
        "logits detached",
        "the graph is cut between network and loss: no gradient reaches the weights.",
        3,
        "model(images)",
        "model(images).detach().requires_grad_()",
    ),
    (
        "a second forward pass",
        "the network is called twice: batch normalisation updates its statistics twice.",
        3,
        "    loss = loss_fn(model(images), target)",
        "    model(images)\n    loss = loss_fn(model(images), target)",
    ),
    (
        "image by image",
        "the whole batch goes through the network at once, with one step.",
        3,
        "    loss = loss_fn(model(images), target)",
        "    loss = sum(loss_fn(model(x[None]), y[None]) for x, y in zip(images, target)) / len(images)",
    ),
    (
        "images and target swapped",
        "the batch holds the images first, then the target.",
        3,
        "images, target",
        "target, images",
    ),
    (
        "times the batch size",
        "the loss is returned as it is, not multiplied by the number of images.",
        5,
        "loss.item()",
        "loss.item() * len(images)",
    ),
    (
        "divided by the batch size",
        "the loss is a mean already: do not divide it.",
        5,
        "loss.item()",
        "loss.item() / len(images)",
    ),
    (
        "always the same seed",
        "a fixed seed inside the step draws the same dropout in every step.",
        1,
        "model.train()",
        "model.train()\n    torch.manual_seed(0)",
    ),
    (
        "images changed",
        "the images are changed in place; the batch must stay as it is.",
        3,
        "model.train()",
        "model.train()\n    images -= images.mean()",
    ),
    (
        "target changed",
        "the target is changed in place; the batch must stay as it is.",
        3,
        "model.train()",
        "model.train()\n    target.clamp_(max=1)",
    ),
    (
        "images normalised",
        "the images are z-scored already: use them as they are.",
        3,
        "model(images)",
        "model(images - images.mean())",
    ),
    (
        "always float32",
        "the images have the type of the network: do not convert them.",
        3,
        "model(images)",
        "model(images.float())",
    ),
    (
        "weight decay",
        "the loss is what loss_fn returns; nothing is added.",
        3,
        "target)\n",
        "target) + 0.01 * sum(p.square().sum() for p in model.parameters())\n",
    ),
    (
        "learning rate lowered",
        "the learning rate is not the step's business.",
        4,
        "optimizer.step()",
        "optimizer.step()\n    for group in optimizer.param_groups:\n        group['lr'] *= 0.9",
    ),
    (
        "large losses skipped",
        "every batch is used, also one with a large loss.",
        4,
        "    loss.backward()\n    optimizer.step()",
        "    if loss < 2:\n        loss.backward()\n        optimizer.step()",
    ),
    (
        "one gradient cleared",
        "the gradients of all parameters are cleared; the optimiser has a method for it.",
        2,
        "optimizer.zero_grad()",
        "next(model.parameters()).grad = None",
    ),
    (
        "graphs collected",
        "a list of loss tensors keeps every graph in memory: keep numbers.",
        5,
        "    return",
        "    model.losses = [*getattr(model, 'losses', []), loss]\n    return",
    ),
    (
        "only the outermost mode",
        "model.training = True does not reach the layers inside: call the method for the training mode.",
        1,
        "model.train()",
        "model.training = True",
    ),
    (
        "images with a gradient",
        "the images need no gradient; requires_grad_ changes the batch.",
        3,
        "model(images)",
        "model(images.requires_grad_())",
    ),
    (
        "a running average",
        "the loss of this step is asked for, not an average.",
        5,
        "return loss.item()",
        "model.mean = 0.9 * getattr(model, 'mean', 0.0) + 0.1 * loss.item()\n    return model.mean",
    ),
    (
        "training mode too late",
        "the forward pass must run in training mode.",
        1,
        "    model.train()\n",
        "    model.eval()\n",
        "    loss.backward()",
        "    model.train()\n    loss.backward()",
    ),
)


WRONG += variants(
    "g02_train_step",
    (
        "target as float",
        "the target stays what it is: whole numbers, one class for each pixel.",
        3,
        "target)",
        "target.float())",
    ),
    (
        "target one-hot",
        "the target goes to loss_fn as it is: the class of each pixel, not one-hot.",
        3,
        "target)",
        "F.one_hot(target).movedim(-1, 1))",
    ),
    (
        "the batch into the network",
        "the batch is a pair: the images go into the network, the target into the loss.",
        3,
        "model(images)",
        "model(batch)",
    ),
    (
        "small losses skipped",
        "every loss counts, however small: no condition before backward and step.",
        4,
        "    loss.backward()\n    optimizer.step()",
        "    if loss.item() > 1e-3:\n        loss.backward()\n        optimizer.step()",
    ),
    (
        "gradients cut",
        "the gradients are used as they are: no clipping.",
        4,
        "    optimizer.step()",
        "    nn.utils.clip_grad_value_(model.parameters(), 1.0)\n    optimizer.step()",
    ),
    (
        "a pass after the step",
        "you compute the loss once more after the step; return the one that made the gradients.",
        5,
        "return loss.item()",
        "return loss_fn(model(images), target).item()",
    ),
    (
        "mode switched by an attribute",
        "model.training = True switches the outermost module only, not the layers in it.",
        1,
        "model.train()",
        "model.training = True",
    ),
    (
        "images alone",
        "the model gets the images as they are, as a batch, not one by one.",
        3,
        "model(images)",
        "torch.cat([model(image[None]) for image in images])",
    ),
    (
        "loss cut off",
        "no gradient reaches the weights: backward is called on the loss that loss_fn returned, "
        "with its graph.",
        4,
        "    loss.backward()",
        "    loss = loss.detach().requires_grad_()\n    loss.backward()",
    ),
)
