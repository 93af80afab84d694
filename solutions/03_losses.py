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
# 4. compare trained networks lesion by lesion, and tell a difference from chance.
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
# The smallest lesion of the test patients, as the network receives it. A *lesion* is a connected region of tumour in
# 3D; regions less than about 6 mm apart count as one, as in BraTS 2023. Missing synthetic cases are generated now,
# which can take a minute. The split is by patient.

# %%
from brainlab.recipes import segmentation as recipe
from brainlab.data import labels_to_network, split_by_patient, to_network
from brainlab import view

cases = recipe.training_cases(lab)
split = split_by_patient(cases, val=0.2, test=0.3, seed=lab.seed)
budget = recipe.one_of_four(lab.budget)
size, pixel = budget.size, recipe.pixel_of(cases[0], budget)

smallest = {case.id: recipe.smallest_lesion(case) for case in split.test}  # volume in mm3, voxel
by_size = sorted(split.test, key=lambda case: smallest[case.id][0])
example = by_size[0]
volume, (_, _, z) = smallest[example.id]
image = to_network(example, z, size, pixel)  # (4, H, W), z-scored
labels = labels_to_network(example, z, size, pixel)  # (H, W)
planes = [image[1], image[3], image[3]]
titles = ["T1 + contrast", "FLAIR", "FLAIR and true labels"]
picture = view.mosaic(planes, [example.affine] * 3, [None, None, labels], titles)
diameter = (6 * volume / np.pi) ** (1 / 3)
print(f"the smallest lesion has {volume:.0f} mm3, as much as a ball of {diameter:.0f} mm")
print(f"{(labels > 0).sum()} of the {labels.size} pixels of this slice are tumour")
view.show(picture, alt="The slice in T1 with contrast and FLAIR, and the true labels on it")

# %% [markdown]
# *Look:* how many pixels would be wrong if a network predicted no tumour at all? And by how much would the Dice of
# the whole patient fall if only this lesion were missed? In section 8, four networks that differ only in their loss
# segment such lesions.

# %% [markdown]
# ## 4 · Losses that average over pixels
#
# Count the voxels per class over the whole volumes of the training patients:

# %%
counts = sum(case.label_counts.sum(axis=0) for case in split.train)  # (4,) inside the brain bounding boxes
voxels = sum(np.prod(case.full_shape) for case in split.train)
counts[0] = voxels - counts[1:].sum()  # the region outside the boxes is background too
picture = view.label_histogram(counts, title="Voxels per label in whole volumes")
view.show(picture, alt="Voxels per label on a logarithmic axis, with the share of each")

# %% [markdown]
# A **constant baseline** uses only this histogram: it assigns the same four probabilities, the class shares above,
# to every pixel of every patient.
#
# *Predict:* what are its accuracy and its cross-entropy? (Equal probabilities give log 4 = 1.39.)

# %%
my_accuracy, my_loss = "?", "?"

# %%
import torch.nn.functional as F

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
# *Predict:* which loss changes its value when the pixels are shuffled? In which one does the gradient at the pixel
# change? Answer both times with cross-entropy, soft Dice, both or neither.

# %%
my_shuffled, my_gradient = "?", "?"

# %%
from brainlab import losses

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


def changed(pairs):
    """Return for which losses the two numbers of a pair differ: one name, "both" or "neither"."""
    names = [name for name, (first, second) in pairs.items() if abs(second / first - 1) > 1e-3]
    return names[0] if len(names) == 1 else "both" if names else "neither"


values, gradients = {}, {}
print("                  value  shuffled   gradient at a pixel   others changed")
for name, loss_fn in {"cross-entropy": losses.cross_entropy, "soft Dice": losses.soft_dice_loss}.items():
    values[name] = [loss_fn(logits, target).item(), loss_fn(*shuffled).item()]
    gradients[name] = [pixel_gradient(loss_fn, logits), pixel_gradient(loss_fn, others)]
    print("{:15s}{:8.4f}{:10.4f}{:22.6f}{:17.6f}".format(name, *values[name], *gradients[name]))
options = ("cross-entropy", "soft Dice", "both", "neither")
predicted("value changed by shuffling", my_shuffled, changed(values), options=options)
predicted("gradient changed by the other pixels", my_gradient, changed(gradients), options=options)

# %% [markdown]
# *Look:* neither loss depends on *where* a pixel is: shuffled images give the same value. In the cross-entropy, the
# gradient at a pixel depends on that pixel alone, and the many background pixels dominate the mean. In a ratio of
# areas, it depends on all pixels. What makes a loss depend on position is the subject of section 7.
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

    logits  (B, C, H, W)         target  (B, H, W) int64
    weight  (C,), at least 0, of the type of logits
    returns a scalar: a tensor of shape (), differentiable in logits, accurate for logits of 400 too; as in
            PyTorch, the mean is the weighted sum divided by the sum of the weights of all pixels

    For all losses of this notebook: any B, C, H and W, and a class may be missing in target; logits are
    float32 or float64, in any memory layout (reshape works, view may not); the loss of float64 logits is
    float64 and computed in float64 throughout; the inputs are not modified.
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
print("weights of BG, NCR/NET, ED, ET:", weights.numpy().round(2))
sample = torch.multinomial(shares, 40_000, replacement=True).view(1, 200, 200)  # labels in these shares
for name, logits in {"constant": constant, "uniform": 0 * constant}.items():
    logits = logits.expand(1, 4, 200, 200)
    weighted = weighted_cross_entropy(logits, sample, weights)
    print(f"{name:14s} cross-entropy {losses.cross_entropy(logits, sample):.3f}   weighted {weighted:.3f}")
print(f"one pixel of ET weighs as much as {weights[3] / weights[0]:.0f} pixels of background")

# %% [markdown]
# *Look:* with weights, the constant baseline is worse than equal probabilities. The last line shows the price: so
# many background pixels, predicted wrongly, cost about as much as one missed pixel of ET.
#
# ### Gap 2 · the focal loss
#
# The second remedy (Lin et al. 2017) down-weights pixels that are already classified well. The loss of a pixel is
# multiplied by $(1-p)^\gamma$, where $p$ is the probability of its true class.
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

