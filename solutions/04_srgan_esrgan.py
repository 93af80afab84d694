# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 04 · Super-resolution: SRGAN and ESRGAN
#
# {{badge}}
#
# {{table}}

# %% [markdown]
# ## 1 · What you will be able to do
#
# At the end of this notebook you can
#
# 1. explain what resolution means in MRI, and simulate a low-resolution scan from a high-resolution image;
# 2. build the generators of SRGAN and ESRGAN, and train them first with a pixel loss and then adversarially;
# 3. read the training curves of a GAN, recognise divergence, mode collapse and an idle discriminator, and respond;
# 4. distinguish a sharp image from a correct one, and find a lesion that a network has added or removed.
#
# **The patient.** A child with a tumour cannot lie still. A high-resolution scan takes eight minutes; this one was
# shortened to two, and its voxels are four times as wide. Is there a second lesion next to the resection cavity? A
# super-resolution network offers to compute the sharp image. Its output will look convincing. How far can it be
# trusted?

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# A tumour in T1 with contrast, of a patient on whom no network here is trained: as a short scan shows it, and the
# truth. Here the short scan is simulated: pixels of the true slice are averaged. Missing synthetic cases
# are generated now, which can take a minute.

# %%
from brainlab.recipes import segmentation as recipe
from brainlab.recipes import superres as sr_recipe
from brainlab import data, view
from brainlab.data import split_by_patient

cases = recipe.training_cases(lab)
split = split_by_patient(cases, seed=lab.seed)
sizes = sr_recipe.sr_sizes(lab.budget)
train_set, val_set, test_set = sr_recipe.sr_sets(split, sizes)
lr, hr = data.stack(test_set)  # (N, 1, h, w), (N, 1, H, W), both in [0, 1]
labels = data.labels_of(test_set)  # (N, H, W)

item = int((labels == 3).sum(dim=(1, 2)).argmax())  # the slice with most enhancing tumour
centre = (labels[item] == 3).nonzero().float().mean(dim=0).round().int().tolist()  # its centre, (x, y)
affine = test_set.cached[test_set.index[item][0]].affine
side = 3 * sizes.hr // 8


def plane(images):
    """Return the chosen slice of (N, 1, H, W) as an array (H, W)."""
    return images[item, 0].numpy()


images = {f"short scan: {sizes.lr} pixels": plane(lr), "truth": plane(hr)}
picture = view.compare_images(images, affine, centre, side)
print(f"{len(train_set)} slices to train on, {len(val_set)} to validate, {len(test_set)} to test")
view.show(picture, alt="A tumour in large pixels and in the true image, and the whole slice with the crop marked")

# %% [markdown]
# *Look:* in the image on the left, where does the tumour end? Could there be a second, small lesion? In section 8
# the outputs of your networks are shown between these two images.

# %% [markdown]
# ## 4 · What resolution is in MRI
#
# An MRI scanner does not measure pixels. It measures **k-space**, line by line: the amplitude and phase of each
# spatial frequency, from the lowest to the highest. The image is the Fourier transform of k-space. In many
# sequences, lines along one axis (phase encoding) are measured one after the other, and the scan time grows with
# their number; samples along a line cost almost no time. What a line costs depends on the sequence: milliseconds in
# a fast gradient echo, half a second and more in a plain spin echo, and others measure a train of lines after each
# excitation. A faster scan leaves out the outer lines, which are the high frequencies.
#
# Larger voxels also bring a benefit, which is not simulated here: the signal grows with the volume of
# a voxel. With voxels 16 times as large and a quarter of the measuring time, the signal-to-noise ratio is
# 16 · √(1/4) = 8 times as high.
#
# *Predict:* the white square below contains 1/16 of all samples of k-space. What share of the power of the image
# does it contain? And what does the image of the remaining samples resemble most: a `dark copy` of the slice, a
# `blurred copy`, or its `edges`?

# %%
my_share, my_rest = "?", "?"

# %%
image = hr[item, 0]  # (H, W)
n, first = sizes.hr, sizes.hr // 2 - sizes.lr // 2
kspace = torch.fft.fftshift(torch.fft.fft2(image))  # (H, W), complex, frequency 0 in the middle
centre_square = torch.zeros_like(kspace)
square = slice(first, first + sizes.lr)
centre_square[square, square] = kspace[square, square]
coarse = torch.fft.ifft2(torch.fft.ifftshift(centre_square)).real  # (H, W)
share = centre_square.abs().square().sum() / kspace.abs().square().sum()
predicted("share of the power in the square", my_share, share, ".1%")
parts = {"all of k-space": image, "the square": coarse, "the rest, + 0.5": image - coarse + 0.5}
picture = view.k_space({name: part.numpy() for name, part in parts.items()}, affine, sizes.lr)
grey, soft, rest = (part.numpy() for part in (image, coarse, (image - coarse).abs()))
steepness = np.hypot(*np.gradient(grey))  # (H, W), large at edges
kinds = {"dark copy": grey, "blurred copy": soft, "edges": steepness}
brain = grey > 0.05  # (H, W)
alike = {name: np.corrcoef(rest[brain], kind[brain])[0, 1] for name, kind in kinds.items()}
print("correlation of the size of the rest, inside the head, with", ", ".join(f"{name} {value:.2f}" for name, value in alike.items()))
predicted("the rest resembles", my_rest, max(alike, key=alike.get), options=tuple(alike))
alt = "A slice, the part in the square and the rest, each above its k-space with a square marked"
view.show(picture, alt=alt, dpi=64)

# %% [markdown]
# *Look:* which part carries the contrast, which one the fine detail? The coarse image has faint stripes beside the
# edge of the brain; they are easier to see in the third image. Where do they come from? (The dot in the middle of
# the third k-space is the 0.5 that was added for display.)
#
# <details><summary>Answer</summary>An edge contains all spatial frequencies. If the high ones are cut off abruptly,
# the others no longer cancel beside the edge. This is the Gibbs (truncation) artefact, also called
# ringing.</details>

# %% [markdown]
# ### Gap 1 · an image from the centre of k-space
#
# A scan with a quarter of the resolution measures only the central quarter of k-space along each axis. The line
# with `ramp` is given: without it, the image would be shifted by (H / size - 1) / 2 pixels, because the transform
# measures positions from the centre of the *first* pixel, and the first pixel of the small image is wider than that
# of the large one.
#
# <details><summary>Hint</summary>Where does <code>torch.fft.fft2</code> put frequency 0, and where does
# <code>torch.fft.fftshift</code> move it? Among <em>n</em> entries it has index <code>n // 2</code>, before the
# crop and after it. Which axes may be shifted, if the first one is the batch? And by what factor does a uniform
# image change if <code>fft2</code> sums H · W pixels, but <code>ifft2</code> divides by size · size?</details>


# %% gap="g04_kspace_crop"
def kspace_crop(hr, size):
    """Return the image of a scan that measures only the central size x size samples of k-space.

    hr      (B, 1, H, W) in [0, 1]       size   new height and width, at most H and W
    returns a real tensor (B, 1, size, size): the magnitude, of the complex image or of its real part; a uniform
            image keeps its value. Ringing above 1 may stay or be clipped. H, W and size may be odd and all
            different; hr is not modified
    """
    height, width = hr.shape[-2:]
    k = torch.arange(size) - size // 2  # the frequencies that are kept, 0 in the centre
    ramp = torch.exp(1j * torch.pi * (k[:, None] * (1 / size - 1 / height) + k * (1 / size - 1 / width)))
    ### BEGIN SOLUTION
    # 1. to k-space, with frequency 0 in the centre     -> (B, 1, H, W), complex
    kspace = torch.fft.fftshift(torch.fft.fft2(hr), dim=(-2, -1))
    # 2. crop the centre: frequency 0 goes from n // 2 to size // 2  -> (B, 1, size, size)
    top, left = height // 2 - size // 2, width // 2 - size // 2
    kept = kspace[..., top : top + size, left : left + size]
    # 3. times ramp, so that the image is not shifted
    kept = kept * ramp
    # 4. frequency 0 back to the corner, and back to an image, scaled
    low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-2, -1))) * size**2 / (height * width)
    # 5. the magnitude, as scanners store it            -> (B, 1, size, size)
    return low.abs()
    ### END SOLUTION


# %% check="g04_kspace_crop"

# %% [markdown]
# The super-resolution literature usually makes low-resolution images in another way: the high-resolution image is
# downsampled with an anti-aliased **bicubic** kernel, which averages neighbouring pixels. The next cell enlarges
# both kinds again.

# %%
from brainlab.data import bicubic
from brainlab.models import resample

kspace_crop = yours("g04_kspace_crop", kspace_crop)
one = hr[item : item + 1]
ways = {"middle of k-space": kspace_crop(one, sizes.lr), "bicubic": bicubic(one, sizes.lr)}
images = {name: resample(small.float(), sizes.hr)[0, 0].numpy() for name, small in ways.items()}
picture = view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)
view.show(
    picture, alt="Two coarse images enlarged, from k-space and bicubic, and their difference from the truth"
)

# %% [markdown]
# *Look:* which of the two shows ringing, which one is softer? A network trained on one kind may fail on the other
# (section 11). Until then we follow the literature: bicubic.
#
# > **Key point:** the centre of k-space carries the contrast, the periphery the edges. A low-resolution scan lacks
# the high frequencies. They are not hidden in it: a network that adds them has learnt them from other images.

# %% [markdown]
# ## 5 · The baseline, and how to measure
#
# Bicubic interpolation fits smooth curves through the pixels. It adds nothing from other images and is the baseline
# for every network.

# %% [markdown]
# ### Gap 2 · peak signal-to-noise ratio
#
# The most common score of a restored image is the ratio of the squared maximum value, here 1, to the mean squared
# error, in decibels. An increase by 10 dB means a tenth of the squared error.
#
# <details><summary>Hint</summary>Which axes belong to one image? How can 10 log10(1 / e) be written without a
# fraction? How is an output of 1.4 displayed, if white is 1? Use <code>clamp</code> and
# <code>torch.log10</code>.</details>


