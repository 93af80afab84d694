# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 03 · Losses
#
# {{badge}}
#
# {{table}}

# %% [markdown]
# ## 1 · What you will be able to do
#
# At the end of this notebook you can
#
# 1. show with numbers why a network may learn to predict background only, and what class weights and the focal loss
#    change;
# 2. write losses that compare areas, and predict which errors each of them penalises least;
# 3. judge any loss by its gradient when a small tumour is missed completely;
# 4. compare trained networks by their sensitivity and their false positives, and tell a difference from chance.
#
# **The patient.** Six months after the operation a new lesion of 8 mm appears next to the resection cavity. Found
# now, it may still be treated with focused radiation. A network segments the large residual tumour well but misses
# the new lesion: its Dice is 0.93, and for this patient it failed. A network learns what its **loss** rewards. So
# what did the loss reward?

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# A slice near the end of a tumour, as the network receives it. Missing synthetic cases are generated now, which can
# take a minute. The split is by patient.

# %%
from brainlab.recipes import segmentation as recipe
from brainlab.data import labels_to_network, split_by_patient, to_network, tumour_area
from brainlab import view

cases = recipe.training_cases(lab)
split = split_by_patient(cases, val=0.2, test=0.3, seed=lab.seed)
budget = recipe.one_of_four(lab.budget)
size, pixel = budget.size, recipe.pixel_of(cases[0], budget)


def small_slice(case, mm2=150):
    """Return the slice of a case whose tumour area is nearest to `mm2`."""
    return int(np.abs(tumour_area(case) - mm2).argmin())


example = split.test[0]
z = small_slice(example)
image = to_network(example, z, size, pixel)  # (4, H, W), z-scored
labels = labels_to_network(example, z, size, pixel)  # (H, W)
planes = [image[1], image[3], image[3]]
titles = ["T1 + contrast", "FLAIR", "FLAIR and true labels"]
picture = view.mosaic(planes, [example.affine] * 3, [None, None, labels], titles)
print(f"{(labels > 0).sum()} of {labels.size} pixels are tumour")
view.show(picture, alt="A slice in T1 with contrast and FLAIR, and a small tumour marked on it")

# %% [markdown]
# *Look:* how many pixels would be wrong if a network predicted no tumour at all? In section 8, four networks that
# differ only in their loss segment slices like this one.

# %% [markdown]
# ## 4 · Losses that average over pixels
#
# Count the voxels per class over the whole volumes of the training patients:

# %%
counts = sum(case.label_counts.sum(axis=0) for case in split.train)  # (4,) inside the brain bounding boxes
voxels = sum(np.prod(case.full_shape) for case in split.train)
counts[0] = voxels - counts[1:].sum()  # the region outside the boxes is background too
picture = view.label_histogram(counts, title="Voxels per label in whole volumes")
view.show(picture, alt="Voxels per label on a logarithmic axis: about 99 percent are background")

# %% [markdown]
# A **constant baseline** uses only this histogram: it assigns the same four probabilities, the class shares above,
# to every pixel of every patient.
#
# *Predict:* what are its accuracy and its cross-entropy? (Equal probabilities give log 4 = 1.39.)

# %%
import torch.nn.functional as F

my_accuracy, my_loss = "?", "?"

shares = torch.from_numpy(counts / counts.sum()).float()  # (4,)
constant = shares.log().view(1, 4, 1, 1)  # logits whose softmax gives the class shares
predicted("accuracy of the constant baseline", my_accuracy, shares.max(), ".1%")
predicted("cross-entropy of the constant baseline", my_loss, -(shares * shares.log()).sum(), ".3f")

# %% [markdown]
# So the cross-entropy is already low without a single tumour detected. It is a mean over pixels, each judged *by
# itself*. Test this in two ways: shuffle the pixels of prediction and truth in the same order; and change the
# prediction everywhere except at one pixel, and compute the gradient there. For comparison: soft Dice, a loss that
# compares areas (gap 3).
#
# *Predict:* which of the values and gradients will change?

# %%
from brainlab import losses

my_changes = "?"

torch.manual_seed(lab.seed)
logits, target = torch.randn(1, 4, 16, 16), torch.randint(4, (1, 16, 16))
order = torch.randperm(256)
shuffled = [x.flatten(-2)[..., order].unflatten(-1, (16, 16)) for x in (logits, target)]
others = logits + 3 * torch.randn(1, 4, 16, 16)
others[:, :, 5, 5] = logits[:, :, 5, 5]


def pixel_gradient(loss_fn, logits):
    """Return the gradient with respect to the first logit of pixel (5, 5)."""
    logits = logits.clone().requires_grad_()
    loss_fn(logits, target).backward()
    return logits.grad[0, 0, 5, 5].item()


print("                  value  shuffled   gradient at a pixel   others changed")
for name, loss_fn in {"cross-entropy": losses.cross_entropy, "soft Dice": losses.soft_dice_loss}.items():
    print(f"{name:15s}{loss_fn(logits, target):8.4f}{loss_fn(*shuffled):10.4f}", end="")
    print(f"{pixel_gradient(loss_fn, logits):22.6f}{pixel_gradient(loss_fn, others):17.6f}")
predicted("what changes", my_changes, "the gradient of soft Dice")

# %% [markdown]
# *Look:* neither loss depends on *where* a pixel is: shuffled images give the same value. In the cross-entropy, the
# gradient at a pixel depends on that pixel alone, so the many background pixels dominate the mean. In a ratio of
# areas, it depends on all pixels. Only a weight per position makes a loss depend on position (section 7).
#
# ### Gap 1 · weighted cross-entropy
#
# The first remedy is to weight the pixels, for example with the class weights of notebook 01.
#
# <details><summary>Hint</summary>What is <code>weight[target]</code>? If all weights are doubled, should the loss
# double? By what must the sum therefore be divided?</details>


# %% gap="g03_weighted_cross_entropy"
def weighted_cross_entropy(logits, target, weight):
    """Weighted mean of -log(probability of the true class); the weight of a pixel is that of its true class.

    logits  (B, C, H, W)         target  (B, H, W) int64         weight  (C,), at least 0
    returns a scalar: a tensor of shape (), differentiable in logits, accurate for logits of 400 too; as in
            PyTorch, the mean is the weighted sum divided by the sum of the weights of all pixels

    For all losses of this notebook: any B, C, H and W, and a class may be missing in target; logits are
    float32 or float64, and the loss of float64 logits is float64; the inputs are not modified.
    """
    ### BEGIN SOLUTION
    # 1. log-probabilities                     -> (B, C, H, W)
    log_prob = torch.log_softmax(logits, dim=1)
    # 2. minus the entry of the true class     -> (B, H, W)
    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)
    # 3. the weight of each pixel              -> (B, H, W)
    pixel_weight = weight[target]
    # 4. the weighted mean                     -> scalar
    return (pixel_weight * loss).sum() / pixel_weight.sum()
    ### END SOLUTION


# %% check="g03_weighted_cross_entropy"

# %%
from brainlab.data import balanced_weights