# %% [markdown]
# *Predict:* for $\gamma = 2$, how many times smaller is the focal loss of a pixel than its cross-entropy, with
# $p = 0.9$ and with $p = 0.1$?

# %%
my_easy, my_hard = "?", "?"

# %%
p = torch.linspace(0.02, 0.99, 98)
pixels = torch.stack([0 * p, (p / (1 - p)).log()], dim=1)[:, :, None, None]  # (98, 2, 1, 1): class 1 has p
one = torch.ones(1, 1, 1, dtype=torch.int64)
lines = {}
for gamma in (0, 1, 2, 5):
    name = f"γ = {gamma}" if gamma else "γ = 0: cross-entropy"
    lines[name] = [focal_loss(z[None], one, gamma).item() for z in pixels]
plain, focal = list(lines.values())[0:3:2]  # of gamma 0 and 2
for share, answer in ((0.9, my_easy), (0.1, my_hard)):
    at = int((p - share).abs().argmin())
    predicted(f"focal loss is smaller where p is {share} by a factor of", answer, plain[at] / focal[at], ".3g")
picture = view.curves(p, {"focal loss of one pixel": lines}, "probability of the true class")
view.show(picture, alt="Focal loss against the probability of the true class, lower for larger gamma")

# %% [markdown]
# *Look:* class weights depend on the class, the focal factor on the error. Suppose that some annotations are wrong:
# which of the two gives more weight to these pixels, once the rest is learned?
#
# > **Key point:** the cross-entropy is a mean over pixels, nearly all background. Class weights and focal factor
# change how much a pixel counts, but each is still judged by itself.

# %% [markdown]
# ## 5 · Losses that compare areas
#
# In a row of 32 pixels, 8 are tumour. Prediction A finds half of the tumour, without false positives. Prediction B
# finds all of it, with four false positives. Both are wrong in 4 pixels.
#
# $$\text{Dice} = \frac{2\,|P\cap T|}{|P|+|T|}$$
#
# $|P|$ and $|T|$ are the areas of prediction and truth, $|P\cap T|$ is the area that they share.
#
# *Predict:* compute the Dice scores of A and of B by hand. Which prediction would you prefer for a radiotherapy
# plan?

# %%
my_dice_a, my_dice_b = "?", "?"

# %%
from brainlab.losses import probabilities

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
# probabilities: **soft Dice** (Milletari et al. 2016, who square the probabilities in the denominator; here they are
# not squared). `probabilities` returns the softmax and the one-hot truth.
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
my_one, my_hundred = "?", "?"

# %%
from brainlab import synth

soft_dice_loss = yours("g03_soft_dice", soft_dice_loss)
for number, answer in {1: my_one, 100: my_hundred}.items():
    prediction, truth = synth.false_pixels(number)
    loss = soft_dice_loss(synth.sure(prediction, 4), truth)
    predicted(f"loss of false pixels of ET, {number}", answer, loss, ".4f")

# %% [markdown]
# *Look:* the first false positive costs 1/16, the whole Dice of ET in this image: one of four classes in one of four
# images. A hundred cost hardly more (the rest comes from the background), so the network has almost no incentive to
# remove only some of them.
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

# %% [markdown]
# *Predict:* what is TI of A and of B above for $\alpha = 0.3$, $\beta = 0.7$? Is the difference larger or smaller
# than with Dice?

# %%
my_ti_a, my_ti_b = "?", "?"

# %%
for name, mask, answer in (("A", pred_a, my_ti_a), ("B", pred_b, my_ti_b)):
    tp, fp, fn = (mask & row).sum(), (mask & ~row).sum(), (row & ~mask).sum()
    predicted(f"TI of {name}", answer, tp / (tp + 0.3 * fp + 0.7 * fn), ".3f")

# %% [markdown]
# The next figure shows all such predictions: a bar of any width, shifted by any number of pixels, with
# probabilities near 0 and 1, in a row of 128 pixels, so that the background is large. Dark means a low loss; each
# panel has its own scale.
#
# *Predict:* if the bar misses the tumour completely, which of the three losses (cross-entropy, soft Dice, Tversky, or
# none of them) tells in which direction to shift it?

# %%
my_guide = "?"

# %%
widths, shifts = np.arange(0, 25, 2), np.arange(-14, 15)


def landscape(loss_fn):
    """Return the loss for each width and shift, (widths, shifts), and 1 for no bar at all."""
    bars = [[synth.sure(synth.bar(w, s), 2, 8) for s in shifts] for w in widths]
    surface = np.array([[loss_fn(logits, synth.bar()).item() for logits in row] for row in bars])
    return surface / surface[0, 0]


surfaces = {
    "cross-entropy": landscape(losses.cross_entropy),
    "soft Dice": landscape(soft_dice_loss),
    "Tversky": landscape(tversky_loss),
}
picture = view.landscapes(shifts, widths, surfaces, "shift in pixels", "width in pixels")
beside = {name: surface[widths == 8][:, shifts >= 8] for name, surface in surfaces.items()}  # no overlap
guides = [name for name, values in beside.items() if np.ptp(values) > 1e-3]
options = (*surfaces, "none")
predicted("shows the direction to the tumour", my_guide, " and ".join(guides) or "none", options=options)
view.show(picture, alt="Three losses over shift and width of a bar, with a star at the minimum of each")

# %%
in_place = {name: surface[:, list(shifts).index(0)] for name, surface in surfaces.items()}
panels = {"loss (no bar: 1)": in_place}
picture = view.curves(widths, panels, "width of a bar in the right place (truth: 8)")
view.show(picture, alt="Three losses against the width of a bar in the right place")