# %% gap="g04_psnr"
def psnr(sr, hr):
    """Return the peak signal-to-noise ratio of each image in decibels.

    sr      (B, 1, H, W), output of a network: clipped to [0, 1] first, as it is for display
    hr      (B, 1, H, W), truth, in [0, 1]
    returns a tensor (B,), (1,) for one image; infinite where both are equal. sr and hr are not modified
    """
    ### BEGIN SOLUTION
    # 1. clip the output                                -> (B, 1, H, W)
    sr = sr.clamp(0, 1)
    # 2. the mean squared error of each image           -> (B,)
    mse = (sr - hr).square().mean(dim=(1, 2, 3))
    # 3. ten times the logarithm of 1 over the error    -> (B,)
    return -10 * torch.log10(mse)
    ### END SOLUTION


# %% check="g04_psnr"

# %% [markdown]
# *Predict:* if the error of an image is halved everywhere, by how many dB does the PSNR rise?

# %%
my_gain = "?"

# %%
import torch.nn.functional as F
from torch import nn

from brainlab.metrics import ssim

psnr = yours("g04_psnr", psnr)
up = resample(lr, sizes.hr).clamp(0, 1)  # (N, 1, H, W)
half = hr + (up - hr) / 2
predicted("half the error, gain in dB", my_gain, (psnr(half, hr) - psnr(up, hr)).mean(), ".2f")
print(
    f"bicubic, {len(up)} test slices: {psnr(up, hr).mean():.2f} dB, SD over slices {psnr(up, hr).std():.2f} dB"
)

# %% [markdown]
# The spread between slices is large, partly because every method is right on black background. Networks are
# therefore compared on the same slices, one by one.
#
# **SSIM** (Wang et al. 2004) compares mean, contrast and structure in small windows; 1 is the best value. The next
# cell degrades an image in three ways, such that the squared error is the same each time.
#
# *Predict:* which one has the best SSIM: `blurred`, `noisy` or `darker`? And which one would you give to a
# radiologist?

# %%
my_best_ssim = "?"

# %%
blurred = F.avg_pool2d(one, 5, stride=1, padding=2)  # (1, 1, H, W)
error = (blurred - one).square().mean()
tissue = (one > 0).float()  # noise on black would be clipped
noise = tissue * torch.randn(one.shape, generator=torch.Generator().manual_seed(lab.seed))
ways = {
    "blurred": blurred,
    "noisy": one + noise * (error / tissue.mean()).sqrt(),
    "darker": one * (1 - (error / one.square().mean()).sqrt()),
}
images, structure = {}, {name: ssim(degraded, one).item() for name, degraded in ways.items()}
for name, degraded in ways.items():
    title = f"{name}\n{psnr(degraded, one).item():.1f} dB, SSIM {structure[name]:.2f}"
    images[title] = degraded[0, 0].clamp(0, 1).numpy()
picture = view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)
predicted("best SSIM", my_best_ssim, max(structure, key=structure.get), options=tuple(structure))
view.show(
    picture, alt="A blurred, a noisy and a darker slice with about the same PSNR, and their differences"
)

# %% [markdown]
# *Look:* about equal PSNR, and three kinds of error. Where does each of them lie?
#
# > **Key point:** PSNR measures the size of the errors, not their kind. Report SSIM as well, later also a
# perceptual distance, and look at the images.

# %% [markdown]
# ## 6 · A generator trained with a pixel loss
#
# SRResNet (Ledig et al. 2017) computes its features at the low resolution, where convolutions are cheap, and
# enlarges them at the end. You write its two building blocks.

# %% [markdown]
# ### Gap 3 · pixel shuffle by hand
#
# How does a network enlarge an image? It computes r · r channels for every output channel at the low resolution,
# and rearranges them into blocks of r × r pixels:
#
# ```
# channels 0 1 2 3 of one pixel   ▶   0 1
#                                     2 3
# ```
#
# Nothing is computed, the values are only rearranged. Please use `reshape` and `permute` (PyTorch has a ready-made
# function, with which the check compares your answer).
#
# <details><summary>Hint</summary>Row <em>h</em> and block row <em>i</em> become row <em>h · r + i</em>: when
# <code>reshape</code> joins two axes, which of them has to come first? Which of the six axes is the row inside a
# block, and which the column?</details>


# %% gap="g04_pixel_shuffle"
def pixel_shuffle(x, r):
    """Rearrange every r * r channels into blocks of r x r pixels: channel i * r + j is row i, column j of its block.

    x       (B, C * r * r, H, W); not modified
    returns (B, C, r * H, r * W), of the type of x (float32, float64), with a gradient in x
    """
    batch, channels, height, width = x.shape
    ### BEGIN SOLUTION
    # 1. split the channels                             -> (B, C, r, r, H, W)
    blocks = x.reshape(batch, channels // r**2, r, r, height, width)
    # 2. move each r behind the axis that it enlarges   -> (B, C, H, r, W, r)
    blocks = blocks.permute(0, 1, 4, 2, 5, 3)
    # 3. join the axes                                  -> (B, C, r * H, r * W)
    return blocks.reshape(batch, channels // r**2, r * height, r * width)
    ### END SOLUTION


# %% check="g04_pixel_shuffle"

# %% [markdown]
# ### Gap 4 · the residual block of SRResNet
#
# ```
# x ──┬─ conv ─ batch norm ─ PReLU ─ conv ─ batch norm ─(+)─▶
#     └──────────────────────────────────────────────────┘
# ```
#
# A **PReLU** is a LeakyReLU whose slope for negative inputs is learnt.
#
# <details><summary>Hint</summary>Which padding keeps the size in a 3 × 3 convolution, and why must the size be kept
# here? Does any layer follow the sum? Use <code>nn.Conv2d</code>, <code>nn.BatchNorm2d</code>,
# <code>nn.PReLU</code>, <code>nn.Sequential</code>.</details>


# %% gap="g04_residual_block"
class ResidualBlock(nn.Module):
    """Convolution, batch norm, PReLU, convolution, batch norm, plus the input; all convolutions 3 x 3.

    x       (B, num_feat, H, W), of the type of the weights, float32 or float64; not modified
    returns (B, num_feat, H, W), of the same type. All weights can learn; the PReLU has one slope, or one for each
            channel; convolutions with or without bias
    """

    def __init__(self, num_feat):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. the five layers; both convolutions go from num_feat to num_feat and keep the size
        self.block = nn.Sequential(
            nn.Conv2d(num_feat, num_feat, 3, padding=1),
            nn.BatchNorm2d(num_feat),
            nn.PReLU(),
            nn.Conv2d(num_feat, num_feat, 3, padding=1),
            nn.BatchNorm2d(num_feat),
        )
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        # 2. the input plus the output of the layers    -> (B, num_feat, H, W)
        return x + self.block(x)
        ### END SOLUTION


# %% check="g04_residual_block"

# %% [markdown]
# The whole network is smaller than that of the paper, and trains with another pixel loss. Two more differences:
#
# - The bicubic enlargement is added at the end, and the last layer starts at zero. So the network only learns the
#   difference from bicubic interpolation.
# - A pixel shuffle computes the four pixels of every block with different weights. Where these differ, the pixels of
#   all blocks differ in the same way: a **checkerboard** over the whole image. Equal initial weights (ICNR, Aitken et
#   al. 2017) avoid it at the start, but adversarial training brings it back. `mean_of_four` averages each pixel with
#   three neighbours, one pixel of each kind, so that no checkerboard is left (Sugawara et al. 2018). ESRGAN repeats
#   pixels instead and convolves afterwards.
#
# *Predict:* what is the PSNR of this network before its first training step?

# %%
my_psnr = "?"

# %%
from brainlab.models import count_parameters, mean_of_four

pixel_shuffle = yours("g04_pixel_shuffle", pixel_shuffle)
ResidualBlock = yours("g04_residual_block", ResidualBlock)


class Generator(nn.Module):
    """SRResNet: small images (B, 1, h, w) to (B, 1, 4h, 4w), or to any `target_size` (H, W)."""

    def __init__(self, num_feat, num_block):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, num_feat, 9, padding=4), nn.PReLU())
        blocks = [ResidualBlock(num_feat) for _ in range(num_block)]
        self.body = nn.Sequential(*blocks, nn.Conv2d(num_feat, num_feat, 3, padding=1), nn.BatchNorm2d(num_feat))
        self.up = nn.ModuleList(nn.Conv2d(num_feat, 4 * num_feat, 3, padding=1) for _ in range(2))
        self.act = nn.PReLU()
        self.last = nn.Conv2d(num_feat, 1, 9, padding=4)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x, target_size=None):
        feat = self.first(x)  # (B, num_feat, h, w)
        feat = feat + self.body(feat)
        for conv in self.up:
            feat = mean_of_four(pixel_shuffle(conv(feat), 2))  # (B, num_feat, 2h, 2w), then 4h, 4w
            feat = self.act(feat)
        out = self.last(resample(feat, target_size))  # (B, 1, H, W)
        return out + resample(x, out.shape[-2:])


torch.manual_seed(lab.seed)
srresnet = Generator(sizes.num_feat, sizes.num_block)
untrained = psnr(sr_recipe.enlarge(srresnet, lr, sizes.hr), hr).mean()
print(f"{count_parameters(srresnet):,} weights")
predicted("PSNR before the first step", my_psnr, untrained, ".2f")

# %% [markdown]
# The first phase trains on small crops of many slices with the mean absolute error of the pixels (L1 loss). The
# learning rate follows a cosine decay. `train_psnr` is the training loop. After each epoch it prints scores of the
# validation slices; section 8 explains the high-frequency ratio and the diversity, and brightness is the mean grey
# value relative to the truth. `best` marks the best epoch so far; the network keeps the weights of the last one.

