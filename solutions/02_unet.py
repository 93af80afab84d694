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
# hour per patient, and two radiologists do not draw the same outline. The labels are background, necrotic core
# (NCR, label 1), oedema (ED, 2) and enhancing tumour (ET, 3). Until BraTS 2021, label 1 also held the
# non-enhancing tumour and was called NCR/NET. Clinical questions concern unions of the labels: the **whole tumour**
# WT = all three, the **tumour core** TC = label 1 + ET, and ET alone.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# The four images on the left are the input of the network. At the end of this notebook, your own network predicts
# labels like those on the right for patients that it has not seen.

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
# one would you use for the enhancing tumour?
#
# ### Three tasks on one image
#
# **Classification** gives one answer for the whole image. **Semantic segmentation**, the task of the U-Net, gives one
# class for every pixel; two separate lesions of one kind get the same label. **Instance segmentation** also says
# which pixels belong to the same object, so that lesions can be counted and followed. In medicine it is often derived
# from the semantic segmentation by a rule: pixels that touch form one lesion, as in the panel on the right. Two
# lesions that touch then count as one, and areas that are separate in a slice can be connected in 3D.

# %%
from scipy import ndimage

volume = example.image()  # (4, X, Y, Z)
truth = example.seg() if example.has_seg else np.zeros(volume.shape[1:], int)
height = view.largest_slice(truth, (1, 3))
core = np.isin(truth[:, :, height], (1, 3))  # (X, Y), tumour core
numbers, count = ndimage.label(core, np.ones((3, 3)))  # pixels that touch, also diagonally, get the same number
titles = {
    "classification:\n" + ("tumour" if truth.any() else "no tumour"): core & False,
    "semantic segmentation:\ntumour core or not": core,
    f"instance segmentation:\nareas in this slice: {count}": numbers,
}
fig, axes = plt.subplots(1, 3, figsize=(7.5, 3.1), layout="constrained")
for ax, (title, mask) in zip(axes, titles.items()):
    view.draw(ax, volume[3, :, :, height], example.affine, title=title)
    shown = np.ma.masked_equal(view.oriented(mask.astype(int), example.affine), 0)
    ax.imshow(shown, cmap="tab10", vmin=1, vmax=10, alpha=0.8, interpolation="nearest")
plt.close(fig)
view.show(fig, alt="A FLAIR slice three times: unmarked, with one mask, and with a colour for each connected area")

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
titles = ["FLAIR, input of the network", "3 x 3", "3 x 3, dilation 4"]
picture = view.mosaic(planes, [example.affine] * 3, titles=titles)
view.show(picture, alt="A FLAIR slice and its edges: fine ones from 3 x 3, coarse ones with dilation 4")

# %% [markdown]
# Where the kernel would extend beyond the border of the image, there is no output. This is called a **valid**
# convolution. Its result is smaller than the input.
#
# *Predict:* how many rows does the result with dilation 4 have? Write your number into `my_rows`, then run both
# cells.

# %%
my_rows = "?"

# %%
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
    returns   whole number, as torch computes it: an int of Python or NumPy
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
# ### Batch normalisation, in training and in evaluation mode
#
# Batch normalisation subtracts from each channel its mean, divides by its standard deviation, and then applies a
# scale and an offset that are learnt (Ioffe and Szegedy 2015). In **training mode**, the mean and standard deviation
# are those of the batch, over all its images and pixels. Meanwhile the layer keeps *running* averages of them, which
# start at 0 and 1 and move by a tenth of the way with each batch; in **evaluation mode** it uses these. The modes
# are switched by `model.train()` and `model.eval()`, and forgetting it is a frequent bug.
#
# *Predict:* the same image is normalised alone, and in a batch with three others. In which mode does its result
# change: `training`, `evaluation`, `both` or `neither`?

# %%
my_mode = "?"

# %%
heights = np.linspace(0.2, 0.8, 4) * len(cached)
slices = [torch.from_numpy(to_network(cached, int(h), size, pixel)) for h in heights]
batch = 5 + torch.stack(slices)[:, 3:]  # (4, 1, H, W): FLAIR of four slices, moved away from mean 0
norm = nn.BatchNorm2d(1, affine=False)  # of one channel, without learnt scale and offset
running = [norm.running_mean.item()]
for _ in range(40):
    norm(batch)
    running.append(norm.running_mean.item())

depends = {}
for mode, training in (("evaluation", False), ("training", True)):
    norm.train(training)
    alone, together = norm(batch[:1])[0], norm(batch)[0]  # the first image, alone and among the four
    depends[mode] = (alone - together).abs().max().item() > 1e-3
    print(f"{mode:10s} mean of the image alone {alone.mean():+.2f}, among four {together.mean():+.2f}")
found = [mode for mode, yes in depends.items() if yes]
answer = "neither" if not found else "both" if len(found) == 2 else found[0]
predicted("mode in which it changes", my_mode, answer, options=("training", "evaluation", "both", "neither"))

fig, ax = plt.subplots(figsize=(5, 2.4), layout="constrained")
ax.plot(running, marker=".", label="running mean")
ax.axhline(batch.mean().item(), color="#888888", linestyle=":", label="mean of the batch")
ax.set(xlabel="batches seen", ylabel="mean of the channel")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.close(fig)
view.show(fig, alt="The running mean starts at 0 and approaches the mean of the batch within some 40 batches")

# %% [markdown]
# A network that is evaluated after three training steps is evaluated with wrong averages. A batch of one image works,
# since its pixels are enough for a mean, but the image is then always brought to mean 0, however bright it was. With
# one image of 1 × 1 pixel, PyTorch raises an error in training mode.
#
# ### The receptive field
#
# Which input pixels can influence an output pixel? Autograd can tell: the gradient of *one* output pixel with
# respect to the image is 0 wherever a change of the image has no influence. The region where it is not 0 is the
# **receptive field**.
#
# *Predict:* which of these has the largest receptive field: your `block`, two 3 × 3 convolutions with `dilation` 4,
# or a `U-Net` with two pooling layers?