weighted_cross_entropy = yours("g03_weighted_cross_entropy", weighted_cross_entropy)
weights = torch.from_numpy(balanced_weights(counts[None])).float()  # (4,)
print("weights of BG, NCR, ED, ET:", weights.numpy().round(2))
sample = torch.multinomial(shares, 40_000, replacement=True).view(1, 200, 200)  # labels in these shares
for name, logits in {"constant": constant, "uniform": 0 * constant}.items():
    logits = logits.expand(1, 4, 200, 200)
    weighted = weighted_cross_entropy(logits, sample, weights)
    print(f"{name:14s} cross-entropy {losses.cross_entropy(logits, sample):.3f}   weighted {weighted:.3f}")
print(f"one pixel of ET weighs as much as {weights[3] / weights[0]:.0f} pixels of background")

# %% [markdown]
# *Look:* with weights, the constant baseline is worse than equal probabilities. The last line shows the price: one
# missed pixel of ET costs about as much as hundreds of false-positive background pixels.
#
# ### Gap 2 · the focal loss
#
# The second remedy (Lin et al. 2017) down-weights pixels that are already classified well. The loss of a pixel is
# multiplied by $(1-p)^\gamma$, where $p$ is the probability of its true class.
#
# *Predict:* for $\gamma = 2$, by what number is the loss of a pixel with $p = 0.9$ multiplied? And with $p = 0.1$?
#
# <details><summary>Hint</summary>How do you get p from log p, without a second softmax? The factor depends on p
# too: may its gradient be left out?</details>


# %% gap="g03_focal"
def focal_loss(logits, target, gamma=2.0):
    """Mean over the pixels of -(1 - p)**gamma * log(p), where p is the probability of the true class.

    logits  (B, C, H, W)         target  (B, H, W) int64
    gamma   0 gives the cross-entropy; larger values down-weight well-classified pixels more
    returns a scalar, shape (), differentiable in logits (for gamma below 1: where p < 1); accurate for
            logits of 400 too
    """
    ### BEGIN SOLUTION
    # 1. log(p) of the true class              -> (B, H, W)
    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)
    # 2. p                                     -> (B, H, W)
    p = log_p.exp()
    # 3. the weighted loss of each pixel       -> (B, H, W)
    loss = -((1 - p) ** gamma) * log_p
    # 4. the mean                              -> scalar
    return loss.mean()
    ### END SOLUTION


# %% check="g03_focal"

# %%
focal_loss = yours("g03_focal", focal_loss)
my_easy, my_hard = "?", "?"

predicted("factor at p = 0.9", my_easy, (1 - 0.9) ** 2, ".2f")
predicted("factor at p = 0.1", my_hard, (1 - 0.1) ** 2, ".2f")
p = torch.linspace(0.02, 0.99, 98)
pixels = torch.stack([0 * p, (p / (1 - p)).log()], dim=1)[:, :, None, None]  # (98, 2, 1, 1): class 1 has p
one = torch.ones(1, 1, 1, dtype=torch.int64)
lines = {}
for gamma in (0, 1, 2, 5):
    name = f"γ = {gamma}" if gamma else "γ = 0: cross-entropy"
    lines[name] = [focal_loss(z[None], one, gamma).item() for z in pixels]
picture = view.curves(p, {"focal loss of one pixel": lines}, "probability of the true class")
view.show(picture, alt="Focal loss against the probability of the true class, lower for larger gamma")

# %% [markdown]
# *Look:* class weights depend on the class, the focal factor on the error. Which of the two gives more weight to
# wrongly labelled pixels?
#
# > **Key point:** the cross-entropy is a mean over pixels, nearly all background. Class weights and focal factor
# change how much a pixel counts, but each is still judged by itself.

# %% [markdown]
# ## 5 · Losses that compare areas
#
# In a row of 32 pixels, 8 are tumour. Prediction A finds half of the tumour, without false positives. Prediction B
# finds all of it, with four false positives. Both are wrong in 4 pixels.
#
# $$\text{Dice} = \frac{2\,|P\cap T|}{|P|+|T|}\qquad\qquad\text{A: }\frac{2\cdot 4}{4+8}$$
#
# *Predict:* compute the Dice scores of A and of B by hand. Which prediction would you prefer for a radiotherapy
# plan?

# %%
from brainlab.losses import probabilities

my_dice_a, my_dice_b = "?", "?"

row = np.zeros((1, 32), int)
row[:, 12:20] = 1
pred_a, pred_b = np.zeros_like(row), np.zeros_like(row)
pred_a[:, 14:18], pred_b[:, 10:22] = 1, 1
for name, mask in {"truth": row, "A": pred_a, "B": pred_b}.items():
    print(f"{name:6s}" + "".join("·█"[value] for value in mask[0]))
for name, mask, answer in (("A", pred_a, my_dice_a), ("B", pred_b, my_dice_b)):
    both = (mask & row).sum()
    dice = 2 * both / (mask.sum() + row.sum())
    print(f"{name}: {(mask != row).sum()} pixels wrong")
    predicted(f"Dice of {name}", answer, dice, ".3f")

# %% [markdown]
# As a loss, Dice must change a little when a probability changes a little. The areas are therefore sums of
# probabilities: **soft Dice** (Milletari et al. 2016). `probabilities` returns the softmax and the one-hot truth.
#
# ### Gap 3 · soft Dice
#
# <details><summary>Hint</summary>Over which axes may you sum so that images and classes remain separate? What is
# eps / eps, and which score should a class get that is absent and not predicted?</details>


# %% gap="g03_soft_dice"
def soft_dice_loss(logits, target, eps=1e-6):
    """1 - mean soft Dice over images and classes, the background included.

    logits  (B, C, H, W)         target  (B, H, W) int64
    eps     added once to numerator and denominator: a class that is absent and not predicted scores 1
    returns a scalar, shape (), differentiable in logits; absent classes count in the mean
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. overlap of prediction and truth       -> (B, C)
    shared = (prob * truth).sum(dim=(2, 3))
    # 2. the sum of both areas                 -> (B, C)
    areas = prob.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    # 3. Dice, with eps in both terms          -> (B, C)
    dice = (2 * shared + eps) / (areas + eps)
    # 4. one minus the mean                    -> scalar
    return 1 - dice.mean()
    ### END SOLUTION


# %% check="g03_soft_dice"

# %% [markdown]
# Now a slice **without** ET, and a prediction that is perfect except for some pixels labelled as ET. The batch
# contains three more slices, each with 40 pixels of ET, predicted perfectly.
#
# *Predict:* how much does one false-positive pixel add to the loss? And one hundred?

# %%
from brainlab import synth

soft_dice_loss = yours("g03_soft_dice", soft_dice_loss)
my_one, my_hundred = "?", "?"


for number, answer in {1: my_one, 100: my_hundred}.items():
    prediction, truth = synth.false_pixels(number)
    loss = soft_dice_loss(synth.sure(prediction, 4), truth)
    predicted(f"loss of false pixels of ET, {number}", answer, loss, ".4f")

# %% [markdown]
# *Look:* the first false positive costs nearly the maximum, 1/16: one of four classes in one of four images. A
# hundred cost hardly more, so the network has almost no incentive to remove them.
#
# <details><summary>The same effect for small tumours</summary>A slice with 3 pixels of ET has the same weight in
# this mean as one with 300. This helps small tumours, but gives weight to the noisy labels at their ends.</details>
#
# ### Gap 4 · one ratio for the batch
#
# <details><summary>Hint</summary>Which axis must be summed in addition to those of gap 3? Over what is the result
# still averaged?</details>


# %% gap="g03_batch_dice"
def batch_dice_loss(logits, target, eps=1e-6):
    """1 - mean over classes of one soft Dice for the whole batch, the background included.

    logits  (B, C, H, W)         target  (B, H, W) int64
    eps     added once to numerator and denominator, as in soft_dice_loss
    returns a scalar, shape (), differentiable in logits; absent classes count in the mean
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. overlap of prediction and truth in all images   -> (C,)
    shared = (prob * truth).sum(dim=(0, 2, 3))
    # 2. the sum of both areas                           -> (C,)
    areas = (prob + truth).sum(dim=(0, 2, 3))
    # 3. Dice, with eps in both terms                    -> (C,)
    dice = (2 * shared + eps) / (areas + eps)
    # 4. one minus the mean                              -> scalar
    return 1 - dice.mean()
    ### END SOLUTION