# %%
from brainlab.training import train_psnr

phase_one = sr_recipe.psnr_settings(sizes, lab.device, lab.seed)
psnr_histories = {"SRResNet": train_psnr(srresnet, train_set, val_set, phase_one)}

# %%
outputs = {"bicubic": up, "SRResNet": sr_recipe.enlarge(srresnet, lr, sizes.hr)}  # (N, 1, H, W) each


def side_by_side(names):
    """Draw the chosen slice of these networks, between the low-resolution image and the truth."""
    images = {f"{sizes.lr} pixels": plane(lr)}
    for name in names:
        images[f"{name}\n{psnr(outputs[name], hr)[item]:.1f} dB"] = plane(outputs[name])
    return view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)


gain = psnr(outputs["SRResNet"], hr) - psnr(up, hr)
print(f"gain over bicubic: {gain.mean():+.2f} dB; improved slices: {(gain > 0).sum()} of {len(gain)}")
view.show(
    side_by_side(outputs), alt="The coarse slice, bicubic, SRResNet and the truth, with difference maps"
)

# %% [markdown]
# *Look:* where is the network's image sharper than bicubic, and where is it smoother than the truth? More training
# of a larger network would make it better, but not as sharp as the truth. Why not?
#
# <details><summary>Answer</summary>Many sharp images are consistent with one coarse image: an edge may be here, or
# half a pixel further. The prediction with the smallest expected error is their mean (squared error) or median
# (absolute error), and an average of shifted edges is blurred. It is the best answer to what the loss asks
# for.</details>
#
# > **Key point:** a pixel loss averages over everything that is uncertain. Such blur remains even after a perfect
# training.

# %% [markdown]
# ## 7 · Adversarial training
#
# To obtain sharp images, the loss must penalise blur. In a GAN (Goodfellow et al. 2014) a second network does this:
# the **discriminator** learns to distinguish real from generated images, the **generator** learns to produce images
# that are classified as real.

# %% [markdown]
# ### Gap 5 · a training step of the discriminator
#
# The discriminator is a binary classifier of real and generated images. Its step must not change the generator: a
# gradient into the generator would train it to make this classification easier.
#
# <details><summary>Hint</summary>Through which tensor does this loss depend on the generator's weights, and where
# would you cut the graph? What does the discriminator learn if it is shown real images only? Use
# <code>F.binary_cross_entropy_with_logits</code>, <code>torch.ones_like</code>.</details>


# %% gap="g04_discriminator_step"
def discriminator_step(generator, discriminator, optimizer, lr, hr):
    """Update the discriminator once to distinguish real from generated images; the generator does not change.

    The discriminator is put in training mode. The generator keeps its weights, its gradients and its mode, and all
    its weights can still learn afterwards.

    generator      maps images (B, 1, h, w) to (B, 1, H, W)
    discriminator  maps images (B, 1, H, W) to logits (B, 1): positive for "real", sometimes large (±200); no sigmoid
    optimizer      optimiser of the weights of the discriminator
    lr, hr         low-resolution images (B, 1, h, w), and the real high-resolution ones (B, 1, H, W); not modified
    returns        the loss before the step, a plain number, not a tensor or array: the mean cross-entropy of the
                   real images (target 1) plus that of the generated ones (target 0)
    """
    ### BEGIN SOLUTION
    # 1. training mode: batch normalisation uses the statistics of this batch
    discriminator.train()
    # 2. reset the gradients that the generator's step has left here
    optimizer.zero_grad()
    # 3. generated images, detached from the generator           -> (B, 1, H, W)
    fake = generator(lr).detach()
    # 4. logits, one call for each kind of image                 -> (B, 1), (B, 1)
    real_logits, fake_logits = discriminator(hr), discriminator(fake)
    # 5. cross-entropy: target 1 for real, 0 for generated       -> scalar
    loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    loss = loss + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    # 6. gradients, then the step; a plain number, without the graph
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% check="g04_discriminator_step"

# %% [markdown]
# ### Gap 6 · a training step of the generator
#
# In the generator's step, the gradient reaches the generator *through* the discriminator. The loss has two terms:
# the pixel error, and the cross-entropy for being classified as real.
#
# <details><summary>Hint</summary>Which target means "classified as real"? What would a detach cut off here? The
# discriminator gets gradients too: which optimiser makes the step, and who resets these gradients later?</details>


