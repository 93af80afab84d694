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
# 1. say in numbers why a network may learn to see nothing, and what class weights and the focal loss change;
# 2. write the losses that compare areas, and predict which errors each of them forgives;
# 3. ask of any loss: who still pulls when a small tumour is missed completely?
# 4. compare trained networks by what they find and what they invent, and tell a difference from chance.
#
# **The patient.** Six months after the operation a new spot of 8 mm shows beside the cavity. Found now, it can be
# irradiated in one session. A network outlines the large rest of the tumour nicely and leaves the spot out: its Dice
# is 0.93, and for this patient it was useless. A network does what its **loss** pays for. So what did it pay for?

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# A slice near the end of a tumour, as the network gets it. If cases are missing they are made now, which can take a
# minute. The split is by patient, as in notebook 01.

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
titles = ["T1 + contrast", "FLAIR", "FLAIR and the truth"]
picture = view.mosaic(planes, [example.affine] * 3, [None, None, labels], titles)
print(f"{(labels > 0).sum()} of {labels.size} pixels are tumour")
view.show(picture, alt="A slice in T1 with contrast and FLAIR, and a small tumour marked on it")

# %% [markdown]
# *Look:* how many pixels would a network get wrong that colours nothing at all? In section 8 four networks that
# differ in nothing but the loss draw slices like this one.

# %% [markdown]
# ## 4 · One pixel, one vote
#
# Count the voxels of the training patients, in whole volumes:

# %%
counts = sum(case.label_counts.sum(axis=0) for case in split.train)  # (4,) inside the brain boxes
voxels = sum(np.prod(case.full_shape) for case in split.train)
counts[0] = voxels - counts[1:].sum()  # the air around the brain is background too
picture = view.label_histogram(counts, title="Voxels per label in whole volumes")
view.show(picture, alt="Voxels of each label on a logarithmic axis: about 99 percent are background")

# %% [markdown]
# A **lazy network** has learnt only this histogram: it gives every pixel of every patient the same four
# probabilities, the shares above.
#
# *Predict:* its accuracy, and its cross-entropy. A network that knows nothing at all starts at log 4 = 1.39.

# %%
import torch.nn.functional as F

my_accuracy, my_loss = "?", "?"

shares = torch.from_numpy(counts / counts.sum()).float()  # (4,)
lazy = shares.log().view(1, 4, 1, 1)  # logits whose softmax is the shares
predicted("accuracy of the lazy network", my_accuracy, shares.max(), ".1%")
predicted("cross-entropy of the lazy network", my_loss, -(shares * shares.log()).sum(), ".3f")

# %% [markdown]
# So nearly all that the cross-entropy has to give is won without finding one tumour. It is a mean of what each pixel
# says *by itself*. Test that: shuffle the pixels of prediction and truth together; and change the prediction
# everywhere but at one pixel, and look at the gradient there. Beside it a loss of areas, soft Dice, which is your gap
# 3.
#
# *Predict:* of the values and gradients below, which will change?

# %%
from brainlab import losses

my_changes = "?"

torch.manual_seed(lab.seed)
logits, target = torch.randn(1, 4, 16, 16), torch.randint(4, (1, 16, 16))
order = torch.randperm(256)
shuffled = [x.flatten(-2)[..., order].unflatten(-1, (16, 16)) for x in (logits, target)]
others = logits + 3 * torch.randn(1, 4, 16, 16)
others[:, :, 5, 5] = logits[:, :, 5, 5]


def slope(loss_fn, logits):
    """Return the gradient in the first logit of pixel (5, 5)."""
    logits = logits.clone().requires_grad_()
    loss_fn(logits, target).backward()
    return logits.grad[0, 0, 5, 5].item()


print("                  value  shuffled   gradient at a pixel   others changed")
for name, loss_fn in {"cross-entropy": losses.cross_entropy, "soft Dice": losses.soft_dice_loss}.items():
    print(f"{name:15s}{loss_fn(logits, target):8.4f}{loss_fn(*shuffled):10.4f}", end="")
    print(f"{slope(loss_fn, logits):22.6f}{slope(loss_fn, others):17.6f}")
predicted("what changes", my_changes, "the gradient of soft Dice")

# %% [markdown]
# *Look:* neither knows *where* a pixel is: shuffled images cost the same. But in the cross-entropy each pixel is
# alone with its own error, so the many outvote the few. In a ratio of areas every pixel depends on all others. And
# only a weight for each place knows places (section 7).
#
# ### Gap 1 · weighted cross-entropy
#
# The first remedy: votes of unequal weight, such as the class weights of notebook 01.
#
# <details><summary>Hint</summary>What is <code>weight[target]</code>? If all weights are doubled, should the loss
# double? Then by what must the sum be divided?</details>


# %% gap="g03_weighted_cross_entropy"
def weighted_cross_entropy(logits, target, weight):
    """Weighted mean of -log(probability of the true class): each pixel counts as its true class weighs.

    logits  (B, C, H, W)         target  (B, H, W) int64         weight  (C,)
    returns a scalar tensor, differentiable in logits; as in torch, the mean divides by the sum of the
            weights of all pixels
    """
    ### BEGIN SOLUTION
    # 1. log-probabilities                     -> (B, C, H, W)
    log_prob = torch.log_softmax(logits, dim=1)
    # 2. minus that of the true class          -> (B, H, W)
    loss = -log_prob.gather(1, target.unsqueeze(1)).squeeze(1)
    # 3. what each pixel weighs                -> (B, H, W)
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
for name, logits in {"lazy": lazy, "knows nothing": 0 * lazy}.items():
    logits = logits.expand(1, 4, 200, 200)
    weighted = weighted_cross_entropy(logits, sample, weights)
    print(f"{name:14s} cross-entropy {losses.cross_entropy(logits, sample):.3f}   weighted {weighted:.3f}")
print(f"one pixel of ET weighs as much as {weights[3] / weights[0]:.0f} of background")