# %% check="g03_batch_dice"

# %%
batch_dice_loss = yours("g03_batch_dice", batch_dice_loss)
print("false pixels   per image   per batch")
for number in (0, 1, 10, 100):
    prediction, truth = synth.false_pixels(number)
    both = [loss_fn(synth.sure(prediction, 4), truth) for loss_fn in (soft_dice_loss, batch_dice_loss)]
    print(f"{number:8d}{both[0]:15.4f}{both[1]:12.4f}")

# %% [markdown]
# ### Gap 5 · Tversky: which error is worse?
#
# Dice weights false positives (FP) and false negatives (FN) equally. Salehi et al. 2017 weight them separately:
#
# $$TI = \frac{TP}{TP + \alpha\,FP + \beta\,FN}$$
#
# *Predict:* what is TI of A and of B above for $\alpha = 0.3$, $\beta = 0.7$? Is the difference larger or smaller
# than with Dice?
#
# <details><summary>Hint</summary>Is (1 - prob) * truth FP or FN? First write TP, FP and FN in words: predicted and
# present; predicted but absent; present but not predicted.</details>


# %% gap="g03_tversky"
def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    """1 - mean over images and classes of TP / (TP + alpha * FP + beta * FN), all three soft.

    logits  (B, C, H, W)         target  (B, H, W) int64
    alpha   weight of the false positives        beta  weight of the false negatives
    eps     added once to numerator and denominator
    returns a scalar, shape (), differentiable in logits; absent classes count in the mean

    alpha and beta need not add up to 1. For alpha = beta = 0.5 and small eps this is soft Dice.
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. soft true positives                   -> (B, C)
    tp = (prob * truth).sum(dim=(2, 3))
    # 2. soft false positives and soft false negatives      -> (B, C) each
    fp = (prob * (1 - truth)).sum(dim=(2, 3))
    fn = ((1 - prob) * truth).sum(dim=(2, 3))
    # 3. the index, with eps in both terms     -> (B, C)
    index = (tp + eps) / (tp + alpha * fp + beta * fn + eps)
    # 4. one minus the mean                    -> scalar
    return 1 - index.mean()
    ### END SOLUTION


# %% check="g03_tversky"

# %%
tversky_loss = yours("g03_tversky", tversky_loss)
my_a, my_b = "?", "?"

predicted("TI of A, 4 / (4 + 0.7 * 4)", my_a, 4 / 6.8, ".3f")
predicted("TI of B, 8 / (8 + 0.3 * 4)", my_b, 8 / 9.2, ".3f")

# %% [markdown]
# The next figure shows all such predictions: a bar of any width, shifted by any number of pixels, with
# probabilities near 0 and 1, in a row of 128 pixels, so that the background is large. Dark means a low loss; each
# panel has its own scale.
#
# *Predict:* if the bar misses the tumour completely, which of the three losses tells in which direction to shift
# it?

# %%
my_guide = "?"

widths, shifts = np.arange(0, 25, 2), np.arange(-14, 15)


def landscape(loss_fn):
    """Return the loss for each width and shift, (widths, shifts), and 1 for no bar at all."""
    bars = [[synth.sure(synth.bar(w, s), 2, 8) for s in shifts] for w in widths]
    surface = np.array([[loss_fn(logits, synth.bar()).item() for logits in row] for row in bars])
    return surface / surface[0, 0]


surfaces = {
    "cross-entropy": landscape(losses.cross_entropy),
    "soft Dice": landscape(soft_dice_loss),
    "Tversky .3, .7": landscape(tversky_loss),
}
picture = view.landscapes(shifts, widths, surfaces, "shift in pixels", "width in pixels")
predicted("shows the direction to the tumour", my_guide, "none")
view.show(picture, alt="Three losses over shift and width of a bar: all are lowest at the truth")

# %%
in_place = {name: surface[:, list(shifts).index(0)] for name, surface in surfaces.items()}
panels = {"loss (no bar: 1)": in_place}
picture = view.curves(widths, panels, "width of a bar in the right place (truth: 8)")
view.show(picture, alt="Loss against width, lowest at 8; too wide costs less for Dice and Tversky")

# %% [markdown]
# *Look:* where bar and tumour do not overlap, no panel has a slope along the shift. There, the cross-entropy only
# falls if the bar gets narrower, down to no bar at all. For Dice and Tversky no bar is about as bad as a wrong bar,
# so it may grow until it overlaps the tumour. On which side of the minimum are the curves steeper: too narrow or
# too wide?
#
# ### Gap 6 · two classes: BCE plus Dice
#
# Many projects use a weighted sum: Dice compares the areas, and the cross-entropy has a gradient at every wrong
# pixel. Here with two classes and **one** channel, and a sigmoid instead of the softmax (for the lungs of section
# 10):
#
# <details><summary>Hint</summary>What would turn (B, 1, H, W) and (B, H, W) into (B, B, H, W) without an error? Why
# not take the logarithm of the sigmoid? See notebook 02, section 7.</details>


# %% gap="g03_bce_dice"
def bce_dice_loss(logits, target, alpha=0.5):
    """Return alpha * BCE + (1 - alpha) * (1 - soft Dice) for two classes and one channel.

    logits  (B, 1, H, W), before the sigmoid
    target  (B, H, W) int64: 0 background, 1 tumour
    alpha   from 0, Dice alone, to 1, BCE alone
    returns a scalar, shape (), differentiable in logits

    BCE is the mean over all pixels, and accurate for logits of 200 and -200 too. Dice is that of the tumour
    in each image, with 1e-6 added to numerator and denominator, averaged over the images: an image without
    tumour counts, and scores 1 if none is predicted.
    """
    ### BEGIN SOLUTION
    # 1. the truth, with shape and type of the logits   -> (B, 1, H, W)
    truth = target.unsqueeze(1).to(logits)
    # 2. BCE, directly from the logits                  -> scalar
    bce = F.binary_cross_entropy_with_logits(logits, truth)
    # 3. the probability of tumour                      -> (B, 1, H, W)
    prob = logits.sigmoid()
    # 4. overlap, and soft Dice of each image           -> (B,)
    shared = (prob * truth).sum(dim=(1, 2, 3))
    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)
    # 5. the weighted sum of both losses                -> scalar
    return alpha * bce + (1 - alpha) * (1 - dice.mean())
    ### END SOLUTION


# %% check="g03_bce_dice"

# %% [markdown]
# > **Key point:** a loss sets the cost of each kind of error. Dice compares areas, Tversky weights false positives
# and false negatives, and Dice per image or per batch decides what an error in an empty slice costs.

# %% [markdown]
# ## 6 · Which loss still has a gradient?
#
# A tumour of 16 pixels in a slice of 4096 is *missed completely*: the background is right, but the probability $p$
# of the tumour is one in a million. How large is the gradient of each loss with respect to the 16 logits?
#
# One more candidate: Wong et al. 2018 also take the logarithm of the Dice of each class, because $-\log x$ grows
# without bound as $x$ goes to 0. An exponent $\gamma < 1$ keeps the gradient large when the prediction is nearly
# right:
#
# $$L = w_D\,\text{mean}_c\,(-\log \text{Dice}_c)^{\gamma} + w_X\,\text{mean}_\text{pixels}\,(-\log p)^{\gamma}$$
#
# *Predict:* rank cross-entropy, focal loss, soft Dice and this loss by the size of their gradient at $p = 10^{-4}$.
#
# ### Gap 7 · the exponential-logarithmic loss
#
# <details><summary>Hint</summary>Is the mean of the logarithms the same as the logarithm of the mean? Which of the
# two becomes large if only <i>one</i> class is missed? And where is the slope of x to the power 0.3
# infinite?</details>


# %% gap="g03_exp_log"
def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    """dice_weight * mean of (-log Dice)**gamma + cross_weight * mean of (-log p)**gamma.

    logits  (B, C, H, W)         target  (B, H, W) int64
    Dice    of each class in the whole batch, with 1e-6 added to numerator and denominator; mean over all C
    p       probability of the true class; mean over pixels, without the class weights of the paper
    gamma   above 0; where -log Dice or -log p is below 1e-5, you may bound it as you like
    returns a scalar, shape (), differentiable in logits: the gradient is finite even if every pixel is right

    dice_weight and cross_weight need not add up to 1. Accurate for logits of 500 too.
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. Dice of each class in the batch       -> (C,)
    shared, areas = (prob * truth).sum(dim=(0, 2, 3)), (prob + truth).sum(dim=(0, 2, 3))
    dice = (2 * shared + 1e-6) / (areas + 1e-6)
    # 2. (-log Dice)**gamma; the slope of x**gamma is infinite at 0, so let x be at least 1e-6   -> (C,)
    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma
    # 3. -log p, directly from the logits      -> (B, 1, H, W)
    pixel_loss = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))
    # 4. (-log p)**gamma, as in step 2         -> (B, 1, H, W)
    of_pixels = pixel_loss.clamp_min(1e-6) ** gamma
    # 5. the weighted sum of both means        -> scalar
    return dice_weight * of_classes.mean() + cross_weight * of_pixels.mean()
    ### END SOLUTION


