# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 02 · The U-Net
#
# {{badge}}
#
# {{table}}

# %% [markdown]
# ## 1 · What you will be able to do
#
# At the end of this notebook you can
#
# 1. say which pixels a convolution sees and how many it leaves, and choose sizes that fit a network;
# 2. build a U-Net from its parts, as in the paper and with padding;
# 3. train it: the loss, one step, the best epoch, and what learning curves tell;
# 4. turn probabilities into labels, and compare two networks fairly.
#
# **The patient.** How large is the tumour, has it grown since the last scan, what may the surgeon take, where must
# the radiation go? All of these begin with an outline. By hand it takes an hour a patient, and two radiologists do
# not draw the same one. *Semantic segmentation* gives every pixel one of four classes: background, necrotic core
# (NCR), oedema (ED), enhancing tumour (ET). Doctors ask about unions of them: the **whole tumour** WT = all three,
# the **tumour core** TC = NCR + ET, and ET alone.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# The four pictures on the left are all that the network gets. In two hours a network of yours draws the one on the
# right by itself, for patients that it has never seen.

# %%
from brainlab import view


def enhancing(case):
    """Return how many voxels enhance; 0 without a segmentation."""
    return (case.seg() == 3).sum() if case.has_seg else 0


example = max(lab.open(patients=3), key=enhancing)
picture = view.modalities(example.image(), example.affine, example.seg(), title=example.id)
view.show(picture, alt="A slice in T1, T1 with contrast, T2, FLAIR, and FLAIR with labels if there are any")

# %% [markdown]
# *Look:* cover the coloured picture and point at the border of the oedema. Which modality did you use? And for the
# ring?

# %% [markdown]
# ## 4 · What a convolution sees
#
# A convolution lays a small kernel over every place of the image, multiplies and sums up. Here is one made by hand: 8
# in the middle, -1 around. On a flat area it gives 0, at an edge it does not. With **dilation** 4 the same nine taps
# stand 4 pixels apart: it looks further for the same nine weights (Yu and Koltun 2016).

# %%
import torch.nn.functional as F
from torch import nn

from brainlab.recipes import segmentation as recipe
from brainlab.data import cache_case, to_network

cached = cache_case(example)
z = int(cached.label_counts[:, 1:].sum(axis=1).argmax()) if cached.has_labels else len(cached) // 2
size, pixel = lab.budget.size, recipe.pixel_of(cached, lab.budget)
image = torch.from_numpy(to_network(cached, z, size, pixel))[None]  # (1, 4, H, W), z-scored
flair = image[:, 3:]  # (1, 1, H, W)

kernel = torch.tensor([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]).view(1, 1, 3, 3)
edges = F.conv2d(flair, kernel)
far_edges = F.conv2d(flair, kernel, dilation=4)

planes = [plane[0, 0].numpy() for plane in (flair, edges.abs(), far_edges.abs())]
titles = ["FLAIR as the network sees it", "3 x 3", "3 x 3, dilation 4"]
picture = view.mosaic(planes, [example.affine] * 3, titles=titles)
view.show(picture, alt="A FLAIR slice and its edges: fine ones from 3 x 3, coarse ones with dilation 4")

# %% [markdown]
# Where the kernel would hang over the border there is no output: this is a **valid** convolution. So the results are
# smaller than the slice.
#
# *Predict:* how many rows does the result with dilation 4 have? Write your number into `my_rows`, then run.

# %%
my_rows = "?"

print(f"the slice has {flair.shape[-2]} rows, the plain result {edges.shape[-2]}")
predicted("rows with dilation 4", my_rows, far_edges.shape[-2])

# %% [markdown]
# ### Gap 1 · how many pixels are left?
#
# *Padding* adds pixels at both ends, *stride* is the step from one place of the kernel to the next.
#
# <details><summary>Hint</summary>How many pixels are there from the first tap to the last, both included? Put that at
# the left end: how many steps can it take until it meets the right end? Whole-number division is
# <code>//</code>.</details>


# %% gap="g02_conv_output_size"
def conv_output_size(size, kernel, padding=0, stride=1, dilation=1):
    """Return how many pixels a convolution makes of `size` pixels, along one axis.

    size      pixels of the input             kernel   taps of the kernel
    padding   pixels added at each end        stride   pixels from one place to the next
    dilation  pixels from one tap to the next; 1 is an ordinary convolution
    returns   whole number
    """
    ### BEGIN SOLUTION
    # 1. pixels from the first tap to the last, both included
    reach = dilation * (kernel - 1) + 1
    # 2. steps until the last tap meets the end of the padded image, and one more place for the first
    return (size + 2 * padding - reach) // stride + 1
    ### END SOLUTION


# %% check="g02_conv_output_size"

# %%
conv_output_size = yours("g02_conv_output_size", conv_output_size)
rows = flair.shape[-2]
print("two valid convolutions:      ", conv_output_size(conv_output_size(rows, 3), 3))
padded_once = conv_output_size(rows, 3, padding=1)
print("two with one pixel of padding:", conv_output_size(padded_once, 3, padding=1))

# %% [markdown]
# ### Gap 2 · the block of the U-Net
#
# At every level the paper has two 3 × 3 convolutions, each followed by a ReLU. We put a *batch normalisation* between
# convolution and ReLU; it was new in 2015 and makes training much faster. `padded=False` is the paper, `padded=True`
# keeps the size.
#
# <details><summary>Hint</summary>How many channels does the second convolution receive? Which padding keeps the size,
# by gap 1? The parts: <code>nn.Conv2d</code>, <code>nn.BatchNorm2d</code>, <code>nn.ReLU</code>;
# <code>nn.Sequential.__init__</code> takes them in order.</details>


# %% gap="g02_conv_block"
class ConvBlock(nn.Sequential):
    """Twice: 3 x 3 convolution, batch normalisation, ReLU.

    x       (B, in_channels, H, W)
    returns (B, out_channels, H, W) if padded, else (B, out_channels, H - 4, W - 4)
    """

    def __init__(self, in_channels, out_channels, padded=True):
        ### BEGIN SOLUTION
        # 1. the padding that keeps the size of a 3 x 3 convolution, or none
        padding = 1 if padded else 0
        # 2. convolution, batch normalisation, ReLU -> (B, out_channels, ...)
        # 3. the same again                         -> (B, out_channels, ...)
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )
        ### END SOLUTION


# %% check="g02_conv_block"