# %%
my_furthest = "?"

# %%
from brainlab.models import influence

ConvBlock = yours("g02_conv_block", ConvBlock)
torch.manual_seed(lab.seed)
dilated = nn.Sequential(nn.Conv2d(4, 8, 3, dilation=4), nn.Conv2d(8, 8, 3, dilation=4))
networks = {
    "your block": ConvBlock(4, 8),
    "two convolutions, dilation 4": dilated,
    "U-Net, 2 poolings": brainlab.models.UNet(width=8, depth=2),
    "U-Net, 4 poolings": brainlab.models.UNet(width=8, depth=4),
}
widths = []
fig, axes = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained")
for ax, (name, network) in zip(axes, networks.items()):
    field = influence(network.eval(), size=96, channels=4).numpy()  # (96, 96)
    rows = np.flatnonzero(field.any(axis=1))
    widths.append(rows[-1] - rows[0] + 1)
    ax.imshow((field / field.max()) ** 0.25, cmap="viridis")
    ax.set(title=f"{name}:\n{widths[-1]} of 96 pixels", xticks=[], yticks=[])
plt.close(fig)
names = ("block", "dilation", "U-Net")
predicted("largest receptive field of the three", my_furthest, names[int(np.argmax(widths[:3]))], options=names)
view.show(fig, alt=f"The receptive fields of four networks, {', '.join(map(str, widths))} pixels wide")

# %% [markdown]
# *Look:* where is the influence strongest within a receptive field? What do the two dilated convolutions leave out?
# (The receptive field of the U-Net with 4 poolings is larger than this image.)
#
# <details><summary>Answer</summary>In the U-Net it is strongest near the centre: most paths through the layers lead
# there (Luo et al. 2016). The two dilated convolutions leave out everything between the kernel elements. Their
# receptive field is 17 pixels wide, but it contains only 25 of the 289 pixels of that square. Yu and Koltun
# increase the dilation from layer to layer (1, 2, 4, …), so that no pixel is skipped.</details>
#
# Optional: in this widget, choose the number of layers and their dilation. Which choices leave gaps?

# %%
from brainlab.view import ReceptiveField

ReceptiveField(layers=3, dilation=4)

# %% [markdown]
# > **Key point:** an output pixel depends only on its receptive field. Convolutions enlarge the receptive field
# slowly, a constant dilation above 1 enlarges it with gaps, and pooling enlarges it quickly.

# %% [markdown]
# ## 5 · Down, up and across
#
# ### Encoder and decoder
#
# A segmentation network must know *what* is in the image, which takes a large receptive field, and *where* it is,
# which takes full resolution. The **encoder** (left half) alternates convolutions with pooling: each level has half
# as many pixels along each axis and twice as many channels, so position is lost and context gained. The **decoder**
# (right half) enlarges the result step by step to the size of the image. At each level, it also receives the
# encoder's result of that level. The next figure is computed with your function of gap 1.

# %%
def draw_unet(size, padded, depth=4):
    """Return a drawing of a U-Net with the pixels and channels of each level."""
    fig, ax = plt.subplots(figsize=(9, 3.7), layout="constrained")
    places = []  # position and pixels after the block of each level: down, bottom, up
    for number in range(2 * depth + 1):
        level = min(number, 2 * depth - number)
        for _ in range(2):
            size = conv_output_size(size, 3, padding=int(padded))
        places.append((number, -level, size))
        size = size // 2 if number < depth else 2 * size
        colour = "#cfe8f7" if number < depth else "#eeeeee" if number == depth else "#fbdcc8"
        text, box = f"{places[-1][2]} px\n{64 * 2**level} ch", {"boxstyle": "round", "fc": colour, "ec": "none"}
        ax.text(number, -level, text, ha="center", va="center", fontsize=8, bbox=box)
    for (x, y, _), (to_x, to_y, _) in zip(places, places[1:]):
        ax.annotate("", (to_x, to_y), (x, y), arrowprops={"arrowstyle": "->", "shrinkA": 16, "shrinkB": 16})
    for level in range(depth):
        arrow = {"arrowstyle": "->", "linestyle": "--", "color": "#0072B2", "shrinkA": 20, "shrinkB": 20}
        ax.annotate("", (2 * depth - level, -level), (level, -level), arrowprops=arrow)
    ax.text(depth, 0.12, "skip connection", ha="center", color="#0072B2", fontsize=8)
    ax.set(xlim=(-0.6, 2 * depth + 0.6), ylim=(-depth - 0.5, 0.5))
    ax.axis("off")
    ax.set_title("blue: encoder, orange: decoder; pixels along one axis and channels after each block", fontsize=9)
    plt.close(fig)
    return fig


view.show(draw_unet(572, padded=False), alt="A U of nine blocks with pixels and channels, and four skip connections")

# %% [markdown]
# *Look:* this is the network of the paper, without padding. It takes 572 pixels and returns 388. What happens to
# the other 184?
#
# <details><summary>Answer</summary>They serve as context. The outer 92 pixels at each side are input but are not
# segmented. To segment them as well, the network needs more image around them. Section 6 shows how this is
# done.</details>
#
# Why does the decoder need the encoder's results? Here is a slice that was pooled three times and enlarged again:

# %%
pooled = F.max_pool2d(flair, 8)  # (1, 1, H/8, W/8)
back = F.interpolate(pooled, scale_factor=8, mode="bilinear")  # (1, 1, H, W)
planes = [plane[0, 0].numpy() for plane in (flair, pooled, back)]
titles = [f"FLAIR, {planes[0].shape[0]} pixels", f"pooled, {planes[1].shape[0]} pixels", "enlarged again"]
picture = view.mosaic(planes, [example.affine] * 3, titles=titles)
view.show(picture, alt="A FLAIR slice, the same pooled three times, and enlarged again: blurred")