# %% check="g03_exp_log"

# %%
exponential_logarithmic_loss = yours("g03_exp_log", exponential_logarithmic_loss)
my_ranking = "?"

balance = torch.tensor([4096 / 4080, 4096 / 16]) / 2  # class weights
candidates = {
    "cross-entropy": losses.cross_entropy,
    "weighted": lambda logits, target: weighted_cross_entropy(logits, target, balance),
    "focal": focal_loss,
    "soft Dice": soft_dice_loss,
    "exp-log": exponential_logarithmic_loss,
}


def loss_and_gradient(loss_fn, p):
    """Return the loss, and minus its derivative if all logits of the spot rise together."""
    logits, truth = synth.spot(p)
    loss = loss_fn(logits.requires_grad_(), truth)
    loss.backward()
    return loss.item(), -logits.grad[:, 1][truth == 1].sum().item()


probabilities_of_spot = np.logspace(-6, -0.01, 60)
results = {
    name: np.array([loss_and_gradient(fn, p) for p in probabilities_of_spot])
    for name, fn in candidates.items()
}
panels = {
    "loss": {name: values[:, 0] for name, values in results.items()},
    "gradient": {name: np.maximum(values[:, 1], 1e-8) for name, values in results.items()},
}
picture = view.curves(probabilities_of_spot, panels, "probability of tumour in the spot", panels, logx=True)
picture.axes[1].set_ylim(1e-7, 2)
alt = "Loss and gradient of five losses: as p goes to 0 the gradient of soft Dice vanishes, the others stay"
view.show(picture, alt=alt)

# %%
at = np.abs(probabilities_of_spot - 1e-4).argmin()
gradients = {name: values[at, 1] for name, values in results.items()}
ranked = sorted(gradients, key=gradients.get, reverse=True)
for name in ranked:
    print(f"{name:14s} {gradients[name]:.5f}")
predicted("by gradient, largest first", my_ranking, ", ".join(ranked))

# %% [markdown]
# *Look:* where do the gradients of soft Dice and cross-entropy cross? Follow soft Dice to the left: its loss is at
# its maximum, and its gradient goes to 0. Follow the focal loss to the right.
#
# <details><summary>Answer</summary>They cross near p = 0.4 %. Above it, the gradient of soft Dice is up to tens of
# times larger; below, it vanishes, roughly in proportion to p. The logarithm compensates for this, since the
# derivative of log p is 1/p. Class weights give the largest gradient everywhere, at the price computed in section
# 4.</details>
#
# *Note:* the study of section 9 calls one of its losses "ELL (0.2)". In its code this is $\alpha\,\text{BCE} +
# (1-\alpha)(1-\text{Dice})$, your gap 6: no logarithm of Dice, no exponent.
#
# > **Key point:** check the gradient at the worst error, $p \to 0$. A high loss without a gradient teaches nothing.

# %% [markdown]
# ## 7 · Borders
#
# The U-Net was developed for touching cells. If the one-pixel gap between two cells is filled in, they merge:
# hardly any pixels are wrong, but the number of cells is. The paper's remedy is a weight for each *position*:
#
# $$w = 1 + w_0\,\exp\Big(-\frac{(d_1+d_2)^2}{2\sigma^2}\Big)\quad\text{on the background}$$
#
# $d_1$ and $d_2$ are the distances to the nearest and the second nearest object. SciPy computes such distances:

# %%
from scipy import ndimage

cells, walls = synth.touching_cells()  # cell numbers, and the thin gaps between touching cells
to_cell_1 = ndimage.distance_transform_edt(cells != 1)  # (H, W), 0 on cell 1
print(f"from the corner to cell 1: {to_cell_1[0, 0]:.1f} pixels")

# %% [markdown]
# *Predict:* with $w_0 = 10$ and $\sigma = 5$, what is the weight of a pixel between two cells, each 1 pixel away?
#
# ### Gap 8 · the weight map
#
# <details><summary>Hint</summary><code>ndimage.distance_transform_edt</code> computes the distance to the nearest
# zero: which mask must you give it for one object? Which distance is 0 on the pixels of an object itself?</details>


