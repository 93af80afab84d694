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
# 1. compute the output size and the receptive field of a convolution, and choose image sizes that fit a network;
# 2. build a U-Net from its parts, without padding as in the paper and with padding;
# 3. train it: the loss, one training step, the choice of the best epoch, and how to read learning curves;
# 4. turn probabilities into labels, and compare two networks fairly.
#
# **The patient.** How large is the tumour? Has it grown since the last scan? What can the surgeon remove, and where
# must the radiation go? All these questions begin with an outline of the tumour. Drawing it by hand can take an
# hour per patient, and two radiologists do not draw the same outline. *Semantic segmentation* assigns one of four
# classes to every pixel: background, necrotic core (NCR), oedema (ED) or enhancing tumour (ET). Clinical questions
# concern unions of these classes: the **whole tumour** WT = all three, the **tumour core** TC = NCR + ET, and ET
# alone.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# The four images on the left are the input of the network. At the end of this notebook, your own network predicts
# the labels on the right for patients that it has not seen.

# %%
from brainlab import view


def enhancing_voxels(case):
    """Return the number of voxels of enhancing tumour; 0 without a segmentation."""
    return (case.seg() == 3).sum() if case.has_seg else 0


example = max(lab.open(patients=3), key=enhancing_voxels)
picture = view.modalities(example.image(), example.affine, example.seg(), title=example.id)
view.show(picture, alt="A slice in T1, T1 with contrast, T2, FLAIR, and FLAIR with labels if there are any")

# %% [markdown]
# *Look:* cover the image with the labels and point at the border of the oedema. Which modality did you use? Which
# one would you use for the ring of the enhancing tumour?

# %% [markdown]
# ## 4 · What a convolution computes
#
# A convolution moves a small kernel over the image; at each position it multiplies the kernel with the pixels below
# it and adds up the products. Here is a kernel made by hand: 8 in the centre and -1 around it. In a uniform region
# the result is 0, at an edge it is not. With **dilation** 4, the same nine kernel elements are 4 pixels apart: the
# kernel covers a larger region with the same nine weights (Yu and Koltun 2016).

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
# Where the kernel would extend beyond the border of the image, there is no output. This is called a **valid**
# convolution. Its result is smaller than the input.
#
# *Predict:* how many rows does the result with dilation 4 have? Write your number into `my_rows`, then run the
# cell.

# %%
my_rows = "?"

print(f"the slice has {flair.shape[-2]} rows, the plain result {edges.shape[-2]}")
predicted("rows with dilation 4", my_rows, far_edges.shape[-2])

# %% [markdown]
# ### Gap 1 · output size of a convolution
#
# *Padding* adds pixels at both ends of an axis. The *stride* is the distance from one position of the kernel to the
# next.
#
# <details><summary>Hint</summary>How many pixels are there from the first kernel element to the last, both
# included? Put the kernel at the left end: how many steps can it take until it reaches the right end? Whole-number
# division is <code>//</code>.</details>


# %% gap="g02_conv_output_size"
def conv_output_size(size, kernel, padding=0, stride=1, dilation=1):
    """Return the output size of a convolution along one axis.

    size      pixels of the input             kernel   number of kernel elements
    padding   pixels added at each end        stride   pixels from one position to the next
    dilation  pixels from one kernel element to the next; 1 is an ordinary convolution
    returns   whole number (int), as torch computes it
    """
    ### BEGIN SOLUTION
    # 1. pixels from the first kernel element to the last, both included
    reach = dilation * (kernel - 1) + 1
    # 2. steps until the last element reaches the end of the padded image, plus 1 for the first position
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
# ### Gap 2 · the convolution block of the U-Net
#
# At every level, the network of the paper has two 3 × 3 convolutions, each followed by a ReLU. We insert a *batch
# normalisation* between convolution and ReLU; it was published in 2015, the year of the U-Net, and usually speeds
# up training a lot. `padded=False` is the network of the paper, `padded=True` keeps the size of the image.
#
# <details><summary>Hint</summary>How many channels does the second convolution receive? Which padding keeps the
# size, according to gap 1? The layers are <code>nn.Conv2d</code>, <code>nn.BatchNorm2d</code> and
# <code>nn.ReLU</code>; <code>nn.Sequential.__init__</code> takes them in order.</details>