# %% [markdown]
# ### Skip connections and residual connections
#
# A **skip connection** of the U-Net carries a feature map of the encoder, taken *before* the pooling, across to the
# decoder. There it is *concatenated*: the next convolution receives both, the context from below and the position
# from the skip connection. A **residual connection** (He et al. 2016) spans fewer layers: it *adds* the input of a
# block to its output, $x + f(x)$, so the block only learns a correction. Both also give the gradient a shorter path
# to the early layers. The next figure shows the effect of residual connections on 30 convolutions in a row with
# random weights.
#
# *Predict:* without residual connections, how many times smaller is the gradient in the first of 30 layers than in the
# last one? (The gradient is computed backwards, and each layer multiplies it by some factor.)

# %%
my_times = "?"

# %%
gradients = {}
for name, residual in (("30 convolutions", False), ("30 residual connections", True)):
    torch.manual_seed(lab.seed)
    layers = nn.ModuleList(nn.Conv2d(8, 8, 3, padding=1) for _ in range(30))
    x = torch.randn(1, 8, 24, 24)
    for layer in layers:
        x = x + F.relu(layer(x)) if residual else F.relu(layer(x))
    x.sum().backward()
    lengths = np.array([layer.weight.grad.norm().item() for layer in layers])
    gradients[name] = lengths / lengths[-1]
in_the_first_layer = gradients["30 convolutions"][0]
predicted("times smaller", my_times, 1 / in_the_first_layer, ".1e")
panel = {"gradient, relative to layer 30": gradients}
picture = view.curves(range(1, 31), panel, "layer, counted from the input", log=panel)
view.show(picture, alt="Length of the gradient in each of 30 layers, with and without residual connections")

# %% [markdown]
# Better initial weights and batch normalisation help against this as well, and the U-Net of the paper has no residual
# connections; ResUNet++ (notebook 03) has both skip connections and residual connections.
#
# The convolutions of the U-Net paper have no padding, so the map from the encoder is larger than the one from below.
# It is cropped to its centre:
#
# ```
# skip connection (B, 512, 64, 64) ──crop──▶ (B, 512, 56, 56) ┐
#                                                             ├─ concatenate ▶ (B, 1024, 56, 56)
# up-convolution                             (B, 512, 56, 56) ┘
# ```
#
# *Predict:* how many pixels are cropped at each side?

# %%
my_cut = "?"

# %%
cropped = brainlab.models.centre_crop(torch.arange(64 * 64.0).view(1, 1, 64, 64), (56, 56))
predicted("cropped at each side", my_cut, int(cropped[0, 0, 0, 0]) % 64)
print(f"if the copy had 57 pixels: {(57 - 56) // 2} at the beginning, so the extra pixel is cropped at the end")

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
# numbers plays no role any more after the up-convolution? How does the <code>ConvBlock</code> receive
# the choice of padding?</details>


# %% gap="g02_up_block"
class UpBlock(nn.Module):
    """Up-convolution (2 x 2, stride 2), concatenation with the skip connection, convolution block.

    x       (B, in_channels, h, w), from the level below
    skip    (B, skip_channels, 2h, 2w) if padded, otherwise at least that large
    returns (B, out_channels, 2h, 2w) if padded, otherwise 4 pixels less along each axis

    The channel numbers are independent of each other. Nothing else comes between the steps; both inputs stay
    unchanged, and gradients flow to both. A bias in the convolutions is optional.
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

# %%
UpBlock = yours("g02_up_block", UpBlock)

# %% [markdown]
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
    returns (below, above): the largest valid size <= `size`, the smallest one >= `size`; whole numbers, each
            an int of Python or NumPy
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
# <details><summary>Hint</summary>When should a feature map be stored, so that it is already processed <em>and</em>
# still at full resolution: before or after the pooling? In which order does the way up meet the levels? Use
# <code>zip</code> and <code>reversed</code>, or <code>list.pop</code>.</details>


# %% gap="g02_unet_forward"
class UNet(nn.Module):
    """Images (B, in_channels, H, W) to logits (B, num_classes, H', W').

    H' = H and W' = W if padded; then both are divisible by 2**depth. `width` is the number of channels of the
    first level, 64 in the paper; each level below has twice as many channels. `depth` is the number of pooling
    layers, 1 or more. x stays unchanged, no call depends on the calls before it, and nothing is collected
    from call to call.
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
# tile, a padded network receives zeros, the value of the background, where there is brain. Without padding, the
# network uses real pixels only. A large image can therefore be cut into **overlapping tiles** and the results
# placed side by side. Beyond the border of the image itself, the image is mirrored.
#
# *Predict:* what is the largest difference between the result from tiles and the result from the whole image, if
# all logits are below 1 in magnitude?

# %%
my_difference = "?"

# %%
from brainlab.inference import mirror_pad, overlap_tile

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


def square(top, left, height, width):
    """Return a mask of the size of the padded slice."""
    mask = np.zeros_like(wide)
    mask[top : top + height, left : left + width] = 1
    return mask


fig, ax = plt.subplots(figsize=(3.8, 3.8), layout="constrained")
ax.imshow(oriented(to_grey(wide), example.affine), cmap="gray")
squares = [("white", "dotted", square(margin, margin, size, size))]
for top, style in ((0, "solid"), (step, "dashed")):  # two neighbouring tiles
    squares.append(("#56B4E9", style, square(top, 0, tile, tile)))
    squares.append(("#F0E442", style, square(top + margin, margin, step, step)))
for colour, style, mask in squares:
    padded = np.pad(oriented(mask, example.affine), 1)  # a mask that reaches the edge has an outline there too
    coordinates = np.arange(-1, len(wide) + 1)
    line = {"colors": [colour], "linewidths": 2, "linestyles": style}
    ax.contour(coordinates, coordinates, padded, levels=[0.5], **line)
for x, side in ((0.04, "R"), (0.96, "L")):
    ax.text(x, 0.5, side, color="white", fontsize=12, ha="center", transform=ax.transAxes)
ax.set(xticks=[], yticks=[])
ax.set_title("blue: input of a tile, yellow: its output,\nwhite: border of the slice", fontsize=9)
plt.close(fig)
view.show(fig, alt="Two tiles on a slice with mirrored margins: their inputs overlap, their outputs lie side by side")