# %% [markdown]
# *Look:* now being lazy is worse than knowing nothing. And the price is in the last line: for one pixel of ET the
# network may paint hundreds of healthy ones red, and come out even.
#
# ### Gap 2 · the focal loss
#
# The second remedy (Lin et al. 2017): let a pixel count less the better it is already, whatever its class. Its vote
# is multiplied by $(1-p)^\gamma$, where $p$ is the probability of its true class.
#
# *Predict:* for $\gamma = 2$, by what number is the loss of a pixel with $p = 0.9$ multiplied? And with $p = 0.1$?
#
# <details><summary>Hint</summary>How do you get p from log p, without a second softmax? What is the derivative of the
# factor: may it be left out of the graph?</details>


# %% gap="g03_focal"
def focal_loss(logits, target, gamma=2.0):
    """Mean over the pixels of -(1 - p)**gamma * log(p), where p is the probability of the true class.

    logits  (B, C, H, W)         target  (B, H, W) int64
    gamma   0 is the cross-entropy; the larger, the less a pixel counts that is right already
    returns a scalar tensor, differentiable in logits
    """
    ### BEGIN SOLUTION
    # 1. log(p) of the true class              -> (B, H, W)
    log_p = torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1)).squeeze(1)
    # 2. p                                     -> (B, H, W)
    p = log_p.exp()
    # 3. every pixel by what it still lacks    -> (B, H, W)
    loss = -((1 - p) ** gamma) * log_p
    # 4. the mean                              -> scalar
    return loss.mean()
    ### END SOLUTION


# %% check="g03_focal"

# %%
focal_loss = yours("g03_focal", focal_loss)
my_sure, my_lost = "?", "?"

predicted("factor at p = 0.9", my_sure, (1 - 0.9) ** 2, ".2f")
predicted("factor at p = 0.1", my_lost, (1 - 0.1) ** 2, ".2f")
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
# *Look:* weights know the class, the focal factor knows the error. Which of the two is fooled by wrong labels?
#
# **Believe:** cross-entropy is a vote of pixels, and 99 of 100 voters live in the background. Weights and focal
# factor change who is heard; a pixel still speaks only for itself.

# %% [markdown]
# ## 5 · Count areas instead
#
# A row of 32 pixels, 8 of them tumour. Prediction A finds half of it and nothing else. Prediction B finds all and
# four pixels too much. Both are wrong in 4 pixels.
#
# $$\text{Dice} = \frac{2\,|P\cap T|}{|P|+|T|}\qquad\qquad\text{A: }\frac{2\cdot 4}{4+8}$$
#
# *Predict:* Dice of A and of B, by hand. Which would you rather have for a radiotherapy plan?

# %%
from brainlab.losses import probabilities

my_dice_a, my_dice_b = "?", "?"

row = np.zeros((1, 32), int)
row[:, 12:20] = 1
guess_a, guess_b = np.zeros_like(row), np.zeros_like(row)
guess_a[:, 14:18], guess_b[:, 10:22] = 1, 1
for name, mask in {"truth": row, "A": guess_a, "B": guess_b}.items():
    print(f"{name:6s}" + "".join("·█"[value] for value in mask[0]))
for name, mask, said in (("A", guess_a, my_dice_a), ("B", guess_b, my_dice_b)):
    both = (mask & row).sum()
    dice = 2 * both / (mask.sum() + row.sum())
    print(f"{name}: {(mask != row).sum()} pixels wrong")
    predicted(f"Dice of {name}", said, dice, ".3f")

# %% [markdown]
# To learn from it, Dice must change a little when a probability changes a little. So the areas become sums of
# probabilities: this is **soft Dice** (Milletari et al. 2016). `probabilities` gives the softmax and the one-hot
# truth.
#
# ### Gap 3 · soft Dice
#
# <details><summary>Hint</summary>Which axes may you sum without one image or one class hiding another? What is eps /
# eps, and what should a class score that is neither there nor predicted?</details>


# %% gap="g03_soft_dice"
def soft_dice_loss(logits, target, eps=1e-6):
    """1 - mean soft Dice over images and classes, the background included.

    logits  (B, C, H, W)         target  (B, H, W) int64
    eps     above and below: a class that is neither there nor predicted scores 1
    returns a scalar tensor, differentiable in logits
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. what prediction and truth share       -> (B, C)
    shared = (prob * truth).sum(dim=(2, 3))
    # 2. the areas of both, added up           -> (B, C)
    areas = prob.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    # 3. Dice, with eps above and below        -> (B, C)
    dice = (2 * shared + eps) / (areas + eps)
    # 4. one minus the mean                    -> scalar
    return 1 - dice.mean()
    ### END SOLUTION


# %% check="g03_soft_dice"

# %% [markdown]
# Now a slice **without** ET, and a network that is perfect but for some pixels that it calls ET. The batch holds
# three more slices, with 40 pixels of ET each, all drawn perfectly.
#
# *Predict:* how much does one false pixel add to the loss? And one hundred?

# %%
from brainlab import synth

soft_dice_loss = yours("g03_soft_dice", soft_dice_loss)
my_one, my_hundred = "?", "?"


for number, said in {1: my_one, 100: my_hundred}.items():
    guess, truth = synth.false_pixels(number)
    loss = soft_dice_loss(synth.sure(guess, 4), truth)
    predicted(f"loss of false pixels of ET, {number}", said, loss, ".4f")

# %% [markdown]
# *Look:* the first pixel costs nearly all there is to lose, 1/16: one of four classes in one of four images. After
# it, a hundred cost hardly more. So nothing tells the network to take them back.
#
# <details><summary>And the other way round</summary>A slice that holds 3 pixels of ET weighs in this mean as much as
# one with 300. That is good for small tumours, and bad for the noise at their ends.</details>
#
# ### Gap 4 · one ratio for the batch
#
# <details><summary>Hint</summary>Which single axis joins the sums of gap 3? What is then still averaged?</details>


# %% gap="g03_batch_dice"
def batch_dice_loss(logits, target, eps=1e-6):
    """1 - mean over classes of one soft Dice for the whole batch, the background included.

    logits  (B, C, H, W)         target  (B, H, W) int64
    eps     above and below, as in soft_dice_loss
    returns a scalar tensor, differentiable in logits
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. what prediction and truth share in all images   -> (C,)
    shared = (prob * truth).sum(dim=(0, 2, 3))
    # 2. the areas of both, added up                     -> (C,)
    areas = (prob + truth).sum(dim=(0, 2, 3))
    # 3. Dice, with eps above and below                  -> (C,)
    dice = (2 * shared + eps) / (areas + eps)
    # 4. one minus the mean                              -> scalar
    return 1 - dice.mean()
    ### END SOLUTION