# %% gap="g04_generator_step"
def generator_step(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    """Update the generator once: small pixel error, and classified as real. The discriminator does not change.

    The generator is put in training mode. The discriminator keeps its weights and its mode, and all its weights
    can still learn afterwards; gradients may be left in them.

    generator      maps images (B, 1, h, w) to (B, 1, H, W)
    discriminator  maps images (B, 1, H, W) to logits (B, 1): positive for "real", sometimes large (±200); no sigmoid
    optimizer      optimiser of the weights of the generator
    lr, hr         low-resolution images (B, 1, h, w), and the real high-resolution ones (B, 1, H, W); not modified
    weight         of the adversarial term; 0.001 in SRGAN
    returns        the loss before the step, a plain number, not a tensor or array: the mean squared error of the
                   pixels plus weight times the mean cross-entropy of the generated images with target 1
    """
    ### BEGIN SOLUTION
    # 1. training mode: batch normalisation uses the statistics of this batch
    generator.train()
    # 2. reset the gradients of the last step
    optimizer.zero_grad()
    # 3. generated images, not detached                     -> (B, 1, H, W)
    sr = generator(lr)
    # 4. logits of the discriminator                        -> (B, 1)
    logits = discriminator(sr)
    # 5. pixel error plus weight times adversarial loss     -> scalar
    adversarial = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    loss = F.mse_loss(sr, hr) + weight * adversarial
    # 6. gradients, then the step; a plain number, without the graph
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% check="g04_generator_step"

# %% [markdown]
# The next cell trains on four batches, twice: once only the discriminator is updated, once both networks are. If
# the predicted probability is 1/2, the cross-entropy is log 2.
#
# *Predict:* what is the loss of the untrained discriminator at its first step? And when does it fall further: with
# `only D` updated, or with `both`?

# %%
my_first_loss, my_lower = "?", "?"

# %%
import copy

from torch.utils.data import DataLoader

discriminator_step = yours("g04_discriminator_step", discriminator_step)
generator_step = yours("g04_generator_step", generator_step)

torch.manual_seed(lab.seed)
batches = list(DataLoader(train_set, 8, shuffle=True))[:4]
d_losses = {}
for name in ("only D", "both"):
    net_g, net_d = copy.deepcopy(srresnet).cpu(), sr_recipe.discriminator(sizes, lab.seed)
    optimizer_d = torch.optim.Adam(net_d.parameters(), lr=2e-4)
    optimizer_g = torch.optim.Adam(net_g.parameters(), lr=2e-4)
    d_losses[name] = []
    for step in range(24):
        small, large = batches[step % len(batches)]
        d_losses[name].append(discriminator_step(net_g, net_d, optimizer_d, small, large))
        if name == "both":
            generator_step(net_g, net_d, optimizer_g, small, large, weight=0.1)
first, last = ({name: values[k] for name, values in d_losses.items()} for k in (0, -1))
predicted("first loss of the discriminator", my_first_loss, first["both"], ".2f")
predicted("loss of the discriminator falls further with", my_lower, min(last, key=last.get), options=tuple(last))

# %%

picture = view.curves(range(1, 25), {"loss of the discriminator": d_losses}, "step")
picture.axes[0].axhline(2 * np.log(2), color="#888888", linestyle=":")
view.show(picture, alt="Loss of a discriminator that is trained alone, and of one whose generator is trained too")

# %% [markdown]
# *Look:* the dotted line, 2 log 2, is the loss of a discriminator that guesses. How far below it is each curve at
# the end? If the loss of the discriminator falls close to 0, the generator receives little useful gradient. If it
# stays at the dotted line, the reason can be a perfect generator or a discriminator that learns nothing. The curve
# alone does not tell which.
#
# ### What should "close to the truth" mean?
#
# SRGAN compares not pixels but the features that a trained network, the **feature extractor**, computes for both
# images (gap 10). The paper uses VGG19, trained on photographs. We use the encoder of a U-Net as in notebook 02,
# with one modality, trained to segment tumours in high-resolution slices. If you have the weights of VGG19
# (`vgg19-dcbb9e9d.pth` of torchvision), set `vgg19` to the path of the file: then its features are used as in the
# papers, which takes much longer.
#
# A second U-Net with other initial weights, the **evaluation U-Net**, is not part of any loss. All levels of its
# encoder measure the **perceptual distance** of two images, and later it segments the generated images. Why not use
# the first U-Net? A generator that was trained to match one network should be evaluated with another. (In research
# it would also have another architecture and other training data: these two share both.) A third one, trained on
# *bicubic* slices, is needed in sections 9 and 10: how a network reads generated images depends on the images it has
# learnt from.

# %%
from brainlab.training import fit

vgg19 = None  # or the path of vgg19-dcbb9e9d.pth

trained = []
for seed, coarse in ((lab.seed, False), (lab.seed + 1, False), (lab.seed + 1, True)):
    network = sr_recipe.unet(sizes, seed)
    unet_settings = sr_recipe.unet_settings(sizes, lab.device, seed)
    fit(network, *sr_recipe.unet_sets(split, sizes, coarse=coarse), sr_recipe.tumour_loss, unet_settings)
    trained.append(network)
unet, evaluator, coarse_unet = trained
after_relu, before_relu = sr_recipe.features(unet, vgg19)  # feature extractors for the losses
weights = sr_recipe.loss_weights(before_relu)  # of the terms of the losses, for these features
levels = sr_recipe.perceptual_levels(evaluator)  # feature extractors for the perceptual distance

print("Dice of the evaluation U-Net on the high-resolution test slices")
for name, row in sr_recipe.dice_by_patient(evaluator, hr, test_set).items():
    print(name, "  ".join(f"{region} {value:.2f}" for region, value in row.items()))

# %% [markdown]
# Oedema is hard to see in T1 with contrast, so expect a lower Dice of WT than with four modalities. The same holds
# for a core that does not enhance, with label 1 only: the network may find nothing of it, a Dice of TC of 0. The
# Dice of ET is also 0 if the labels have no ET and the network finds some.
#
# Now the second phase, adversarial training, from the network of the first phase: the content loss on features, plus
# the adversarial loss with a small weight.
#
# How small? What counts is not the weight alone but the ratio of the two gradients, and it depends on the features.
# The paper divides the features of VGG19 by 12.75 to bring them into the range of pixels. Applied to the features of
# our U-Net, which are small already, the same factor makes the content loss as weak as the adversarial one: the
# generator then moves faster than the discriminator can learn, D(real) and D(generated) stay at 0.5, and what looks
# like a balance is a discriminator that has learnt nothing.
#
# *Predict:* what happens to the PSNR during adversarial training: `rises` or `falls`?

# %%
my_direction = "?"

# %%
from brainlab.training import diagnose, probe_auc, srgan_losses, train_gan

gan_losses = {"SRGAN": srgan_losses(after_relu, weights["SRGAN"])}
phase_two = {"SRGAN": sr_recipe.gan_settings(sizes, "SRGAN", lab.device, lab.seed)}
srgan = copy.deepcopy(srresnet)
net_d = sr_recipe.discriminator(sizes, lab.seed)
gan_histories = {"SRGAN": train_gan(srgan, net_d, gan_losses["SRGAN"], train_set, val_set, phase_two["SRGAN"])}
outputs["SRGAN"] = sr_recipe.enlarge(srgan, lr, sizes.hr)
change = (psnr(outputs["SRGAN"], hr) - psnr(outputs["SRResNet"], hr)).mean()
print(f"PSNR changed by {change:+.2f} dB")
predicted("PSNR in this phase", my_direction, "falls" if change < 0 else "rises", options=("rises", "falls"))

seen = data.stack(data.SuperResSet(split.train, hr=sizes.hr, lr=sizes.lr, step=sizes.val_step))


def separability(generator):
    """Return how well a fresh discriminator separates true and generated images: 0.5 not at all, 1 always."""
    both = seen, data.stack(val_set)  # one to train it, one to test it
    pairs = [(sr_recipe.enlarge(generator, small, sizes.hr), large) for small, large in both]
    return probe_auc(sr_recipe.discriminator(sizes, lab.seed + 2), *pairs)


def warnings_of(name, generator):
    """Return the findings of the monitor; the probe runs only if the discriminator seems to guess."""
    found = diagnose(gan_histories[name], probe=lambda: separability(generator))
    return "\n".join(f"epoch {finding.epoch}: {finding.name}: {finding.message}" for finding in found) or "none"


print("warnings of the monitor:", warnings_of("SRGAN", srgan))

# %%
picture = view.gan_curves(gan_histories)
view.show(picture, alt="SRGAN by epoch: outputs of the discriminator, both losses, and PSNR")

# %%
view.show(
    side_by_side(outputs), alt="The coarse slice, bicubic, SRResNet, SRGAN and the truth, with difference maps"
)

# %% [markdown]
# *Look:* does SRGAN look more like the truth? Is it closer to it? Follow one fine line: is it in both images?
#
# The monitor looks for four failures: the discriminator wins, the discriminator learns nothing, mode collapse,
# divergence (the last two in section 8). The second cannot be read from the curves: it means that D(real) and
# D(generated) are equal *although* a fresh discriminator, trained on the frozen images, separates them.
#
# > **Key point:** the losses of a GAN do not measure progress. Monitor D(real), D(generated) and PSNR, look at the
# images, and if the discriminator seems to guess, find out why.

# %% [markdown]
# ## 8 · ESRGAN
#
# Wang et al. 2018 changed four things: dense blocks without batch normalisation, a discriminator that compares real
# with generated images, features before the activation, and interpolation between two networks at the end.

# %% [markdown]
# ### Gap 7 · the dense block of ESRGAN
#
# The block has five 3 × 3 convolutions. The input of each is x *and* the outputs of all earlier ones, concatenated
# along the channels, oldest first:
#
# ```
# x₁ = lrelu(conv₁([x]))   x₂ = lrelu(conv₂([x, x₁]))   ...   x₄ = lrelu(conv₄([x, x₁, x₂, x₃]))
# output = x + 0.2 · conv₅([x, x₁, x₂, x₃, x₄])
# ```
#
# The first four add `num_grow_ch` channels each, the fifth returns to `num_feat`. Without batch normalisation, the
# factor 0.2 helps to keep the activations of deep networks in a stable range.
#
# <details><summary>Hint</summary>How many channels does convolution number <em>i</em> receive, if each one before
# it has added <code>num_grow_ch</code>? Keep all features so far in one tensor and extend it with
# <code>torch.cat</code>. <code>nn.ModuleList</code> holds layers for a loop, <code>F.leaky_relu(y, 0.2)</code> is
# the activation.</details>


# %% gap="g04_dense_block"
class DenseBlock(nn.Module):
    """Five 3 x 3 convolutions; the input of each is x and the outputs of all earlier ones, oldest first.

    x       (B, num_feat, H, W), of the type of the weights, float32 or float64; not modified
    returns (B, num_feat, H, W), of the same type: x + 0.2 times the fifth output; LeakyReLU (0.2) after the first
            four convolutions only. All weights can learn; convolutions with or without bias
    """

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. input channels: num_feat, then num_grow_ch more each time
        inputs = [num_feat + i * num_grow_ch for i in range(5)]
        # 2. output channels: four times num_grow_ch, then num_feat
        outputs = [num_grow_ch] * 4 + [num_feat]
        # 3. the five convolutions, which keep the image size
        self.convs = nn.ModuleList(nn.Conv2d(n, m, 3, padding=1) for n, m in zip(inputs, outputs))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        features = x
        # 4. four times: convolve, activate, append       -> (B, num_feat + 4 num_grow_ch, H, W)
        for conv in self.convs[:4]:
            features = torch.cat([features, F.leaky_relu(conv(features), 0.2)], dim=1)
        # 5. the fifth, scaled by 0.2, plus x           -> (B, num_feat, H, W)
        return x + 0.2 * self.convs[4](features)
        ### END SOLUTION


# %% check="g04_dense_block"

# %%
DenseBlock = yours("g04_dense_block", DenseBlock)
block = DenseBlock(sizes.num_feat, sizes.num_grow_ch)
print(f"{count_parameters(block):,} weights; the residual block of SRResNet has", end=" ")
print(f"{count_parameters(ResidualBlock(sizes.num_feat)):,}")

# %% [markdown]
# ### Gap 8 · residual in residual
#
# Three dense blocks in sequence form one large residual block: its output is scaled by 0.2 as well, and x is added.
# Hence the name *residual in residual dense block* (RRDB). ESRGAN stacks 23 of them.
#
# <details><summary>Hint</summary>Does each of the three blocks in your list have its own weights? The output of the
# third block is scaled as a whole.</details>


# %% gap="g04_rrdb"
class RRDB(nn.Module):
    """Three dense blocks in sequence, scaled by 0.2, plus the input.

    x       (B, num_feat, H, W), of the type of the weights, float32 or float64; not modified
    returns (B, num_feat, H, W), of the same type. All weights can learn
    """

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. three dense blocks, each with its own weights
        self.blocks = nn.Sequential(*(DenseBlock(num_feat, num_grow_ch) for _ in range(3)))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        # 2. one after another, scaled by 0.2, plus x   -> (B, num_feat, H, W)
        return x + 0.2 * self.blocks(x)
        ### END SOLUTION


# %% check="g04_rrdb"

# %% [markdown]
# ### Gap 9 · the relativistic average loss
#
# The discriminator of SRGAN estimates whether an image is real. The discriminator of ESRGAN estimates whether an
# image is *more realistic than images of the other kind on average*. Generator and discriminator losses are
# computed from the same logits.
#
# <details><summary>Hint</summary>If all logits increase by 5, what should happen to the two losses? Which of the
# two batches is averaged when a real image is classified?</details>


# %% gap="g04_relativistic_loss"
def relativistic_loss(real_logits, fake_logits):
    """Relativistic average losses: is an image more realistic than images of the other kind on average?

    real_logits  (B, 1) of real images, positive for "real"; they may be large (±200)
    fake_logits  (B', 1) of generated ones; B' may differ from B
    returns      two scalar tensors, the discriminator's loss and the generator's; each is the sum of two mean
                 cross-entropies, one over the real images and one over the generated ones. Both have gradients
                 in both kinds of logits, which are not modified
    """
    ### BEGIN SOLUTION
    bce = F.binary_cross_entropy_with_logits
    # 1. each logit minus the mean of the *other* kind           -> (B, 1), (B', 1)
    real = real_logits - fake_logits.mean()
    fake = fake_logits - real_logits.mean()
    # 2. targets of the discriminator: 1 real, 0 generated       -> scalar
    loss_d = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    # 3. targets of the generator: 0 real, 1 generated           -> scalar
    loss_g = bce(real, torch.zeros_like(real)) + bce(fake, torch.ones_like(fake))
    return loss_d, loss_g
    ### END SOLUTION


# %% check="g04_relativistic_loss"

# %% [markdown]
# *Predict:* what are the two losses if all logits are equal? And which generator loss has a gradient with respect
# to the logits of *real* images: that of `SRGAN`, of `ESRGAN`, of `both` or of `neither`?

# %%
my_losses, my_gradient = "?", "?"

# %%
relativistic_loss = yours("g04_relativistic_loss", relativistic_loss)

equal = torch.zeros(4, 1)
loss_d, loss_g = relativistic_loss(equal, equal)
print(f"equal logits: {loss_d:.3f} for the discriminator, {loss_g:.3f} for the generator")
predicted("each of the two losses", my_losses, loss_d, ".2f")
real = torch.tensor([[3.0], [1.0]], requires_grad=True)
fake = torch.tensor([[0.0], [-1.0]], requires_grad=True)
generator_losses = {
    "SRGAN": F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake)),
    "ESRGAN": relativistic_loss(real, fake)[1],
}
reaches = []  # the losses with a gradient at real images
for name, loss in generator_losses.items():
    for kind, logits in {"real": real, "generated": fake}.items():
        (grad,) = torch.autograd.grad(loss, logits, retain_graph=True, allow_unused=True)
        shown = "none" if grad is None else grad.flatten().numpy().round(3)
        print(f"{name}: gradient of the generator's loss at the logits of {kind} images: {shown}")
        reaches += [name] if kind == "real" and grad is not None and grad.any() else []