# %% [markdown]
# *Look:* the solid and the dashed tile are neighbours. By how many pixels do their inputs have to overlap, so that
# there is no gap between their outputs? Which part of the inputs was mirrored?
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

# %%
equal_logits, any_target = torch.zeros(1, 4, 2, 2), torch.tensor([[[0, 1], [2, 3]]])
predicted("loss of equal probabilities", my_loss, F.cross_entropy(equal_logits, any_target), ".3f")

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
    returns a scalar tensor, shape (), differentiable in logits, of their type or a more precise one; also right
            for logits of several hundred

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
# *Predict:* if `optimizer.zero_grad()` is forgotten before the next step, will that step be `shorter` than it should
# be, `longer`, or the `same`?

# %%
my_step = "?"

# %%
loss = (w - 3) ** 2
loss.backward()
slope = 2 * (w.item() - 3)
order = ("shorter", "same", "longer")
compared = order[1 + int(np.sign(abs(w.grad.item()) - abs(slope)))]
predicted("the next step without zero_grad", my_step, compared, options=order)
print(f"the gradient is {slope:.1f}, but w.grad holds {w.grad.item():.1f}")

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
    returns   the loss before the step, a plain number (of Python or NumPy), not a tensor

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
# which can take some minutes.

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
# > **Key point:** the loss takes logits and starts near log 4 for four classes. Every step: training mode,
# `zero_grad`, loss, `backward`, `step`.

# %% [markdown]
# ## 8 · Early stopping and augmentation
#
# On held-out patients the loss typically falls, levels off, and in a long training often rises again, while the
# training loss keeps falling: the network **overfits** the training slices. Three **callbacks** monitor the
# validation loss after each epoch:
#
# - *reduce on plateau*: if there is no progress for some epochs, lower the learning rate (here: halve it);
# - *early stopping*: if there is no progress for more epochs, stop the training;
# - *best checkpoint*: return the weights of the best epoch, not of the last one.
#
# The first one is part of torch. Here it is applied to a series of invented losses:

