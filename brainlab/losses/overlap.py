"""Losses that compare areas: 1 minus the overlap of prediction and truth, class by class.

All start from three soft counts of each class: the intersection of prediction and truth, the predicted area
and the true area. The counts are sums over pixels, in float32 or float64.
"""

import torch
from torch import Tensor

from brainlab.losses.crossentropy import check_not_negative, probabilities


def soft_dice_loss(
    logits: Tensor, target: Tensor, per_image: bool = True, background: bool = True, eps: float = 1e-6
) -> Tensor:
    """1 - mean over images and classes of (2 sum(p t) + eps) / (sum(p) + sum(t) + eps).

    Fails where a class is absent: the loss is then 1 however few false positives are left, and its gradient
    is near 0; and on a tumour of few pixels, where single pixels decide. Probabilities end up at 0 or 1.

    F. Milletari, N. Navab, S.-A. Ahmadi, 2016 (arXiv:1606.04797). Deviation: the areas in the denominator are
    not squared, as in M. Drozdzal et al., 2016 (arXiv:1608.04117).

    Parameters
    ----------
    logits : Tensor (B, C, H, W)
        Scores before the softmax, or with C == 1 before the sigmoid; floating point.
    target : Tensor (B, H, W)
        The true class of each pixel, int64 from 0 to C - 1; 0 or 1 when C == 1.
    per_image : bool
        One ratio for each image and class, or, with False, one for each class of the whole batch: then a
        class that some image of the batch holds is not absent.
    background : bool
        Whether class 0 counts. With C == 1 there is only the foreground.
    eps : float
        In pixels; gives a class that is neither present nor predicted a Dice of 1.

    Returns
    -------
    Tensor
        Scalar between 0 and 1, differentiable in `logits`.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit.

    Examples
    --------
    >>> target = torch.tensor([[[1, 1, 0, 0]]])  # (B, H, W) = (1, 1, 4)
    >>> logits = torch.tensor([[[[9.0, -9.0, -9.0, -9.0]]]])  # one of two tumour pixels is found
    >>> soft_dice_loss(logits, target)  # 1 - 2 / (1 + 2)
    tensor(0.3334)
    """
    return 1 - dice_scores(logits, target, per_image, background, eps).mean()


def dice_scores(
    logits: Tensor, target: Tensor, per_image: bool = True, background: bool = True, eps: float = 1e-6
) -> Tensor:
    """Return the soft Dice of each image and class, (B, C), or (1, C) of the batch; see `soft_dice_loss`."""
    shared, predicted, true = _areas(logits, target, per_image, background)
    return (2 * shared + eps) / (predicted + true + eps)


def generalised_dice_loss(
    logits: Tensor, target: Tensor, per_image: bool = True, background: bool = True, eps: float = 1e-6
) -> Tensor:
    """1 - 2 sum_c(w_c sum(p t)) / sum_c(w_c (sum(p) + sum(t))) with w_c = 1 / sum(t)**2, mean over images.

    Fails where a class has few pixels: a class of 10 pixels has 10,000 times the weight of one of 1000, so
    that a single wrong label can dominate the loss.

    C. H. Sudre et al., 2017 (arXiv:1707.03237). Deviations: an absent class, which has no weight there, gets
    that of the smallest present class, as in MONAI. The weights are divided by the largest, which only
    changes the unit of `eps`: it is in pixels.

    Parameters, return value and errors are those of `soft_dice_loss`.
    """
    shared, predicted, true = _areas(logits, target, per_image, background)  # (B, C) each
    pixels = target[0].numel() if per_image else target.numel()
    smallest = torch.where(true > 0, true, pixels).amin(dim=1, keepdim=True)  # (B, 1)
    weight = (smallest / true.clamp_min(smallest)) ** 2
    overlap = 2 * (weight * shared).sum(dim=1) + eps  # (B,)
    areas = (weight * (predicted + true)).sum(dim=1) + eps
    return 1 - (overlap / areas).mean()