answer = "neither" if not reaches else "both" if len(reaches) == 2 else reaches[0]
choices = (*generator_losses, "both", "neither")
predicted("gradient from real images", my_gradient, answer, options=choices)

# %% [markdown]
# ### Gap 10 · the perceptual loss
#
# Two images can differ in every pixel and look alike, or differ in few pixels and look clearly different. The
# perceptual loss therefore compares the features that a trained network computes for the two images. ESRGAN takes
# the features before the ReLU, which would set many of them to 0.
#
# <details><summary>Hint</summary>Into which of the two images should the gradient flow? What need not be stored for
# the other one? Use <code>torch.no_grad()</code> and <code>F.l1_loss</code>.</details>


# %% gap="g04_perceptual_loss"
def perceptual_loss(features, sr, hr):
    """Mean absolute difference between the features of two images.

    features  maps images (B, 1, H, W) to features (B, K, h, w) before their activation; frozen, in evaluation mode
    sr, hr    generated and real images (B, 1, H, W); hr is a constant, no gradient flows into it
    returns   a scalar tensor, shape (), differentiable in sr; sr and hr are not modified, nor their requires_grad
    """
    ### BEGIN SOLUTION
    # 1. features of the real image, without gradient -> (B, K, h, w)
    with torch.no_grad():
        truth = features(hr)
    # 2. features of the generated image              -> (B, K, h, w)
    generated = features(sr)
    # 3. the mean absolute difference                 -> scalar
    return F.l1_loss(generated, truth)
    ### END SOLUTION


# %% check="g04_perceptual_loss"

# %% [markdown]
# The generator is built from your blocks and trained with your losses, which `GanLosses` takes as functions. Real
# images do not depend on the generator: in the term of the real images, the gradient reaches it through the mean of
# the generated ones. First as many epochs with the pixel loss as SRResNet, then as many adversarial epochs as SRGAN.
#
# *Predict:* which of the two GANs has the higher PSNR, and which one the smaller perceptual distance: `SRGAN` or
# `ESRGAN`?

# %%
my_higher_psnr, my_smaller_distance = "?", "?"

# %%
from brainlab.training import GanLosses
from brainlab.models import copy_weights

RRDB = yours("g04_rrdb", RRDB)
perceptual_loss = yours("g04_perceptual_loss", perceptual_loss)

esrgan = sr_recipe.rrdbnet(sizes, lab.seed)
esrgan.body = nn.Sequential(*(RRDB(sizes.num_feat, sizes.num_grow_ch) for _ in range(sizes.rrdb_block)))
psnr_histories["RRDBNet"] = train_psnr(esrgan, train_set, val_set, phase_one)
psnr_state = copy_weights(esrgan)
outputs["RRDBNet"] = sr_recipe.enlarge(esrgan, lr, sizes.hr)


def generator_loss(sr, hr, real_logits, fake_logits):
    """Return the total loss of the ESRGAN generator and its terms."""
    parts = {
        "perceptual": perceptual_loss(before_relu, sr, hr),
        "adversarial": relativistic_loss(real_logits, fake_logits)[1],
        "pixel": F.l1_loss(sr, hr),
    }
    total = sum(weights[name] * part for name, part in parts.items())
    return {"total": total, **parts}


def discriminator_loss(real_logits, fake_logits):
    """Return the loss of the ESRGAN discriminator."""
    return relativistic_loss(real_logits, fake_logits)[0]


gan_losses["ESRGAN"] = GanLosses(
    "ESRGAN", discriminator_loss, generator_loss, relativistic=True, features=before_relu
)
net_d = sr_recipe.discriminator(sizes, lab.seed)
phase_two["ESRGAN"] = sr_recipe.gan_settings(sizes, "ESRGAN", lab.device, lab.seed)
gan_histories["ESRGAN"] = train_gan(
    esrgan, net_d, gan_losses["ESRGAN"], train_set, val_set, phase_two["ESRGAN"]
)
outputs["ESRGAN"] = sr_recipe.enlarge(esrgan, lr, sizes.hr)

# %% [markdown]
# **SRGAN and ESRGAN at the same budget.** First compare stability and convergence.

# %%
for name, network in {"SRGAN": srgan, "ESRGAN": esrgan}.items():
    print(f"{name}: warnings of the monitor: {warnings_of(name, network)}")
picture = view.gan_curves(gan_histories)
view.show(picture, alt="SRGAN and ESRGAN by epoch: outputs of the discriminators, the losses, and PSNR")

# %% [markdown]
# *Look:* does D(real) - D(generated) grow, shrink or stay in the two trainings? The two rows differ in what D means:
# for ESRGAN it is the probability that an image is more realistic than images of the other kind on average, so equal
# values are not equally good discriminators. If a discriminator separates almost perfectly, its gradient does not
# vanish with these losses, but it is a poor guide for the generator: a longer training would need a lower rate for
# the discriminator.
#
# Now compare the outputs. Two of the scores look alike and are not:
#
# - *Distance* is the perceptual distance of each image from *its own* truth, measured with the evaluation U-Net.
#   It is a measure of **distortion**, as PSNR is, with features in place of pixels.
# - *Fréchet* asks whether generated images *as a set* are distributed like real ones, whichever patient they belong
#   to. Blau and Michaeli (2018) call this **perception**. The features of all positions of all images are described
#   by a mean vector and a covariance matrix, for generated and for real images, and the Fréchet distance compares
#   the two (Heusel et al. 2017); here in percent of the variance of the real features. It needs many feature
#   vectors: with few, it is too large even for two sets of real images.
#
# The *high-frequency ratio* (HF ratio) is the power outside the centre of k-space (a circle as wide as the square
# of section 4), divided by that of the truth. *Artefacts* is the mean grey value, in thousandths, of the
# background, where the truth is black: many artefacts are visible there first.

# %%
histories = psnr_histories | gan_histories
table = {name: sr_recipe.scores(images, hr, levels) for name, images in outputs.items()}
head = f"{len(hr)} test slices"
print(f"{head:16s}   PSNR   SSIM  distance  Fréchet  HF ratio  artefacts   weights  seconds of this phase")
networks = {"SRResNet": srresnet, "SRGAN": srgan, "RRDBNet": esrgan, "ESRGAN": esrgan}
for name, row in table.items():
    columns = f"{row['PSNR']:7.2f}{row['SSIM']:7.3f}{row['distance']:10.4f}"
    columns += f"{row['Fréchet']:9.2f}{row['high-frequency ratio']:10.2f}{row['artefacts']:11.1f}"
    if name in networks:
        columns += f"{count_parameters(networks[name]):10,}{sum(histories[name].seconds):9.0f}"
    print(f"{name:16s}{columns}")
gans = ("SRGAN", "ESRGAN")
higher, smaller = (
    choose(gans, key=lambda name: table[name][score]) for choose, score in ((max, "PSNR"), (min, "distance"))
)
predicted("GAN with the higher PSNR", my_higher_psnr, higher, options=gans)
predicted("GAN with the smaller distance", my_smaller_distance, smaller, options=gans)
alt = "Coarse, bicubic, SRResNet, SRGAN, RRDBNet, ESRGAN and truth, with difference maps"
view.show(side_by_side(outputs), alt=alt, dpi=64)

# %% [markdown]
# *Look:* which image is sharper, and which one has more that is not in the truth: grain, ringing, grey background? If
# the high-frequency ratio were above 1, would the image be sharper than the truth, or noisier?
#
# Is the difference between the two GANs established? The slices of a patient are alike, so the patients are the
# sample. The next cell averages over the slices of each patient and prints the mean difference ESRGAN - SRGAN with
# its bootstrap interval over patients. A difference whose interval contains 0 is not established. With fewer than
# about 10 patients such an interval is too narrow, so a bound close to 0 is weak evidence even where *established*
# is printed; with fewer than 5 patients no interval is printed. (For *Fréchet* this compares distributions within
# each patient, from few slices.)

# %%
from brainlab.metrics import bootstrap_interval

numbers = np.array([number for number, _ in test_set.index])  # of the patient, for each slice
patients = [numbers == k for k in range(len(test_set.cached))]
by_patient = {}
for name in gans:
    rows = [sr_recipe.scores(outputs[name][mine], hr[mine], levels) for mine in patients]
    by_patient[name] = {score: np.array([row[score] for row in rows]) for score in rows[0]}


def compared(differences):
    """Return the mean of paired differences (patients,) with its interval, and whether its sign is established."""
    if len(differences) < 5:
        return f"{np.mean(differences):+.3f}; patients: {len(differences)}, too few for an interval"
    interval = bootstrap_interval(differences)
    verdict = "established" if interval.excludes_zero else "not established"
    return f"{interval} over {len(differences)} patients, {verdict}"


for score in ("PSNR", "distance", "Fréchet"):
    print(f"ESRGAN - SRGAN, {score}: {compared(by_patient['ESRGAN'][score] - by_patient['SRGAN'][score])}")