# %% [markdown]
# How far does an output pixel see? Ask autograd: the gradient of *one* output pixel with respect to the image is 0
# wherever a change of the image cannot matter. What is left is its **receptive field**.
#
# *Predict:* which of these sees furthest: your block, the same two convolutions with dilation 4, or a U-Net with two
# poolings?

# %%
from brainlab.models import influence

ConvBlock = yours("g02_conv_block", ConvBlock)
my_furthest = "?"

torch.manual_seed(lab.seed)
dilated = nn.Sequential(nn.Conv2d(4, 8, 3, dilation=4), nn.Conv2d(8, 8, 3, dilation=4))
networks = {
    "your block": ConvBlock(4, 8),
    "two convolutions, dilation 4": dilated,
    "U-Net, 2 poolings": brainlab.models.UNet(width=8, depth=2),
    "U-Net, 4 poolings": brainlab.models.UNet(width=8, depth=4),
}
fig, axes = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained")
for ax, (name, network) in zip(axes, networks.items()):
    field = influence(network.eval(), size=96, channels=4).numpy()  # (96, 96)
    rows = np.flatnonzero(field.any(axis=1))
    ax.imshow((field / field.max()) ** 0.25, cmap="viridis")
    ax.set(title=f"{name}:\n{rows[-1] - rows[0] + 1} of 96 pixels", xticks=[], yticks=[])
plt.close(fig)
predicted("sees furthest of the first three", my_furthest, "U-Net")
view.show(fig, alt="Receptive fields: a tiny square, nine dots, a larger square, the whole image")

# %% [markdown]
# *Look:* the middle counts for more than the rim, everywhere. What does the dilated pair leave out?
#
# <details><summary>Answer</summary>Everything between its taps. It looks at 17 pixels but samples only 25 of the 289
# places. Yu and Koltun let the dilation grow from layer to layer, 1, 2, 4, …, so that nothing is skipped.</details>
#
# *Try:* how far do three layers see without dilation, with 4 in each, and doubled from 1, and which leave holes?

# %%
from brainlab.view import ReceptiveField

ReceptiveField(layers=3, dilation=4)

# %% [markdown]
# **Believe:** a pixel knows its receptive field and nothing else. Convolutions widen it slowly, dilation widens it
# with holes, pooling widens it fast.

# %% [markdown]
# ## 5 · Down, up and across
#
# Pooling doubles the view and halves the picture. Going down three times tells *that* there is a tumour, but no
# longer *where* its border is:

# %%
pooled = F.max_pool2d(flair, 8)  # (1, 1, H/8, W/8)
back = F.interpolate(pooled, scale_factor=8, mode="bilinear")  # (1, 1, H, W)
planes = [plane[0, 0].numpy() for plane in (flair, pooled, back)]
titles = [f"FLAIR, {planes[0].shape[0]} pixels", f"pooled, {planes[1].shape[0]} pixels", "brought back up"]
picture = view.mosaic(planes, [example.affine] * 3, titles=titles)
view.show(picture, alt="A FLAIR slice, the same pooled three times, and enlarged again: blurred")

# %% [markdown]
# The U-Net therefore joins two things on the way up: what came from below, which knows *what* it is, and a copy from
# the way down, made before the pooling, which knows *where* it is. The copy is the **skip connection**.
#
# In the paper nothing is padded, so the copy is larger than what comes up from below. It is cropped to its middle:
#
# ```
# skip connection (B, 512, 64, 64) ──crop──▶ (B, 512, 56, 56) ┐
#                                                             ├─ concatenate ▶ (B, 1024, 56, 56)
# up-convolution                             (B, 512, 56, 56) ┘
# ```
#
# *Predict:* how many pixels are cut off at each side? And if the copy had 57 pixels?

# %%
my_cut = "?"