# %% gap="g02_conv_block"
class ConvBlock(nn.Sequential):
    """Two times: 3 x 3 convolution, batch normalisation, ReLU.

    x       (B, in_channels, H, W), of the type of the weights; it stays unchanged
    returns (B, out_channels, H, W) if padded (with zeros), else (B, out_channels, H - 4, W - 4)

    Each layer has weights of its own; nothing else is in the block. A bias in the convolutions is optional.
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
# Which input pixels can influence an output pixel? Autograd can tell: the gradient of *one* output pixel with
# respect to the image is 0 wherever a change of the image has no influence. The region where it is not 0 is the
# **receptive field**.
#
# *Predict:* which of these has the largest receptive field: your block, two 3 × 3 convolutions with dilation 4, or
# a U-Net with two pooling layers?

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
predicted("largest receptive field of the first three", my_furthest, "U-Net")
view.show(fig, alt="Receptive fields: a tiny square, nine dots, a larger square, the whole image")

# %% [markdown]
# *Look:* in each network without dilation, pixels in the centre have more influence than pixels at the edge. What
# do the two dilated convolutions leave out?
#
# <details><summary>Answer</summary>Everything between the kernel elements. Their receptive field is 17 pixels wide,
# but it contains only 25 of the 289 pixels of that square. Yu and Koltun increase the dilation from layer to layer
# (1, 2, 4, …), so that no pixel is skipped.</details>
#
# *Try:* how large is the receptive field of three layers without dilation, with dilation 4 in each, and with a
# dilation that starts at 1 and doubles? Which of them leave gaps?

# %%
from brainlab.view import ReceptiveField

ReceptiveField(layers=3, dilation=4)

# %% [markdown]
# > **Key point:** an output pixel depends only on its receptive field. Convolutions enlarge the receptive field
# slowly, constant dilation enlarges it with gaps, and pooling enlarges it quickly.

# %% [markdown]
# ## 5 · Down, up and across
#
# Each pooling layer doubles the spacing between pixels, so the receptive field of the next convolution doubles, but
# the resolution is halved. After three pooling layers a feature map can still represent *that* there is a tumour,
# but no longer exactly *where* its border is:

# %%
pooled = F.max_pool2d(flair, 8)  # (1, 1, H/8, W/8)
back = F.interpolate(pooled, scale_factor=8, mode="bilinear")  # (1, 1, H, W)
planes = [plane[0, 0].numpy() for plane in (flair, pooled, back)]
titles = [f"FLAIR, {planes[0].shape[0]} pixels", f"pooled, {planes[1].shape[0]} pixels", "brought back up"]
picture = view.mosaic(planes, [example.affine] * 3, titles=titles)
view.show(picture, alt="A FLAIR slice, the same pooled three times, and enlarged again: blurred")

# %% [markdown]
# On its way up (the decoder) the U-Net therefore combines two feature maps: the one from the level below, which
# carries more context, and one from the way down (the encoder), copied before the pooling, which still has the full
# resolution. This copy is the **skip connection**.
#
# The convolutions of the paper have no padding, so the copy is larger than the feature map from below. It is
# cropped to its centre:
#
# ```
# skip connection (B, 512, 64, 64) ──crop──▶ (B, 512, 56, 56) ┐
#                                                             ├─ concatenate ▶ (B, 1024, 56, 56)
# up-convolution                             (B, 512, 56, 56) ┘
# ```
#
# *Predict:* how many pixels are cropped at each side? And if the copy had 57 pixels?

# %%
my_cut = "?"

predicted("cropped at each side, (64 - 56) // 2", my_cut, (64 - 56) // 2)
print(f"(57 - 56) // 2 = {(57 - 56) // 2} at the beginning, so the extra pixel is cropped at the end")

# %% [markdown]
# ### Gap 3 · crop and concatenate
#
# <details><summary>Hint</summary>What goes wrong with <code>skip[:, :, d:-d, d:-d]</code> if nothing has to be
# cropped, or an odd number of pixels? Where does the crop start, and where must it end to be exactly h pixels long?
# Join with <code>torch.cat</code>; which axis holds the channels?</details>


# %% gap="g02_crop_and_concat"
def crop_and_concat(skip, x):
    """Crop the skip connection to the size of `x`, and concatenate both along the channels.

    skip    (B, S, H, W)            x  (B, C, h, w) with h <= H, w <= W, of the same type
    returns (B, S + C, h, w), of that type: the centre of skip first, then x

    Of an odd difference, the extra pixel is cropped at the end. Both inputs stay unchanged; gradients flow
    to both.
    """
    ### BEGIN SOLUTION
    h, w = x.shape[-2:]
    # 1. where the crop starts: half of the difference in size, along each axis
    top, left = (skip.shape[-2] - h) // 2, (skip.shape[-1] - w) // 2
    # 2. the centre of the skip connection          -> (B, S, h, w)
    middle = skip[:, :, top : top + h, left : left + w]
    # 3. concatenate the channels, the skip first   -> (B, S + C, h, w)
    return torch.cat([middle, x], dim=1)
    ### END SOLUTION


# %% check="g02_crop_and_concat"

# %%
crop_and_concat = yours("g02_crop_and_concat", crop_and_concat)

# %% [markdown]
# ### Gap 4 · one level up
#
# An **up-convolution** (`nn.ConvTranspose2d`, 2 × 2 with stride 2) turns each pixel into four, with learnt weights.
# Its output is concatenated with the skip connection, and a `ConvBlock` combines the two.
#
# <details><summary>Hint</summary>How many channels are there after the concatenation? Which of the three channel
# numbers plays no role any more after the up-convolution? How is the `ConvBlock` told whether you want
# padding?</details>


# %% gap="g02_up_block"
class UpBlock(nn.Module):
    """Up-convolution (2 x 2, stride 2), concatenation with the skip connection, convolution block.

    x       (B, in_channels, h, w), from the level below
    skip    (B, skip_channels, 2h, 2w) if padded, otherwise at least that large
    returns (B, out_channels, 2h, 2w) if padded, otherwise 4 pixels less along each axis

    The channel numbers are independent of each other. Nothing else comes between the steps; both inputs stay
    unchanged, and gradients flow to both.
    """

    def __init__(self, in_channels, skip_channels, out_channels, padded=True):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. the up-convolution, from in_channels to out_channels
        self.up = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        # 2. a ConvBlock for the channels after the concatenation
        self.block = ConvBlock(skip_channels + out_channels, out_channels, padded=padded)
        ### END SOLUTION

    def forward(self, x, skip):
        ### BEGIN SOLUTION
        # 3. double the size                -> (B, out_channels, 2h, 2w)
        x = self.up(x)
        # 4. crop and concatenate the skip  -> (B, skip_channels + out_channels, 2h, 2w)
        x = crop_and_concat(skip, x)
        # 5. the convolution block          -> (B, out_channels, ...)
        return self.block(x)
        ### END SOLUTION


# %% check="g02_up_block"

# %% [markdown]
# The next figure shows the size of one axis after each layer of the network, computed with your function of gap 1:

# %%
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
view.show(fig, alt="Size after each layer: both curves form a U; the unpadded one ends lower than it starts")

# %% [markdown]
# *Look:* the curves form a U, which gives the network its name. The paper's network takes 572 pixels and returns
# 388. What happens to the other 184?
#
# <details><summary>Answer</summary>They serve as context. The outer 92 pixels at each side are input but are not
# segmented. To segment them as well, the network needs more image around them. Section 6 shows how this is
# done.</details>
#
# > **Key point:** the path through the bottom of the U adds context, the skip connections preserve the exact
# position.

# %% [markdown]
# ## 6 · The whole U-Net
#
# Every pooling layer needs an even size. With padding this is easy: the size must be divisible by 2, 4, 8 or 16,
# depending on the depth. Without padding, each block removes 4 pixels *before* the pooling. Here is the way down
# for two input sizes:

# %%
for start in (572, 570):
    steps, now = [], start
    for level in range(4):
        remaining = conv_output_size(conv_output_size(now, 3), 3)
        steps.append(f"{now} → {remaining}{'' if remaining % 2 == 0 else ' (odd!)'}")
        now = remaining // 2
    print("   pool ".join(steps), "  pool", now)

# %% [markdown]
# *Predict:* our slices have 96 pixels along each axis, which fits the padded network. Does the paper's network of
# depth 4 accept an input of 256 pixels?

# %%
my_answer_for_256 = "?"

below, above = brainlab.models.valid_size(256)
predicted("256 pixels accepted", my_answer_for_256, "yes" if below == 256 else "no")
print(f"the nearest valid sizes are {below} and {above}")

# %% [markdown]
# ### Gap 5 · the nearest valid sizes
#
# A valid size is even before every pooling, and every block leaves at least one pixel, on the way up as well. Below
# a certain size nothing fits: from 172 pixels all poolings of depth 4 succeed, but the bottom returns 3 pixels, and
# on the way up 3 becomes 6, 2, 4 and then nothing. The smallest valid size is 188.
#
# <details><summary>Hint</summary>Can you write an inner function that tests a single size? Go down as in the cell
# above: at which number can you stop? Then search from <code>size</code> in both directions.</details>


# %% gap="g02_valid_size"
def valid_size(size, depth=4):
    """Return the nearest sizes that are valid for a U-Net without padding.

    size    pixels, at least the smallest valid size (188 for depth 4)
    depth   number of pooling layers, 1 or more; each level has two 3 x 3 convolutions
    returns (below, above), whole numbers (int): the largest valid size <= `size`, the smallest one >= `size`
    """
    ### BEGIN SOLUTION
    def fits(n):
        # 1. at each level: the block removes 4, the remaining size must be even, pooling halves it
        for _ in range(depth):
            n -= 4
            if n % 2:
                return False
            n //= 2
        return True

    # 2. the first valid size, searching downwards and upwards from size
    below = next(n for n in range(size, 0, -1) if fits(n))
    above = next(n for n in range(size, 2 * size) if fits(n))
    return below, above
    ### END SOLUTION


# %% check="g02_valid_size"

# %% [markdown]
# ### Gap 6 · the forward pass
#
# The layers are given; you write what happens to `x`. `F.max_pool2d(x, 2)` is the pooling.
#
# <details><summary>Hint</summary>When should a feature map be stored, so that it is already processed *and* still
# at full resolution: before or after the pooling? In which order does the way up meet the levels? Use
# <code>zip</code> and <code>reversed</code>, or <code>list.pop</code>.</details>


# %% gap="g02_unet_forward"
class UNet(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H', W').

    H' = H and W' = W if padded; then both are divisible by 2**depth. `width` is the number of channels of the
    first level, 64 in the paper; each level below has twice as many channels. `depth` is the number of pooling
    layers, 1 or more. x stays unchanged, and no call depends on the calls before it.
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
        # 1. for each block on the way down: convolve, store the result, pool -> (B, w, H/2, W/2)
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        # 2. the block at the bottom                                         -> (B, 2w, h, w)
        x = self.bottom(x)
        # 3. for each block on the way up: combine with the stored one       -> (B, w, 2h, 2w)
        for block, skip in zip(self.up, reversed(skips)):
            x = block(x, skip)
        # 4. one logit per class and pixel; no softmax                       -> (B, num_classes, H', W')
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
# Why would one leave out the padding? Zeros at the border of a tile are not part of the image: near the edge of a
# tile, a padded network sees black where there is brain. Without padding, the network uses real pixels only. A
# large image can therefore be cut into **overlapping tiles** and the results placed side by side. Beyond the border
# of the image itself, the image is mirrored.
#
# *Predict:* what is the largest difference between the result from tiles and the result from the whole image, if
# the logits have a magnitude of about 1?

# %%
from brainlab.inference import mirror_pad, overlap_tile

my_difference = "?"

torch.manual_seed(lab.seed)
unpadded = UNet(width=4, depth=2, padded=False).eval()
margin = 20  # pixels that this network removes at each side
tile = valid_size(80, depth=2)[1]
one_tile = valid_size(size + 2 * margin, depth=2)[1]  # large enough for the whole slice
with torch.no_grad():
    by_tiles = overlap_tile(unpadded, image, tile)  # (1, 4, H, W)
    at_once = overlap_tile(unpadded, image, one_tile)
largest = (by_tiles - at_once).abs().max()
print(f"each tile takes {tile} pixels and returns {tile - 2 * margin}")
predicted("largest difference", my_difference, largest, ".1e")

# %%
from brainlab.view import oriented, to_grey

wide = mirror_pad(image, (margin, margin), (margin, margin))[0, 3].numpy()  # (H + 40, W + 40)
step = tile - 2 * margin  # output size of a tile, and distance to the next tile
fig, ax = plt.subplots(figsize=(3.8, 3.8), layout="constrained")
ax.imshow(oriented(to_grey(wide), example.affine), cmap="gray")
for k, style in enumerate(("solid", "dashed")):  # two neighbouring tiles
    tile_input, tile_output = np.zeros_like(wide), np.zeros_like(wide)
    top = k * step
    tile_input[top : top + tile, step : step + tile] = 1
    tile_output[top + margin : top + margin + step, step + margin : 2 * step + margin] = 1
    for mask, colour in ((tile_input, "#56B4E9"), (tile_output, "#F0E442")):
        line = {"colors": [colour], "linewidths": 2, "linestyles": style}
        ax.contour(oriented(mask, example.affine), levels=[0.5], **line)
ax.text(0.02, 0.5, "R", color="white", transform=ax.transAxes)
ax.text(0.94, 0.5, "L", color="white", transform=ax.transAxes)
ax.set(xticks=[], yticks=[])
ax.set_title("blue: input of a tile, yellow: its output", fontsize=9)
plt.close(fig)
view.show(fig, alt="Two tiles on a mirrored slice: their inputs overlap, their outputs lie side by side")

# %% [markdown]
# *Look:* the solid and the dashed tile are neighbours. Which squares overlap, and which lie side by side? Where
# does the input of a tile contain mirrored brain?
#
# > **Key point:** without padding, tiles join without visible seams, and an image of any size can be segmented.
# With padding the sizes are simpler, but predictions near the border use made-up zeros. A brain slice fits into
# memory as a whole, so from here on we use padding.

# %% [markdown]
# ## 7 · The loss and the training step
#
# The network returns four **logits** per pixel, which can be any real numbers. The softmax turns them into
# probabilities. The **cross-entropy** is minus the logarithm of the probability of the *true* class, averaged over
# the pixels:
#
# $$\text{loss} = -\frac{1}{N}\sum_{\text{pixels}} \log p_{\text{true class}},\qquad
# p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$
#
# Here is the computation for one pixel. Its true class is oedema, class 2.

# %%
z_pixel = torch.tensor([2.0, -1.0, 1.0, 0.0])  # logits of background, NCR, ED, ET
p_pixel = z_pixel.softmax(dim=0)
print("probabilities:", p_pixel.numpy().round(3), "· loss", round(-p_pixel[2].log().item(), 3))
print("the same, directly from the logits:", round(-z_pixel.log_softmax(dim=0)[2].item(), 3))
large_logits = 200 * z_pixel
print("logits of hundreds, log of the softmax:", -large_logits.softmax(dim=0)[2].log().item())
print("logits of hundreds, log_softmax:       ", -large_logits.log_softmax(dim=0)[2].item())

# %% [markdown]
# The last two lines show why one does not take the logarithm of a softmax: the probability has already been rounded
# to 0.
#
# *Predict:* what is the loss of an untrained network that gives each class the probability 1/4? (The loss at the
# start of training should be near this value.)

# %%
my_loss = "?"

predicted("loss of equal probabilities, -log(1/4)", my_loss, np.log(4), ".3f")

# %% [markdown]
# ### Gap 7 · cross-entropy from logits
#
# <details><summary>Hint</summary>Along which axis do the four logits of one pixel lie? How do you select, for each
# pixel, the entry of its true class? Use <code>log_softmax</code>, and <code>gather</code> with
# <code>target.unsqueeze(1)</code> or a product with the one-hot target.</details>


# %% gap="g02_cross_entropy"
def cross_entropy(logits, target):
    """Return the mean of -log(probability of the true class) over all pixels.

    logits  (B, C, H, W) any numbers             target  (B, H, W) int64, the true class
    returns a scalar tensor, shape (), differentiable in logits; also right for logits of several hundred

    C is any number of classes; not all of them have to occur. Both inputs stay unchanged.
    """
    ### BEGIN SOLUTION
    # 1. log-probabilities, directly from the logits      -> (B, C, H, W)
    log_prob = logits.log_softmax(dim=1)
    # 2. for each pixel, the entry of its true class      -> (B, 1, H, W)
    true_class = log_prob.gather(1, target.unsqueeze(1))
    # 3. minus the mean
    return -true_class.mean()
    ### END SOLUTION


# %% check="g02_cross_entropy"

# %% [markdown]
# ### Gap 8 · one training step
#
# First a worked example with one weight and one step. The loss is $(w-3)^2$. At $w = 1$ its slope is $-4$, and the
# step goes in the direction opposite to the slope:

# %%
w = nn.Parameter(torch.tensor(1.0))
optimizer = torch.optim.SGD([w], lr=0.1)
loss = (w - 3) ** 2
loss.backward()  # computes the gradient and ADDS it to w.grad
print("gradient", w.grad.item())
optimizer.step()  # w = w - lr * gradient
print("w is now", round(w.item(), 3), "and its gradient is still", w.grad.item())

# %% [markdown]
# *Predict:* if `optimizer.zero_grad()` is forgotten before the next step, will that step be too short, too long, or
# unchanged?

# %%
my_step = "?"

loss = (w - 3) ** 2
loss.backward()
predicted("without zero_grad the next step is", my_step, "too long")
print(f"the gradient is {2 * (w.item() - 3):.1f}, but w.grad holds {w.grad.item():.1f}: it includes the old one")

# %% [markdown]
# <details><summary>Hint for the gap</summary>In which mode may a validation have left the network? What must be
# reset before <code>backward</code>? What does the loss tensor keep in memory that a plain number does not? Use
# <code>loss.item()</code>.</details>


# %% gap="g02_train_step"
def train_step(model, batch, loss_fn, optimizer):
    """Update the weights once, with one batch.

    model     maps images (B, 4, H, W) to logits (B, C, H, W)
    batch     (images, target): (B, 4, H, W) and (B, H, W)
    loss_fn   loss_fn(logits, target) returns a scalar tensor
    optimizer optimiser of the weights of the model
    returns   the loss before the step, a plain number (float), not a tensor

    Afterwards the model is in training mode, whatever its mode was before. Gradients left over from before
    have no influence, and nothing keeps the graph. The batch stays unchanged.
    """
    ### BEGIN SOLUTION
    images, target = batch
    # 1. training mode: batch normalisation uses the statistics of this batch
    model.train()
    # 2. reset the gradients of the last batch
    optimizer.zero_grad()
    # 3. logits, then the loss     -> (B, C, H, W), scalar
    loss = loss_fn(model(images), target)
    # 4. gradients, then the step
    loss.backward()
    optimizer.step()
    # 5. a plain number, without the graph
    return loss.item()
    ### END SOLUTION


# %% check="g02_train_step"

# %% [markdown]
# Now the data, split **by patient** as in notebook 01. If synthetic cases are missing, they are generated now,
# which can take a minute.

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
# A quick test that finds many bugs: can the network **overfit four slices**? If it cannot, something is usually
# wrong in the network, the loss or the training step, and more data will not help. For comparison, a copy of the
# network is trained with a step that lacks `zero_grad`.
#
# *Predict:* what will the loss curve of the copy look like?

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
ax.axhline(np.log(4), color="#888888", linestyle=":", label="equal probabilities: log 4")
ax.set(xlabel="step", ylabel="cross-entropy", ylim=(0, 3))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.close(fig)
predicted("the curve of the copy", my_curve, "falls faster at first, then rises")
view.show(fig, alt="Loss on four slices: with your step it falls towards 0, without zero_grad it rises again")

# %% [markdown]
# *Look:* at first the loss of the copy falls even faster. When does it start to rise, and why then?
#
# <details><summary>Answer</summary>Each step follows the sum of all gradients so far. While they point in the same
# direction, the steps are larger and training is faster. When the slope changes its sign, the old gradients still
# dominate the sum, and the weights move past the minimum.</details>
#
# > **Key point:** a loss that starts near log 4 and falls towards 0 on four slices is good evidence that network,
# loss and step work. It says nothing about new patients.

# %% [markdown]
# ## 8 · Early stopping and augmentation
#
# On held-out patients the loss typically falls, levels off, and then rises: the network begins to **overfit** the
# training slices. Three **callbacks** monitor the validation loss after each epoch:
#
# - *reduce on plateau*: if there is no progress for some epochs, lower the learning rate (here: halve it);
# - *early stopping*: if there is no progress for more epochs, stop the training;
# - *best checkpoint*: return the weights of the best epoch, not of the last one.
#
# The first one is part of torch. Here it is applied to a series of invented losses:

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
# *Predict:* for these losses and a patience of 3 epochs, which epoch's weights are returned, and after which epoch
# does training stop? (Epochs are counted from 0.)
#
# ### Gap 9 · keep the best weights
#
# `model.state_dict()` does not copy anything: it returns references to the tensors that the optimiser keeps
# changing.
#
# <details><summary>Hint</summary>What is <code>nan < 1</code>, what is <code>nan >= 1</code>, and what would each
# of them do to your record? How do you copy a dict together with everything in it? Use
# <code>copy.deepcopy</code>.</details>


# %% gap="g02_keep_best"
def keep_best(best, epoch, val_loss, weights):
    """Return the record of the best epoch so far, this one included.

    best      dict with "epoch", "val_loss", "weights", "waited": the return value of the last call
    epoch     number of this epoch
    val_loss  its validation loss; only a lower one is better, an equal one or NaN is not
    weights   model.state_dict(): names and references to tensors
    returns   a new dict with these entries: of the best epoch, with a copy of its weights (tensors of the
              same types), and in "waited" the number of epochs since then

    Any lower loss counts, however small the difference. `best` and `weights` stay unchanged.
    """
    ### BEGIN SOLUTION
    # 1. not lower: the old record, with one more epoch waited
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
predicted("weights come from epoch", my_epoch, best["epoch"])
predicted("training stops after epoch", my_stop, epoch)

# %% [markdown]
# The second remedy against overfitting is more data. **Augmentation** deforms image and labels together: mirroring,
# rotation, shift, zoom, shear. The U-Net paper adds an *elastic* deformation: random vectors on a coarse 3 × 3
# grid, interpolated smoothly in between. A regular grid drawn next to the slice shows what each deformation does:

# %%
from brainlab.data import Augment, labels_to_network

labels = torch.zeros(size, size, dtype=torch.int64)
if cached.has_labels:
    labels = torch.from_numpy(labels_to_network(cached, z, size, pixel)).long()  # (H, W)
lines = torch.zeros(size, size)
lines[::8], lines[:, ::8] = 1, 1
pair = torch.stack([image[0, 3], lines])  # (2, H, W): slice and grid get the same deformation

none = dict(flip=False, rotation=0, shift=0, zoom=0, shear=0, elastic=0)
ways = {
    "original": Augment(**none),
    "rotation, shift, zoom, shear": Augment(**{**none, "rotation": 20, "shift": 0.1, "zoom": 0.2, "shear": 0.1}),
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
print("labels after the deformation:", sorted({int(value) for mask in masks for value in np.unique(mask)}))
alt = "A slice with labels and a grid: original, rotated, with a mild and with a strong elastic deformation"
view.show(picture, alt=alt)

# %% [markdown]
# *Look:* the standard deviation of 10 pixels in the paper applies to images of 512 × 512 pixels, so it is scaled to
# the size of our slices. Which of the four could be a real patient? And why are labels resampled with *nearest
# neighbour*, never bilinearly?
#
# <details><summary>Answer</summary>The average of background (0) and oedema (2) is 1, and 1 would mean
# necrosis.</details>
#
# > **Key point:** the validation loss decides which weights are kept. Augmentation adds training data at no cost,
# as long as the deformed images remain plausible.

# %% [markdown]
# ## 9 · Put it together
#
# Now train your network with your loss. The library's `fit` is the loop around the training step: batches,
# validation, callbacks, checkpoints and a progress bar. The time and the sizes come from the budget. In a run this
# short, a plateau would not be reached; the learning-rate schedule is therefore a cosine decay.
#
# *Look, while it trains:* from which epoch on do training loss and validation loss diverge?

# %%
from brainlab.training import fit
from brainlab.view import TrainingMonitor

torch.manual_seed(lab.seed)
network = UNet(width=lab.budget.width)
settings = recipe.settings(lab.budget, lab.device, lab.seed)
monitor = TrainingMonitor(settings.epochs).show()  # draws after each epoch
history = fit(network, train_set, val_set, cross_entropy, settings, on_epoch=monitor)
print(f"{len(history)} epochs, the best one is epoch {history.best_epoch + 1}")

# %%
curves = {"yours": {"validation": history.val_dice}}
if recipe.REFERENCE[lab.budget.name] and lab.source == "cohort":
    curves["reference"] = {"validation": recipe.REFERENCE[lab.budget.name]}
picture = view.learning_curves(curves, ylabel="mean Dice of WT, TC, ET")
view.show(picture, alt="Validation Dice of your network by epoch, together with the course's reference run")

# %% [markdown]
# *Look:* is the validation loss still falling at the end? Then more epochs would probably help. Does it rise while
# the training loss falls? Then the network overfits. If your Dice is far below the reference, look for a bug before
# you look for a better network.
#
# The curves are computed on 2D slices. What matters in the clinic is a whole **held-out patient**, with all slices:

# %%
predictions = recipe.predict_cases(network, split.test, lab.budget)
dice = recipe.dice_of_cases(predictions, split.test)
print("held-out patient        WT    TC    ET")
for case_id, row in dice.items():
    print(f"{case_id}" + "".join(f"{value:6.2f}" for value in row.values()))
means = np.mean([list(row.values()) for row in dice.values()], axis=0)
print(f"mean of {len(dice)} patients    " + "".join(f"{value:6.2f}" for value in means))

# %%
shown_cases = recipe.cases_to_look_at(lab, split)
new = [case for case in shown_cases if case.id not in predictions]
drawn = predictions | recipe.predict_cases(network, new, lab.budget)
planes, affines, truths, predicted_labels, titles = [], [], [], [], []
for case in shown_cases:
    truth, prediction = recipe.truth_of(case), drawn[case.id]
    height = view.largest_slice(prediction if truth is None else truth)
    planes.append(case.to_full(np.asarray(case.image[:, 3]))[:, :, height])
    truths.append(None if truth is None else truth[:, :, height])
    predicted_labels.append({"prediction": prediction[:, :, height]})
    affines.append(case.affine)
    titles.append(f"{case.id}, slice {height}")
picture = view.predictions_beside_truth(planes, affines, truths, predicted_labels, titles)
view.show(picture, alt="FLAIR, truth and prediction of held-out patients side by side")

# %% [markdown]
# *Look:* where are the errors: at the border, in small islands, or in the choice of the class? Find a patient with
# a low score in the table above, and describe what happened.
#
# <details><summary>If there is an ET score of 0.00</summary>Such a patient may have no enhancing tumour at all;
# then a few false-positive pixels are enough for a Dice of 2 · 0 / (0 + a few) = 0. Without them it would count as
# 1. With few patients, the mean depends strongly on one such case. Always read the rows and not only the
# mean.</details>
#
# ### From probabilities to labels
#
# The network returns four probabilities for every pixel. There are two ways to decide: **argmax** selects the class
# with the largest probability; or each class has its own **threshold**, as if there were four separate binary
# networks.
#
# *Predict:* with a threshold of 0.3 for each class, can a pixel be assigned to two classes at once? To four? To
# none?

# %%
from brainlab.inference import predict_logits

my_most_classes = "?"

images, target = (torch.stack(part) for part in zip(*[val_set[i] for i in range(len(val_set))]))
with torch.no_grad():
    prob = predict_logits(network, images).softmax(dim=1)  # (N, 4, H, W)
assigned = (prob >= 0.3).sum(dim=1)  # (N, H, W): number of classes assigned to each pixel
for number in range(5):
    print(f"{(assigned == number).sum().item():8d} pixels are assigned to {number} of the classes")
predicted("classes of a pixel, at most", my_most_classes, int(assigned.max()))

# %% [markdown]
# ### Gap 10 · false positives
#
# <details><summary>Hint</summary>The thresholds have shape (C,), the probabilities (B, C, H, W): which shape do the
# thresholds need to be broadcast along the right axis? How do you turn labels into one channel per class?
# <code>F.one_hot</code> puts the classes last; <code>movedim(-1, 1)</code> moves them.</details>


# %% gap="g02_false_positives"
def false_positives(prob, target, thresholds):
    """Count, for each class, the pixels assigned to it that do not belong to it.

    prob       (B, C, H, W) probabilities        target  (B, H, W) int64, the true class
    thresholds (C,) a pixel is assigned to a class if its probability is at least the class's threshold
    returns    (by thresholds, by argmax): counts per class, whole numbers, (C,) and (C,)

    C is any number of classes; not all of them have to occur. The inputs stay unchanged.
    """
    ### BEGIN SOLUTION
    classes = prob.shape[1]
    # 1. where is the class not the true one?            -> (B, C, H, W) bool
    absent = F.one_hot(target, classes).movedim(-1, 1) == 0
    # 2. pixels assigned to each class by its threshold  -> (B, C, H, W) bool
    by_threshold = prob >= thresholds.view(1, -1, 1, 1)
    # 3. pixels assigned to each class by argmax         -> (B, C, H, W) bool
    by_argmax = F.one_hot(prob.argmax(dim=1), classes).movedim(-1, 1) == 1
    # 4. assigned and absent, summed over images and pixels -> (C,), (C,)
    return (by_threshold & absent).sum(dim=(0, 2, 3)), (by_argmax & absent).sum(dim=(0, 2, 3))
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
# *Look:* with thresholds below 0.5, several classes can be assigned to one pixel, and at most one of them is right.
# At a threshold of 0.5 there are at most as many false positives as with argmax. What is the price?
#
# *Try:* the next cell shows the slice with the most ET. Which threshold gives each class its best Dice here? Would
# you use these thresholds for the next patient?

# %%
from brainlab.view import ThresholdExplorer

at = int((target == 3).sum(dim=(1, 2)).argmax())
affine = val_set.cached[val_set.index[at][0]].affine
ThresholdExplorer(prob[at], target[at], images[at, 3], affine, thresholds=[0.3, 0.3, 0.3])

# %% [markdown]
# > **Key point:** argmax needs no tuning and assigns exactly one class to every pixel. A threshold trades false
# positives for false negatives.

# %% [markdown]
# ## 10 · Break it: does attention help?
#
# A skip connection copies *everything*: skull base, ventricles, tumour. The **Attention U-Net** (Oktay et al. 2018)
# puts an attention gate into each skip connection. From the skip connection and the feature map of the level below
# (the gating signal), it computes an attention coefficient between 0 and 1 for each pixel of the copy:
#
# $$\alpha = \sigma\big(\psi(\text{ReLU}(W_x\,\text{skip} + W_g\,\text{gate}))\big),\qquad \text{output} = \alpha\cdot\text{skip}$$
#
# $W_x$ is a 2 × 2 convolution with stride 2 and without bias, so that its output has the size of the gating signal;
# $W_g$ and $\psi$ are 1 × 1 convolutions. $\alpha$ is upsampled bilinearly to the size of the skip connection.
#
# ### Gap 11 · the attention gate
#
# <details><summary>Hint</summary>If all channels of a pixel get the same weight, how many numbers does each pixel
# need? Which output shape must psi therefore have, and what does broadcasting do in the product? Use
# <code>torch.sigmoid</code> and <code>F.interpolate(..., mode="bilinear")</code>.</details>


# %% gap="g02_attention_gate"
class AttentionGate(nn.Module):
    """Weight each pixel of a skip connection by an attention coefficient from skip and gate.

    skip    (B, skip_channels, H, W)             gate  (B, gate_channels, H // 2, W // 2)
    returns (alpha * skip, alpha): (B, skip_channels, H, W) and (B, 1, H, W), alpha from 0 to 1

    H and W can be odd. Both inputs stay unchanged; gradients flow to both, through both results.
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
        # 2. one coefficient per pixel, from 0 to 1 -> (B, 1, H/2, W/2)
        alpha = torch.sigmoid(self.psi(both))
        # 3. upsampled to the size of the skip     -> (B, 1, H, W)
        alpha = F.interpolate(alpha, size=skip.shape[-2:], mode="bilinear")
        # 4. the product, and the coefficients     -> (B, skip_channels, H, W), (B, 1, H, W)
        return alpha * skip, alpha
        ### END SOLUTION


# %% check="g02_attention_gate"

# %% [markdown]
# A fair comparison changes one thing only. Split, slices, order of the batches, epochs, learning rates and seed are
# the same; only the attention gates are new, and they use your code.
#
# *Predict:* what is the difference in mean Dice between the two networks, and which sign does it have?

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
mean_gains = "".join(f"{value:+7.3f}" for value in gains.mean(axis=0))
print(f"difference, mean     {mean_gains}")
print("difference, each patient:")
for case_id, row in zip(dice, gains):
    print(f"{case_id}  " + "".join(f"{value:+7.3f}" for value in row))
better = (gains > 0).sum(axis=0)
print(f"patients that improved: WT {better[0]}, TC {better[1]}, ET {better[2]} of {len(gains)}")
predicted("difference in mean Dice, all regions", my_gain, gains.mean(), "+.3f")

# %% [markdown]
# Which regions do the gates pass on? The library's network stores the attention coefficients of the last forward
# pass in `attention_maps`, the finest resolution first.

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
view.show(picture, alt="Attention coefficients of each gate, from 0 to 1, on top of a FLAIR slice")

# %% [markdown]
# *Look:* are the coefficients high on the tumour, low on the tumour, or high everywhere? A coefficient says how
# strongly the copy is passed on at this pixel. It does not say that this pixel decided the result: the path through
# the bottom of the U has no gate.
#
# > **Key point:** a difference is convincing only if it is larger than the spread between patients and between
# seeds. Change one thing at a time, and report the training budget.

# %% [markdown]
# ## 11 · Explain
#
# A colleague wants to use the Attention U-Net in clinical routine: "Its mean Dice is higher than that of the U-Net
# (or would be with more epochs), and the attention maps prove that it looks at the tumour."
#
# In two to four sentences, with your numbers of section 10: what do they say about "higher", what would you measure
# before you decide, and what do the attention maps prove?

# %% [markdown] explain="g02_explain"
# ### BEGIN SOLUTION
# The two means differ by less than the patients differ from each other: the score rises for some patients and falls
# for others. Both networks were trained once, with one seed, and tested on the same few held-out patients, so this
# is no evidence for either. I would train both several times with different seeds on the same budget, compare them
# patient by patient (the difference for each patient, with a confidence interval) on more patients, ideally from
# another hospital, and also measure the computing time. The maps show how strongly each position of a skip
# connection is passed on, not why a pixel got its class: the features also pass through the bottom of the U, which
# has no gate, and the coefficients can be just as high on the tumour when the predicted class is wrong.
#
# *Rubric, 6 points.* For each point, two examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: the difference, with numbers of the own run | "The means differ by 0.004 in WT." | "Difference: WT +0.01, TC -0.02, ET +0.00." |
# | 1: compared with the spread over patients | "One patient gains 0.05, the next loses 0.04: the mean difference is small beside that." | "3 of 6 patients improved, which is what chance would give." |
# | 1: one training each, or few patients | "Both were trained from a single seed." | "Six held-out patients are not enough for this conclusion." |
# | 1: compare in pairs | "The difference of each patient, with an interval, not two means." | "Same patients for both, then a paired test." |
# | 1: on an equal budget, more than once | "Five seeds each, same epochs, same slices." | "Repeat on patients of another hospital, all else the same." |
# | 1: what an attention map shows | "It shows how much of a copy is passed on, not why a pixel got its class." | "The gate can be just as open where the answer is wrong; the bottom path has no gate at all." |
#
# "More data" alone earns one of the two points for the comparison; the hope for "more epochs" earns no point.
# ### END SOLUTION

# %% [markdown]
# ## 12 · Summary
#
# - A convolution returns `(size + 2 padding - reach) // stride + 1` pixels, and each of them depends on an input
#   region `reach` pixels wide; pooling enlarges the receptive field quickly.
# - U-Net: the way down gathers context, the way up restores the resolution. Skip connections are taken before the
#   pooling; the block on the way up receives the channels after the concatenation.
# - The loss takes logits. First test: overfit four slices. Every step: training mode, zero_grad, loss, backward,
#   step.
# - The validation loss chooses the epoch; a deep copy keeps its weights.
# - Score whole patients, look at images, and change one thing at a time.
#
# **Papers**
#
# - Ronneberger, Fischer and Brox 2015, *U-Net: Convolutional Networks for Biomedical Image Segmentation*,
#   arXiv:1505.04597, doi:10.1007/978-3-319-24574-4_28. Eight pages; its first figure is the network of this
#   notebook.
# - Yu and Koltun 2016, *Multi-Scale Context Aggregation by Dilated Convolutions*, arXiv:1511.07122.
# - Dumoulin and Visin 2016, *A guide to convolution arithmetic for deep learning*, arXiv:1603.07285. Gap 1 in
#   figures.
# - Luo et al. 2016, *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*,
#   arXiv:1701.04128.
# - Ioffe and Szegedy 2015, *Batch Normalization*, arXiv:1502.03167.
# - Çiçek et al. 2016, *3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation*, arXiv:1606.06650.
# - Oktay et al. 2018, *Attention U-Net: Learning Where to Look for the Pancreas*, arXiv:1804.03999.
# - Isensee et al. 2021, *nnU-Net*, doi:10.1038/s41592-020-01008-z. What a standard U-Net achieves when its training
#   is configured with care.
#
# **Before you hand in**
#
# {{checklist}}