# %% gap="g03_border_weight_map"
def border_weight_map(instances, w0=10.0, sigma=5.0):
    """Return the weight of each pixel: 1, and more on the background between two objects.

    instances  (H, W) array of integers of any type: 0 background, otherwise the number of the object; numbers
               may be missing or large, as in 0, 2, 7, 300
    w0         additional weight of a pixel whose distances d1 and d2 are both 0
    sigma      decay of the weight with the distance, in pixels
    returns    (H, W) NumPy array of floats: 1 + w0 * exp(-(d1 + d2)**2 / (2 * sigma**2)) on the background,
               where d1 and d2 are the distances to the nearest and to the second nearest object; 1 inside
               objects; 1 everywhere if there are fewer than two objects. The input is not modified.
    """
    ### BEGIN SOLUTION
    # 1. the numbers of the objects
    numbers = [number for number in np.unique(instances) if number != 0]
    # 2. fewer than two objects: all weights are 1      -> (H, W)
    if len(numbers) < 2:
        return np.ones(instances.shape)
    # 3. distance of every pixel from each object       -> (objects, H, W)
    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])
    # 4. distance to the nearest and second nearest     -> (H, W) each
    d1, d2 = np.sort(distances, axis=0)[:2]
    # 5. the weight, on the background only             -> (H, W)
    border = w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return np.where(instances == 0, 1 + border, 1.0)
    ### END SOLUTION


# %% check="g03_border_weight_map"

# %%
border_weight_map = yours("g03_border_weight_map", border_weight_map)
my_weight = "?"

predicted("weight, 1 + 10 exp(-(1 + 1)² / 50)", my_weight, 1 + 10 * np.exp(-4 / 50), ".2f")
pixel_weights = border_weight_map(cells)
picture = view.weight_map(cells, pixel_weights)
view.show(picture, alt="Four cells, three of them touching, and weights: high in the gaps between them")

# %% [markdown]
# Two predictions have equally many wrong pixels: one fills all gaps, the other erodes the rim of the isolated cell.
#
# *Predict:* with the weight map, how many times as much does the first one cost?

# %%
my_times = "?"

truth = torch.from_numpy(cells > 0).long()[None]  # (1, H, W)
rim = np.argwhere((cells == 4) & ndimage.binary_dilation(cells == 0, iterations=3))[: walls.sum()].T
merged, eroded = truth.clone(), truth.clone()
merged[0, walls], eroded[0, *rim] = 1, 0
for name, weight_map in {"without map": np.ones(cells.shape), "with map": pixel_weights}.items():
    weight_map = torch.from_numpy(weight_map).float()[None]
    cost = [losses.border_cross_entropy(synth.sure(x, 2), truth, weight_map) for x in (merged, eroded)]
    print(f"{name:12s} gaps filled {cost[0]:.3f}, rim eroded {cost[1]:.3f}: ratio {cost[0] / cost[1]:.1f}")
predicted("with the map, filled gaps cost times as much", my_times, cost[0] / cost[1], ".1f")
print(f"{walls.sum()} wrong pixels in each prediction")

# %% [markdown]
# > **Key point:** only a loss with a weight for each position depends on where an error is.
#
# All losses for the tumour of section 3, relative to an empty prediction:
#
# *Try:* shift and enlarge the prediction. For which losses does an empty prediction soon become cheaper, and which
# one hardly increases for a prediction that is too large?

# %%
from brainlab.view import LossExplorer

tumour = labels_to_network(example, z, size, pixel) > 0  # (H, W)
LossExplorer(tumour, to_network(example, z, size, pixel)[3], example.affine, right=6)

# %% [markdown]
# ## 8 · The same network, four losses
#
# Patients, initial weights, order of the batches and epochs are the same. Only the loss differs; three of the four
# are yours. The training takes some minutes.
#
# *Predict:* which loss gives the best Dice of the whole tumour, and which one the highest recall of small lesions?

# %%
from brainlab.models import UNet
from brainlab.training import fit

my_best_dice, my_best_recall = "?", "?"

train_set, val_set = recipe.slice_sets(split, budget)
loss_functions = {
    "cross-entropy": losses.cross_entropy,
    "soft Dice": soft_dice_loss,
    "Tversky": tversky_loss,
    "exp-log": exponential_logarithmic_loss,
}
histories, predictions = {}, {}
for name, loss_fn in loss_functions.items():
    torch.manual_seed(lab.seed)
    network = UNet(width=budget.width)
    print(name)
    histories[name] = fit(network, train_set, val_set, loss_fn, recipe.settings(budget, lab.device, lab.seed))
    predictions[name] = recipe.predict_cases(network, split.test, budget)

# %% [markdown]
# The values of the losses cannot be compared, because each has its own scale. The validation Dice can:

# %%
epochs = range(1, 1 + min(len(history) for history in histories.values()))
panels = {}
for region in ("WT", "ET"):
    lines = {name: history.regions[region][: len(epochs)] for name, history in histories.items()}
    panels[f"Dice of {region}, validation"] = lines
picture = view.curves(epochs, panels, "epoch", marker="o")
view.show(picture, alt="Validation Dice of WT and ET by epoch for four losses")

# %%
tables = {name: recipe.dice_of_cases(volumes, split.test) for name, volumes in predictions.items()}
truths = {case.id: recipe.truth_of(case) for case in split.test}
without_et = [key for key, truth in truths.items() if not (truth == 3).any()]
print(
    f"mean of {len(truths)} patients      WT     TC     ET   false ET voxels in {len(without_et)} patients without ET"
)
for name, table in tables.items():
    means = np.mean([list(scores.values()) for scores in table.values()], axis=0)
    false = [int((predictions[name][key] == 3).sum()) for key in without_et]
    print(f"{name:20s}" + "".join(f"{value:7.3f}" for value in means) + "   " + ", ".join(map(str, false)))

# %% [markdown]
# *Look:* where the ET column is low, look to its right. A patient without ET scores 0 as soon as there is one
# false-positive voxel, and soft Dice per image hardly penalises a hundred more than one (section 5).
#
# And the small lesions? Here a *lesion* is a connected tumour region in one slice of a test patient. What share of
# it was found, on average, by area?

# %%
edges, groups = [0, 50, 150, 500, np.inf], ["< 50", "50-150", "150-500", "> 500"]  # mm2; a disc of 8 mm has 50
by_area = {}
for name, volumes in predictions.items():
    by_area[name], lesions = recipe.recall_by_area(volumes, split.test, edges)
    false = sum(((volumes[key] > 0) & (truth == 0)).sum() for key, truth in truths.items())
    share = false / max(sum((volume > 0).sum() for volume in volumes.values()), 1)
    print(f"{name:14s} {share:.0%} of the voxels predicted as tumour are false positives")
panels = {"share of a lesion that is found": by_area}
picture = view.curves(range(4), panels, "area of the lesion in mm²", marker="o")
picture.axes[0].set_xticks(range(4), groups)
picture.axes[0].set_ylim(0, 1)
print("lesions:", ", ".join(f"{n} of {group} mm2" for n, group in zip(lesions, groups)))
of_wt = {name: np.mean([row["WT"] for row in table.values()]) for name, table in tables.items()}
predicted("best Dice of the whole tumour", my_best_dice, max(of_wt, key=of_wt.get))
highest = max(by_area, key=lambda name: by_area[name][1])
predicted("highest recall of lesions of 50 to 150 mm2", my_best_recall, highest)
view.show(picture, alt="Share of a lesion that is found against its area, for four losses")