# %% check="g03_batch_dice"

# %%
batch_dice_loss = yours("g03_batch_dice", batch_dice_loss)
print("false pixels   per image   per batch")
for number in (0, 1, 10, 100):
    guess, truth = synth.false_pixels(number)
    both = [loss_fn(synth.sure(guess, 4), truth) for loss_fn in (soft_dice_loss, batch_dice_loss)]
    print(f"{number:8d}{both[0]:15.4f}{both[1]:12.4f}")

# %% [markdown]
# ### Gap 5 · Tversky: which error is worse?
#
# Dice counts a false positive and a missed pixel alike. Salehi et al. 2017 weigh them:
#
# $$TI = \frac{TP}{TP + \alpha\,FP + \beta\,FN}$$
#
# *Predict:* TI of A and of B above for $\alpha = 0.3$, $\beta = 0.7$. Does the difference grow or shrink?
#
# <details><summary>Hint</summary>Which of the two is (1 - prob) * truth? Write TP, FP, FN in words first: predicted
# and there; predicted, not there; there, not predicted.</details>


# %% gap="g03_tversky"
def tversky_loss(logits, target, alpha=0.3, beta=0.7, eps=1e-6):
    """1 - mean over images and classes of TP / (TP + alpha * FP + beta * FN), all three soft.

    logits  (B, C, H, W)         target  (B, H, W) int64
    alpha   weight of the false positives        beta  weight of the false negatives
    eps     added above and below
    returns a scalar tensor, differentiable in logits; soft Dice for alpha = beta = 0.5
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. soft true positives                   -> (B, C)
    tp = (prob * truth).sum(dim=(2, 3))
    # 2. predicted, but not there; there, but not predicted -> (B, C) each
    fp = (prob * (1 - truth)).sum(dim=(2, 3))
    fn = ((1 - prob) * truth).sum(dim=(2, 3))
    # 3. the index, with eps above and below   -> (B, C)
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
# Here is every such prediction at once: a bar of any width, moved by any number of pixels, by a network that is sure,
# in a row of 128 pixels, so that the background is large. Dark is cheap; each panel has its own scale.
#
# *Predict:* a bar that misses the tumour completely: which of the three tells it which way to go? And what can it do
# to pay less?

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
predicted("tells a bar that misses which way to go", my_guide, "none")
view.show(picture, alt="Three losses over shift and width of a bar: all are lowest at the truth")

# %%
in_place = {name: surface[:, list(shifts).index(0)] for name, surface in surfaces.items()}
panels = {"loss (no bar: 1)": in_place}
picture = view.curves(widths, panels, "width of a bar in the right place (truth: 8)")
view.show(picture, alt="Loss against width, lowest at 8; too wide costs less for Dice and Tversky")

# %% [markdown]
# *Look:* where bar and tumour do not touch, no panel has a slope along the shift. There, cross-entropy has one cheap
# way out: down, to no bar at all, the lazy network of section 4. For Dice and Tversky no bar is as bad as a bad bar,
# so it may grow until it touches. And which side of the V is steeper: too small, or too large?
#
# ### Gap 6 · two classes, both losses
#
# Most projects use a weighted sum: Dice for the areas, cross-entropy because it always pulls, if only a little. Here
# for **one** channel, with a sigmoid in place of the softmax (for the lungs of section 10):
#
# <details><summary>Hint</summary>Which line below would turn (B, 1, H, W) and (B, H, W) into (B, B, H, W), and no
# error? Why not take the logarithm of the sigmoid? See notebook 02, section 7.</details>


# %% gap="g03_bce_dice"
def bce_dice_loss(logits, target, alpha=0.5):
    """Return alpha * BCE + (1 - alpha) * (1 - soft Dice) for two classes and one channel.

    logits  (B, 1, H, W), before the sigmoid
    target  (B, H, W) int64: 0 background, 1 tumour
    alpha   from 0, Dice alone, to 1, BCE alone
    returns a scalar tensor, differentiable in logits

    BCE is the mean over all pixels, right for logits of 200 and -200 too. Dice is that of the tumour in each
    image, with eps = 1e-6 above and below, and then the mean over the images.
    """
    ### BEGIN SOLUTION
    # 1. the truth, in shape and type like the logits   -> (B, 1, H, W)
    truth = target.unsqueeze(1).to(logits)
    # 2. BCE, straight from the logits                  -> scalar
    bce = F.binary_cross_entropy_with_logits(logits, truth)
    # 3. the probability of tumour                      -> (B, 1, H, W)
    prob = logits.sigmoid()
    # 4. what they share, and soft Dice of each image   -> (B,)
    shared = (prob * truth).sum(dim=(1, 2, 3))
    dice = (2 * shared + 1e-6) / ((prob + truth).sum(dim=(1, 2, 3)) + 1e-6)
    # 5. both losses, weighed                           -> scalar
    return alpha * bce + (1 - alpha) * (1 - dice.mean())
    ### END SOLUTION


# %% check="g03_bce_dice"

# %% [markdown]
# **Believe:** a loss is a price list. Dice is a price for areas, Tversky sets the price of each error, the batch
# decides what an empty slice costs.

# %% [markdown]
# ## 6 · Who still pulls?
#
# A tumour of 16 pixels in a slice of 4096. The background is right; the tumour's probability $p$ is turned down to
# one in a million: *missed completely*. How hard does a loss pull at its 16 logits then?
#
# One more candidate. Wong et al. 2018 take the logarithm of each area's Dice too, because $-\log x$ grows without end
# as $x$ goes to 0, and an exponent $\gamma < 1$, which goes on pulling when all is nearly right:
#
# $$L = w_D\,\text{mean}_c\,(-\log \text{Dice}_c)^{\gamma} + w_X\,\text{mean}_\text{pixels}\,(-\log p)^{\gamma}$$
#
# *Predict:* rank cross-entropy, focal, soft Dice and this one by their pull at $p = 10^{-4}$.
#
# ### Gap 7 · the exponential-logarithmic loss
#
# <details><summary>Hint</summary>What is the mean of the logarithms, and what the logarithm of the mean? Which one
# says that <i>one</i> class is lost? And where is the slope of x to the power 0.3 infinite?</details>


# %% gap="g03_exp_log"
def exponential_logarithmic_loss(logits, target, dice_weight=0.8, cross_weight=0.2, gamma=0.3):
    """dice_weight * mean of (-log Dice)**gamma + cross_weight * mean of (-log p)**gamma.

    logits  (B, C, H, W)         target  (B, H, W) int64
    Dice    of each class in the whole batch, with 1e-6 above and below; the mean is over classes
    p       probability of the true class; the mean is over pixels, all of the same weight
    returns a scalar tensor, differentiable in logits, even where every pixel is right
    """
    prob, truth = probabilities(logits, target)  # both (B, C, H, W), truth one-hot
    ### BEGIN SOLUTION
    # 1. Dice of each class in the batch       -> (C,)
    shared, areas = (prob * truth).sum(dim=(0, 2, 3)), (prob + truth).sum(dim=(0, 2, 3))
    dice = (2 * shared + 1e-6) / (areas + 1e-6)
    # 2. (-log Dice)**gamma; the slope of x**gamma is infinite at 0, so let x be at least 1e-6   -> (C,)
    of_classes = (-dice.log()).clamp_min(1e-6) ** gamma
    # 3. -log p, in one step from the logits   -> (B, 1, H, W)
    surprise = -torch.log_softmax(logits, dim=1).gather(1, target.unsqueeze(1))
    # 4. (-log p)**gamma, as in step 2         -> (B, 1, H, W)
    of_pixels = surprise.clamp_min(1e-6) ** gamma
    # 5. both means, weighted                  -> scalar
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


def loss_and_pull(loss_fn, p):
    """Return the loss, and how hard it pulls all logits of the spot up together."""
    logits, truth = synth.spot(p)
    loss = loss_fn(logits.requires_grad_(), truth)
    loss.backward()
    return loss.item(), -logits.grad[:, 1][truth == 1].sum().item()


chances = np.logspace(-6, -0.01, 60)
found = {name: np.array([loss_and_pull(fn, p) for p in chances]) for name, fn in candidates.items()}
panels = {
    "loss": {name: values[:, 0] for name, values in found.items()},
    "pull": {name: np.maximum(values[:, 1], 1e-8) for name, values in found.items()},
}
picture = view.curves(chances, panels, "probability of tumour in the spot", panels, logx=True)
picture.axes[1].set_ylim(1e-7, 2)
alt = "Loss and pull of five losses: as p goes to 0 the pull of soft Dice vanishes, the others stay"
view.show(picture, alt=alt)

# %%
at = np.abs(chances - 1e-4).argmin()
pulls = {name: values[at, 1] for name, values in found.items()}
ranked = sorted(pulls, key=pulls.get, reverse=True)
for name in ranked:
    print(f"{name:14s} {pulls[name]:.5f}")
predicted("by pull, strongest first", my_ranking, ", ".join(ranked))

# %% [markdown]
# *Look:* where do the curves of Dice and cross-entropy cross? Follow soft Dice to the left: its loss is at its
# highest there, and nothing moves. Follow focal to the right.
#
# <details><summary>Answer</summary>They cross near p = 0.4 %. Above it Dice pulls tens of times harder, below it has
# given up: its slope in the logit is about p. The logarithm repairs exactly that, since the slope of log p is 1/p.
# Weights pull hardest everywhere, at the price you computed in section 4.</details>
#
# *Careful:* the study that section 9 reads calls a loss "ELL (0.2)". In its code that is $\alpha\,\text{BCE} +
# (1-\alpha)(1-\text{Dice})$, your gap 6: no logarithm of a Dice, no exponent.
#
# **Believe:** look at the gradient where it hurts, at $p \to 0$. A high loss with no slope teaches nothing.

# %% [markdown]
# ## 7 · Borders
#
# The U-Net was made for cells that touch. If a wall one pixel thin is filled in, two cells become one: in pixels
# nothing, in the count of cells everything. The paper's answer is a weight for each *place*:
#
# $$w = 1 + w_0\,\exp\Big(-\frac{(d_1+d_2)^2}{2\sigma^2}\Big)\quad\text{on the background}$$
#
# $d_1$ and $d_2$ are the distances to the nearest and the second nearest object. Distances come from SciPy:

# %%
from scipy import ndimage

cells, walls = synth.touching_cells()  # numbers of the cells, and the thin walls between them
to_cell_1 = ndimage.distance_transform_edt(cells != 1)  # (H, W), 0 on cell 1
print(f"from the corner to cell 1: {to_cell_1[0, 0]:.1f} pixels")

# %% [markdown]
# *Predict:* with $w_0 = 10$, $\sigma = 5$: the weight of a pixel between two cells, each 1 pixel away?
#
# ### Gap 8 · the weight map
#
# <details><summary>Hint</summary><code>ndimage.distance_transform_edt</code> measures to the nearest zero: so of
# which mask must you ask it, for one object? Which distance is 0 on an object's own pixels?</details>


# %% gap="g03_border_weight_map"
def border_weight_map(instances, w0=10.0, sigma=5.0):
    """Return what each pixel counts: 1, and more on the background between two objects.

    instances  (H, W) int: 0 background, else the number of the object; numbers may be missing, as in 0, 2, 7
    w0         what a pixel would count on top if both objects touched it
    sigma      how fast that fades with the distance, in pixels
    returns    (H, W): 1 + w0 * exp(-(d1 + d2)**2 / (2 * sigma**2)) on the background, where d1 and d2 are
               the distances to the nearest and to the second nearest object; 1 inside objects;
               1 everywhere if there are fewer than two objects
    """
    ### BEGIN SOLUTION
    # 1. the numbers of the objects
    numbers = [number for number in np.unique(instances) if number != 0]
    # 2. fewer than two: nothing to keep apart          -> (H, W)
    if len(numbers) < 2:
        return np.ones(instances.shape)
    # 3. how far every pixel is from each object        -> (objects, H, W)
    distances = np.stack([ndimage.distance_transform_edt(instances != number) for number in numbers])
    # 4. the nearest and the second nearest             -> (H, W) each
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
weights_of_places = border_weight_map(cells)
picture = view.weight_map(cells, weights_of_places)
view.show(picture, alt="Four cells, three of them touching, and weights: bright on the walls between")

# %% [markdown]
# Two bad predictions, equally many wrong pixels: one fills all walls, the other takes a rim off the lonely cell.
#
# *Predict:* how many times as much does the first cost, with the map?

# %%
my_times = "?"

truth = torch.from_numpy(cells > 0).long()[None]  # (1, H, W)
rim = np.argwhere((cells == 4) & ndimage.binary_dilation(cells == 0, iterations=3))[: walls.sum()].T
merged, frayed = truth.clone(), truth.clone()
merged[0, walls], frayed[0, *rim] = 1, 0
for name, place in {"without map": np.ones(cells.shape), "with map": weights_of_places}.items():
    place = torch.from_numpy(place).float()[None]
    cost = [losses.border_cross_entropy(synth.sure(x, 2), truth, place) for x in (merged, frayed)]
    print(f"{name:12s} walls {cost[0]:.3f}, rim {cost[1]:.3f}: {cost[0] / cost[1]:.1f} times")
predicted("with the map, walls cost times as much", my_times, cost[0] / cost[1], ".1f")
print(f"for {walls.sum()} pixels each")

# %% [markdown]
# **Believe:** only a loss with weights for places knows that a pixel can be more than a pixel.
#
# All losses at once, on the tumour of section 3. The bars compare each with finding nothing at all.
#
# *Try:* move and grow the prediction. For which losses is it soon cheaper to find nothing, and which one hardly
# complains about a prediction that is too large?

# %%
from brainlab.view import LossExplorer

tumour = labels_to_network(example, z, size, pixel) > 0  # (H, W)
LossExplorer(tumour, to_network(example, z, size, pixel)[3], example.affine, right=6)

# %% [markdown]
# ## 8 · The same network, four losses
#
# Same patients, same first weights, same order of batches, same epochs. Only the loss differs, and three of the four
# are yours. It takes some minutes.
#
# *Predict:* which loss has the best Dice of the whole tumour, and which finds the largest share of small pieces?

# %%
from brainlab.models import UNet
from brainlab.training import fit

my_best_dice, my_best_finder = "?", "?"

train_set, val_set = recipe.slice_sets(split, budget)
rivals = {
    "cross-entropy": losses.cross_entropy,
    "soft Dice": soft_dice_loss,
    "Tversky": tversky_loss,
    "exp-log": exponential_logarithmic_loss,
}
histories, predictions = {}, {}
for name, loss_fn in rivals.items():
    torch.manual_seed(lab.seed)
    network = UNet(width=budget.width)
    print(name)
    histories[name] = fit(network, train_set, val_set, loss_fn, recipe.settings(budget, lab.device, lab.seed))
    predictions[name] = recipe.predict_cases(network, split.test, budget)

# %% [markdown]
# The losses themselves cannot be compared: each has its own unit. Validation Dice can.

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
    f"mean of {len(truths)} patients      WT     TC     ET   false ET in {len(without_et)} patients without"
)
for name, table in tables.items():
    means = np.mean([list(scores.values()) for scores in table.values()], axis=0)
    false = [int((predictions[name][key] == 3).sum()) for key in without_et]
    print(f"{name:20s}" + "".join(f"{value:7.3f}" for value in means) + "   " + ", ".join(map(str, false)))

# %% [markdown]
# *Look:* where the ET column is low, look to its right. A patient without ET scores 0 for a single false pixel: the
# slices of section 5, where soft Dice per image saw no reason to take a hundred of them back.
#
# And the small ones? Every piece of tumour in every slice of the test patients, by its area: which share of it was
# found?

# %%
edges, groups = [0, 50, 150, 500, np.inf], ["< 50", "50-150", "150-500", "> 500"]  # mm2; 50 is a spot of 8 mm
by_area = {}
for name, volumes in predictions.items():
    by_area[name], pieces = recipe.recall_by_area(volumes, split.test, edges)
    false = sum(((volumes[key] > 0) & (truth == 0)).sum() for key, truth in truths.items())
    share = false / max(sum((volume > 0).sum() for volume in volumes.values()), 1)
    print(f"{name:14s} {share:.0%} of what it calls tumour is none")
panels = {"share of a piece that is found": by_area}
picture = view.curves(range(4), panels, "area of the piece in mm²", marker="o")
picture.axes[0].set_xticks(range(4), groups)
picture.axes[0].set_ylim(0, 1)
print("pieces:", ", ".join(f"{n} of {group} mm2" for n, group in zip(pieces, groups)))
of_wt = {name: np.mean([row["WT"] for row in table.values()]) for name, table in tables.items()}
predicted("best Dice of the whole tumour", my_best_dice, max(of_wt, key=of_wt.get))
finder = max(by_area, key=lambda name: by_area[name][1])
predicted("finds most of the pieces of 50 to 150 mm2", my_best_finder, finder)
view.show(picture, alt="Share of a tumour piece that is found against its area, for four losses")

# %%
looked_at = split.test[:3]
planes, marks, guesses, titles = [], [], [], []
for case in looked_at:
    z = case.box[2][0] + small_slice(case)
    planes.append(case.to_full(np.asarray(case.image[:, 3]))[:, :, z])
    marks.append(truths[case.id][:, :, z])
    guesses.append({name: volumes[case.id][:, :, z] for name, volumes in predictions.items()})
    titles.append(f"{case.id[-9:]}, {z}")
affines = [case.affine for case in looked_at]
picture = view.predictions_beside_truth(planes, affines, marks, guesses, titles, margin=14)
view.show(picture, alt="Small pieces of tumour on FLAIR, the truth and what four networks make of them")

# %% [markdown]
# *Look:* who leaves a spot out, who paints too much? Why does it matter that these slices were chosen by the truth
# alone?
#
# <details><summary>What is fair to say</summary>These are short trainings from one seed. Cross-entropy is slow with
# rare classes; with more of everything, in notebook 02, it catches up (validation Dice 0.92). What stays is the kind
# of error: losses that pay for areas and for misses find more of the small pieces and invent more.</details>
#
# **Believe:** choose the loss by the error that hurts, and measure that error. A mean Dice does not show it.

# %% [markdown]
# ## 9 · Reading a table of 22 runs
#
# A confusion matrix holds it all: row = truth, column = prediction.

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
# *Predict:* the specificity of the background class of the lazy network of section 4.
#
# <details><summary>Hint</summary>What is the sum of a row, and what the sum of a column? Which pixels are left when
# TP, FN and FP are gone?</details>


# %% gap="g03_scores"
def class_scores(confusion):
    """Return the scores of each class against all others.

    confusion  (C, C) counts: row = true class, column = predicted class
    returns    {"recall": ..., "precision": ..., "f1": ..., "specificity": ...}, arrays of shape (C,)

    F1 is 2 TP / (2 TP + FP + FN). A score whose denominator is 0 is nan.
    """
    ### BEGIN SOLUTION
    # 1. of this class, and called so: TP                    -> (C,)
    tp = np.diag(confusion)
    # 2. of this class, but called another: FN               -> (C,)
    fn = confusion.sum(axis=1) - tp
    # 3. of another class, but called this: FP               -> (C,)
    fp = confusion.sum(axis=0) - tp
    # 4. of another class, and called another: TN            -> (C,)
    tn = confusion.sum() - tp - fn - fp
    # 5. four ratios; 0 / 0 is nan, and here no cause for a warning
    with np.errstate(invalid="ignore"):
        scores = {"recall": tp / (tp + fn), "precision": tp / (tp + fp)}
        return scores | {"f1": 2 * tp / (2 * tp + fp + fn), "specificity": tn / (tn + fp)}
    ### END SOLUTION


# %% check="g03_scores"

# %%
class_scores = yours("g03_scores", class_scores)
my_specificity = "?"

lazy_matrix = np.zeros((4, 4), int)
lazy_matrix[:, 0] = counts
specificity = class_scores(lazy_matrix)["specificity"][0]
predicted("lazy network, specificity of background", my_specificity, specificity, ".2f")
print("mean of 4 classes      recall  precision     F1  specificity | F1 without background")
for name, matrix in {"lazy": lazy_matrix, **matrices}.items():
    scores = class_scores(matrix)
    told = "".join(f"{np.nanmean(scores[key]):10.3f}" for key in ("recall", "precision", "f1", "specificity"))
    print(f"{name:20s}{told}{np.nanmean(scores['f1'][1:]):15.3f}")

# %% [markdown]
# *Look:* the lazy network, which has found nothing, gets 0.75 for its mean specificity and 0.98 for its precision:
# classes that it never names have none and drop out. Averaging the background in, as the study below does, lifts
# every F1.
#
# The study trained 22 networks: architecture × loss × optimiser × input. We trained the same 22 on the course's
# cohort, more briefly, and two controls (0 and 23). Diamonds are theirs, dots are ours.
#
# *Predict:* the spread of F1 between seeds of the same run, and the difference between ranks 1 and 5.

# %%
from studies.study import published
from studies.table import read_table, summarise
from studies.ranking import ranking

my_spread, my_difference = "?", "?"
rows = read_table()
runs = summarise(rows)
picture = ranking(runs, published())
spread = np.mean([run.spread("f1") for run in runs])
order = sorted((run.mean("f1") for run in runs), reverse=True)
predicted("F1 differs between seeds by", my_spread, spread, ".3f")
predicted("F1 differs between ranks 1 and 5 by", my_difference, order[0] - order[4], ".3f")
view.show(picture, alt="The 22 runs by F1: ours with their spread over seeds, and the study's numbers")

# %% [markdown]
# A ranking answers no question; a **pair** that differs in one thing does:

# %%
from studies.table import QUESTIONS, contrast

theirs = published()
print(f"{'F1, changed minus unchanged':34s}the study    ours   (each pair and seed)")
for name, pairs in QUESTIONS.items():
    said = [theirs[a]["f1"] - theirs[b]["f1"] for a, b in pairs if a in theirs]
    differences, _ = contrast(rows, pairs)
    told = " ".join(f"{value:+.2f}" for value in differences)
    shown = f"{np.mean(said):+.3f}" if said else "-"
    print(f"{name:34s}{shown:>9}{differences.mean():+8.3f}   ({told})")

# %% [markdown]
# *Look:* which differences have one sign for all seeds? Which of the study's are smaller than our spread between
# seeds?
#
# <details><summary>What may be concluded</summary>A difference as large as the spread over seeds is no finding, and
# the study has one run for each row. Rows 2 and 4 of its table agree in all digits although their losses differ: is
# one a copy? Large effects (the optimiser) survive all this; the order of the best ten does not.</details>
#
# **Believe:** a row of a table is one throw of the dice. Ask for pairs that differ in one thing, and for the spread.

# %% [markdown]
# ## 10 · A second organ
#
# Lungs in chest X-rays: the same U-Net with batch normalisation and dropout, one channel in, one logit out. Each mask
# is now a quarter of the picture. Two hospitals: one trains, the other is for validation and test.
#
# These X-rays are drawn by a program.

# %%
from brainlab.recipes import images as image_recipe
from brainlab.view import outlines

sizes = image_recipe.image_sizes(lab.budget)
chests = image_recipe.chest_split(sizes, seed=lab.seed)
chest_train, chest_val = image_recipe.image_sets(chests, sizes, seed=lab.seed)
chest_test = image_recipe.ImageDataset(chests.test, sizes.size).preload()
for name, part in zip(chests._fields, chests):
    print(f"{name:5s} {len(part):3d} X-rays, {part[0].group}")
shown = [chest_test[item] for item in range(min(4, len(chest_test)))]
planes, truths_shown = [x[0].numpy() for x, _ in shown], [y.numpy() for _, y in shown]
picture = outlines(planes, truths_shown, [None] * len(shown), [pair.id for pair in chests.test])
view.show(picture, alt="Synthetic chest X-rays with the outlines of both lungs")

# %% [markdown]
# *Predict:* the accuracy of a network that sees no lung anywhere.
#
# ### Gap 10 · the elastic deformation
#
# The U-Net paper bends its few images: a random vector at each node of a coarse 3 × 3 grid, and smooth in between.
#
# <details><summary>Hint</summary>On which option of <code>F.interpolate</code> does it depend whether the corner
# nodes land on the corner pixels? Which shape does it want, and where do the two components go?</details>


# %% gap="g03_elastic_field"
def elastic_field(shape, sigma=10.0, grid=3, rng=None):
    """Return a smooth random displacement for every pixel, as in the U-Net paper.

    shape   (H, W) of the image
    sigma   standard deviation at the nodes, in pixels
    grid    nodes along each side; the outermost lie on the borders of the image
    rng     numpy.random.Generator; a new one if None
    returns (2, H, W): displacement along H and along W, in pixels; normally distributed at the nodes,
            bicubic between them
    """
    rng = rng or np.random.default_rng()
    ### BEGIN SOLUTION
    # 1. a random vector for each node, from rng        -> (1, 2, grid, grid)
    nodes = torch.from_numpy(rng.normal(0, sigma, size=(1, 2, grid, grid)))
    # 2. enlarge it bicubically, corners on corners     -> (2, H, W)
    return F.interpolate(nodes, size=tuple(shape), mode="bicubic", align_corners=True)[0]
    ### END SOLUTION


# %% check="g03_elastic_field"

# %%
from brainlab.data import warp

elastic_field = yours("g03_elastic_field", elastic_field)
my_lazy_accuracy = "?"


def bend(image, labels, rng, strength=1):
    """Deform image (1, H, W) and labels (H, W) together; the paper's 10 pixels are for 512 x 512."""
    sigma = strength * 10 * len(labels) / 512
    field = torch.as_tensor(elastic_field(labels.shape, sigma=sigma, rng=rng)).float()
    return warp(image, labels, torch.eye(2), field)