# %% [markdown]
# *Look:* where bar and tumour do not overlap, no panel has a slope along the shift. There, the cross-entropy only
# falls if the bar gets narrower, down to no bar at all. For Dice and Tversky no bar is about as bad as a wrong bar,
# so it may grow until it overlaps the tumour. For which of the losses is one side of the minimum steeper, and which:
# too narrow or too wide?
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
# $$L = w_D\,\text{mean}_c\,(-\log \text{Dice}_c)^{\gamma} + w_X\,\text{mean}_\text{pixels}\,w_l\,(-\log p)^{\gamma}$$
#
# In the paper, each pixel has the weight $w_l = (\sum_k f_k / f_l)^{0.5}$ of its true class $l$, where $f_k$ is the
# number of pixels of class $k$: rare classes count more. In the gap all $w_l$ are 1. The library's loss, which section 8
# uses, has them.
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
    gamma   above 0; where -log Dice or -log p is below 1e-5, you may bound it as you like, or you may add up to
            1e-6 to both everywhere
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

# %% [markdown]
# *Predict:* of cross-entropy, class weights (the weighted cross-entropy), focal, soft Dice and exp-log, which has the
# largest gradient when the tumour is missed, at $p = 10^{-4}$, and which the smallest? Which has the largest at
# $p = 0.97$?

# %%
my_largest, my_smallest, my_largest_at_end = "?", "?", "?"

# %%
from functools import partial