# %% [markdown]
# <details><summary>What may be concluded</summary>At most something about these two trainings. The budgets are equal
# in epochs and learning rates, but not in weights or seconds, and other seeds give other networks.
# <code>benchmarks/gan_seeds.py</code> repeats the comparison with five seeds on synthetic patients that are used for
# nothing else, with intervals over patients and seeds (table in the README): in PSNR and distance no difference
# between the two GANs is established, and in the Fréchet distance SRGAN is better. ESRGAN does not win here; the
# networks are small and the training is short, so this does not refute the paper.</details>

# %% [markdown]
# ### Gap 11 · network interpolation
#
# The adversarial training started from the network trained for PSNR, so each weight has a counterpart there.
# Interpolating between them gives a range of networks, from faithful to sharp, without further training.
#
# <details><summary>Hint</summary>Does <code>state_dict()</code> return copies, or references to the tensors of the
# network? What would the average of a counter mean that has counted 60 batches in one network and 100 in the other?
# Use <code>is_floating_point()</code> and <code>clone()</code>.</details>


# %% gap="g04_interpolate"
def interpolate(psnr_state, gan_state, alpha):
    """Interpolate two networks weight by weight: (1 - alpha) * psnr + alpha * gan.

    psnr_state, gan_state  state dicts of one architecture, name to tensor; must not be modified
    alpha                  0 is the PSNR network, 1 the GAN
    returns                a new state dict with its own tensors, of the same names, shapes and types; the order
                           of the names is free, and may differ between the two. Every floating-point entry is
                           interpolated; all others, such as the counter of batch norm or a mask of True and
                           False, are copied from gan_state
    """
    ### BEGIN SOLUTION
    mixture = {}
    for name, gan in gan_state.items():
        if gan.is_floating_point():
            # 1. interpolate
            mixture[name] = (1 - alpha) * psnr_state[name] + alpha * gan
        else:
            # 2. copy, because state_dict() returns references
            mixture[name] = gan.clone()
    return mixture
    ### END SOLUTION


# %% check="g04_interpolate"

# %% [markdown]
# *Predict:* what is the PSNR of the network half-way between RRDBNet (alpha = 0) and ESRGAN (alpha = 1)?

# %%
my_half_way = "?"

# %%
interpolate = yours("g04_interpolate", interpolate)

mixture, path = copy.deepcopy(esrgan), {}
gan_state = copy_weights(esrgan)
for alpha in (0, 0.25, 0.5, 0.75, 1):
    mixture.load_state_dict(interpolate(psnr_state, gan_state, alpha))
    row = sr_recipe.scores(sr_recipe.enlarge(mixture, lr, sizes.hr), hr, levels)
    path[f"{alpha:g}"] = row["PSNR"], row["Fréchet"]
points = {name: (row["PSNR"], row["Fréchet"]) for name, row in table.items()}
picture = view.perception_distortion(points, path)
predicted("PSNR half-way", my_half_way, path["0.5"][0], ".2f")
for name in gans:
    better = [alpha for alpha, (x, y) in path.items() if x > points[name][0] and y < points[name][1]]
    print(f"interpolated networks better than {name} in both: {', '.join(better) or 'none'}")
view.show(picture, alt="PSNR against Fréchet distance: bicubic, four networks and the interpolated networks")

# %% [markdown]
# *Look:* the numbers on the dashed line are alpha: it leads from RRDBNet (0) to ESRGAN (1).
# Is there a network that is best in both? Blau and Michaeli (2018) prove that there is a bound which no method can
# cross: at this bound, outputs that are distributed more like real images necessarily have a larger error. A network
# that another one beats in both does not lie on the bound: it could still improve in one without loss in the other.
# Did an interpolated network, which cost no training, beat one of the GANs in this way? On a few patients and with
# one seed that is a hint only: over five seeds of the benchmark, the network half-way has a higher PSNR and a
# smaller perceptual distance than ESRGAN, but in the Fréchet distance no difference is established.
#
# Move the slider (or use the arrow keys on it): which interpolation would you choose?

# %%
from brainlab.view import NetworkMixer

NetworkMixer(esrgan, psnr_state, gan_state, lr[item], hr[item], affine, centre=tuple(centre), side=side)

# %% [markdown]
# ### Failure 1: divergence, and a cure
#
# The next cell repeats the adversarial training of ESRGAN from the network of the first phase, with learning rates a
# hundred times as high. Two cures are tried then, with the original rates and the same number of epochs:
#
# - *lower rate*: training continues with the networks as they are;
# - *checkpoint*: the generator goes back to the weights of the first phase, and a new discriminator is trained.
#
# *Predict:* which cure brings the PSNR above that of bicubic interpolation: `lower rate`, `checkpoint`, `both` or
# `neither`?

# %%
my_cure = "?"

# %%
from dataclasses import replace

rates = phase_two["ESRGAN"]
short = replace(rates, epochs=2)
fast = replace(short, lr=100 * rates.lr, d_lr=100 * rates.d_lr, schedule="constant")
failed_histories, failed_outputs = {}, {}


def train_on(name, network, net_d, settings):
    """Train adversarially, and keep the history and the outputs under `name`."""
    failed_histories[name] = train_gan(network, net_d, gan_losses["ESRGAN"], train_set, val_set, settings)
    failed_outputs[name] = sr_recipe.enlarge(network, lr, sizes.hr)


network, net_d = copy.deepcopy(esrgan), sr_recipe.discriminator(sizes, lab.seed)
network.load_state_dict(psnr_state)
train_on("100 times the rate", network, net_d, fast)
train_on("lower rate", network, net_d, short)
network.load_state_dict(psnr_state)  # the checkpoint
train_on("checkpoint", network, sr_recipe.discriminator(sizes, lab.seed), short)

baseline_psnr = psnr(up, hr).mean()
print(f"bicubic: {baseline_psnr:.1f} dB")
cures = []
for name, images in failed_outputs.items():
    level, found = psnr(images, hr).mean(), ", ".join(f.name for f in diagnose(failed_histories[name]))
    spread = failed_histories[name].scores.get("diversity", [float("nan")])[-1]
    print(f"{name}: {level:.1f} dB, diversity {spread:.2f}, mean grey value {images.mean():.2f}", end="; ")
    print(f"monitor: {found or 'no warning'}")
    cures += [name] if name != "100 times the rate" and level > baseline_psnr else []
answer = "neither" if not cures else "both" if len(cures) == 2 else cures[0]
predicted("cure", my_cure, answer, options=("lower rate", "checkpoint", "both", "neither"))
print(f"mean grey value of the true images: {hr.mean():.2f}")

# %%
from matplotlib.figure import Figure

from brainlab.view import draw

other = int((labels == 0).sum(dim=(1, 2)).argmax())  # the slice with most background, for comparison
picture = Figure(figsize=(7.4, 4.6), layout="constrained")
columns = failed_outputs | {"truth": hr}  # last, because the panels of a row share its window
for column, (name, images) in zip(picture.subplots(2, 4, sharex="row", sharey="row").T, columns.items()):
    for ax, number, title in zip(column, (item, other), (name, "")):
        draw(ax, images[number, 0].numpy(), affine, title=title, window=(0, 1))
alt = "Two slices, one row each: after the high rates, after each of the two cures, and the truth"
view.show(picture, alt=alt, dpi=72)

# %% [markdown]
# *Look:* is any anatomy left in the images of the first column? This is **divergence**: the weights have
# left the region where the network computes images, and PSNR and mean grey value show it. Such outputs can be alike
# for every input, but they are not mode collapse, in which each single output looks right.
#
# <details><summary>Why keep checkpoints?</summary>After a divergence the generator is far from the weights of the
# first phase, and the discriminator was trained on failed outputs. A lower rate alone starts from there. A
# checkpoint from before the failure, with a lower rate, repeats a training that is known to work.</details>
#
# ### Failure 2: mode collapse, where it can be seen
#
# With images it is hard to see which ones a generator never produces. With points in the plane it is easy: the data
# are eight Gaussians on a ring (after Metz et al. 2017), and a small network turns noise into points. First a
# balanced training; then the generator is trained ten times for each step of the discriminator, at a hundred times
# its previous rate; then *both* networks go back to the checkpoint from before, and are trained further at the
# original rates.
#
# *Predict:* how many of the eight Gaussians does the generator still reach after the second training?

# %%
my_modes = "?"

# %%
import studies

ring_g, ring_d = studies.ring_networks(lab.seed)
ring_histories, ring_made = {}, {}
plans = {  # epochs of 100 steps, rates of generator and discriminator
    "balanced": {"epochs": 16, "lr": 3e-4, "d_lr": 3e-3},
    "generator too fast": {"epochs": 3, "lr": 100 * 3e-4, "d_lr": 3e-3, "g_steps": 10},
    "checkpoint, original rates": {"epochs": 5, "lr": 3e-4, "d_lr": 3e-3},
}
for number, (name, plan) in enumerate(plans.items()):
    networks_of_ring = ring_g, ring_d
    if name == "generator too fast":  # it trains copies: ring_g and ring_d remain as the checkpoint
        networks_of_ring = copy.deepcopy(networks_of_ring)
    history, points = studies.train_ring(*networks_of_ring, **plan, seed=lab.seed + number)
    ring_histories[name], ring_made[name] = history, points
for name, history in ring_histories.items():
    found = ", ".join(finding.name for finding in diagnose(history))
    print(f"{name}: {history.scores['modes'][-1]} of 8 Gaussians, ", end="")
    print(f"diversity {history.scores['diversity'][-1]:.2f}; monitor: {found or 'no warning'}")
reached = {name: history.scores["modes"][-1] for name, history in ring_histories.items()}
predicted("Gaussians reached", my_modes, reached["generator too fast"], "d")