# %%
shown_cases = split.test[:3]
planes, true_labels, predicted_labels, titles = [], [], [], []
for case in shown_cases:
    z = case.box[2][0] + small_slice(case)
    planes.append(case.to_full(np.asarray(case.image[:, 3]))[:, :, z])
    true_labels.append(truths[case.id][:, :, z])
    predicted_labels.append({name: volumes[case.id][:, :, z] for name, volumes in predictions.items()})
    titles.append(f"{case.id[-9:]}, {z}")
affines = [case.affine for case in shown_cases]
picture = view.predictions_beside_truth(planes, affines, true_labels, predicted_labels, titles, margin=14)
view.show(picture, alt="Small lesions on FLAIR, with the truth and the predictions of four networks")

# %% [markdown]
# *Look:* which network misses a lesion, which one has many false positives? Why does it matter that these slices
# were selected by the true labels alone?
#
# <details><summary>What may be concluded</summary>These are short trainings with one seed. Cross-entropy learns
# rare classes slowly; with more of everything, in notebook 02, it catches up (validation Dice 0.92). In this run,
# the losses that compare areas or penalise false negatives find more of the small lesions, with more false
# positives.</details>
#
# > **Key point:** choose the loss by the error that matters most, and measure that error. A mean Dice does not show
# it.

# %% [markdown]
# ## 9 · Reading a table of 22 runs
#
# A confusion matrix contains all the counts needed: rows are true classes, columns are predicted classes.

# %%
from brainlab.metrics import confusion_matrix

matrices = {
    name: sum(confusion_matrix(volumes[key], truth) for key, truth in truths.items())
    for name, volumes in predictions.items()
}
print(matrices["cross-entropy"])

# %% [markdown]
# ### Gap 9 · four scores
#
# *Predict:* what is the specificity of the background class for the constant baseline of section 4?
#
# <details><summary>Hint</summary>What is the sum of a row, and what is the sum of a column? Which pixels remain
# when TP, FN and FP are subtracted?</details>


# %% gap="g03_scores"
def class_scores(confusion):
    """Return the scores of each class against all others.

    confusion  (C, C) counts of any size: row = true class, column = predicted class; it is not modified
    returns    {"recall": ..., "precision": ..., "f1": ..., "specificity": ...}, NumPy arrays of shape (C,)

    F1 is 2 TP / (2 TP + FP + FN). A score whose denominator is 0 is nan; 0 / (more than 0) is 0.
    """
    ### BEGIN SOLUTION
    # 1. this class, predicted as this class: TP             -> (C,)
    tp = np.diag(confusion)
    # 2. this class, predicted as another: FN                -> (C,)
    fn = confusion.sum(axis=1) - tp
    # 3. another class, predicted as this class: FP          -> (C,)
    fp = confusion.sum(axis=0) - tp
    # 4. another class, predicted as another: TN             -> (C,)
    tn = confusion.sum() - tp - fn - fp
    # 5. four ratios; 0 / 0 is nan here, without a warning
    with np.errstate(invalid="ignore"):
        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}
        return scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}
    ### END SOLUTION


# %% check="g03_scores"

# %%
class_scores = yours("g03_scores", class_scores)
my_specificity = "?"

constant_matrix = np.zeros((4, 4), int)
constant_matrix[:, 0] = counts
specificity = class_scores(constant_matrix)["specificity"][0]
predicted("constant baseline, specificity of background", my_specificity, specificity, ".2f")
print("mean of 4 classes      recall  precision     F1  specificity | F1 without background")
for name, matrix in {"constant": constant_matrix, **matrices}.items():
    scores = class_scores(matrix)
    columns = "".join(f"{np.nanmean(scores[key]):10.3f}" for key in ("recall", "precision", "f1", "specificity"))
    print(f"{name:20s}{columns}{np.nanmean(scores['f1'][1:]):15.3f}")

# %% [markdown]
# *Look:* the constant baseline detects no tumour, yet its mean specificity is 0.75 and its precision 0.98:
# precision is undefined for classes that are never predicted, and these drop out. Including the background in the
# mean, as the study below does, raises every F1.
#
# The reference study trained 22 networks: architecture × loss × optimiser × input. We trained the same 22, more
# briefly, on the course's cohort, and two controls (0 and 23). Diamonds are the study's results, dots are ours.
#
# *Predict:* the spread of F1 between seeds of the same run, and the difference between ranks 1 and 5.

# %%
from studies import published
from studies import QUESTIONS, contrast, read_table, summarise
from studies import ranking

my_spread, my_difference = "?", "?"
rows = read_table()
runs = summarise(rows)
picture = ranking(runs, published())
spread = np.mean([run.spread("f1") for run in runs])
order = sorted((run.mean("f1") for run in runs), reverse=True)
predicted("F1 differs between seeds by", my_spread, spread, ".3f")
predicted("F1 differs between ranks 1 and 5 by", my_difference, order[0] - order[4], ".3f")
view.show(picture, alt="The 22 runs by F1: ours with their spread over seeds, and the values of the study")

# %% [markdown]
# A ranking does not explain a difference; a **pair** of runs that differ in one thing does:

# %%
study_scores = published()
print(f"{'F1, changed minus unchanged':34s}the study    ours   (each pair and seed)")
for name, pairs in QUESTIONS.items():
    in_study = [study_scores[a]["f1"] - study_scores[b]["f1"] for a, b in pairs if a in study_scores]
    differences, _ = contrast(rows, pairs)
    each = " ".join(f"{value:+.2f}" for value in differences)
    shown = f"{np.mean(in_study):+.3f}" if in_study else "-"
    print(f"{name:34s}{shown:>9}{differences.mean():+8.3f}   ({each})")

# %% [markdown]
# *Look:* which differences have the same sign for all seeds? Which of the study's are smaller than our spread
# between seeds?
#
# <details><summary>What may be concluded</summary>A difference no larger than the spread over seeds is no evidence,
# and the study has one run per row. Rows 2 and 4 of its table agree in all digits although their losses differ: is
# one a copy? Large effects (the optimiser) are visible nevertheless; the order of the ten best runs is not
# established.</details>
#
# > **Key point:** a row of such a table is a single random sample. Compare pairs that differ in one thing, and ask
# for the spread.

# %% [markdown]
# ## 10 · A second organ
#
# Lungs in chest X-rays: the same U-Net with batch normalisation and dropout, one input channel and one logit. The
# masks now cover about a quarter of the image. One hospital provides the training images, another one the
# validation and test images.
#
# The X-rays are synthetic, generated by a program.

# %%
from brainlab.data import ImageDataset
from brainlab.recipes import images as image_recipe
from brainlab.view import outlines

sizes = image_recipe.image_sizes(lab.budget)
chests = image_recipe.chest_split(sizes, seed=lab.seed)
chest_train, chest_val = image_recipe.image_sets(chests, sizes, seed=lab.seed)
chest_test = ImageDataset(chests.test, sizes.size).preload()
for name, part in zip(chests._fields, chests):
    print(f"{name:5s} {len(part):3d} X-rays, {part[0].group}")
shown = [chest_test[item] for item in range(min(4, len(chest_test)))]
planes, truths_shown = [x[0].numpy() for x, _ in shown], [y.numpy() for _, y in shown]
picture = outlines(planes, truths_shown, [None] * len(shown), [pair.id for pair in chests.test])
view.show(picture, alt="Synthetic chest X-rays with the outlines of both lungs")