def jaccard_loss(
    logits: Tensor, target: Tensor, per_image: bool = True, background: bool = True, eps: float = 1e-6
) -> Tensor:
    """1 - mean over images and classes of (sum(p t) + eps) / (sum(p) + sum(t) - sum(p t) + eps).

    Fails where soft Dice fails. J = D / (2 - D): it ranks the predictions of one class as Dice does, and is
    steeper where the overlap is good.

    M. A. Rahman, Y. Wang, 2016 (doi:10.1007/978-3-319-50835-1_22). Deviations: several classes, and eps.

    Parameters, return value and errors are those of `soft_dice_loss`.
    """
    shared, predicted, true = _areas(logits, target, per_image, background)
    return 1 - ((shared + eps) / (predicted + true - shared + eps)).mean()


def tversky_loss(
    logits: Tensor,
    target: Tensor,
    alpha: float = 0.3,
    beta: float = 0.7,
    per_image: bool = True,
    background: bool = True,
    eps: float = 1e-6,
) -> Tensor:
    """1 - mean of (TP + eps) / (TP + alpha FP + beta FN + eps), of soft counts of each image and class.

    beta > alpha raises the recall. Fails by the price of that, more false positives; and if the background is
    one of the classes, its recall is raised as well. alpha = beta = 0.5 is soft Dice, 1 and 1 is Jaccard.

    S. S. M. Salehi, D. Erdogmus, A. Gholipour, 2017 (arXiv:1706.05721). Deviations: each class of the softmax
    has its index, and eps.

    Parameters
    ----------
    logits, target, per_image, background, eps
        As in `soft_dice_loss`.
    alpha, beta : float
        Weight of a false positive and of a false negative, 0 or more.

    Returns
    -------
    Tensor
        Scalar between 0 and 1, differentiable in `logits`.

    Raises
    ------
    ValueError
        If a shape, a type or a label does not fit, or a weight is negative.
    """
    return 1 - _tversky_index(logits, target, alpha, beta, per_image, background, eps).mean()


def focal_tversky_loss(
    logits: Tensor,
    target: Tensor,
    alpha: float = 0.3,
    beta: float = 0.7,
    gamma: float = 0.75,
    per_image: bool = True,
    background: bool = True,
    eps: float = 1e-6,
) -> Tensor:
    """Mean over images and classes of (1 - TI)**gamma, TI the Tversky index of `tversky_loss`.

    gamma < 1 raises the gradient of classes that are nearly right; gamma > 1 lowers it. Fails near the end of
    training: for gamma < 1 the gradient grows as the overlap gets perfect, so that steps do not converge.

    N. Abraham, N. M. Khan, 2019 (arXiv:1810.07842), whose exponent is 1 / gamma with gamma = 4/3: ours is the
    exponent itself. Deviations: the mean over classes instead of their sum; near 0 the power is a straight
    line, see `bounded_power`; no multi-scale input.

    Parameters, return value and errors are those of `tversky_loss`, and `gamma` is 0 or more.
    """
    check_not_negative(gamma=gamma)
    return bounded_power(
        1 - _tversky_index(logits, target, alpha, beta, per_image, background, eps), gamma
    ).mean()


def bounded_power(x: Tensor, gamma: float, below: float = 1e-6) -> Tensor:
    """Return x**gamma for x >= 0; for x < `below` the straight line from 0 to the curve.

    For gamma < 1 the slope of x**gamma at 0 is infinite, and NaN in the gradient of a perfect prediction;
    here it is at most below**(gamma - 1). The value at 0 stays 0.
    """
    x = x.clamp_min(0)  # rounding can make it -1e-7
    return x * x.clamp_min(below) ** (gamma - 1)


def _tversky_index(
    logits: Tensor, target: Tensor, alpha: float, beta: float, per_image: bool, background: bool, eps: float
) -> Tensor:
    check_not_negative(alpha=alpha, beta=beta)
    shared, predicted, true = _areas(logits, target, per_image, background)
    return (shared + eps) / (shared + alpha * (predicted - shared) + beta * (true - shared) + eps)


def _areas(
    logits: Tensor, target: Tensor, per_image: bool, background: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return intersection, predicted area and true area in pixels, (B, C) or (1, C) each."""
    prob, truth = (x.flatten(2) if x.ndim > 2 else x.unsqueeze(2) for x in probabilities(logits, target))
    if not background and prob.shape[1] > 1:
        prob, truth = prob[:, 1:], truth[:, 1:]  # (B, C - 1, H W)
    counts = (x.sum(dim=2) for x in (prob * truth, prob, truth))
    shared, predicted, true = (x if per_image else x.sum(dim=0, keepdim=True) for x in counts)
    return shared, predicted, true