# %%
true_points = studies.ring_points(1000, torch.Generator().manual_seed(lab.seed))
picture = Figure(figsize=(8.4, 2.9), layout="constrained")
for ax, (name, points) in zip(picture.subplots(1, 3), ring_made.items()):
    ax.scatter(*true_points.flatten(1).T, s=4, color="#bbbbbb", label="data")
    ax.scatter(*points.flatten(1).T, s=4, color="#0072b2", label="generated")
    ax.set(title=name, xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
picture.axes[1].legend(frameon=False, fontsize=8, loc="center")
alt = "Points of eight Gaussians on a ring, and generated ones: three trainings side by side"
view.show(picture, alt=alt, dpi=64)

# %% [markdown]
# *Look:* the generator that is too fast finds the place that the discriminator rates best at this moment and sends
# nearly all noise there; then the discriminator rates other places best, and the generator follows as a whole. So it
# may just as well be between two Gaussians when the training ends. Nothing in the adversarial loss asks for
# diversity within a batch. The losses of SRGAN and ESRGAN contain a term that compares each output with its own
# truth, and their generator starts from the coarse image: both work against mode collapse.
#
# The monitor recognises it by the **diversity**: the standard deviation over different inputs, relative to that of
# real data. It would miss a generator that has kept two opposite Gaussians. Where modes can be counted, count them,
# and look at the points as well: a count ignores those that lie between the Gaussians.
#
# > **Key point:** sharpness and fidelity are different goals. Training for PSNR favours fidelity, a GAN favours
# sharpness, interpolation chooses between them. Distortion compares each image with its truth, perception compares
# distributions. Monitor PSNR, discriminator and diversity, and keep checkpoints.

# %% [markdown]
# ## 9 · Lesions that appear or vanish
#
# A GAN has learnt what brains look like, and adds such structure where the coarse image leaves room. Does a lesion
# vanish by it, or appear where there is none? That is judged against the *labels*. Two networks read the images, and
# neither is the truth:
#
# - the evaluation U-Net, trained on sharp slices only, which has never seen blur;
# - the U-Net trained on bicubic slices, which has never seen a sharp slice, nor what a GAN adds.
#
# A reader also makes errors of its own: the row *high resolution* shows those in the *true* slices. A lesion is a
# connected region of tumour core of 10 pixels or more in a slice: label 3, enhancing tumour, and label 1, which is
# necrosis and non-enhancing tumour (NCR/NET) in BraTS until 2021. A tumour is thus counted in each slice that shows
# it, and a small lesion can be the end of a large tumour. It is missed if no pixel of it is found, and a found
# region is invented if no pixel of it is tumour core.
#
# *Predict:* which reader misses more lesions in the bicubic slices, the one trained on `sharp` or on `bicubic`
# slices, or are they `equal`? And does the reader trained on sharp slices invent more lesions in ESRGAN's slices
# than in the true ones: `more`, `equal` or `fewer`?

# %%
my_reader, my_invented = "?", "?"

# %%
readers = {"sharp": evaluator, "bicubic": coarse_unet}
core = (labels == 1) | (labels == 3)  # (N, H, W)
probabilities = {
    (reader, name): sr_recipe.core_probability(network, images)
    for reader, network in readers.items()
    for name, images in (outputs | {"high resolution": hr}).items()
}
counts = {key: sr_recipe.lesion_counts(probability > 0.5, core) for key, probability in probabilities.items()}
number = counts["sharp", "bicubic"]["lesions"]
print(f"{number} lesions in the labels     reader trained on sharp slices   on bicubic slices")
print(" " * 27 + "missed    invented            missed    invented")
for name in (*outputs, "high resolution"):
    sharp, coarse = counts["sharp", name], counts["bicubic", name]
    print(f"{name:22s}{sharp['missed']:11d}{sharp['invented']:12d}{coarse['missed']:18d}{coarse['invented']:12d}")


def compare(one, other, words):
    """Return the word for more, equal or less."""
    return words[0] if one > other else words[2] if one < other else words[1]


misses = [counts[reader, "bicubic"]["missed"] for reader in readers]
words = ("sharp", "equal", "bicubic")
predicted("more missed in bicubic slices", my_reader, compare(*misses, words), options=words)
inventions = [counts["sharp", name]["invented"] for name in ("ESRGAN", "high resolution")]
words = ("more", "equal", "fewer")
predicted("invented in ESRGAN's slices", my_invented, compare(*inventions, words), options=words)

# %% [markdown]
# *Look:* which counts depend more on the reader than on the method? For which methods do *both* readers miss more,
# or invent more, than in the true slices? Which of the two errors would a radiologist notice? With so few lesions,
# several of them slices of the same tumour, a difference of one or two may be chance. Compare the row *high
# resolution* of the two readers: what does each make of images unlike those of its training?
#
# The next cell looks for the places at which ESRGAN changes the opinion of the reader trained on sharp slices most:
# where its probability of tumour core differs most between the true and the generated slice, averaged over 5 × 5
# pixels so that a shifted border counts little. This average is printed; the figure gives the change at the middle
# pixel. The labels tell in which of the two slices it is right.

# %%
true_probability = probabilities["sharp", "high resolution"]  # (N, H, W)
difference = (probabilities["sharp", "ESRGAN"] - true_probability)[:, None]  # (N, 1, H, W)
change = F.avg_pool2d(difference, 5, stride=1, padding=2)[:, 0]  # (N, H, W)
pairs, probability_pairs, affines, titles, places = [], [], [], [], []
for name, flat in (("largest rise", change.argmax()), ("largest fall", change.argmin())):
    number, *place = (int(k) for k in np.unravel_index(int(flat), change.shape))
    case = test_set.cached[test_set.index[number][0]]
    pairs.append((hr[number, 0].numpy(), outputs["ESRGAN"][number, 0].numpy()))
    probability_pairs.append((true_probability[number].numpy(), probabilities["sharp", "ESRGAN"][number].numpy()))
    affines.append(case.affine)
    places.append(tuple(place))
    titles.append(f"truth: {name}")
    x, y = place
    near = slice(max(x - 2, 0), x + 3), slice(max(y - 2, 0), y + 3)
    share = core[number][near].float().mean()
    print(f"{name}, {case.id}: {change[number, x, y]:+.2f}; {share:.0%} of the pixels are core", end="; ")
    errors = [abs(probabilities["sharp", kind][number][near].mean() - share) for kind in ("high resolution", "ESRGAN")]
    nearer = "generated" if errors[1] < errors[0] else "true"
    print(f"the reader is nearer to the labels in the {nearer} slice")
window = 5 * sizes.hr // 8  # size of the crop in pixels
picture = view.prediction_differences(pairs, probability_pairs, affines, titles, side=window, places=places)
alt = "Two slices, true and generated, with outlines of the segmented tumour core, and both differences"
view.show(picture, alt=alt, dpi=72)

# %% [markdown]
# *Look:* the orange outline is the tumour core that the reader segments in the true slice, the blue one in the
# generated slice. Is it a lesion that changes, or only a border? Would you have noticed the change without the true
# image? Nothing in the generated image marks the places that were not measured.
#
# Scroll through a whole patient. The divider in the middle compares bicubic (left) with ESRGAN (right):

# %%
from brainlab.view import SliceViewer

case = test_set.cached[0]
patient = data.SuperResSet([case], hr=sizes.hr, lr=sizes.lr, middle=1.0)
small = data.stack(patient)[0]  # (Z, 1, h, w)
volumes = [resample(small, sizes.hr).clamp(0, 1), sr_recipe.enlarge(esrgan, small, sizes.hr)]
volumes = [volume[:, 0].movedim(0, -1).numpy() for volume in volumes]  # (H, W, Z) each
pixel = max(case.image.shape[2:]) / sizes.hr  # pixel size, in voxels of the case
stretched = case.affine @ np.diag([pixel, pixel, 1, 1])
pair = {"after": volumes[1], "captions": ("bicubic", "ESRGAN")}
SliceViewer(volumes[0], **pair, affine=stretched, slice=len(patient) // 2)

# %% [markdown]
# > **Key point:** a realistic image is no evidence that it is correct. Judge generated images against the truth, not
# against the opinion of one network, and if a network judges them, train it on such images too. Blur is recognised
# as blur, whereas the errors of a GAN can look like anatomy.

# %% [markdown]
# ## 10 · Does it help the U-Net?
#
# Perhaps generated images help a network, even if radiologists should not rely on them? The evaluation U-Net was
# trained on high-resolution slices. Here it segments the test slices as bicubic, after each network, and at high
# resolution.
#
# The baseline needs no super-resolution: the U-Net that was trained on *bicubic* slices, with the same settings.
#
# *Predict:* look up in section 7 what Dice of the tumour core (TC) the evaluation U-Net reaches on high-resolution
# slices. What does it reach on bicubic ones? And which is best without the high-resolution slice: `bicubic`,
# `SRResNet`, `SRGAN`, `RRDBNet`, `ESRGAN`, or the U-Net `trained on coarse`?

# %%
my_dice, my_best_input = "?", "?"

# %%
tasks = {name: (evaluator, images) for name, images in outputs.items()}
tasks |= {"trained on coarse": (coarse_unet, up), "high resolution": (evaluator, hr)}
rows = {name: sr_recipe.dice_by_patient(model, images, test_set) for name, (model, images) in tasks.items()}
cores = {name: np.mean([row["TC"] for row in scored.values()]) for name, scored in rows.items()}
print(f"test patients: {len(test_set.cached):<7d}  WT     TC     ET   TC, each patient")
for name, scored in rows.items():
    values = np.array([list(row.values()) for row in scored.values()])  # (patients, 3)
    each = " ".join(f"{value:.2f}" for value in values[:, 1])
    print(f"{name:20s}" + "".join(f"{value:7.3f}" for value in values.mean(axis=0)) + f"   {each}")
predicted("Dice of TC on bicubic", my_dice, cores["bicubic"], ".2f")
without = {name: dice for name, dice in cores.items() if name != "high resolution"}
predicted("best input", my_best_input, max(without, key=without.get), options=tuple(without))
baseline_cores = np.array([row["TC"] for row in rows["trained on coarse"].values()])
best_network = max(networks, key=cores.get)
for name in dict.fromkeys(("SRResNet", "ESRGAN", best_network)):
    differences = np.array([row["TC"] for row in rows[name].values()]) - baseline_cores
    print(f"{name} - trained on coarse, TC: {compared(differences)}")

# %% [markdown]
# *Look:* how far are the methods from *high resolution*? The last lines compare SRResNet, ESRGAN and the network that
# is best here with the U-Net trained on bicubic slices. The best one of four was chosen by these same patients, so
# its interval is too favourable: where it says *established*, other patients would have to confirm it. A patient
# whose core is never found lowers every mean alike.
#
# <details><summary>What may be concluded</summary>No function of the coarse image contains more information about
# the patient than the coarse image itself. Super-resolution adapts the images to the U-Net; training on coarse
# images adapts the U-Net to the images. As long as no difference from the baseline is established with patients that
# were not used to choose the network, no advantage of super-resolution is shown; with few patients, none is excluded
# either.</details>
#
# > **Key point:** evaluate super-resolution by the clinical task, and compare with a baseline that was trained on
# the images that are available.

# %% [markdown]
# ## 11 · Realistic scans: from 28 to 128 pixels
#
# The reference study enlarges images from 28 × 28 to 128 × 128 pixels, a factor of 4.57. Your generator enlarges 4
# times, and its features are then resampled to the requested size. This time the low-resolution image is closer to
# what a scanner provides: the centre of k-space, with noise.
#
# *Predict:* the network of section 6 has never been trained on ringing or noise. Is it better than bicubic
# interpolation here, by PSNR: `yes` or `no`?

# %%
my_transfer = "?"

# %%
from functools import partial

odd = 7 * sizes.lr // 8  # 28, or 14 in the quick budget
scanner = partial(data.kspace_crop, noise=0.02)
scan_train, scan_val, scan_test = sr_recipe.sr_sets(split, sizes, lr=odd, degradation=scanner)
scan_lr, scan_hr = data.stack(scan_test)
adapted = copy.deepcopy(srresnet)
# 128 is not a multiple of 28, so training uses whole slices instead of crops, in smaller batches.
brief = replace(phase_one, epochs=max(1, sizes.psnr_epochs // 5), batch_size=4)
train_psnr(adapted, scan_train, scan_val, brief)
scans = {
    "bicubic": resample(scan_lr, sizes.hr).clamp(0, 1),
    "not adapted": sr_recipe.enlarge(srresnet, scan_lr, sizes.hr),
    "trained on scans": sr_recipe.enlarge(adapted, scan_lr, sizes.hr),
}
images = {f"{odd} pixels": plane(scan_lr)}
for name, image in scans.items():
    print(f"{name:18s}{psnr(image, scan_hr).mean():6.2f} dB, SSIM {ssim(image, scan_hr).mean():.3f}")
    images[f"{name}\n{psnr(image, scan_hr)[item]:.1f} dB"] = plane(image)
gain = psnr(scans["not adapted"], scan_hr).mean() - psnr(scans["bicubic"], scan_hr).mean()
predicted("better than bicubic", my_transfer, "yes" if gain > 0 else "no", options=("yes", "no"))
picture = view.compare_images(images | {"truth": plane(scan_hr)}, affine, centre, side)
view.show(picture, alt="A noisy scan of 28 pixels, enlarged by bicubic and by two networks, and the truth")

# %% [markdown]
# *Look:* what did the network that was not adapted make of noise and ringing? (SSIM is so low for bicubic and for
# this network mainly because noise brightens the black background.) A network reverses the degradation on which it
# was trained.
#
# > **Key point:** a score on bicubic images says little about real scans. Check how the low-resolution images of a
# paper were made.
#
# ### Keep your networks
#
# Two small files store what you have trained: kind, options and weights, no code. The live demo, `make app`, uses
# them to enlarge and segment images.

# %%
import os
import tempfile
from pathlib import Path

from brainlab.models import load_model, models_folder, save_model

grading = "NBGRADER_EXECUTION" in os.environ  # the networks are not kept during grading
models = Path(tempfile.mkdtemp()) if grading else models_folder()
library_esrgan = sr_recipe.library_twin(esrgan, sr_recipe.rrdbnet(sizes))
about = {"half": True, "size": sizes.hr, "axes": "xy"}
saved = [
    save_model(models / "esrgan.pt", library_esrgan, sr_recipe.rrdbnet_options(sizes), **about),
    save_model(models / "unet-t1c.pt", unet, sr_recipe.unet_options(sizes), **about),
]
loaded = sr_recipe.enlarge(load_model(saved[0]), lr, sizes.hr)
print(f"largest difference after loading: {(loaded - outputs['ESRGAN']).abs().max():.4f}, in a range of 1")
print(*(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB" for path in saved), sep=", ")

# %% [markdown]
# ## 12 · Explain
#
# A company offers ESRGAN for your scanner: "A quarter of the time. In a blinded study, radiologists could not tell
# our images from real ones, and PSNR is above bicubic."
#
# In two to four sentences, with your numbers of sections 8 to 10: what do both arguments show and what not, what
# could happen to a patient, and what evidence would you require before it is used?

# %% [markdown] explain="g04_explain"
# ### BEGIN SOLUTION
# A GAN is trained to produce images that cannot be distinguished from real ones; this does not make them correct,
# and it makes their errors harder to notice. PSNR is a mean over pixels, nearly all of them healthy, so a lesion of
# ten pixels hardly changes it. A lesion can vanish or be invented, with nothing in the image to show it: details that
# were not measured are estimated from other patients. In our test slices I compared, against the labels, which lesions
# two readers miss and invent in ESRGAN's images and in the true ones. I would require the false negatives and false positives for each lesion, compared with
# high-resolution scans of the same patients, from this scanner (k-space, noise) and with rare findings, together
# with a baseline that uses the coarse images as they are.
#
# *Rubric, 6 points.* For each point, two examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: indistinguishable is not correct | "Fooling a discriminator is what the loss asks for; it does not make the image true." | "Perception compares distributions; an image of another brain would pass too." |
# | 1: PSNR does not show small lesions | "Ten pixels among thousands do not change a mean." | "Bicubic is a low bar, and black background counts." |
# | 1: a lesion can vanish or be invented, with the counts of the run | "Against the labels, the reader missed (number) lesions in ESRGAN's slices and (number) in the true ones." | "Our counts hardly differ, but with so few lesions a lost one may not show." |
# | 1: nothing in the image shows it | "The made-up structure looks like anatomy." | "A blur is seen to be a blur; here nobody knows what was made up." |
# | 1: evidence that would reveal it | "False negatives and positives per lesion against high-resolution scans of the same patients." | "A study of diagnoses, not of how real the images look." |
# | 1: on the right data | "Real k-space with noise, from this scanner; section 11 shows what else happens." | "Rare findings and other hospitals, and a baseline that uses the coarse scan." |
#
# "More data" alone earns no point.
# ### END SOLUTION

# %% [markdown]
# ## 13 · Summary
#
# - Resolution is how much of k-space was measured. Frequencies that were not measured have to be estimated.
# - Training for PSNR averages over what is uncertain and gives a blur; a GAN gives one sharp, possibly wrong image.
#   Distortion is a distance between each image and its own truth, perception one between distributions; a plot of
#   both shows the trade-off.
# - The step of the discriminator detaches the generated image, the step of the generator does not. The weight of the
#   adversarial loss must fit the scale of the features in the content loss. Losses do not show progress; monitor
#   PSNR, discriminator and diversity, and tell a balance from a discriminator that learns nothing.
# - Divergence and mode collapse are two failures; the cure for both begins with a checkpoint.
# - ESRGAN: dense blocks, no batch normalisation, relativistic loss, features before the activation, interpolation.
# - Count lesions that vanish or are invented, against the labels, and evaluate the clinical task.
#
# **Papers**
#
# - Goodfellow et al. 2014, *Generative Adversarial Nets*, arXiv:1406.2661.
# - Shi et al. 2016, *Real-Time Single Image and Video Super-Resolution Using … Sub-Pixel …*, arXiv:1609.05158. The
#   pixel shuffle.
# - Ledig et al. 2017, *Photo-Realistic Single Image Super-Resolution …*, arXiv:1609.04802. SRResNet and SRGAN.
# - Wang et al. 2018, *ESRGAN*, arXiv:1809.00219.
# - Jolicoeur-Martineau 2018, *The relativistic discriminator*, arXiv:1807.00734.
# - Johnson, Alahi and Fei-Fei 2016, *Perceptual Losses …*, arXiv:1603.08155.
# - Wang et al. 2004, *Image quality assessment: from error visibility to structural similarity*,
#   doi:10.1109/TIP.2003.819861.
# - Blau and Michaeli 2018, *The Perception-Distortion Tradeoff*, arXiv:1711.06077. With a proof of two pages.
# - Heusel et al. 2017, *GANs Trained by a Two Time-Scale Update Rule …*, arXiv:1706.08500. The Fréchet distance.
# - Aitken et al. 2017, *Checkerboard artifact free sub-pixel convolution*, arXiv:1707.02937. ICNR.
# - Sugawara, Shiota and Kiya 2018, *Super-Resolution Using … Without Any Checkerboard Artifacts*, arXiv:1806.02658.
# - Metz et al. 2017, *Unrolled Generative Adversarial Networks*, arXiv:1611.02163. The ring of Gaussians.
# - Cohen, Luck and Honari 2018, *Distribution Matching Losses Can Hallucinate Features in Medical Image Translation*,
#   arXiv:1805.08841. On tumours that a GAN adds and removes.
#
# **Before you hand in**
#
# {{checklist}}