chest_train.augment = bend
image, labels = chest_test[0]
strengths = {"as it is": 0, "as in the paper": 1, "four times as much": 4}
bent = [bend(image, labels, np.random.default_rng(2), k) for k in strengths.values()]
picture = outlines([x[0].numpy() for x, _ in bent], [y.numpy() for _, y in bent], [None] * 3, list(strengths))
share = np.mean([y.float().mean() for _, y in chest_test])
predicted("accuracy of no lung anywhere", my_lazy_accuracy, 1 - share, ".1%")
view.show(picture, alt="An X-ray with the outline of the lungs: as it is, gently bent, and bent too far")

# %% [markdown]
# *Try:* go through some seeds. From which σ on could this no longer be a chest?

# %%
from brainlab.view import AugmentPreview

x_ray, mask = chest_test[0]  # (1, H, W), (H, W)
AugmentPreview(x_ray[0], mask, seed=2)

# %% [markdown]
# Two trainings on bent images: cross-entropy alone (`alpha=1` in your gap 6) and Dice alone (`alpha=0`).
#
# *Predict:* accuracy and Dice of the second on the other hospital's X-rays.

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
print("of the test X-rays  accuracy   Dice")
for name, model in lungs.items():
    scores = image_recipe.binary_scores(model, chest_test)
    print(f"{name:20s}{scores['accuracy']:8.1%}{scores['dice']:8.3f}")