# %% [markdown]
# *Predict:* what is the accuracy of an empty prediction, without any lung?
#
# ### Gap 10 · the elastic deformation
#
# The U-Net paper deforms its few training images elastically: a random vector at each node of a coarse 3 × 3 grid,
# interpolated smoothly in between.
#
# <details><summary>Hint</summary>Which option of <code>F.interpolate</code> decides whether the corner nodes lie
# exactly on the corner pixels? Which shape does the function expect, and which axis holds the two
# components?</details>


# %% gap="g03_elastic_field"
def elastic_field(shape, sigma=10.0, grid=3, rng=None):
    """Return a smooth random displacement for every pixel, as in the U-Net paper.

    shape   (H, W) of the image
    sigma   standard deviation at the nodes, in pixels
    grid    nodes along each side; the outermost lie on the borders of the image
    rng     numpy.random.Generator, the only source of randomness; a new one if None
    returns (2, H, W), a tensor or an array of floats: displacement along H and along W, in pixels; at the
            nodes independent and normally distributed, bicubic interpolation between them
    """
    rng = rng or np.random.default_rng()
    ### BEGIN SOLUTION
    # 1. a random vector for each node, from rng        -> (1, 2, grid, grid)
    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))
    # 2. enlarge bicubically, with aligned corners      -> (2, H, W)
    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]
    ### END SOLUTION


# %% check="g03_elastic_field"

# %%
from brainlab.data import warp

elastic_field = yours("g03_elastic_field", elastic_field)
my_empty_accuracy = "?"


def deform(image, labels, rng, strength=1):
    """Deform image (1, H, W) and labels (H, W) together; the 10 pixels of the paper are for 512 x 512."""
    sigma = strength * 10 * len(labels) / 512
    field = torch.as_tensor(elastic_field(labels.shape, sigma=sigma, rng=rng)).float()
    return warp(image, labels, torch.eye(2), field)


chest_train.augment = deform
image, labels = chest_test[0]
strengths = {"original": 0, "as in the paper": 1, "four times as strong": 4}
deformed = [deform(image, labels, np.random.default_rng(2), k) for k in strengths.values()]
planes, masks = [x[0].numpy() for x, _ in deformed], [y.numpy() for _, y in deformed]
picture = outlines(planes, masks, [None] * 3, list(strengths))
share = np.mean([y.float().mean() for _, y in chest_test])
predicted("accuracy of an empty prediction", my_empty_accuracy, 1 - share, ".1%")
view.show(picture, alt="An X-ray with the outline of the lungs: original, slightly deformed, strongly deformed")

# %% [markdown]
# *Try:* look at several seeds. From which σ on does the image no longer look like a chest?

# %%
from brainlab.view import AugmentPreview

x_ray, mask = chest_test[0]  # (1, H, W), (H, W)
AugmentPreview(x_ray[0], mask, seed=2)

# %% [markdown]
# Train two networks on deformed images: with cross-entropy alone (`alpha=1` in your gap 6) and with Dice alone
# (`alpha=0`).
#
# *Predict:* what are accuracy and Dice of the second network on the X-rays of the other hospital?

# %%
from functools import partial

from brainlab.metrics import dice

bce_dice_loss = yours("g03_bce_dice", bce_dice_loss)
my_lung_accuracy, my_lung_dice = "?", "?"

lungs = {}
for name, alpha in (("cross-entropy", 1.0), ("Dice loss", 0.0)):
    print(name)
    lungs[name] = image_recipe.image_network(sizes, num_classes=1, seed=lab.seed)
    loss_fn = partial(bce_dice_loss, alpha=alpha)
    settings = image_recipe.image_settings(sizes, lab.device, lab.seed)
    image_recipe.train_binary(lungs[name], (chest_train, chest_val), loss_fn, settings)
print("on the test X-rays  accuracy   Dice")
for name, model in lungs.items():
    scores = image_recipe.binary_scores(model, chest_test)
    print(f"{name:20s}{scores['accuracy']:8.1%}{scores['dice']:8.3f}")
print(f"{'empty prediction':20s}{1 - share:8.1%}{0:8.3f}")
predicted("Dice loss, accuracy on the test X-rays", my_lung_accuracy, scores["accuracy"], ".1%")
predicted("Dice loss, Dice on the test X-rays", my_lung_dice, scores["dice"], ".3f")


# %%
def draw_both(dataset, ids):
    """Draw the X-rays of a data set, one row per network."""
    truths = [labels.numpy() for _, labels in dataset]
    predicted_masks, titles = [], []
    for name, model in lungs.items():
        masks = image_recipe.predict_masks(model, dataset)  # (N, H, W)
        predicted_masks += list(masks)
        titles += [f"{key}, {name}\nDice {dice(*pair):.3f}" for key, *pair in zip(ids, masks, truths)]
    images = [image[0].numpy() for image, _ in dataset]
    return outlines(2 * images, 2 * truths, predicted_masks, titles, columns=len(images))


four = chests.test[:4]
picture = draw_both(ImageDataset(four, sizes.size), [pair.id for pair in four])
view.show(
    picture, alt="Test X-rays with the outlines of the true and the predicted lungs, one row per network"
)

# %% [markdown]
# *Look:* an empty prediction already has most of the accuracy, and even an imprecise outline is 95 % right. The
# reference study reports 97 %; what would you ask its authors? And do networks trained on synthetic X-rays segment
# real ones?

# %%
import os
from pathlib import Path

from brainlab.data import find_chest

folder = Path(os.environ.get("BRAINLAB_REAL_DATA", "nowhere")) / "cxr"  # or your own folder
real = [pair for pair in find_chest(folder) if pair.has_mask][:4] if folder.is_dir() else []
if real:
    picture = draw_both(ImageDataset(real, sizes.size), [f"real {pair.id}" for pair in real])
else:
    print("No folder of real X-rays was given: the synthetic ones are shown again.")
view.show(
    picture, alt="X-rays, real ones if a folder was given, with true and predicted outlines of the lungs"
)

# %% [markdown]
# > **Key point:** the rarer a class, the more the choice of the loss matters. Accuracy looks too good for lungs and
# lesions alike.

# %% [markdown]
# ## 11 · Break it: three bugs
#
# This loss comes from a project whose network "did not learn". None of its lines raises an error.


# %%
def broken_loss(logits, target):
    """Cross-entropy + 1 - soft Dice, with three bugs."""
    eps = 1e-6
    prob = logits.softmax(dim=1)  # (B, C, H, W)
    cross_entropy_part = F.cross_entropy(prob, target)  # scalar
    pred = F.one_hot(prob.argmax(dim=1), logits.shape[1]).movedim(-1, 1)  # (B, C, H, W)
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)  # (B, C, H, W)
    shared = (pred * truth).sum(dim=(2, 3))  # (B, C)
    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))  # (B, C)
    dice = 2 * (shared + eps) / (size + eps)  # (B, C)
    return cross_entropy_part + 1 - dice.mean()


# %% [markdown]
# *Predict:* which value does a correct loss have for (a) a perfect prediction, (b) a perfect prediction of a
# healthy slice?

# %%
my_a, my_b = "?", "?"


