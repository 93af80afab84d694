"""Which epoch was the best so far, with its weights, and how long ago it was.

`brainlab.training.fit` keeps its best weights on disk as well; this is the idea alone, for short loops.
"""

import copy
import math
from typing import Any

# What `keep_best` is given before the first epoch.
NOTHING_YET: dict[str, Any] = {"epoch": -1, "val_loss": math.inf, "weights": {}, "waited": 0}


def keep_best(best: dict[str, Any], epoch: int, val_loss: float, weights: dict[str, Any]) -> dict[str, Any]:
    """Return the better of the best epoch so far and this one.

    Parameters
    ----------
    best : dict
        What this function returned after the last epoch; before the first one, `NOTHING_YET`.
    epoch : int
        Number of this epoch.
    val_loss : float
        Validation loss after this epoch; lower is better, and NaN never is.
    weights : dict
        `model.state_dict()`: names and tensors. The optimiser goes on changing these very tensors.

    Returns
    -------
    dict
        `epoch`, `val_loss` and `weights` of the best epoch (the first one of equals; the weights are copies),
        and `waited`: the number of epochs since then.
    """
    if not val_loss < best["val_loss"]:  # written so that NaN is no improvement
        return {**best, "waited": best["waited"] + 1}
    return {"epoch": epoch, "val_loss": val_loss, "weights": copy.deepcopy(weights), "waited": 0}