print(f"{'no lung anywhere':20s}{1 - share:8.1%}{0:8.3f}")
predicted("Dice loss, accuracy on the test X-rays", my_lung_accuracy, scores["accuracy"], ".1%")
predicted("Dice loss, Dice on the test X-rays", my_lung_dice, scores["dice"], ".3f")


# %%
def draw_both(dataset, ids):
    """Draw the X-rays of a set, one row for each network."""
    truths = [labels.numpy() for _, labels in dataset]
    guesses, titles = [], []
    for name, model in lungs.items():
        masks = image_recipe.predict_masks(model, dataset)  # (N, H, W)
        guesses += list(masks)
        titles += [f"{key}, {name}\nDice {dice(*pair):.3f}" for key, *pair in zip(ids, masks, truths)]
    images = [image[0].numpy() for image, _ in dataset]
    return outlines(2 * images, 2 * truths, guesses, titles, columns=len(images))


four = chests.test[:4]
picture = draw_both(image_recipe.ImageDataset(four, sizes.size), [pair.id for pair in four])
view.show(
    picture, alt="Test X-rays with the outlines of the true and the predicted lungs, a row for each network"
)

# %% [markdown]
# *Look:* seeing nothing already has most of the accuracy, and even a sloppy outline is 95 % right. The reference
# study reports 97 %; what would you ask its authors? And do networks that know only drawn X-rays see lungs in real
# ones?