balance = torch.tensor([4096 / 4080, 4096 / 16]) / 2  # class weights
candidates = {
    "cross-entropy": losses.cross_entropy,
    "class weights": lambda logits, target: weighted_cross_entropy(logits, target, balance),
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


probabilities_of_spot = 1 / (1 + np.exp(-np.linspace(-13.8, 4.6, 93)))  # 1e-6 to 0.99, even in the logit
results = {
    name: np.array([loss_and_gradient(fn, p) for p in probabilities_of_spot])
    for name, fn in candidates.items()
}


def gradients_at(p):
    """Return the gradient of each loss at p, largest first."""
    at = np.abs(probabilities_of_spot - p).argmin()
    found = {name: values[at, 1] for name, values in results.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


missed, nearly_right = gradients_at(1e-4), gradients_at(0.97)
for p, gradients in ((1e-4, missed), (0.97, nearly_right)):
    print(f"p = {p}: " + ", ".join(f"{name} {value:.5f}" for name, value in gradients.items()))
options = ("cross-entropy", "class weights", "focal", "soft Dice", "exp-log")
predicted("largest gradient, missed tumour", my_largest, list(missed)[0], options=options)
predicted("smallest gradient, missed tumour", my_smallest, list(missed)[-1], options=options)
predicted("largest gradient, tumour nearly right", my_largest_at_end, list(nearly_right)[0], options=options)

wong = partial(losses.exponential_logarithmic_loss, per_image=False)  # one Dice a class for the batch, as in gap 7
w_l = torch.tensor([4096 / 4080, 4096 / 16]).sqrt()
with_weights = partial(wong, weight=w_l)
results["exp-log with w_l"] = np.array([loss_and_gradient(with_weights, p) for p in probabilities_of_spot])
panels = {
    "loss": {name: values[:, 0] for name, values in results.items()},
    "gradient": {name: np.maximum(values[:, 1], 1e-8) for name, values in results.items()},
}
picture = view.curves(probabilities_of_spot, panels, "probability of tumour in the spot", panels, logx=True)
picture.axes[1].set_ylim(1e-7, 2)
view.show(picture, alt="Loss and gradient of six losses against the probability of tumour, both axes logarithmic")

# %% [markdown]
# *Look:* where do the gradients of soft Dice and cross-entropy cross? Follow soft Dice to the left: its loss is at
# its maximum, and its gradient goes to 0. Follow the focal loss to the right. What do the weights $w_l$ change here?
#
# <details><summary>Answer</summary>They cross near p = 0.4 %. Above it, the gradient of soft Dice is up to tens of
# times larger; below, it vanishes, roughly in proportion to p. The logarithm compensates for this, since the
# derivative of log p is 1/p. As long as the tumour is missed, class weights give the largest gradient, at the price
# computed in section 4. Near p = 1 all gradients fall, that of exp-log the least: with an exponent below 1 its slope
# is steep where prediction and truth nearly agree. The weights w_l change hardly anything here: they act on the
# pixel term alone, the smaller part of this loss, and the tumour is a small part of its mean.</details>
#
# *Note:* the study of section 9 calls one of its losses "ELL (0.2)". In its code this is $\alpha\,\text{BCE} +
# (1-\alpha)(1-\text{Dice})$, your gap 6: no logarithm of Dice, no exponent.
#
# > **Key point:** check the gradient at the worst error, $p \to 0$. A high loss without a gradient teaches nothing.

# %% [markdown]
# ## 7 · Borders
#
# The U-Net paper also segments touching cells. If a one-pixel gap between two cells is filled in, they merge: hardly
# any pixels are wrong, but the number of cells is. The paper's remedy is a weight for each *position*:
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
# ### Gap 8 · the weight map
#
# <details><summary>Hint</summary><code>ndimage.distance_transform_edt</code> computes the distance to the nearest
# zero: which mask must you give it for one object? Which distance is 0 on the pixels of an object itself?</details>


# %% gap="g03_border_weight_map"
def border_weight_map(instances, w0=10.0, sigma=5.0):
    """Return the weight of each pixel: 1, and more on the background between two objects.

    instances  (H, W) array of integers of any type: 0 background, above 0 the number of the object; numbers may
               be missing or large, as in 0, 2, 7, 70000; all pixels of one number are one object, connected or not
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

# %% [markdown]
# *Predict:* with $w_0 = 10$ and $\sigma = 5$, what is the weight of a pixel between two cells, each 1 pixel away?

# %%
my_weight = "?"

# %%
predicted("weight between two cells", my_weight, border_weight_map(np.array([[1, 0, 2]]))[0, 1], ".2f")
pixel_weights = border_weight_map(cells)
background = cells == 0
w_c = np.where(background, 0.5 / background.mean(), 0.5 / (1 - background.mean()))  # mean 1
panels = {"cells": cells, "your map": pixel_weights, "w_c": w_c, "your map - 1 + w_c": pixel_weights - 1 + w_c}
panels = {f"{name}: {values.min():.1f} to {values.max():.1f}": values for name, values in panels.items()}
view.show(view.maps(panels), alt="Four cells, three of them touching; the weight of each pixel without and with w_c")

# %% [markdown]
# The paper's map has $w_c$ in place of the 1: a weight for each class that balances background and cells. It does not
# say how; here both have the same total weight, as in `losses.border_weight_map`. What does the last picture say
# about a pixel inside a cell, and one far from all cells?
#
# Two predictions have equally many wrong pixels: one fills all gaps, the other erodes the rim of the isolated cell.
#
# *Predict:* with your map, how many times as much does the first one cost?

# %%
my_times = "?"

# %%
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
# > **Key point:** a mean over pixels or a ratio of areas does not depend on where an error is. A weight for each
# position changes this; so do losses that use distances, such as the boundary loss and the Hausdorff loss, and
# clDice, which compares skeletons.
#
# All losses of the library for the largest tumour slice of the patient of section 3. The bars are relative to an
# empty prediction; the numbers beside them are the losses themselves.
#
# *Try:* shift and enlarge the prediction. For which losses does an empty prediction soon become cheaper, and which
# one hardly increases for a prediction that is too large?

# %%
from brainlab.data import tumour_area
from brainlab.view import LossExplorer

largest = int(tumour_area(example).argmax())  # slice
tumour = labels_to_network(example, largest, size, pixel) > 0  # (H, W)
LossExplorer(tumour, to_network(example, largest, size, pixel)[3], example.affine, right=6)

# %% [markdown]
# ## 8 · The same network, four losses
#
# Patients, initial weights, order of the batches and epochs are the same. Only the loss differs; two of the four
# are yours, and exp-log has the weights $w_l$ of the training patients. The training takes some minutes.
#
# The test patients are scored in two ways. **Over the whole volume:** Dice; HD95, the 95th percentile of the
# distance between the two surfaces in mm; and the normalised surface Dice, the share of both surfaces that lies
# within 2 mm of the other one. **By lesion, as in BraTS 2023:** the mean over all true *and* all invented lesions. A
# lesion that is missed or invented has Dice 0 and HD95 374 mm; true ones up to 50 mm³ do not count. Each invented
# speck counts as much as a missed lesion, so predicted regions of up to 50 mm³ are removed first.
#
# *Predict:* which loss (cross-entropy, soft Dice, Tversky or exp-log) gives the best Dice of the whole tumour, and
# which the best lesion-wise Dice?

# %%
my_best_dice, my_best_by_lesion = "?", "?"

# %%
from brainlab.models import UNet
from brainlab.training import fit

train_set, val_set = recipe.slice_sets(split, budget)
histories, predictions = {}, {}


def train(name, loss_fn):
    """Train a U-Net with a loss; keep its history and its predictions for the test patients."""
    torch.manual_seed(lab.seed)
    network = UNet(width=budget.width)
    histories[name] = fit(network, train_set, val_set, loss_fn, recipe.settings(budget, lab.device, lab.seed))
    predictions[name] = recipe.predict_cases(network, split.test, budget)


train("cross-entropy", losses.cross_entropy)

# %%
train("soft Dice", soft_dice_loss)

# %%
train("Tversky", tversky_loss)

# %%
w_l = torch.from_numpy((counts.sum() / np.maximum(counts, 1)) ** 0.5).float()  # (4,)
print("w_l of BG, NCR/NET, ED, ET:", w_l.numpy().round(1))
train("exp-log", partial(wong, weight=w_l))

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
from brainlab.metrics import dice, hd95, lesion_wise, surface_dice

truths = {case.id: recipe.truth_of(case) for case in split.test}  # (X, Y, Z) each
by_lesion, table = {}, {}
print(f"mean of {len(truths)} patients, whole tumour              by lesion")
print("                Dice  HD95 mm  surface Dice    Dice  HD95 mm  found missed invented")
for name, volumes in predictions.items():
    rows, by_lesion[name] = [], []
    for case in split.test:
        pair = recipe.without_specks(volumes[case.id] > 0, case.spacing), truths[case.id] > 0
        lesions = lesion_wise(*pair, case.spacing)
        by_lesion[name].append(lesions)
        whole = dice(*pair), hd95(*pair, case.spacing), surface_dice(*pair, case.spacing, tolerance=2.0)
        rows.append((*whole, lesions.dice, lesions.hd95, lesions.tp, lesions.fn, lesions.fp))
    table[name] = np.array(rows)  # (patients, 8)
    means, totals = table[name][:, :5].mean(axis=0), table[name][:, 5:].sum(axis=0)
    print(f"{name:14s}" + "{:6.3f}{:9.1f}{:14.3f}{:8.3f}{:9.1f}".format(*means), end="")
    print("{:7.0f}{:7.0f}{:9.0f}".format(*totals))
names, options = list(table), ("cross-entropy", "soft Dice", "Tversky", "exp-log")
for column, answer, what in ((0, my_best_dice, "Dice"), (3, my_best_by_lesion, "lesion-wise Dice")):
    best = max(names, key=lambda name: table[name][:, column].mean())
    predicted(f"best {what} of the whole tumour", answer, best, options=options)

# %% [markdown]
# *Look:* where the two Dice columns differ most, look to the right: is it because of missed or of invented lesions?
# (A lesion is *found* if a predicted region touches it or its surroundings of 3 mm: a region that covers half of the
# brain finds all lesions in it, each with a small Dice.)
#
# Are the differences from cross-entropy more than chance? Much of the spread between patients is common to all
# networks and cancels in the **differences on the same patient**. The interval below resamples these differences
# (bootstrap): a difference between these networks is *established* only if its interval excludes 0.

# %%
from brainlab.metrics import bootstrap_interval

print(f"minus cross-entropy, {len(truths)} patients:  mean [95 % interval]")
enough = len(truths) >= 10  # with fewer patients such an interval is too narrow
for column, what in ((0, "Dice"), (3, "lesion-wise Dice")):
    for name in names[1:]:
        interval = bootstrap_interval(table[name][:, column] - table["cross-entropy"][:, column])
        verdict = "established" if interval.excludes_zero and enough else "not established"
        print(f"{what:17s} {name:10s} {interval}  {verdict}")
if not enough:
    print("Fewer than ten patients: nothing is established, whatever the interval.")

# %% [markdown]
# *Look:* the interval is about other *patients*. Another seed trains another network: each loss was trained once, so
# even an interval that excludes 0 does not yet rank the losses. What would you have to repeat?
#
# And the small lesions? For each true lesion its Dice, which is 0 if it was missed:

# %%
edges, groups = [50, 500, 2000, np.inf], ["< 0.5", "0.5-2", "> 2"]  # mm3, cm3; a ball of 8 mm has 0.27 cm3
by_volume = {}
for name, scored in by_lesion.items():
    true = np.array([lesion[1:3] for one in scored for lesion in one.lesions if lesion.kind != "FP"])  # mm3, Dice
    of_group = np.digitize(true[:, 0], edges) - 1
    number = np.bincount(of_group, minlength=3)
    by_volume[name] = np.bincount(of_group, true[:, 1], minlength=3) / np.where(number, number, np.nan)
print("true lesions:", ", ".join(f"{n} of {group} cm3" for n, group in zip(number, groups)))
picture = view.curves(range(3), {"mean Dice of a lesion": by_volume}, "volume of the lesion in cm³", marker="o")
picture.axes[0].set_xticks(range(3), [f"{group}\n{n} lesions" for n, group in zip(number, groups)])
picture.axes[0].set_ylim(0, 1)
view.show(picture, alt="Mean Dice of a lesion in three groups of volume, for four losses")

# %%
shown_cases = by_size[:3]
planes, true_labels, predicted_labels, titles = [], [], [], []
for case in shown_cases:
    x, y, z = np.add(smallest[case.id][1], [start for start, _ in case.box])  # a voxel of the source
    half = round(24 / case.spacing[0])  # 24 mm to each side of the lesion
    window = slice(max(0, x - half), x + half), slice(max(0, y - half), y + half), z
    planes.append(case.to_full(np.asarray(case.image[:, 3]))[window])
    true_labels.append(truths[case.id][window])
    predicted_labels.append({name: volumes[case.id][window] for name, volumes in predictions.items()})
    titles.append(f"{case.id[-9:]}, slice {z}")
affines = [case.affine for case in shown_cases]
picture = view.predictions_beside_truth(planes, affines, true_labels, predicted_labels, titles)
view.show(picture, alt="The smallest lesions on FLAIR, with the truth and the predictions of four networks")

# %% [markdown]
# *Look:* in the figure by volume, how many lesions are behind each point? In these slices, which networks mark
# nothing of a lesion, and is it therefore missed in 3D (column *missed*)? Why does it matter that these slices were
# selected by the true labels alone?
#
# <details><summary>What may be concluded</summary>About these four networks: what is established above, no more.
# About the losses: only what several seeds show alike. By section 5, weighting false negatives more should trade
# missed lesions for invented ones. Whether it did so here, see the columns "missed" and "invented" of soft Dice and
# Tversky, which differ only in these weights.</details>
#
# > **Key point:** choose the loss by the error that matters most, and measure that error, lesion by lesion. The Dice
# of the whole volume does not show it.

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
picture = view.confusion_matrix(matrices["cross-entropy"], title="Cross-entropy, voxels of all test patients")
view.show(picture, alt="Confusion matrix of the network trained with cross-entropy: shares of the true class, counts below")

# %% [markdown]
# ### Gap 9 · four scores
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

# %% [markdown]
# *Predict:* what is the specificity of the background class for the constant baseline of section 4?

# %%
my_specificity = "?"

# %%
from brainlab import metrics

constant_matrix = np.zeros((4, 4), int)
constant_matrix[:, 0] = counts
specificity = class_scores(constant_matrix)["specificity"][0]
predicted("constant baseline, specificity of background", my_specificity, specificity, ".2f")
print("mean of 4 classes      recall  precision     F1  specificity | F1 without background")
for name, matrix in {"constant": constant_matrix, **matrices}.items():
    of_class = class_scores(matrix)
    columns = "".join(f"{np.nanmean(of_class[key]):10.3f}" for key in ("recall", "precision", "f1", "specificity"))
    print(f"{name:20s}{columns}{np.nanmean(of_class['f1'][1:]):15.3f}")
print("\nexp-log, class by class (sensitivity is recall, F1 is Dice, Jaccard is F1 / (2 - F1)):")
print(metrics.scores(matrices["exp-log"]))

# %% [markdown]
# *Look:* the constant baseline detects no tumour; what are its mean specificity and its mean precision? (Precision is
# undefined for classes that are never predicted, and these drop out.) Including the background in the mean, as the
# study below does, raises every F1. Class by class: why is the specificity of each tumour class higher than its
# precision, whatever the network?
#
# ### The networks of the table
#
# **Atrous convolution.** With rate $r$, a 3 × 3 convolution takes its nine inputs $r$ pixels apart: it covers a
# square of $2r+1$ pixels with nine weights, and the resolution stays. In a sequence the receptive field grows with the
# sum of the rates; with equal rates above 1 most pixels in it are never used (*gridding*). **ASPP**, atrous spatial
# pyramid pooling (Chen et al. 2017), applies several rates to the same features in parallel and joins the results, so
# that each position compares a small with a large surrounding. ResUNet++ uses the rates 1, 6, 12 and 18.
#
# The pictures show the gradient of one output pixel with respect to the input: what is not dark is used.
#
# *Predict:* three 3 × 3 convolutions of rate 1 cover a square of 7 pixels. What is its side with the rates 1, 2 and 4?

# %%
my_side = "?"


# %%
def used_by_centre(rates, parallel=False, size=41):
    """Return by how many paths the middle output pixel depends on each input pixel, (size, size)."""
    x, kernel = torch.zeros(1, 1, size, size, requires_grad=True), torch.ones(1, 1, 3, 3)
    if parallel:
        y = sum(F.conv2d(x, kernel, padding=r, dilation=r) for r in rates)
    else:
        y = x
        for r in rates:
            y = F.conv2d(y, kernel, padding=r, dilation=r)
    y[0, 0, size // 2, size // 2].backward()
    return x.grad[0, 0].numpy()


stacks = {"rates 1, 1, 1": (1, 1, 1), "rates 1, 2, 4": (1, 2, 4), "rates 4, 4, 4: gridding": (4, 4, 4)}
panels = {name: used_by_centre(rates) for name, rates in stacks.items()}
side = np.count_nonzero(panels["rates 1, 2, 4"].any(axis=0))
predicted("side of the square with growing rates", my_side, side, "d")
panels["ASPP, 1, 6, 12, 18 in parallel"] = used_by_centre((1, 6, 12, 18), parallel=True)
picture = view.maps({name: np.sqrt(values) for name, values in panels.items()})
view.show(picture, alt="Input pixels used by one output pixel of three sequences of atrous convolutions and of ASPP")

# %% [markdown]
# **Spatial pyramid pooling** (He et al. 2014; for segmentation Zhao et al. 2017) averages the features over grids of
# 1 × 1, 2 × 2, 3 × 3 and 6 × 6 cells and enlarges each result again. So each pixel receives the mean of, for
# example, its quarter of the image and of the whole. The pooling itself has no weights, but inside a cell the
# position is lost: the pooled maps are joined to the features, they do not replace them. ASPP took over the idea of
# several scales and replaced the pooling. What of the lesion is left in each map?

# %%
flair = view.to_grey(view.oriented(image[3], example.affine))  # (H, W), the slice of section 3
feature = torch.from_numpy(flair)[None, None].float()
panels = {"FLAIR": flair}
for grid in (6, 3, 2, 1):
    pooled = F.adaptive_avg_pool2d(feature, grid)  # (1, 1, grid, grid)
    panels[f"{grid} × {grid}"] = F.interpolate(pooled, size=flair.shape)[0, 0].numpy()
picture = view.maps(panels, columns=5, cmap="gray", same_scale=True)
view.show(picture, alt="A slice, and its mean over grids of 36, 9 and 4 cells and over the whole")

# %% [markdown]
# **Residual connections** (He et al. 2015). A block computes $x + f(x)$ instead of $f(x)$: it only learns the change,
# and the gradient reaches $x$ also by the path around $f$. Below, a stack of 30 convolutions with ReLU: with PyTorch's
# default weights, with larger ones (He initialisation), and with default weights and residual connections. Larger
# weights or batch normalisation keep the gradient alive as well; He et al. found that deep networks without the
# connections train worse all the same. ResUNet++ has such a path around the two convolutions of each block.

# %%
def gradients_by_layer(residual=False, he=False, layers=30):
    """Return the mean absolute gradient at the input of each of 30 convolutions."""
    torch.manual_seed(lab.seed)
    convolutions = [torch.nn.Conv2d(8, 8, 3, padding=1) for _ in range(layers)]
    inputs = [torch.randn(1, 8, 16, 16, requires_grad=True)]
    for convolution in convolutions:
        if he:
            torch.nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        change = convolution(inputs[-1]).relu()
        inputs.append(inputs[-1] + change if residual else change)
        inputs[-1].retain_grad()
    inputs[-1].mean().backward()
    return [x.grad.abs().mean().item() for x in inputs[:-1]]


lines = {"default weights": gradients_by_layer(), "He initialisation": gradients_by_layer(he=True)}
lines["residual connections"] = gradients_by_layer(residual=True)
picture = view.curves(range(1, 31), {"mean absolute gradient": lines}, "layer", log=["mean absolute gradient"])
first = ", ".join(f"{values[0]:.0e} with {name}" for name, values in lines.items())
view.show(picture, alt=f"Gradient at each of 30 layers; at the first {first}")

# %% [markdown]
# **U-Net 3+** (Huang et al. 2020) has *full-scale* skip connections: each decoder block receives the features of its
# own and of all finer encoder levels (pooled) and of all deeper blocks (enlarged), each reduced to the same few
# channels. So fine borders and context meet in each block, with fewer weights than a U-Net. With *deep supervision*
# each level has a side output with a loss of its own, which shortens the path of the gradient.
#
# **ResUNet++** (Jha et al. 2019) keeps the skips of the U-Net and changes the blocks: residual blocks with
# *squeeze-excite* (a factor for each channel, computed from the means of all), ASPP at the lowest level and at the
# end, and attention in the decoder. Which of the two is closer to a U-Net in which only the skips are changed?

# %%
from studies import connections

picture = connections()
view.show(picture, alt="Blocks and skip connections of U-Net, U-Net 3+ and ResUNet++, level by level")

# %% [markdown]
# ### The table
#
# The reference study trained 22 networks: architecture × loss × optimiser × input. We trained the same 22, more
# briefly, on an earlier version of the course's cohort, and two controls: 0, a plain U-Net that the study mentions
# in its text, and 23. Dots are ours. Diamonds and crosses are the study's results, crosses those with a fifth input
# channel that was drawn from the *true mask*.
#
# *Predict:* in *our* runs, the spread of F1 between seeds of the same run (largest minus smallest, mean of all
# runs), and the difference between ranks 1 and 5.

# %%
my_spread, my_difference = "?", "?"

# %%
from studies import effects, published, ranking, read_table, summarise

rows = read_table()
runs = summarise(rows)
picture = ranking(runs, published())
spread = np.mean([run.spread("f1") for run in runs])
order = sorted((run.mean("f1") for run in runs), reverse=True)
predicted("F1 differs between seeds by", my_spread, spread, ".3f")
predicted("F1 differs between ranks 1 and 5 by", my_difference, order[0] - order[4], ".3f")
view.show(picture, alt="The 22 runs by F1: ours with their spread over seeds, and the values of the study")

# %% [markdown]
# A ranking does not explain a difference; a **pair** of runs that differ in one thing does. Before you compare the
# rows: the study has one training per row; no new patient has a true mask, so its fifth channel (ours is an edge map
# of the image) cannot be compared; and its F1 is a mean over four classes, one of them the background (its Dice even
# pools the pixels of all classes).

# %%
print("F1 of two runs, changed minus unchanged  the study   ours, mean over seeds [95 % interval]")
for effect in effects(rows):
    print(effect)

# %% [markdown]
# *Look:* which conclusions of the study do these intervals support? Is U-Net 3+ better than U-Net? The intervals
# (Student's t, three seeds) are about other trainings on the same patients; of fifteen, about one excludes 0 by chance.
#
# <details><summary>What may be concluded</summary>An interval that contains 0 establishes nothing, and the study,
# with one run per row, has no interval at all. Rows 2 and 4 of its table agree in all digits although their losses
# differ: is one a copy? Adagrad at the learning rate of Adam is far worse in these short trainings, but mostly
# because of the rate: with ten times the rate most of the difference disappears (run 23). Cropping has the opposite
# sign here. The order of the best runs is not established.</details>
#
# > **Key point:** a row of such a table is a single random sample. Compare pairs that differ in one thing, and ask
# for the interval.

# %% [markdown]
# ## 10 · A second organ
#
# Lungs in chest X-rays: the same U-Net with batch normalisation and dropout, one input channel and one logit. The
# masks now cover a large part of the image. One hospital provides the training images, another one the validation
# and test images.
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
# ### Polygons
#
# Annotation tools often store outlines instead of masks: COCO, the most common format, is a JSON file with polygons,
# (x, y) in pixels. The code below writes such a file for these X-rays with every vertex of the outlines, or only
# every 8th or 32nd, and `read_coco` fills the polygons again.
#
# *Predict:* the Dice between mask and filled polygon with every 8th vertex (the outline of a lung has some hundreds).

# %%
my_polygon_dice = "?"

# %%
import json
import shutil
import tempfile
from pathlib import Path

from contourpy import contour_generator

from brainlab.data import read_coco


def polygons_of(mask, step):
    """Return the outlines of a mask as [x0, y0, x1, y1, ...], with every `step`-th vertex."""
    lines = contour_generator(z=np.pad(mask, 1).astype(float)).lines(0.5)
    # The centre of pixel (0, 0) is at 0.5 in COCO, and here at 1, because of the padding.
    return [(line[:-1:step] - 0.5).ravel().tolist() for line in lines if len(line) > 3 * step]


def through_coco(pairs, step):
    """Write the masks of X-rays as COCO polygons, read them back, and return their mean Dice."""
    masks, images, annotations = {pair.image.name: pair.load_mask() for pair in pairs}, [], []
    for number, (name, mask) in enumerate(masks.items()):
        images.append({"id": number, "file_name": name, "height": len(mask), "width": len(mask[0])})
        for polygon in polygons_of(mask, step):
            entry = {"id": len(annotations), "image_id": number, "category_id": 1}
            annotations.append(entry | {"segmentation": [polygon]})
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "lung"}]}
    with tempfile.TemporaryDirectory() as folder:
        for pair in pairs:
            shutil.copy(pair.image, folder)
        Path(folder, "_annotations.coco.json").write_text(json.dumps(content))
        read = [(image.load_mask(), masks[image.image.name]) for image in read_coco(folder)]
    corners = sum(len(one["segmentation"][0]) // 2 for one in annotations)
    score = np.mean([dice(*pair) for pair in read])
    print(f"one vertex in {step:2d}: {corners // len(annotations):4d} in a polygon, Dice {score:.4f}")
    return score


of_step = {step: through_coco(chests.test[:4], step) for step in (1, 8, 32)}
predicted("Dice of polygons with every eighth vertex", my_polygon_dice, of_step[8], ".3f")

# %% [markdown]
# *Look:* scored against such polygons, even a network that predicts the true mask exactly gets only this Dice. For
# which objects would it be lower than for lungs?
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
            nodes independent and normally distributed, bicubic interpolation between them (cubic convolution
            as in F.interpolate or Catmull-Rom, or cubic splines)
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
# *Predict:* on the X-rays of the other hospital, what is the accuracy of an empty prediction, without any lung? And
# what are accuracy and Dice of the second network?

# %%
my_empty_accuracy, my_lung_accuracy, my_lung_dice = "?", "?", "?"

# %%
bce_dice_loss = yours("g03_bce_dice", bce_dice_loss)
lungs = {}


def train_lungs(name, alpha):
    """Train a network for lungs with alpha * BCE + (1 - alpha) * (1 - Dice)."""
    lungs[name] = image_recipe.image_network(sizes, num_classes=1, seed=lab.seed)
    settings = image_recipe.image_settings(sizes, lab.device, lab.seed)
    loss_fn = partial(bce_dice_loss, alpha=alpha)
    image_recipe.train_binary(lungs[name], (chest_train, chest_val), loss_fn, settings)


train_lungs("cross-entropy", alpha=1.0)

# %%
train_lungs("Dice loss", alpha=0.0)

# %%
true_masks = np.stack([labels.numpy() for _, labels in chest_test])  # (N, H, W)
share, lung_dice = true_masks.mean(), {}
print("on the test X-rays  accuracy   Dice")
for name, model in lungs.items():
    masks = image_recipe.predict_masks(model, chest_test)  # (N, H, W)
    lung_dice[name] = np.array([dice(*pair) for pair in zip(masks, true_masks)])
    accuracy = (masks == true_masks).mean()
    print(f"{name:20s}{accuracy:8.1%}{lung_dice[name].mean():8.3f}")
print(f"{'empty prediction':20s}{1 - share:8.1%}{0:8.3f}")
predicted("accuracy of an empty prediction", my_empty_accuracy, 1 - share, ".1%")
predicted("Dice loss, accuracy on the test X-rays", my_lung_accuracy, accuracy, ".1%")
predicted("Dice loss, Dice on the test X-rays", my_lung_dice, lung_dice["Dice loss"].mean(), ".3f")
interval = bootstrap_interval(lung_dice["Dice loss"] - lung_dice["cross-entropy"])
print(f"Dice, Dice loss minus cross-entropy: {interval}, {len(true_masks)} patients, one training each")


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
# *Look:* an empty prediction already has most of the accuracy. Is the difference between the two losses established,
# and is it as large as for tumours? The reference study reports an accuracy of 97 %; what would you ask its authors?
# And do networks trained on synthetic X-rays segment real ones?

# %%
import os

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
# > **Key point:** the rarer a class, the more the choice of the loss *can* matter: where lungs cover a large part of
# the image, no loss is dominated by the background. Accuracy looks too good for lungs and lesions alike.

# %% [markdown]
# ## 11 · Break it: three bugs
#
# A network trained with this loss learns badly. None of its lines raises an error.


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

# %%
quarters = torch.arange(4).repeat_interleave(16).view(1, 8, 8)  # each class in a quarter of the image
healthy = torch.zeros(1, 8, 8, dtype=torch.int64)
for truth, answer, what in ((quarters, my_a, "(a) four classes"), (healthy, my_b, "(b) healthy slice")):
    logits = synth.sure(truth, 4)
    correct = losses.cross_entropy(logits, truth) + losses.soft_dice_loss(logits, truth)
    predicted(f"{what}, correct loss of a perfect prediction", answer, correct, ".4f")
print(f"the broken loss gives (a) {broken_loss(synth.sure(quarters, 4), quarters):.4f}", end="")
print(f" and (b) {broken_loss(synth.sure(healthy, 4), healthy):.4f}")


def sweep(loss_fn, t):
    """Return the loss if all tumour pixels have the logit t, in an image of 8 x 8 pixels."""
    return loss_fn(*synth.spot(1 / (1 + np.exp(-t)), size=8)).item()


ts = np.linspace(-3, 3, 61)
lines = {"broken": [sweep(broken_loss, t) for t in ts]}
picture = view.curves(ts, {"(c) loss": lines}, "logit of the tumour")
view.show(picture, alt="The broken loss against the logit of a tumour, from -3 to 3")

# %% [markdown]
# *Look:* why is (a) not 0? (b) is a perfect prediction too: why is it 0.75 lower than (a)? Where does (c) have a
# slope, and from which of the two terms?
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
    classes, background and absent classes included. A class that is absent and not predicted has Dice 1; eps
    remains 1e-6.
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
# A clinic wants to detect small new lesions early. A colleague says: "Take the loss with the best Dice of section 8;
# and in the study's table ELL, in row 1, beats all others anyway."
#
# In two to four sentences, with your numbers: which loss would you choose and what does it cost, why does the Dice of
# the whole volume not answer the question, and what is missing before one loss, or one row of a table, "beats"
# another?

# %% [markdown] explain="g03_explain"
# ### BEGIN SOLUTION
# I would choose the loss whose network misses the fewest lesions in my table and has the highest Dice for lesions
# below 0.5 cm³, if the clinic accepts its number of invented lesions: each of them costs another examination. The Dice
# of the whole volume is decided by the large tumour: a missed lesion of 0.3 cm³ beside one of 60 cm³ changes it in
# the third digit only, while the lesion-wise Dice counts both alike and every invented lesion as well. "Beats" needs
# an interval of the differences on the same patients that excludes 0, and several seeds, since here each network was
# trained once.
# Row 1 differs from the others in network *and* loss, its "ELL" is BCE + Dice, and it was trained once: pairs that
# differ only in the loss are missing.
#
# *Rubric, 6 points.* Figures differ from run to run: compare them with the student's own outputs. For each point, two
# examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: a choice, by lesions that are missed or by the Dice of small ones | "In my table its network misses the fewest lesions." | "Its curve is highest at the left end of my figure, where the small lesions are." |
# | 1: its price | "It invents the most lesions: each means one more scan for a patient." | "Hardly any in my table: it misses as few as the others and invents the fewest." |
# | 1: the large tumour decides the Dice of the volume | "A missed lesion changes the third digit." | "The residual tumour decides the 0.93; the new lesion hardly counts." |
# | 1: what a score by lesion does instead | "Lesion-wise, the small one counts as much as the large one." | "A missed lesion gets Dice 0 there, and so does an invented one." |
# | 1: chance | "The interval is about patients only, or contains 0, so no loss is established as the best." | "Each loss was trained once; another seed may turn the order." |
# | 1: one thing at a time | "Row 1 has another network as well." | "Its 'ELL' is BCE + Dice, so it says nothing about the loss of that name." |
#
# "More data" alone earns no point. An answer that names a best loss without its own figures gets no point for the choice.
# ### END SOLUTION

# %% [markdown]
# ## 13 · Summary
#
# - Cross-entropy averages over pixels, nearly all background. Class weights and focal factor change how much each
#   counts.
# - Dice compares areas; image or batch decides what an absent class costs; Tversky weights misses and false
#   positives.
# - At p → 0 the gradient of soft Dice vanishes; the logarithm restores it. Weights per position, distances and
#   skeletons make a loss depend on where an error is.
# - Choose the loss by the error that matters and measure that error, lesion by lesion. A difference is established if
#   its interval excludes 0, over patients and over seeds.
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
# - Kervadec et al. 2019, arXiv:1812.07032 (boundary loss); Karimi and Salcudean 2019, arXiv:1904.10030 (Hausdorff);
#   Shit et al. 2021, arXiv:2003.07311 (clDice).
# - Saluja et al. 2023, github.com/rachitsaluja/BraTS-2023-Metrics; Nikolov et al. 2018, arXiv:1809.04430 (surface Dice).
# - He et al. 2014, arXiv:1406.4729, and Zhao et al. 2017, arXiv:1612.01105 (pyramid pooling); Chen et al. 2017,
#   arXiv:1706.05587 (ASPP); He et al. 2015, arXiv:1512.03385 (residual); Huang et al. 2020, arXiv:2004.08790 (U-Net 3+);
#   Jha et al. 2019, arXiv:1911.07067 (ResUNet++).
# - Bouthillier et al. 2021, *Accounting for Variance in Machine Learning Benchmarks*, arXiv:2103.03098.
# - Jaeger et al. 2014, *Two public chest X-ray datasets …*, doi:10.3978/j.issn.2223-4292.2014.11.20.
#
# **Before you hand in**
#
# {{checklist}}