quarters = torch.arange(4).repeat_interleave(16).view(1, 8, 8)  # each class in a quarter of the image
healthy = torch.zeros(1, 8, 8, dtype=torch.int64)
predicted("(a) correct loss of a perfect prediction", my_a, 0)
predicted("(b) correct loss of a perfect, healthy slice", my_b, 0)
print(f"the broken loss gives (a) {broken_loss(synth.sure(quarters, 4), quarters):.4f}", end="")
print(f" and (b) {broken_loss(synth.sure(healthy, 4), healthy):.4f}")


def sweep(loss_fn, t):
    """Return the loss if all tumour pixels have the logit t, in an image of 8 x 8 pixels."""
    return loss_fn(*synth.spot(1 / (1 + np.exp(-t)), size=8)).item()


ts = np.linspace(-3, 3, 61)
lines = {"broken": [sweep(broken_loss, t) for t in ts]}
picture = view.curves(ts, {"(c) loss": lines}, "logit of the tumour")
view.show(picture, alt="The broken loss against the logit of a tumour: nearly flat, with one jump at 0")

# %% [markdown]
# *Look:* why is (a) not 0? By how much is (b) too low? Where does (c) have a slope?
#
# ### Gap 11 · repair it
#
# <details><summary>Hint</summary>Which input does <code>F.cross_entropy</code> expect? What is eps / eps, and what
# is 2 eps / eps? What is the derivative of a step function?</details>


# %% gap="g03_bug_hunt"
def repaired_loss(logits, target):
    """Return cross-entropy + 1 - soft Dice, as `broken_loss` should have been.

    logits  (B, C, H, W)                target  (B, H, W) int64
    returns a scalar, shape (), differentiable in logits

    Cross-entropy is the mean over all pixels, accurate for logits of 200 too; Dice is the mean over images and
    classes, background and absent classes included. A class that is absent and not predicted has Dice 1.
    """
    eps = 1e-6
    ### BEGIN SOLUTION
    # 1. the cross-entropy                              -> scalar
    cross_entropy_part = F.cross_entropy(logits, target)
    # 2. prediction and truth                           -> (B, C, H, W) each
    pred = logits.softmax(dim=1)
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    # 3. overlap, and sum of both areas                 -> (B, C) each
    shared = (pred * truth).sum(dim=(2, 3))
    size = pred.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    # 4. Dice                                           -> (B, C)
    dice = (2 * shared + eps) / (size + eps)
    # 5. the sum of both losses                         -> scalar
    return cross_entropy_part + 1 - dice.mean()
    ### END SOLUTION


# %% check="g03_bug_hunt"

# %%
repaired_loss = yours("g03_bug_hunt", repaired_loss)
for name, truth in {"(a)": quarters, "(b)": healthy}.items():
    print(f"{name} {repaired_loss(synth.sure(truth, 4), truth):.4f}")
lines = {"broken": lines["broken"], "repaired": [sweep(repaired_loss, t) for t in ts]}
picture = view.curves(ts, {"(c) loss": lines}, "logit of the tumour")
view.show(picture, alt="The broken loss has a jump at 0, the repaired one decreases smoothly")

# %% [markdown]
# <details><summary>The three bugs, and where they were found</summary>The softmax before a function that expects
# logits (NVIDIA/DeepLearningExamples#468); eps inside the factor 2, so that an absent class scores 2
# (milesial/Pytorch-UNet#24); argmax, whose gradient is 0, before the ratio.</details>
#
# > **Key point:** a wrong loss may raise no error; the network only learns worse. Test it where you know the
# answer: a perfect prediction, an absent class, one logit varied over a range.

# %% [markdown]
# ## 12 · Explain
#
# A clinic wants to detect small new lesions early. A colleague says: "Take the loss with the best mean Dice of
# section 8; and in the study's table ELL, in row 1, beats all others anyway."
#
# In two to four sentences, with your numbers: which loss would you choose and what does it cost, why does mean Dice
# not answer the question, and what is missing before one row of a table "beats" another?

# %% [markdown] explain="g03_explain"
# ### BEGIN SOLUTION
# I would choose a loss that penalises false negatives more, such as Tversky: in the run above, the recall of
# lesions of 50 to 150 mm² was about three quarters, against four tenths with cross-entropy, while 18 % of the
# voxels predicted as tumour were false positives, against 10 %. The mean Dice is dominated by the large tumour of
# each patient (a missed lesion of 8 mm changes it in the third digit) and by patients without ET, for whom one
# false-positive voxel gives 0. One should measure the recall of small lesions and the number of false-positive
# ones. Row 1 differs from the others in network *and* loss, its "ELL" is BCE + Dice, and it was trained once: pairs
# that differ only in the loss, several seeds and a paired comparison on the same patients are missing.
#
# *Rubric, 6 points.* For each point, two examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: a choice, with the recall of small lesions | "Tversky: it finds 75 % of the lesions of 50 to 150 mm², cross-entropy 40 %." | "Exp-log, because its curve is highest at the left end of my figure, 0.6 against 0.4." |
# | 1: its price | "18 % of what it calls tumour is a false positive, against 10 %." | "More false positives: ET in two of the patients without any." |
# | 1: large areas dominate the mean Dice | "A missed lesion changes the third digit." | "The large residual tumour decides the 0.93; the new lesion hardly counts." |
# | 1: absent classes make Dice jump | "One false-positive pixel turns a patient without ET from 1 to 0." | "The ET column depends mostly on the patients who have none." |
# | 1: chance | "Row 1 was trained once; seeds alone differ by 0.05." | "Without the spread over seeds, or an interval over patients, 'beats' means nothing." |
# | 1: one thing at a time | "Row 1 has another network as well." | "Its 'ELL' is BCE + Dice, so it says nothing about the loss of that name." |
#
# "More data" alone earns no point.
# ### END SOLUTION

# %% [markdown]
# ## 13 · Summary
#
# - Cross-entropy averages over pixels, nearly all background. Class weights and focal factor change how much each
#   counts.
# - Dice compares areas; image or batch decides what an absent class costs; Tversky weights misses and false
#   positives.
# - At p → 0 the gradient of soft Dice vanishes; the logarithm restores it. Only a weight per position respects
#   borders.
# - Choose the loss by the error that matters, measure that error, and compare pairs over several seeds.
# - Test a loss on a perfect prediction, an absent class, and along one logit.
#
# **Papers**
#
# - Milletari, Navab and Ahmadi 2016, *V-Net*, arXiv:1606.04797. Soft Dice as a loss.
# - Lin et al. 2017, *Focal Loss for Dense Object Detection*, arXiv:1708.02002.
# - Salehi, Erdogmus and Gholipour 2017, *Tversky loss function for image segmentation …*, arXiv:1706.05721.
# - Wong et al. 2018, *3D Segmentation with Exponential Logarithmic Loss for Highly Unbalanced Object Sizes*,
#   arXiv:1809.00076.
# - Ronneberger, Fischer and Brox 2015, *U-Net*, arXiv:1505.04597. The weight map and the elastic deformation are in
#   section 3.
# - Bouthillier et al. 2021, *Accounting for Variance in Machine Learning Benchmarks*, arXiv:2103.03098.
# - Jaeger et al. 2014, *Two public chest X-ray datasets …*, doi:10.3978/j.issn.2223-4292.2014.11.20.
#
# **Before you hand in**
#
# {{checklist}}