# %%
import os
from pathlib import Path

from brainlab.data import find_chest

folder = Path(os.environ.get("BRAINLAB_REAL_DATA", "nowhere")) / "cxr"  # or your own folder
real = [pair for pair in find_chest(folder) if pair.has_mask][:4] if folder.is_dir() else []
if real:
    picture = draw_both(image_recipe.ImageDataset(real, sizes.size), [f"real {pair.id}" for pair in real])
else:
    print("No folder of real X-rays was given: the drawn ones again.")
view.show(
    picture, alt="X-rays, real ones if a folder was given, with true and predicted outlines of the lungs"
)

# %% [markdown]
# **Believe:** where a class fills a quarter of the image, the choice of loss hardly matters; where it fills a
# thousandth, it decides. Accuracy flatters in both.

# %% [markdown]
# ## 11 · Break it: three bugs
#
# This loss comes from a project "that did not learn". No line of it raises an error.


# %%
def broken_loss(logits, target):
    """Cross-entropy + 1 - soft Dice, found in a project that did not learn. Three bugs are in it."""
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
# *Predict:* what a right loss says to (a) a perfect prediction, (b) a perfect prediction of a healthy slice.

# %%
my_a, my_b = "?", "?"


quarters = torch.arange(4).repeat_interleave(16).view(1, 8, 8)  # every class a quarter
healthy = torch.zeros(1, 8, 8, dtype=torch.int64)
predicted("(a) a right loss of a perfect prediction", my_a, 0)
predicted("(b) a right loss of a perfect, healthy slice", my_b, 0)
print(f"the broken loss says (a) {broken_loss(synth.sure(quarters, 4), quarters):.4f}", end="")
print(f" and (b) {broken_loss(synth.sure(healthy, 4), healthy):.4f}")