predicted("cut off at each side, (64 - 56) // 2", my_cut, (64 - 56) // 2)
print(f"(57 - 56) // 2 = {(57 - 56) // 2} in front, so the 1 is cut behind")

# %% [markdown]
# ### Gap 3 · crop and concatenate
#
# <details><summary>Hint</summary>What goes wrong with <code>skip[:, :, d:-d, d:-d]</code> when nothing has to be cut,
# or an odd number? Where does the crop start, and where does it end if it must be exactly h long? Join with
# <code>torch.cat</code>; which axis is the channels?</details>


# %% gap="g02_crop_and_concat"
def crop_and_concat(skip, x):
    """Crop the skip connection to the size of `x`, and put it in front of `x`.

    skip    (B, S, H, W)            x  (B, C, h, w) with h <= H, w <= W
    returns (B, S + C, h, w): the middle of skip, then x
    """
    ### BEGIN SOLUTION
    h, w = x.shape[-2:]
    # 1. where the crop starts: half of what is too much, along each axis
    top, left = (skip.shape[-2] - h) // 2, (skip.shape[-1] - w) // 2
    # 2. the middle of the skip connection          -> (B, S, h, w)
    middle = skip[:, :, top : top + h, left : left + w]
    # 3. join along the channels, the skip in front -> (B, S + C, h, w)
    return torch.cat([middle, x], dim=1)
    ### END SOLUTION


# %% check="g02_crop_and_concat"

# %% [markdown]
# ### Gap 4 · one step up
#
# An **up-convolution** (`nn.ConvTranspose2d`, 2 × 2 with stride 2) makes four pixels of one, with weights that are
# learnt. Then the skip connection joins, and a `ConvBlock` mixes the two.
#
# <details><summary>Hint</summary>How many channels are there after the concatenation, and which of the three numbers
# is already used up by then? Does the block below know whether you want padding?</details>


# %% gap="g02_up_block"
class UpBlock(nn.Module):
    """Double the size, join the skip connection, convolve.

    x       (B, in_channels, h, w), from the level below
    skip    (B, skip_channels, H, W), at least 2h x 2w
    returns (B, out_channels, 2h, 2w) if padded, else 4 pixels less along each axis
    """

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. the up-convolution, from in_channels to out_channels
        self.up = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        # 2. a ConvBlock for what there is after the concatenation
        self.block = ConvBlock(skip_channels + out_channels, out_channels, padded=padded)
        ### END SOLUTION

    def forward(self, x, skip):
        ### BEGIN SOLUTION
        # 3. double the size                -> (B, out_channels, 2h, 2w)
        x = self.up(x)
        # 4. crop and join the skip         -> (B, skip_channels + out_channels, 2h, 2w)
        x = crop_and_concat(skip, x)
        # 5. mix                            -> (B, out_channels, ...)
        return self.block(x)
        ### END SOLUTION


# %% check="g02_up_block"

# %% [markdown]
# The way of one axis through the whole network, by gap 1:

# %%
crop_and_concat = yours("g02_crop_and_concat", crop_and_concat)
UpBlock = yours("g02_up_block", UpBlock)


def sizes_along(size, padded, depth=4):
    """Return the size after every layer of a U-Net."""
    padding = int(padded)
    sizes = [size]
    for level in range(2 * depth + 1):
        for _ in range(2):
            sizes.append(conv_output_size(sizes[-1], 3, padding=padding))
        if level < 2 * depth:
            sizes.append(sizes[-1] // 2 if level < depth else 2 * sizes[-1])
    return sizes


fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for padded, name, style in ((False, "the paper, unpadded", "o-"), (True, "padded", "s--")):
    sizes = sizes_along(572 if not padded else 576, padded)
    ax.plot(sizes, style, markersize=4, label=f"{name}: {sizes[0]} to {sizes[-1]}")
ax.set(yscale="log", xlabel="layer", ylabel="pixels along one axis")
ax.set_yticks([32, 64, 128, 256, 512], ["32", "64", "128", "256", "512"])
ax.minorticks_off()
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.close(fig)
view.show(fig, alt="Size after each layer: both curves form a U; the unpadded one ends lower than it began")

# %% [markdown]
# *Look:* here is the U. The paper's network gets 572 pixels and returns 388: where are the other 184?
#
# <details><summary>Answer</summary>They are context. The outer 92 pixels at each side are seen but not segmented; who
# wants them has to bring still more image. Section 6 shows how.</details>
#
# **Believe:** the skip connection brings back *where*, the way through the bottom brings *what*.

# %% [markdown]
# ## 6 · The whole U
#
# Every pooling needs an even number. With padding that is easy: 2, 4, 8 or 16 must divide the size. Without padding
# each block takes 4 pixels *before* the pooling. The way down, for two sizes:

# %%
for start in (572, 570):
    told, now = [], start
    for level in range(4):
        left_over = conv_output_size(conv_output_size(now, 3), 3)
        told.append(f"{now} → {left_over}{'' if left_over % 2 == 0 else ' (odd!)'}")
        now = left_over // 2
    print("   pool ".join(told), "  pool", now)

# %% [markdown]
# *Predict:* our slices have 96 pixels in the padded network. The paper's network at depth 4: does it take 256 pixels?

# %%
my_answer_for_256 = "?"

below, above = brainlab.models.valid_size(256)
predicted("does it take 256", my_answer_for_256, "yes" if below == 256 else "no")
print(f"the sizes that fit near 256 are {below} and {above}")

# %% [markdown]
# ### Gap 5 · the nearest sizes that fit
#
# <details><summary>Hint</summary>Can you write a function inside yours that says whether one size fits? Walk down as
# in the cell above and stop at the first odd number; below the last pooling one more block takes its 4 pixels. Then
# walk from <code>size</code> in both directions.</details>


# %% gap="g02_valid_size"
def valid_size(size, depth=4):
    """Return the nearest sizes that fit a U-Net without padding.

    size    pixels, large enough for the network
    depth   number of poolings; each level has two 3 x 3 convolutions
    returns (below, above): the largest that fits up to `size`, the smallest from `size` on
    """
    ### BEGIN SOLUTION
    def fits(n):
        # 1. at each level: the block takes 4, what is left must be even, pooling halves it
        for _ in range(depth):
            n -= 4
            if n <= 0 or n % 2:
                return False
            n //= 2
        # 2. the block at the bottom must leave something
        return n > 4

    # 3. from size down, and from size up, to the first that fits
    below = next(n for n in range(size, 0, -1) if fits(n))
    above = next(n for n in range(size, 2 * size + 500) if fits(n))
    return below, above
    ### END SOLUTION


# %% check="g02_valid_size"

# %% [markdown]
# ### Gap 6 · the forward pass
#
# The layers are given; what happens to `x` is yours. `F.max_pool2d(x, 2)` pools.
#
# <details><summary>Hint</summary>At which moment is a feature map sharp *and* already worth keeping: before or after
# the pooling? The way up meets the levels in which order? <code>zip</code> and <code>reversed</code>, or
# <code>list.pop</code>.</details>


# %% gap="g02_unet_forward"
class UNet(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H', W').

    H' = H and W' = W if padded. `width` is the number of channels of the first level, 64 in the paper;
    each level below has twice as many. `depth` is the number of poolings.
    """

    def __init__(self, in_channels=4, num_classes=4, width=16, depth=4, padded=True):
        super().__init__()
        self.depth = depth
        widths = [width * 2**level for level in range(depth)]  # 64, 128, 256, 512 in the paper
        self.down = nn.ModuleList()
        channels = in_channels
        for w in widths:
            self.down.append(ConvBlock(channels, w, padded=padded))
            channels = w
        self.bottom = ConvBlock(channels, 2 * channels, padded=padded)
        self.up = nn.ModuleList(UpBlock(2 * w, w, w, padded=padded) for w in reversed(widths))
        self.head = nn.Conv2d(width, num_classes, kernel_size=1)

    def forward(self, x):
        ### BEGIN SOLUTION
        skips = []
        # 1. for each block on the way down: convolve, keep the result, pool -> (B, w, H/2, W/2)
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        # 2. the bottom                                                      -> (B, 2w, h, w)
        x = self.bottom(x)
        # 3. for each block on the way up: with the kept one of its level    -> (B, w, 2h, 2w)
        for block, skip in zip(self.up, reversed(skips)):
            x = block(x, skip)
        # 4. one number for each class and pixel; no softmax                 -> (B, num_classes, H', W')
        return self.head(x)
        ### END SOLUTION


# %% check="g02_unet_forward"

# %%
from brainlab.models import count_parameters

valid_size = yours("g02_valid_size", valid_size)
UNet = yours("g02_unet_forward", UNet)
for width in (8, 16, 64):
    print(f"width {width:2d}: {count_parameters(UNet(width=width)):>10,} weights")
paper = UNet(1, 2, width=2, padded=False).eval()
with torch.no_grad():
    print("the paper's input of 572 becomes", tuple(paper(torch.zeros(1, 1, 572, 572)).shape))

# %% [markdown]
# Why would anybody work without padding? Zeros at the border are an invention: next to a tile's edge a padded network
# sees black where there is brain. Without padding it sees nothing that is not there. So a large image can be cut into
# **overlapping tiles** and the results put side by side. Beyond the border of the image itself, the image is
# mirrored.
#
# *Predict:* the largest difference between the result from tiles and the result from the whole image at once, for
# logits of size about 1?

# %%
from brainlab.inference import mirror_pad, overlap_tile

my_difference = "?"

torch.manual_seed(lab.seed)
unpadded = UNet(width=4, depth=2, padded=False).eval()
margin = 20  # what this network loses at each side
tile = valid_size(80, depth=2)[1]
one_tile = valid_size(size + 2 * margin, depth=2)[1]  # large enough for the whole slice
with torch.no_grad():
    by_tiles = overlap_tile(unpadded, image, tile)  # (1, 4, H, W)
    at_once = overlap_tile(unpadded, image, one_tile)
largest = (by_tiles - at_once).abs().max()
print(f"tiles see {tile} and give {tile - 2 * margin} pixels")
predicted("largest difference", my_difference, largest, ".1e")

# %%
from brainlab.view import oriented, to_grey

wide = mirror_pad(image, (margin, margin), (margin, margin))[0, 3].numpy()  # (H + 40, W + 40)
step = tile - 2 * margin  # what a tile gives, and how far the next one is
fig, ax = plt.subplots(figsize=(3.8, 3.8), layout="constrained")
ax.imshow(oriented(to_grey(wide), example.affine), cmap="gray")
for k, style in enumerate(("solid", "dashed")):  # two neighbours
    seen, given = np.zeros_like(wide), np.zeros_like(wide)
    top = k * step
    seen[top : top + tile, step : step + tile] = 1
    given[top + margin : top + margin + step, step + margin : 2 * step + margin] = 1
    for mask, colour in ((seen, "#56B4E9"), (given, "#F0E442")):
        line = {"colors": [colour], "linewidths": 2, "linestyles": style}
        ax.contour(oriented(mask, example.affine), levels=[0.5], **line)
ax.text(0.02, 0.5, "R", color="white", transform=ax.transAxes)
ax.text(0.94, 0.5, "L", color="white", transform=ax.transAxes)
ax.set(xticks=[], yticks=[])
ax.set_title("blue: what a tile sees, yellow: what it gives", fontsize=9)
plt.close(fig)
view.show(fig, alt="Two tiles on a mirrored slice: what they see overlaps, what they give lies side by side")

# %% [markdown]
# *Look:* the solid and the dashed tile are neighbours. Which squares overlap, and which lie side by side? Where does
# a tile see mirrored brain?
#
# **Believe:** without padding, tiles have no seams, and an image of any size can be segmented. With padding the sizes
# are simpler and the border is a little less honest. A brain slice fits as a whole, so from here on we pad.

# %% [markdown]
# ## 7 · What it learns from
#
# The network returns four **logits** a pixel: any numbers. Softmax turns them into probabilities; the
# **cross-entropy** is minus the logarithm of the probability that the *true* class got:
#
# $$\text{loss} = -\frac{1}{N}\sum_{\text{pixels}} \log p_{\text{true class}},\qquad
# p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$
#
# One pixel, by hand. Truth: oedema, class 2.

# %%
z_pixel = torch.tensor([2.0, -1.0, 1.0, 0.0])  # logits of background, NCR, ED, ET
p_pixel = z_pixel.softmax(dim=0)
print("probabilities:", p_pixel.numpy().round(3), "· loss", round(-p_pixel[2].log().item(), 3))
print("the same from the logits at once:", round(-z_pixel.log_softmax(dim=0)[2].item(), 3))
far_off = 200 * z_pixel
print("logits of hundreds, log of the softmax:", -far_off.softmax(dim=0)[2].log().item())
print("logits of hundreds, log_softmax:       ", -far_off.log_softmax(dim=0)[2].item())

# %% [markdown]
# The last two lines are why one does not take the logarithm of a softmax: it has already been rounded to 0.
#
# *Predict:* what is the loss of a network that knows nothing and gives each class 1/4? (Every first epoch should
# start near it.)

# %%
my_loss = "?"

predicted("loss of knowing nothing, -log(1/4)", my_loss, np.log(4), ".3f")

# %% [markdown]
# ### Gap 7 · cross-entropy from logits
#
# <details><summary>Hint</summary>Along which axis do the four numbers of one pixel lie? How do you pick, for each
# pixel, the one entry that its label names? <code>log_softmax</code>, and <code>gather</code> with
# <code>target.unsqueeze(1)</code>, or a one-hot product.</details>


# %% gap="g02_cross_entropy"
def cross_entropy(logits, target):
    """Return the mean of -log(probability of the true class) over all pixels.

    logits  (B, C, H, W) any numbers             target  (B, H, W) int64, the true class
    returns a scalar tensor, differentiable in logits; finite for logits of hundreds too
    """
    ### BEGIN SOLUTION
    # 1. the logarithm of the probabilities, in one step  -> (B, C, H, W)
    log_prob = logits.log_softmax(dim=1)
    # 2. of each pixel the entry of its true class        -> (B, 1, H, W)
    true_class = log_prob.gather(1, target.unsqueeze(1))
    # 3. minus the mean
    return -true_class.mean()
    ### END SOLUTION


# %% check="g02_cross_entropy"

# %% [markdown]
# ### Gap 8 · one training step
#
# One weight, one step, as an example. The loss is $(w-3)^2$; at $w = 1$ its slope is $-4$, and the step goes against
# the slope:

# %%
w = nn.Parameter(torch.tensor(1.0))
optimizer = torch.optim.SGD([w], lr=0.1)
loss = (w - 3) ** 2
loss.backward()  # computes the gradient and ADDS it to w.grad
print("gradient", w.grad.item())
optimizer.step()  # w = w - lr * gradient
print("w is now", round(w.item(), 3), "and its gradient is still", w.grad.item())

# %% [markdown]
# *Predict:* if the next step forgets `optimizer.zero_grad()`, will it be too short, too long, or unchanged?

# %%
my_step = "?"

loss = (w - 3) ** 2
loss.backward()
predicted("without zero_grad the next step is", my_step, "too long")
print(f"the gradient is {2 * (w.item() - 3):.1f}, but w.grad holds {w.grad.item():.1f}: the old one is in it")

# %% [markdown]
# <details><summary>Hint for the gap</summary>In which mode did a validation leave the network? What must be gone
# before <code>backward</code>? And what does a tensor drag along that a plain number does not?
# <code>loss.item()</code>.</details>


# %% gap="g02_train_step"
def train_step(model, batch, loss_fn, optimizer):
    """Improve the weights once, on one batch.

    model     images (B, 4, H, W) to logits (B, C, H, W)
    batch     (images, target): (B, 4, H, W) and (B, H, W)
    loss_fn   loss_fn(logits, target) gives a scalar tensor
    optimizer over the weights of the model
    returns   the loss before the step, a plain number
    """
    ### BEGIN SOLUTION
    images, target = batch
    # 1. training mode: batch normalisation uses this batch
    model.train()
    # 2. forget the gradients of the last batch
    optimizer.zero_grad()
    # 3. logits, then the loss     -> (B, C, H, W), scalar
    loss = loss_fn(model(images), target)
    # 4. gradients, then the step
    loss.backward()
    optimizer.step()
    # 5. the number without its graph
    return loss.item()
    ### END SOLUTION


# %% check="g02_train_step"

# %% [markdown]
# Now the data: split **by patient**, as in notebook 01. If cases are missing they are made now, which can take a
# minute.

# %%
from brainlab.data import split_by_patient

cross_entropy = yours("g02_cross_entropy", cross_entropy)
train_step = yours("g02_train_step", train_step)
cases = recipe.training_cases(lab)
split = split_by_patient(cases, seed=lab.seed)
train_set, val_set = recipe.slice_sets(split, lab.budget)
for name, part in zip(split._fields, split):
    print(f"{name:5s} {len(part):3d} patients")
print(f"{len(train_set)} slices to train on, {len(val_set)} to validate")

# %% [markdown]
# A test that finds most bugs in ten seconds: can the network learn **four slices by heart**? One that cannot has a
# bug, and more data will not help. For comparison, a copy of the network is trained by a step without `zero_grad`.
#
# *Predict:* what will the curve of the copy look like?

# %%
import copy

my_curve = "?"


def step_without_zero_grad(model, batch, loss_fn, optimizer):
    model.train()
    loss = loss_fn(model(batch[0]), batch[1])
    loss.backward()
    optimizer.step()
    return loss.item()


chosen = [train_set[i] for i in np.linspace(0, len(train_set) - 1, 4).astype(int)]
batch = torch.stack([x for x, _ in chosen]), torch.stack([y for _, y in chosen])
torch.manual_seed(lab.seed)
small = UNet(width=8, depth=3)
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
for name, step in {"your step": train_step, "without zero_grad": step_without_zero_grad}.items():
    network = copy.deepcopy(small)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    ax.plot([step(network, batch, cross_entropy, optimizer) for _ in range(40)], label=name)
ax.axhline(np.log(4), color="#888888", linestyle=":", label="knows nothing: log 4")
ax.set(xlabel="step", ylabel="cross-entropy", ylim=(0, 3))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.close(fig)
predicted("the curve of the copy", my_curve, "falls faster, then climbs")
view.show(fig, alt="Loss on four slices: with your step it goes to 0, without zero_grad it climbs again")

# %% [markdown]
# *Look:* the copy is even faster at first. When does it lose its way, and why then?
#
# <details><summary>Answer</summary>Its step is the sum of all gradients so far. While they agree, that is a head
# start; once the slope turns, it rushes on, like a ball that nothing slows down.</details>
#
# **Believe:** a loss that starts near log 4 and goes to 0 on four slices says that network, loss and step are sound.
# It says nothing about new patients.

# %% [markdown]
# ## 8 · Stop in time, and make more of what you have
#
# On new patients the loss falls, flattens, and then rises: the network begins to learn its training slices by heart.
# Three **callbacks** watch the validation loss after each epoch:
#
# - *reduce on plateau*: no progress for some epochs → halve the learning rate;
# - *early stopping*: none for longer → stop;
# - *best model*: hand out the weights of the best epoch, not of the last.
#
# The first is in torch. On made-up losses:

# %%
from torch.optim.lr_scheduler import ReduceLROnPlateau

val_losses = [1.0, 0.6, 0.45, 0.40, 0.41, 0.42, 0.38, 0.39, 0.40, 0.42, 0.45]
optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.01)
plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
rates = []
for value in val_losses:
    plateau.step(value)
    rates.append(optimizer.param_groups[0]["lr"])
print("learning rate after each epoch:", rates)

# %% [markdown]
# *Predict:* for these losses and a patience of 3 epochs: which epoch's weights are handed out, and after which does
# training stop? (Count from 0.)
#
# ### Gap 9 · keep the best
#
# `model.state_dict()` does not copy anything: it hands out the *living* tensors, which the optimiser goes on
# changing.
#
# <details><summary>Hint</summary>What is <code>nan < 1</code>, what is <code>nan >= 1</code>, and what would each of
# them do to your record? How do you copy a dict together with all that is in it?
# <code>copy.deepcopy</code>.</details>


# %% gap="g02_keep_best"
def keep_best(best, epoch, val_loss, weights):
    """Return the better of the best epoch so far and this one.

    best      dict with "epoch", "val_loss", "weights", "waited": what this function returned last
    epoch     number of this epoch
    val_loss  its validation loss: lower is better, an equal one is not, NaN never is
    weights   model.state_dict(): names and living tensors
    returns   such a dict: of the better epoch, with copies of its weights, and in "waited" the
              number of epochs since then
    """
    ### BEGIN SOLUTION
    # 1. not lower: the old record, one more epoch waited
    if not val_loss < best["val_loss"]:
        return {**best, "waited": best["waited"] + 1}
    # 2. lower: a new record with a deep copy of the weights
    return {"epoch": epoch, "val_loss": val_loss, "weights": copy.deepcopy(weights), "waited": 0}
    ### END SOLUTION


# %% check="g02_keep_best"

# %%
keep_best = yours("g02_keep_best", keep_best)
my_epoch, my_stop = "?", "?"

best = {"epoch": -1, "val_loss": float("inf"), "weights": {}, "waited": 0}
for epoch, value in enumerate(val_losses):
    best = keep_best(best, epoch, value, {"w": torch.tensor(float(epoch))})
    if best["waited"] >= 3:
        break
predicted("weights are those of epoch", my_epoch, best["epoch"])
predicted("stopped after epoch", my_stop, epoch)

# %% [markdown]
# The second remedy is more data. **Augmentation** deforms image and labels together: mirror, turn, shift, zoom,
# shear. The U-Net paper adds an *elastic* deformation: random vectors on a coarse 3 × 3 grid, smooth in between. A
# picture of a regular grid shows what each does:

# %%
from brainlab.data import Augment, labels_to_network

labels = torch.zeros(size, size, dtype=torch.int64)
if cached.has_labels:
    labels = torch.from_numpy(labels_to_network(cached, z, size, pixel)).long()  # (H, W)
lines = torch.zeros(size, size)
lines[::8], lines[:, ::8] = 1, 1
pair = torch.stack([image[0, 3], lines])  # (2, H, W): both get the same deformation

none = dict(flip=False, rotation=0, shift=0, zoom=0, shear=0, elastic=0)
ways = {
    "as it is": Augment(**none),
    "turn, shift, zoom, shear": Augment(**{**none, "rotation": 20, "shift": 0.1, "zoom": 0.2, "shear": 0.1}),
    "elastic, as in the paper": Augment(**{**none, "elastic": 10 * size / 512}),
    "elastic, ten times as much": Augment(**{**none, "elastic": 100 * size / 512}),
}
tops, bottoms, masks = [], [], []
for way in ways.values():
    moved, moved_labels = way(pair, labels, np.random.default_rng(1))
    tops.append(moved[0].numpy())
    bottoms.append(moved[1].numpy())
    masks.append(moved_labels.numpy())
titles = list(ways) + [""] * 4
picture = view.mosaic(tops + bottoms, [example.affine] * 8, masks + [None] * 4, titles)
print("labels afterwards:", sorted({int(value) for mask in masks for value in np.unique(mask)}))
alt = "A slice with labels and a grid: as it is, turned, gently bent, and bent beyond recognition"
view.show(picture, alt=alt)

# %% [markdown]
# *Look:* the 10 pixels of the paper belong to its images of 512 × 512; on ours they would be five times as strong.
# Which of the four could be a real patient? And why are labels moved with *nearest*, never bilinear?
#
# <details><summary>Answer</summary>Halfway between background (0) and oedema (2) lies 1, and that would be
# necrosis.</details>
#
# **Believe:** the validation loss decides which weights you get; augmentation is data that costs nothing, as long as
# it could be true.

# %% [markdown]
# ## 9 · Put it together
#
# Your network, your loss. `fit` from the library is the loop around the step: batches, validation, callbacks,
# checkpoints, a progress bar. The time and the sizes come from the budget. For a run this short the learning rate is
# not lowered on a plateau, which would never come, but along half a cosine.
#
# *Look, while it trains:* at which epoch do training and validation loss part?

# %%
from brainlab.training import fit
from brainlab.view import TrainingMonitor

torch.manual_seed(lab.seed)
network = UNet(width=lab.budget.width)
settings = recipe.settings(lab.budget, lab.device, lab.seed)
monitor = TrainingMonitor(settings.epochs).show()  # draws after each epoch
history = fit(network, train_set, val_set, cross_entropy, settings, on_epoch=monitor)
print(f"{len(history)} epochs, the best is epoch {history.best_epoch + 1}")

# %%
curves = {"yours": {"validation": history.val_dice}}
if recipe.REFERENCE[lab.budget.name] and lab.source == "cohort":
    curves["reference"] = {"validation": recipe.REFERENCE[lab.budget.name]}
picture = view.learning_curves(curves, ylabel="mean Dice of WT, TC, ET")
view.show(picture, alt="Validation Dice of your network by epoch, beside the course's reference run")

# %% [markdown]
# *Look:* is the validation loss still falling at the end? Then more epochs would help. Does it rise while the
# training loss falls? Then it learns by heart. If your Dice is far below the reference, look for a mistake, not for a
# better network.
#
# The curves are of 2D slices. What counts is a whole **patient** that the network never saw, with all slices:

# %%
predictions = recipe.predict_cases(network, split.test, lab.budget)
dice = recipe.dice_of_cases(predictions, split.test)
print("held-out patient        WT    TC    ET")
for case_id, row in dice.items():
    print(f"{case_id}" + "".join(f"{value:6.2f}" for value in row.values()))
means = np.mean([list(row.values()) for row in dice.values()], axis=0)
print(f"mean of {len(dice)} patients    " + "".join(f"{value:6.2f}" for value in means))

# %%
looked_at = recipe.cases_to_look_at(lab, split)
new = [case for case in looked_at if case.id not in predictions]
drawn = predictions | recipe.predict_cases(network, new, lab.budget)
planes, affines, truths, guesses, titles = [], [], [], [], []
for case in looked_at:
    truth, guess = recipe.truth_of(case), drawn[case.id]
    height = view.largest_slice(guess if truth is None else truth)
    planes.append(case.to_full(np.asarray(case.image[:, 3]))[:, :, height])
    truths.append(None if truth is None else truth[:, :, height])
    guesses.append({"prediction": guess[:, :, height]})
    affines.append(case.affine)
    titles.append(f"{case.id}, slice {height}")
picture = view.predictions_beside_truth(planes, affines, truths, guesses, titles)
view.show(picture, alt="FLAIR, truth and prediction of unseen patients side by side")

# %% [markdown]
# *Look:* where does it fail: at the border, in small islands, or with the class? Find one patient with a poor number
# above, and say what happened.
#
# <details><summary>If an ET of 0.00 is among them</summary>Then this patient has no enhancing tumour at all, and a
# handful of false pixels is enough: 2 · 0 / (0 + a handful) = 0. Without them it would count as 1. With few patients, a
# mean hangs on one such case: always read the rows, not only the mean.</details>
#
# ### From probabilities to labels
#
# For every pixel there are four probabilities. Two ways to decide: **argmax**, the largest wins; or a **threshold**
# for each class, as one would do with four separate yes-or-no networks.
#
# *Predict:* with a threshold of 0.3 for each class, can a pixel belong to two classes at once? To four? To none?

# %%
from brainlab.inference import predict_logits

my_most_classes = "?"

images, target = (torch.stack(part) for part in zip(*[val_set[i] for i in range(len(val_set))]))
with torch.no_grad():
    prob = predict_logits(network, images).softmax(dim=1)  # (N, 4, H, W)
claims = (prob >= 0.3).sum(dim=1)  # (N, H, W): how many classes claim a pixel
for number in range(5):
    print(f"{(claims == number).sum().item():8d} pixels are claimed by {number} of the classes")
predicted("classes of a pixel, at most", my_most_classes, int(claims.max()))

# %% [markdown]
# ### Gap 10 · false positives
#
# <details><summary>Hint</summary>The thresholds have shape (C,), the probabilities (B, C, H, W): which shape must the
# thresholds get so that they meet the right axis? How do you turn labels into one channel for each class?
# <code>F.one_hot</code> puts the classes last; <code>movedim(-1, 1)</code>.</details>


# %% gap="g02_false_positives"
def false_positives(prob, target, thresholds):
    """Count, for each class, the pixels that are given to it and are not of it.

    prob       (B, C, H, W) probabilities        target  (B, H, W) int64, the true class
    thresholds (C,) a class claims a pixel whose probability reaches its threshold
    returns    (by thresholds, by argmax): two counts for each class, (C,) and (C,)
    """
    ### BEGIN SOLUTION
    classes = prob.shape[1]
    # 1. where is the class not the true one?           -> (B, C, H, W) bool
    absent = F.one_hot(target, classes).movedim(-1, 1) == 0
    # 2. what each class claims by its own threshold    -> (B, C, H, W) bool
    claimed = prob >= thresholds.view(1, -1, 1, 1)
    # 3. what the largest probability gives it          -> (B, C, H, W) bool
    won = F.one_hot(prob.argmax(dim=1), classes).movedim(-1, 1) == 1
    # 4. given and absent, summed over images and pixels -> (C,), (C,)
    return (claimed & absent).sum(dim=(0, 2, 3)), (won & absent).sum(dim=(0, 2, 3))
    ### END SOLUTION


# %% check="g02_false_positives"

# %%
false_positives = yours("g02_false_positives", false_positives)
print("false positives           NCR      ED      ET")
for threshold in (0.2, 0.3, 0.4, 0.5):
    by_thresholds, by_argmax = false_positives(prob, target, torch.full((4,), threshold))
    print(f"thresholds of {threshold}   " + "".join(f"{int(n):8d}" for n in by_thresholds[1:]))
print("argmax              " + "".join(f"{int(n):8d}" for n in by_argmax[1:]))
missed = [int(((target == c) & (prob.argmax(dim=1) != c)).sum()) for c in (1, 2, 3)]
missed_at_half = [int(((target == c) & (prob[:, c] < 0.5)).sum()) for c in (1, 2, 3)]
print("missed by argmax    " + "".join(f"{n:8d}" for n in missed))
print("missed at 0.5       " + "".join(f"{n:8d}" for n in missed_at_half))

# %% [markdown]
# *Look:* below one half, thresholds let several classes claim one pixel, and at most one of them is right. At 0.5
# there are fewer false positives than with argmax; what is the price?
#
# *Try:* the slice with most ET. Which threshold gives each class its best Dice here, and would you dare to keep it for
# the next patient?

# %%
from brainlab.view import ThresholdExplorer

at = int((target == 3).sum(dim=(1, 2)).argmax())
affine = val_set.cached[val_set.index[at][0]].affine
ThresholdExplorer(prob[at], target[at], images[at, 3], affine, thresholds=[0.3, 0.3, 0.3])

# %% [markdown]
# **Believe:** argmax needs no tuning and gives every pixel exactly one class. A threshold trades one kind of error
# for the other.

# %% [markdown]
# ## 10 · Break it: does attention help?
#
# A skip connection copies *everything*: skull base, ventricles, tumour. The **Attention U-Net** (Oktay et al. 2018)
# puts a gate before it. The level below, which knows *what*, gives each pixel of the copy a weight between 0 and 1:
#
# $$\alpha = \sigma\big(\psi(\text{ReLU}(W_x\,\text{skip} + W_g\,\text{gate}))\big),\qquad \text{output} = \alpha\cdot\text{skip}$$
#
# $W_x$ is a 2 × 2 convolution of stride 2 without bias, so that both sums are as coarse as the gate; $W_g$ and $\psi$
# are 1 × 1 convolutions. $\alpha$ is brought back to the size of the skip connection bilinearly.
#
# ### Gap 11 · the attention gate
#
# <details><summary>Hint</summary>How many numbers does a pixel need to be weighted as a whole? Then which output
# shape has psi, and what does broadcasting do in the product? <code>torch.sigmoid</code>, <code>F.interpolate(...,
# mode="bilinear")</code>.</details>


# %% gap="g02_attention_gate"
class AttentionGate(nn.Module):
    """Weigh each pixel of a skip connection by what the level below knows.

    skip    (B, skip_channels, H, W)             gate  (B, gate_channels, H // 2, W // 2)
    returns (alpha * skip, alpha): (B, skip_channels, H, W) and (B, 1, H, W), alpha from 0 to 1
    """

    def __init__(self, skip_channels, gate_channels):
        super().__init__()
        inner = max(skip_channels // 2, 1)
        self.from_skip = nn.Conv2d(skip_channels, inner, kernel_size=2, stride=2, bias=False)
        self.from_gate = nn.Conv2d(gate_channels, inner, kernel_size=1)
        self.psi = nn.Conv2d(inner, 1, kernel_size=1)

    def forward(self, skip, gate):
        ### BEGIN SOLUTION
        # 1. the sum of both, and ReLU             -> (B, inner, H/2, W/2)
        both = F.relu(self.from_skip(skip) + self.from_gate(gate))
        # 2. one weight a pixel, from 0 to 1       -> (B, 1, H/2, W/2)
        alpha = torch.sigmoid(self.psi(both))
        # 3. as large as the skip connection       -> (B, 1, H, W)
        alpha = F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")
        # 4. the product, and the weights          -> (B, skip_channels, H, W), (B, 1, H, W)
        return alpha * skip, alpha
        ### END SOLUTION


# %% check="g02_attention_gate"

# %% [markdown]
# A fair comparison changes one thing. Same split, same slices, same order of batches, same epochs and learning rates,
# same seed; only the gates are new, and yours are built in.
#
# *Predict:* the difference in mean Dice, and its sign.

# %%
AttentionGate = yours("g02_attention_gate", AttentionGate)
my_gain = "?"

torch.manual_seed(lab.seed)
gated = brainlab.models.AttentionUNet(width=lab.budget.width)
channels = [(gate.from_skip.in_channels, gate.from_gate.in_channels) for gate in gated.gates]
gated.gates = nn.ModuleList(AttentionGate(of_skip, of_gate) for of_skip, of_gate in channels)
settings = recipe.settings(lab.budget, lab.device, lab.seed)
gated_history = fit(gated, train_set, val_set, cross_entropy, settings)
extra = count_parameters(gated) / count_parameters(network) - 1
print(f"{extra:+.1%} weights for the gates")

# %%
curves = {
    "U-Net": {"train": history.train_loss, "validation": history.val_loss},
    "Attention U-Net": {"train": gated_history.train_loss, "validation": gated_history.val_loss},
}
picture = view.learning_curves(curves, ylabel="cross-entropy")
picture.axes[0].set_yscale("log")
view.show(picture, alt="Training and validation loss of the U-Net and of the Attention U-Net by epoch")

# %%
gated_predictions = recipe.predict_cases(gated, split.test, lab.budget)
gated_dice = recipe.dice_of_cases(gated_predictions, split.test)
plain_rows = np.array([list(row.values()) for row in dice.values()])  # (patients, 3)
gated_rows = np.array([list(row.values()) for row in gated_dice.values()])
gains = gated_rows - plain_rows
print("                          WT     TC     ET")
print("U-Net, mean          " + "".join(f"{value:7.3f}" for value in plain_rows.mean(axis=0)))
print("Attention U-Net, mean" + "".join(f"{value:7.3f}" for value in gated_rows.mean(axis=0)))
told = "".join(f"{value:+7.3f}" for value in gains.mean(axis=0))
print(f"gain, mean           {told}")
print("gain, each patient:")
for case_id, row in zip(dice, gains):
    print(f"{case_id}  " + "".join(f"{value:+7.3f}" for value in row))
better = (gains > 0).sum(axis=0)
print(f"patients that gained: WT {better[0]}, TC {better[1]}, ET {better[2]} of {len(gains)}")
predicted("gain in mean Dice, all regions", my_gain, gains.mean(), "+.3f")

# %% [markdown]
# And what do the gates look at? The library's network keeps the weights of the last forward pass in `attention_maps`,
# the finest first.

# %%
case = split.test[0]
height = int(case.label_counts[:, 1:].sum(axis=1).argmax())
slice_4 = torch.from_numpy(to_network(case, height, size, recipe.pixel_of(case, lab.budget)))[None]
predict_logits(gated, slice_4)
maps, titles = [], []
for number, alpha in enumerate(gated.attention_maps, start=1):
    maps.append(F.interpolate(alpha.float().cpu(), size=(size, size), mode="bilinear")[0, 0].numpy())
    titles.append(f"gate {number}: {alpha.shape[-2]} x {alpha.shape[-1]}")
plane = slice_4[0, 3].numpy()
picture = view.heat_maps([plane] * len(maps), maps, [case.affine] * len(maps), titles)
view.show(picture, alt="Attention weights of each gate over a FLAIR slice, from 0 to 1")

# %% [markdown]
# *Look:* is a gate open on the tumour, closed on it, or open everywhere? A weight tells how much of the copy passes.
# It does not tell that this pixel decided the answer: the other way, through the bottom, is still open.
#
# **Believe:** a difference counts when it is larger than the spread between patients and between seeds. Change one
# thing at a time, and write down the budget.

# %% [markdown]
# ## 11 · Explain
#
# A colleague wants to put the Attention U-Net on the ward: "its mean Dice is higher than that of the U-Net (or it
# would be with more epochs), and the attention maps prove that it looks at the tumour."
#
# In two to four sentences, with your numbers of section 10: what do they say about "higher", what would you measure
# before you decide, and what do the maps prove?

# %% [markdown] explain="g02_explain"
# ### BEGIN SOLUTION
# The two means differ by less than the patients differ from each other, some patients gain and others lose, and both
# networks were trained once, from one seed, on the same few held-out patients: that is no evidence for either. I
# would train both several times with different seeds on the same budget, compare patient by patient (the difference
# of each pair, with an interval) on more patients, at best from another hospital, and look at the time it costs. The
# maps show how strongly each place of a skip connection is passed on, not why a pixel got its class: the features
# also go through the bottom, which no gate guards, and a gate that is open on the tumour would be just as open for a
# wrong answer.
#
# *Rubric, 6 points.* Two answers that earn each point, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: the difference, with numbers of the own run | "The means differ by 0.004 in WT." | "Gain: WT +0.01, TC -0.02, ET +0.00." |
# | 1: set against the spread over patients | "One patient gains 0.05, the next loses 0.04: the mean is noise beside that." | "3 of 6 patients gained, as with a coin." |
# | 1: once, or few | "Both were trained from a single seed." | "Six held-out patients cannot carry this." |
# | 1: compare in pairs | "The difference of each patient, with an interval, not two means." | "Same patients for both, then a paired test." |
# | 1: on an equal budget, more than once | "Five seeds each, same epochs, same slices." | "Repeat on patients of another hospital, all else the same." |
# | 1: what a map is | "It shows how much of a copy is passed on, not why a pixel got its class." | "A gate would be as open where the answer is wrong; the bottom path has no gate at all." |
#
# "More data" alone earns one of the two points for the comparison; "more epochs" as a hope earns nothing.
# ### END SOLUTION

# %% [markdown]
# ## 12 · Summary
#
# - A convolution leaves `(size + 2 padding - reach) // stride + 1` pixels and sees `reach` of them; pooling makes
#   networks see far.
# - U-Net: down for *what*, up for *where*, skip connections taken before the pooling, channels counted after the
#   concatenation.
# - Logits go into the loss. First test: learn four slices by heart. Every step: mode, zero_grad, loss, backward,
#   step.
# - The validation loss chooses the epoch; a deep copy keeps it.
# - Score whole patients, look at pictures, change one thing at a time.
#
# **Papers**
#
# - Ronneberger, Fischer and Brox 2015, *U-Net: Convolutional Networks for Biomedical Image Segmentation*,
#   arXiv:1505.04597, doi:10.1007/978-3-319-24574-4_28. Eight pages, one figure to know by heart.
# - Yu and Koltun 2016, *Multi-Scale Context Aggregation by Dilated Convolutions*, arXiv:1511.07122.
# - Dumoulin and Visin 2016, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285. Gap 1 in
#   pictures.
# - Luo et al. 2016, *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*,
#   arXiv:1701.04128.
# - Ioffe and Szegedy 2015, *Batch Normalization*, arXiv:1502.03167.
# - Çiçek et al. 2016, *3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation*, arXiv:1606.06650.
# - Oktay et al. 2018, *Attention U-Net: Learning Where to Look for the Pancreas*, arXiv:1804.03999.
# - Isensee et al. 2021, *nnU-Net*, doi:10.1038/s41592-020-01008-z. How far a plain U-Net goes with a careful recipe.
#
# **Before you hand in**
#
# {{checklist}}