# %%
import copy

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
    epoch     number of this epoch; the first can be any, then one more with each call
    val_loss  its validation loss; only a lower one is better, an equal one or NaN is not
    weights   model.state_dict(): names and references to tensors
    returns   a new dict with these entries: of the best epoch, with a copy of its weights (tensors of the
              same types), and in "waited" the number of epochs since then

    Any lower loss counts, however small the difference. `best` and `weights` stay unchanged, with all tensors
    in them.
    """
    ### BEGIN SOLUTION
    # 1. not lower: the old record, with one more epoch waited
    if not val_loss < best["val_loss"]:
        return {**best, "waited": best["waited"] + 1}
    # 2. lower: a new record with a deep copy of the weights
    return {"epoch": epoch, "val_loss": val_loss, "weights": copy.deepcopy(weights), "waited": 0}
    ### END SOLUTION


# %% check="g02_keep_best"

# %% [markdown]
# *Predict:* for the losses above and a patience of 3 epochs, which epoch's weights are returned, and after which
# epoch does training stop? (Epochs are counted from 0.)

# %%
my_epoch = "?"
my_stop = "?"

# %%
keep_best = yours("g02_keep_best", keep_best)
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
# <details><summary>Answer</summary>The average of background (0) and oedema (2) is 1, the label of another
# tissue.</details>
#
# ### Overfit once on purpose
#
# Your network is trained on only two slices, again and again. This is also a quick test that finds many bugs: if
# the loss does not fall towards 0, something is usually wrong in network, loss or step, and more data will not
# help. The training is repeated with augmentation, and with **dropout** (Srivastava et al. 2014), which sets random
# units, here whole channels, to 0 in each training step and does nothing in evaluation mode. Both losses are
# computed in the same way: slices with tumour, no augmentation, evaluation mode. The images have 48 × 48 pixels, so
# that a training takes seconds.
#
# *Predict:* at the end of the training without any remedy, how many times larger is the loss on other patients than
# on the two slices?

# %%
my_gap = "?"

# %%
from brainlab.inference import predict_logits

shrink = size // 48  # larger pixels: 48 x 48 of them cover the same field


def shrunk(dataset, items=None):
    """Return images (N, 4, 48, 48) and labels (N, 48, 48) of some items, of all by default."""
    pairs = [dataset[i] for i in (range(len(dataset)) if items is None else items)]
    images = torch.stack([F.avg_pool2d(x, shrink) for x, _ in pairs])
    return images, torch.stack([y[::shrink, ::shrink] for _, y in pairs])


def loss_of(network, images, target):
    """Return the mean loss in evaluation mode."""
    return F.cross_entropy(predict_logits(network, images), target).item()


unchanged = Augment(**none)
plain_train = copy.copy(train_set)  # the same slices in memory
plain_train.augment = unchanged
val_tumour, _ = recipe.slice_sets(split._replace(train=split.val), lab.budget, unchanged)
other_patients = shrunk(val_tumour, np.linspace(0, len(val_tumour) - 1, 40).astype(int))
two_slices = shrunk(plain_train, [len(train_set) // 3, 2 * len(train_set) // 3])
strong = Augment(flip=True, rotation=20, shift=0.1, zoom=0.2, shear=0.1, elastic=2.0)
rng = np.random.default_rng(lab.seed)

overfitted = {}
for name in ("no remedy", "augmentation", "dropout"):
    torch.manual_seed(lab.seed)
    network = UNet(width=8, depth=3).to(lab.device)
    if name == "dropout":
        network.bottom = nn.Sequential(network.bottom, nn.Dropout2d(0.5))
        network.head = nn.Sequential(nn.Dropout2d(0.3), network.head)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 240)
    curve = {"train": [], "validation": []}
    for step in range(1, 241):
        pairs = list(zip(*two_slices))
        if name == "augmentation":
            pairs = [strong(x, y, rng) for x, y in pairs]
        batch = tuple(torch.stack(part).to(lab.device) for part in zip(*pairs))
        train_step(network, batch, cross_entropy, optimizer)
        decay.step()
        if step % 20 == 0:  # an "epoch" of 20 steps
            curve["train"].append(loss_of(network, *two_slices))
            curve["validation"].append(loss_of(network, *other_patients))
    overfitted[name] = curve
    last = {part: values[-1] for part, values in curve.items()}
    print(f"{name:13s} two slices {last['train']:.4f}   other patients {last['validation']:.4f}")
without = overfitted["no remedy"]
predicted("ratio of the two losses", my_gap, without["validation"][-1] / without["train"][-1], ".0f")
picture = view.learning_curves(overfitted, ylabel="cross-entropy")
picture.axes[0].set(yscale="log", xlabel="epoch of 20 steps")
view.show(picture, alt="Loss on two training slices and on other patients, without a remedy and with two remedies")

# %% [markdown]
# *Look:* validation loss minus training loss is the **generalisation gap** (the axis is logarithmic: equal distances
# are equal ratios). Does a validation loss rise while the training loss falls? Which remedy narrows the gap: by a
# lower validation loss, or by a higher training loss? After which epoch would you have stopped? (Each curve is a
# single training on two slices, so small differences between the remedies show nothing.)
#
# ### Two optimisers
#
# **Adagrad** (Duchi et al. 2011) divides the step of each weight by the root of the sum of its squared gradients so
# far, so the steps become shorter and shorter. **Adam** (Kingma and Ba 2015) divides by the root of a *running*
# average of them, in which early steps lose their weight, and averages the gradient as well. Each is tried with the
# same four rates, and the validation loss chooses. (From here on, the small networks are the library's U-Net: your
# layers, with the initial weights of He et al. 2015.)

# %%
steps, seeds, rate = (60, 2, 2e-2) if lab.budget.name == "quick" else (360, 3, 5e-3)


def train_small(network, images, target, steps, seed=0, lr=rate, optimizer=torch.optim.Adam):
    """Train with your step on batches of eight slices; keep the last weights and return the losses."""
    network.to(lab.device)
    optimizer = optimizer(network.parameters(), lr=lr)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng, losses = np.random.default_rng(seed), []
    for _ in range(steps):
        chosen = rng.integers(len(images), size=8)
        batch = images[chosen].to(lab.device), target[chosen].to(lab.device)
        losses.append(train_step(network, batch, cross_entropy, optimizer))
        decay.step()
    return losses


train_images, train_target = shrunk(plain_train)
curves = {}
for optimizer in (torch.optim.Adam, torch.optim.Adagrad):
    best = np.inf
    for lr in (1e-2, 3e-2, 0.1, 0.3):
        torch.manual_seed(lab.seed)
        network = brainlab.models.UNet(width=8, depth=3)
        losses = train_small(network, train_images, train_target, steps // 2, lr=lr, optimizer=optimizer)
        val_loss = loss_of(network, *other_patients)
        print(f"{optimizer.__name__:8s} rate {lr:5g}   validation loss {val_loss:.3f}")
        if val_loss < best:
            best, chosen, chosen_losses = val_loss, lr, losses
    curves[f"{optimizer.__name__}, rate {chosen:g}"] = np.convolve(chosen_losses, np.ones(5) / 5, "valid")
panel = {"training loss, mean of 5 steps": curves}
picture = view.curves(range(5, steps // 2 + 1), panel, "step", log=panel)
view.show(picture, alt="Training loss of Adam and of Adagrad by step, each with the best of its four rates")

# %% [markdown]
# A single training of each says little about which of them is better. If the best rate of one of them is the largest
# or the smallest that was tried, the comparison is not yet fair to it.
#
# > **Key point:** the validation loss decides which weights are kept. Augmentation adds variants of the training
# slices without new labels; the deformed images must remain plausible.

# %% [markdown]
# ## 9 · Put it together
#
# ### The score: Dice
#
# How well does a predicted mask agree with the true one? Count the pixels that are in both (true positives, TP), in
# the prediction only (false positives, FP) and in the truth only (false negatives, FN). The **Dice coefficient** is
# the overlap divided by the mean of both sizes:
#
# $$\text{Dice} = \frac{2\,TP}{2\,TP + FP + FN},\qquad
# \text{Jaccard} = \frac{TP}{TP + FP + FN} = \frac{\text{Dice}}{2 - \text{Dice}}$$
#
# It is 1 for a perfect mask and 0 without overlap. The **F1 score**, the harmonic mean of precision TP / (TP + FP) and
# recall TP / (TP + FN), is the same number. An example: 6 true pixels, 4 predicted ones, 3 in both. Then TP = 3,
# FP = 1, FN = 3, so Dice = 6 / (6 + 1 + 3) = 0.6 and Jaccard = 3 / 7 = 0.43. If both masks are empty, BraTS and this
# course count 1. Pixels outside both masks do not count, whereas accuracy would be high for an empty mask: nearly all
# pixels of a head are not tumour.
#
# *Predict:* a square of 4 × 4 pixels is predicted one pixel too far to the right. What is its Dice? And that of a
# square of 16 × 16 pixels with the same error?

# %%
my_small_dice = "?"
my_large_dice = "?"

# %%
from brainlab.metrics import dice as dice_of

fig, axes = plt.subplots(1, 2, figsize=(5.4, 2.9), layout="constrained")
for ax, side, said in zip(axes, (4, 16), (my_small_dice, my_large_dice)):
    true_mask, moved_mask = np.zeros((2, 20, 20), bool)
    start = 10 - side // 2
    true_mask[start : start + side, start : start + side] = True
    moved_mask[start : start + side, start + 1 : start + side + 1] = True
    score = dice_of(moved_mask, true_mask)
    predicted(f"Dice of the square of {side} x {side}", said, score, ".3f")
    print(f"Jaccard {score / (2 - score):.3f}")
    colours = np.array(["#ffffff", "#D55E00", "#0072B2", "#bbbbbb"])[true_mask * 2 + moved_mask]
    ax.imshow([[tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in row] for row in colours])
    ax.set(xticks=[], yticks=[])
    ax.set_title(f"{side} × {side}: Dice {score:.2f}", fontsize=9)
fig.suptitle("grey: TP, orange: FP, blue: FN", fontsize=9)
plt.close(fig)
view.show(fig, alt="Two squares and their copies one pixel to the right: true and false positives, false negatives")

# %% [markdown]
# The same error along the border costs a small object more than a large one. Keep this in mind whenever you compare
# Dice between patients or regions.
#
# ### The training
#
# Now train your network with your loss. The library's `fit` is the loop around the training step: batches,
# validation, callbacks, checkpoints and a progress bar. The time and the sizes come from the budget. A short run
# would not reach a plateau, so its learning-rate schedule is a cosine decay; the run of budget `full` uses
# *reduce on plateau*.
#
# *Look, while it trains:* which of the two losses is the lower one? Is that what you expect?

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
view.show(picture, alt="Validation Dice of your network by epoch, with the course's reference run where there is one")

# %% [markdown]
# *Look:* is the validation loss still falling at the end? Then more epochs would probably help. Does it rise while
# the training loss falls? Then the network overfits. If there is a reference and your Dice is far below it, look for
# a bug before you look for a better network.
#
# The two losses of the monitor cannot be compared: they differ in the patients, but also in the slices (training
# slices all have tumour, validation slices are every fourth one), in augmentation, and in the moment (the training
# loss is a mean over the epoch). The next table is computed with the trained network, in evaluation mode and without
# augmentation.

# %%
print("loss                  slices with tumour   every 4th slice")
for name, patients in (("training", split.train), ("validation", split.val)):
    sets = recipe.slice_sets(split._replace(train=patients, val=patients), lab.budget, unchanged)
    values = []
    for part in sets:
        some = np.unique(np.linspace(0, len(part) - 1, 120).astype(int))
        pairs = [part[i] for i in some]
        values.append(loss_of(network, *(torch.stack(column) for column in zip(*pairs))))
    print(f"{name:10s} patients {values[0]:20.4f} {values[1]:17.4f}")
best = history.best_epoch
print(f"monitor, epoch {best + 1}: training {history.train_loss[best]:.4f}, validation {history.val_loss[best]:.4f}")

# %% [markdown]
# *Look:* down a column, only the patients differ: this is the generalisation gap. Along a row, only the slices
# differ. Which of the two explains more of the difference in the monitor? (With few patients, the gap can have the
# other sign by chance.)
#
# The curves are computed on 2D slices. What matters in the clinic is a whole **held-out patient**, with all slices:

# %%
predictions = recipe.predict_cases(network, split.test, lab.budget)
dice = recipe.dice_of_cases(predictions, split.test)
print("held-out patient        WT    TC    ET")
for case_id, row in dice.items():
    print(f"{case_id}" + "".join(f"{value:6.2f}" for value in row.values()))
means = np.mean([list(row.values()) for row in dice.values()], axis=0)
print(f"mean, n = {len(dice):<10d}" + "".join(f"{value:6.2f}" for value in means))

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
# *Look:* where are the errors: at the border, in small islands, in a lesion that was missed, or in the choice of the
# class? Find a patient with a low score in the table above, and describe what happened.
#
# <details><summary>If there is an ET score of 0.00</summary>Such a patient may have no enhancing tumour at all;
# then a few false-positive pixels are enough for a Dice of 2 · 0 / (0 + a few) = 0. Without them it would count as
# 1. With few patients, the mean depends strongly on one such case. Always read the rows and not only the
# mean.</details>
#
# ### How much data does it need?
#
# Labelled patients are expensive. What would a fifth of them have achieved, or 5 %? Every training below has the same
# number of steps; only the number of patients differs. Each is repeated with other initial weights and other patients
# (the *seeds*), and the validation patients are scored one by one, by the Dice of the whole tumour: so short a
# training learns the rarer classes only in part.
#
# *Predict:* what percentage of the Dice with all training patients does a network reach with 20 % of them?

# %%
my_share = "?"

# %%
from brainlab.metrics import bootstrap_interval, region_dice_of_labels


def dice_per_patient(network, images, target, owners):
    """Return the Dice of the whole tumour of each patient, over its slices together: (patients,)."""
    predicted_classes = predict_logits(network, images).argmax(dim=1)  # (N, 48, 48)
    scores = []
    for patient in np.unique(owners):
        own = owners == patient
        scores.append(region_dice_of_labels(predicted_classes[own], target[own])["WT"])
    return np.array(scores)


def owners_of(dataset):
    """Return the patient of each slice."""
    return np.array([dataset.cached[number].patient for number, _ in dataset.index])


def established(differences):
    """Return the mean of paired differences (patients, seeds), its 95 % interval, and what follows, as text."""
    if len(differences) < 3:
        return f"{differences.mean():+.3f}, without an interval: fewer than three patients"
    interval = bootstrap_interval(differences)
    verdict = "established: the interval excludes 0" if interval.excludes_zero else "not established"
    return f"{interval} {verdict}"


val_images, val_target = shrunk(val_set)
val_owners, train_owners = owners_of(val_set), owners_of(train_set)
patients = np.unique(train_owners)
few_patients, fifth, half = (max(1, round(share * len(patients))) for share in (0.05, 0.2, 0.5))
numbers = sorted({few_patients, fifth, half, len(patients)})
val_dice = np.zeros((len(numbers), len(np.unique(val_owners)), seeds))
for seed in range(seeds):
    order = np.random.default_rng(seed).permutation(patients)
    for k, number in enumerate(numbers):
        kept = np.isin(train_owners, order[:number])
        torch.manual_seed(seed)
        few = brainlab.models.UNet(width=8, depth=3)
        train_small(few, train_images[kept], train_target[kept], steps, seed)
        val_dice[k, :, seed] = dice_per_patient(few, val_images, val_target, val_owners)
print(f"{steps} steps each; Dice of WT of {val_dice.shape[1]} validation patients, minus that with {numbers[-1]}")
for k, number in enumerate(numbers[:-1]):
    print(f"patients trained on: {number:2d}   {established(val_dice[k] - val_dice[-1])}")
reached = val_dice[numbers.index(fifth)].mean() / val_dice[-1].mean()
predicted("part of the Dice reached with 20 %", my_share, reached, ".0%")

lines = {f"seed {seed}": val_dice[:, :, seed].mean(axis=1) for seed in range(seeds)}
lines = {"mean": val_dice.mean(axis=(1, 2)), **lines}
picture = view.curves(numbers, {"mean validation Dice of WT": lines}, "patients trained on", marker="o")
view.show(picture, alt="Validation Dice against the number of training patients: a curve for each seed, and their mean")

# %% [markdown]
# The numbers in brackets are a **95 % bootstrap interval** (Efron 1979): patients and seeds are drawn again and
# again, with replacement, and the mean difference is computed each time. A difference is called *established* here
# if its interval excludes 0. With fewer than about ten patients, or with two or three seeds as here, the interval
# is too narrow: the uncertainty is at least as large. (With fewer than three patients none is computed.)
#
# *Look:* how far apart are the seeds at one number of patients? Does the mean change more than that from one number
# to the next, and does the curve still rise at its end? What would you change in this experiment before you ask for
# more patients?
#
# ### From probabilities to labels
#
# The network returns four probabilities for every pixel. There are two ways to decide: **argmax** selects the class
# with the largest probability; or each class has its own **threshold**, as if there were four separate binary
# networks.
#
# *Predict:* with a threshold of 0.3 for each class, can a pixel be assigned to no class? To two? To four? What is the
# largest number of classes that a pixel gets below?

# %%
my_most_classes = "?"

# %%
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
    returns    (by thresholds, by argmax): counts per class, (C,) and (C,), or both as one (2, C); tensors,
               arrays or lists of whole numbers, which can be of a floating-point type

    Argmax assigns each pixel to exactly one class; of equal probabilities it is open which. C is any number of
    classes; not all of them have to occur. The inputs stay unchanged.
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
# Optional: the next cell shows the slice with the most ET. Which threshold gives each class its best Dice here? Would
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
# A skip connection copies *everything*: healthy tissue, ventricles, tumour. The **Attention U-Net** (Oktay et al.
# 2018) puts an attention gate into each skip connection but the finest. From the skip connection and the feature
# map of the level below (the gating signal), it computes an attention coefficient between 0 and 1 for each pixel of
# the copy:
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
# A fair comparison changes one thing only. Both networks start from the same weights and see the same batches, as
# many steps, at the same rate; only the attention gates are new, and they use your code. The comparison is repeated
# with several seeds, which takes small networks (8 channels, 48 × 48 pixels), so the answer holds for these, and for
# one learning rate: that of section 9, which was set with the U-Net alone. Nothing else is chosen on the validation
# patients, not even the epoch, so they are scored together with the test patients.
#
# *Predict:* what is the mean difference in Dice of WT (Attention U-Net minus U-Net), with its sign? Will its interval
# exclude 0: `yes` or `no`?

# %%
my_gain = "?"
my_verdict = "?"

# %%
AttentionGate = yours("g02_attention_gate", AttentionGate)


def attention_unet():
    """Return the library's Attention U-Net with your gates."""
    network = brainlab.models.AttentionUNet(width=8)
    channels = [(gate.from_skip.in_channels, gate.from_gate.in_channels) for gate in network.gates]
    network.gates = nn.ModuleList(AttentionGate(of_skip, of_gate) for of_skip, of_gate in channels)
    return network