def sweep(loss_fn, t):
    """Return the loss if the tumour pixels get the logit t, in 8 x 8 pixels."""
    return loss_fn(*synth.spot(1 / (1 + np.exp(-t)), size=8)).item()


ts = np.linspace(-3, 3, 61)
lines = {"broken": [sweep(broken_loss, t) for t in ts]}
picture = view.curves(ts, {"(c) loss": lines}, "logit of the tumour")
view.show(picture, alt="The broken loss against the logit of a spot: nearly flat, with one jump at 0")

# %% [markdown]
# *Look:* why can (a) not get to 0? (b) is better than perfect by how much? (c) where is the slope?
#
# ### Gap 11 · repair it
#
# <details><summary>Hint</summary>Which input does <code>F.cross_entropy</code> expect? What is eps / eps, and what 2
# eps / eps? What is the derivative of a staircase?</details>


# %% gap="g03_bug_hunt"
def repaired_loss(logits, target):
    """Return cross-entropy + 1 - soft Dice, as `broken_loss` should have been.

    logits  (B, C, H, W)                target  (B, H, W) int64
    returns a scalar tensor, differentiable in logits

    Cross-entropy is the mean over all pixels, Dice the mean over images and classes, background included. A
    class that is neither there nor predicted has Dice 1.
    """
    eps = 1e-6
    ### BEGIN SOLUTION
    # 1. the cross-entropy                              -> scalar
    cross_entropy_part = F.cross_entropy(logits, target)
    # 2. prediction and truth                           -> (B, C, H, W) each
    pred = logits.softmax(dim=1)
    truth = F.one_hot(target, logits.shape[1]).movedim(-1, 1)
    # 3. what they share, and the size of both together -> (B, C) each
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
view.show(picture, alt="The broken loss has a jump at 0, the repaired one slides down evenly")