_, test_set = recipe.slice_sets(split._replace(val=split.test), lab.budget, unchanged)
test_images, test_target = shrunk(test_set)
held_out = torch.cat([val_images, test_images]), torch.cat([val_target, test_target])
owners = np.concatenate([val_owners, owners_of(test_set)])
makers = {"U-Net": lambda: brainlab.models.UNet(width=8), "Attention U-Net": attention_unet}
scores = {name: [] for name in makers}
for seed in range(seeds):
    for name, make in makers.items():
        torch.manual_seed(seed)  # the same initial weights for both: the gates are made last
        compared = make()
        train_small(compared, train_images, train_target, steps, seed)
        scores[name].append(dice_per_patient(compared, *held_out, owners))
        print(f"seed {seed} · {name:15s} mean Dice of WT {scores[name][-1].mean():.3f}")
gated = compared  # the Attention U-Net of the last seed
plain_dice, gated_dice = (np.stack(values, axis=1) for values in scores.values())  # (patients, seeds)
gains = gated_dice - plain_dice

# %%
print(f"{len(gains)} held-out patients, {seeds} seeds; Attention U-Net minus U-Net, Dice of WT")
print("difference:", established(gains))
better = (gains.mean(axis=1) > 0).sum()
print(f"patients that improved, on the mean of the seeds: {better} of {len(gains)}")
print(f"standard deviation between patients: of the Dice {plain_dice.mean(axis=1).std():.3f}, ", end="")
print(f"of the paired differences {gains.mean(axis=1).std():.3f}")
predicted("mean difference in Dice", my_gain, gains.mean(), "+.3f")
enough = len(gains) >= 3
if enough:
    excludes = "yes" if bootstrap_interval(gains).excludes_zero else "no"
    predicted("interval excludes 0", my_verdict, excludes, options=("yes", "no"))

fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for seed in range(seeds):
    ax.plot(range(1, len(gains) + 1), gains[:, seed], "o", markersize=4, label=f"seed {seed}")
ax.axhline(0, color="black", linewidth=0.8)
if enough:
    interval = bootstrap_interval(gains)
    ax.axhspan(interval.low, interval.high, color="#0072B2", alpha=0.2, label="95 % interval of the mean")
ax.set(xlabel="held-out patient", ylabel="difference in Dice", xticks=range(1, len(gains) + 1))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
plt.close(fig)
view.show(fig, alt="Difference in Dice of each held-out patient and seed, with 0 and the interval of the mean")

# %% [markdown]
# *Look:* the spread of the *Dice* between patients says how much tumours differ in difficulty; what is common to both
# networks cancels in the differences. It is no yardstick for the difference of two networks: a difference
# much smaller than this spread can be established, and a larger one need not be. What counts is the interval of the
# paired differences (with fewer than three patients there is none). If it contains 0, the networks have not been
# shown to be equal: any difference inside the interval is compatible with the data.
#
# Which regions do the gates pass on? The library's network stores the attention coefficients of the last forward
# pass in `attention_maps`, the finest resolution first.

# %%
at = int((test_target > 0).sum(dim=(1, 2)).argmax())  # the test slice with the largest tumour
affine = test_set.cached[test_set.index[at][0]].affine
predict_logits(gated, test_images[at : at + 1])
maps, titles = [], []
for number, alpha in enumerate(gated.attention_maps, start=1):
    maps.append(F.interpolate(alpha.float().cpu(), size=(48, 48), mode="bilinear")[0, 0].numpy())
    titles.append(f"gate {number}: {alpha.shape[-2]} x {alpha.shape[-1]}")