# %% [markdown]
# <details><summary>The three, and where they were met</summary>The softmax before a function that takes logits
# (NVIDIA/DeepLearningExamples#468); eps inside the factor 2, so that an absent class scores 2
# (milesial/Pytorch-UNet#24); argmax, whose gradient is 0, before the ratio.</details>
#
# **Believe:** a wrong loss raises no error, it only learns worse. Test it where you know the answer: perfect, empty,
# and one logit swept.

# %% [markdown]
# ## 12 · Explain
#
# A clinic wants to find small new spots early. A colleague says: "Take the loss with the best mean Dice of section 8;
# and in the study's table ELL, in row 1, beats all others anyway."
#
# In two to four sentences, with your numbers: which loss would you take and what does it cost, why does mean Dice not
# answer the question, and what is missing before one row of a table "beats" another?

# %% [markdown] explain="g03_explain"
# ### BEGIN SOLUTION
# I would take a loss that pays for misses, such as Tversky: in the run above it found three quarters of the pieces of
# 50 to 150 mm² where cross-entropy found four tenths, and 18 % of what it called tumour was none, against 10 %.
# Mean Dice is ruled by the large tumour of each patient (a missed spot of 8 mm changes it in the third digit) and by
# patients without ET, for whom one false pixel makes 0; one should measure the recall of small pieces and the number
# of false ones. Row 1 differs from the others in network *and* loss, its "ELL" is BCE + Dice, and it was trained
# once: pairs that differ in the loss alone, several seeds and a paired comparison on the same patients are missing.
#
# *Rubric, 6 points.* Two answers that earn each point, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: a choice, with numbers of small pieces | "Tversky: it finds 75 % of the pieces of 50 to 150 mm², cross-entropy 40 %." | "Exp-log, because its curve is highest at the left end of my figure, 0.6 against 0.4." |
# | 1: its price | "18 % of what it calls tumour is none, against 10 %." | "More false alarms: ET in two of the patients without any." |
# | 1: large areas rule mean Dice | "A missed spot changes the third digit." | "The big rest of the tumour decides the 0.93; the spot is not in it." |
# | 1: empty classes jump | "One false pixel turns a patient without ET from 1 to 0." | "The ET column is ruled by those who have none." |
# | 1: chance | "Row 1 was trained once; seeds alone differ by 0.05." | "Without the spread over seeds, or an interval over patients, 'beats' means nothing." |
# | 1: one thing at a time | "Row 1 has another network as well." | "Its 'ELL' is BCE + Dice, so it says nothing about the loss of that name." |
#
# "More data" alone earns nothing.
# ### END SOLUTION

# %% [markdown]
# ## 13 · Summary
#
# - Cross-entropy counts pixels, nearly all of them background. Weights and the focal factor change who is heard.
# - Dice counts areas; image or batch decides what an empty class costs; Tversky prices misses and inventions apart.
# - At p → 0 soft Dice has no slope; the logarithm brings it back. Only weights for places know borders.
# - Choose by the error that hurts, measure that error, and compare pairs over several seeds.
# - Test a loss at perfect, at empty, and along one logit.
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