plane = test_images[at, 3].numpy()
picture = view.heat_maps([plane] * len(maps), maps, [affine] * len(maps), titles)
view.show(picture, alt="Attention coefficients of each gate, from 0 to 1, on top of a FLAIR slice")

# %% [markdown]
# *Look:* are the coefficients high on the tumour, low on the tumour, or high everywhere? A coefficient says how
# strongly the copy is passed on at this pixel. It does not say that this pixel decided the result: the path through
# the bottom of the U and the finest skip connection have no gate.
#
# > **Key point:** compare networks in pairs, patient by patient, over several seeds, and report the mean difference
# with its interval. Change one thing at a time, and report the training budget.

# %% [markdown]
# ## 11 · Explain
#
# A colleague wants to use the Attention U-Net in clinical routine: "Its mean Dice is higher than that of the U-Net
# (or would be with more epochs), and the attention maps prove that it looks at the tumour."
#
# In two to four sentences, with your numbers of section 10: what does the interval say about "higher", what would
# you measure before you decide, and what do the attention maps prove?

# %% [markdown] explain="g02_explain"
# ### BEGIN SOLUTION
# "Higher" is a statement about the mean paired difference, for which I quote my value and its interval. If the
# interval excludes 0, the sign is established for small networks, short training and patients like these, but not
# yet for the network that would be used; if it contains 0, neither "higher" nor "equal" is shown, and any difference
# inside the interval is possible. (With one or two held-out patients no interval can be given at all.) Before I
# decide, I would train both networks at full size with several seeds on an equal budget, compare them patient by
# patient on many more patients of another hospital, and also look at missed lesions and at the computing time. The
# maps show how strongly each position of a skip connection is passed on, not why a pixel got its class: the features
# also pass through the bottom of the U, which has no gate, and the coefficients can be just as high on the tumour
# when the predicted class is wrong.
#
# *Rubric, 6 points.* For each point, two examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: the mean difference and its interval, with numbers of the own run (or that too few patients give none) | "The difference is …, the interval from … to …." | "With two patients I get no interval, only …." |
# | 1: the right conclusion from the interval (without one: none) | "0 lies inside, so 'higher' is not shown, and 'equal' is not either." | "0 lies outside, so the sign is established, for this kind of network and patient." |
# | 1: paired differences, not the spread between patients | "The same patients for both: I look at each patient's difference." | "That patients differ from each other cancels in the difference." |
# | 1: limits of this comparison | "Small networks, short training, simulated patients." | "A dozen patients and few seeds; nothing about another hospital." |
# | 1: what to measure | "Full-size networks, several seeds, same budget, more patients." | "External patients, scored in pairs; also missed lesions and run time." |
# | 1: what an attention map shows | "It shows how much of a copy is passed on, not why a pixel got its class." | "The gate can be just as open where the answer is wrong; the bottom path has no gate at all." |
#
# "The difference is smaller than the spread between patients" earns no point: that is not the yardstick. Nor does
# the hope for "more epochs".
# ### END SOLUTION

# %% [markdown]
# ## 12 · Summary
#
# - Padding, stride and dilation determine the output size of a convolution (gap 1). Each output pixel depends only on
#   its receptive field, which pooling enlarges quickly.
# - U-Net: the encoder gathers context, the decoder restores the resolution. Skip connections are taken before the
#   pooling and concatenated; a residual connection adds. Batch normalisation needs the right mode.
# - The loss takes logits. First test: overfit a few slices. Every step: training mode, zero_grad, loss, backward,
#   step.
# - The validation loss chooses the epoch; a deep copy keeps its weights. Compare losses only over equal slices.
# - Dice = 2 TP / (2 TP + FP + FN). Score whole patients, look at images, change one thing at a time, and give paired
#   differences with an interval.
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
# - He et al. 2015, *Delving Deep into Rectifiers* (initial weights), arXiv:1502.01852; He et al. 2016, *Deep Residual
#   Learning for Image Recognition*, arXiv:1512.03385.
# - Kingma and Ba 2015, *Adam*, arXiv:1412.6980; Duchi, Hazan and Singer 2011, *Adaptive Subgradient Methods*
#   (Adagrad), JMLR 12, 2121; Srivastava et al. 2014, *Dropout*, JMLR 15, 1929.
# - Dice 1945, *Measures of the Amount of Ecologic Association Between Species*, doi:10.2307/1932409; Efron 1979,
#   *Bootstrap Methods*, doi:10.1214/aos/1176344552.
# - Çiçek et al. 2016, *3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation*, arXiv:1606.06650.
# - Oktay et al. 2018, *Attention U-Net: Learning Where to Look for the Pancreas*, arXiv:1804.03999.
# - Isensee et al. 2021, *nnU-Net*, doi:10.1038/s41592-020-01008-z. What a standard U-Net achieves when its training
#   is configured with care.
#
# **Before you hand in**
#
# {{checklist}}
