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
# 1. say what resolution is in MRI, and make a coarse scan of a sharp one as a scanner would;
# 2. build the generators of SRGAN and ESRGAN, and train them for pixels and then as a GAN;
# 3. read a GAN's curves, name what goes wrong, and cure it;
# 4. tell a sharp image from a true one, and find the place where a network has made up a lesion, or removed one.
#
# **The patient.** A restless child with a tumour. A sharp scan takes eight minutes of lying still; after two it is
# over, and what there is has voxels four times as wide. Is there a second spot beside the cavity? A network offers to
# draw the sharp image from the coarse one. It will look convincing. This notebook is about whether to believe it.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. The cells below are the same for the synthetic cohort and for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# A tumour of a patient whom no network here will be trained on, in T1 with contrast: as a short scan shows it, and as
# it is. If cases are missing they are made now, which can take a minute.

# %%
from brainlab.recipes import segmentation as recipe
from brainlab.recipes import superres as sr_recipe
from brainlab import data
from brainlab.data import split_by_patient
from brainlab import view

cases = recipe.training_cases(lab)
split = split_by_patient(cases, seed=lab.seed)
sizes = sr_recipe.sr_sizes(lab.budget)
train_set, val_set, test_set = sr_recipe.sr_sets(split, sizes)
lr, hr = data.stack(test_set)  # (N, 1, h, w), (N, 1, H, W), both in 0..1
labels = data.labels_of(test_set)  # (N, H, W)

item = int((labels == 3).sum(dim=(1, 2)).argmax())  # the slice with most enhancing tumour
centre = (labels[item] == 3).nonzero().float().mean(dim=0).round().int().tolist()  # its middle, (x, y)
affine = test_set.cached[test_set.index[item][0]].affine
side = 3 * sizes.hr // 8


def plane(images):
    """Return the chosen slice of (N, 1, H, W) as an array (H, W)."""
    return images[item, 0].numpy()


images = {f"short scan: {sizes.lr} pixels": plane(lr), "truth": plane(hr)}
picture = view.compare_images(images, affine, centre, side)
print(f"{len(train_set)} slices to train on, {len(val_set)} to validate, {len(test_set)} to test")
view.show(picture, alt="A tumour in large pixels and as it is, and the whole slice with the window marked")

# %% [markdown]
# *Look:* on the left, where does the ring end? Could there be a second, small one? At the end, networks of yours
# stand between the two pictures.

# %% [markdown]
# ## 4 · What resolution is in MRI
#
# A scanner does not measure pixels. It measures **k-space**, line by line: for every wave, from one per image to the
# finest, how much of it is in the picture. The image is the Fourier transform of that. A line costs a repetition of
# one or two seconds, so who wants to be quick leaves the outer lines out.
#
# *Predict:* the white square below holds 1/16 of all numbers of k-space. Which share of the image's power is in it?
# And what does the rest look like as an image: a dark copy, a blurred one, or something else?

# %%
my_share, my_rest = "?", "?"

image = hr[item, 0]  # (H, W)
n, first = sizes.hr, sizes.hr // 2 - sizes.lr // 2
kspace = torch.fft.fftshift(torch.fft.fft2(image))  # (H, W), complex, frequency 0 in the middle
middle = torch.zeros_like(kspace)
here = slice(first, first + sizes.lr)
middle[here, here] = kspace[here, here]
coarse = torch.fft.ifft2(torch.fft.ifftshift(middle)).real  # (H, W)
share = middle.abs().square().sum() / kspace.abs().square().sum()
predicted("share of the power in the square", my_share, share, ".1%")
parts = {"all of k-space": image, "the square": coarse, "the rest, + 0.5": image - coarse + 0.5}
picture = view.k_space({name: part.numpy() for name, part in parts.items()}, affine, sizes.lr)
predicted("the rest as an image", my_rest, "edges")
alt = "A slice, its coarse part and its edges, each above its k-space with a square marked"
view.show(picture, alt=alt, dpi=64)

# %% [markdown]
# *Look:* the middle is contrast, the rim is edges. The coarse picture has faint stripes along the skull. Where do
# they come from?
#
# <details><summary>Answer</summary>An edge is made of waves of all lengths. If the short ones are cut off sharply,
# the last one that is left stands alone beside the edge: Gibbs' ringing.</details>

# %% [markdown]
# ### Gap 1 · an image of the middle of k-space
#
# A scan of a quarter of the resolution measures the middle quarter of k-space along each axis, nothing else. The line
# with `ramp` is given: without it the picture would move by (H / size - 1) / 2 pixels, because the transform counts
# from the middle of the *first* pixel, and the first new pixel is wider than the first old one.
#
# <details><summary>Hint</summary>Where does <code>torch.fft.fft2</code> put frequency 0, and where does
# <code>torch.fft.fftshift</code> bring it? Of <em>n</em> entries it is number <code>n // 2</code>, before the cut and
# after it. Which axes may be shifted, if the first one is the batch? And by how much does a flat image change if
# <code>fft2</code> adds up H · W pixels, and <code>ifft2</code> divides by size · size?</details>


# %% gap="g04_kspace_crop"
def kspace_crop(hr, size):
    """Return the image of a scan that measures only the middle size x size of k-space.

    hr      (B, 1, H, W) in 0..1         size   new height and width, up to H and W
    returns (B, 1, size, size): the magnitude; a flat image keeps its value
    """
    height, width = hr.shape[-2:]
    k = torch.arange(size) - size // 2  # the waves that are kept, 0 in the middle
    ramp = torch.exp(1j * torch.pi * (k[:, None] * (1 / size - 1 / height) + k * (1 / size - 1 / width)))
    ### BEGIN SOLUTION
    # 1. to k-space, with frequency 0 in the middle     -> (B, 1, H, W), complex
    kspace = torch.fft.fftshift(torch.fft.fft2(hr), dim=(-2, -1))
    # 2. the middle: frequency 0 goes from n // 2 to size // 2  -> (B, 1, size, size)
    top, left = height // 2 - size // 2, width // 2 - size // 2
    kept = kspace[..., top : top + size, left : left + size]
    # 3. times ramp, so that the picture stays in its place
    kept = kept * ramp
    # 4. frequency 0 back into the corner, and back to an image, scaled
    low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-2, -1))) * size**2 / (height * width)
    # 5. the magnitude, as scanners store it            -> (B, 1, size, size)
    return low.abs()
    ### END SOLUTION


# %% check="g04_kspace_crop"

# %% [markdown]
# In the literature of super-resolution, coarse images are made otherwise: the sharp one is reduced with an
# anti-aliased **bicubic** kernel, which averages neighbours. Below both are enlarged again.

# %%
from brainlab.data import bicubic
from brainlab.models import resample

kspace_crop = yours("g04_kspace_crop", kspace_crop)
one = hr[item : item + 1]
ways = {"middle of k-space": kspace_crop(one, sizes.lr), "bicubic": bicubic(one, sizes.lr)}
images = {name: resample(small.float(), sizes.hr)[0, 0].numpy() for name, small in ways.items()}
picture = view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)
view.show(
    picture, alt="Two coarse images enlarged, by k-space and bicubic, and their distance from the truth"
)

# %% [markdown]
# *Look:* which of the two rings, which is softer? A network that knows only one of them has a surprise before it
# (section 11). Until then we follow the literature: bicubic.
#
# **Believe:** a coarse scan lacks the rim of k-space. It is not hidden in there: whoever draws it must know it from
# somewhere else.

# %% [markdown]
# ## 5 · The baseline, and how to measure
#
# The simplest enlargement fits smooth curves through the pixels: bicubic interpolation. It adds nothing. Whatever a
# network does has to be compared with it.

# %% [markdown]
# ### Gap 2 · peak signal-to-noise ratio
#
# The most common score of a restored image: the squared error against the largest value there can be, here 1, in
# decibels. 10 dB more is a tenth of the squared error.
#
# <details><summary>Hint</summary>Which axes belong to one image? What is 10 log10(1 / e), written without a fraction?
# How would a network that says 1.4 for a white pixel be shown on a screen? <code>clamp</code>,
# <code>torch.log10</code>.</details>


# %% gap="g04_psnr"
def psnr(sr, hr):
    """Return the peak signal-to-noise ratio of each image in decibels.

    sr      (B, 1, H, W), made by a network: clipped to 0..1 first, as it is when it is shown
    hr      (B, 1, H, W), true, in 0..1
    returns (B,); infinite where both are the same
    """
    ### BEGIN SOLUTION
    # 1. clip the made image                            -> (B, 1, H, W)
    sr = sr.clamp(0, 1)
    # 2. the mean squared error of each image           -> (B,)
    mse = (sr - hr).square().mean(dim=(1, 2, 3))
    # 3. ten times the logarithm of 1 over the error    -> (B,)
    return -10 * torch.log10(mse)
    ### END SOLUTION


# %% check="g04_psnr"

# %% [markdown]
# *Predict:* an image whose error is halved everywhere: by how many dB is it better?

# %%
import torch.nn.functional as F
from torch import nn

from brainlab.metrics import ssim

psnr = yours("g04_psnr", psnr)
my_gain = "?"

up = resample(lr, sizes.hr).clamp(0, 1)  # (N, 1, H, W)
half = hr + (up - hr) / 2
predicted("half the error, gain in dB", my_gain, (psnr(half, hr) - psnr(up, hr)).mean(), ".2f")
print(
    f"bicubic, {len(up)} test slices: {psnr(up, hr).mean():.2f} dB, between slices ± {psnr(up, hr).std():.2f}"
)

# %% [markdown]
# The spread between slices is large, because black background is right for everybody. So networks are compared slice
# by slice, and on the same crop.
#
# **SSIM** (Wang et al. 2004) compares mean, contrast and pattern in small windows; 1 is the best. Three ways to be
# wrong, made so that the squared error is the same:
#
# *Predict:* which of them has the best SSIM: *blurred*, *noisy* or *darker*? And which would you give to a radiologist?

# %%
my_best_ssim = "?"

blurred = F.avg_pool2d(one, 5, stride=1, padding=2)  # (1, 1, H, W)
error = (blurred - one).square().mean()
tissue = (one > 0).float()  # noise on black would be clipped
noise = tissue * torch.randn(one.shape, generator=torch.Generator().manual_seed(lab.seed))
ways = {
    "blurred": blurred,
    "noisy": one + noise * (error / tissue.mean()).sqrt(),
    "darker": one * (1 - (error / one.square().mean()).sqrt()),
}
images, structure = {}, {name: ssim(spoilt, one).item() for name, spoilt in ways.items()}
for name, spoilt in ways.items():
    told = f"{name}\n{psnr(spoilt, one).item():.1f} dB, SSIM {structure[name]:.2f}"
    images[told] = spoilt[0, 0].clamp(0, 1).numpy()
picture = view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)
predicted("best SSIM", my_best_ssim, max(structure, key=structure.get))
view.show(
    picture, alt="A blurred, a noisy and a darker slice with about the same PSNR, and their differences"
)

# %% [markdown]
# *Look:* one figure, and three difference maps that have nothing in common.
#
# **Believe:** PSNR counts errors and does not see them. It needs company: SSIM for structure, later a distance as
# networks see it, and your eyes.

# %% [markdown]
# ## 6 · A generator, trained by pixels
#
# SRResNet (Ledig et al. 2017) works at the small size, where a pixel is cheap, and enlarges at its end. It is made of
# two parts, which are yours.

# %% [markdown]
# ### Gap 3 · pixel shuffle by hand
#
# How does a network make an image larger? It works at the small size, which is cheap, makes r · r channels for every
# channel that it wants, and lays them out as blocks of r × r pixels:
#
# ```
# channels 0 1 2 3 of one pixel   ▶   0 1
#                                     2 3
# ```
#
# Nothing is computed, the values only move. Please use `reshape` and `permute` (there is a ready-made function, which
# the check uses as well).
#
# <details><summary>Hint</summary>Row <em>h</em>, block row <em>i</em> becomes row <em>h · r + i</em>: when two axes are
# joined by <code>reshape</code>, which of them has to stand in front? Which axis of the six is the row inside a
# block, which the column?</details>


# %% gap="g04_pixel_shuffle"
def pixel_shuffle(x, r):
    """Lay out every r * r channels as blocks of r x r pixels: channel i * r + j is row i, column j of its block.

    x       (B, C * r * r, H, W)
    returns (B, C, r * H, r * W)
    """
    batch, channels, height, width = x.shape
    ### BEGIN SOLUTION
    # 1. split the channels                             -> (B, C, r, r, H, W)
    blocks = x.reshape(batch, channels // r**2, r, r, height, width)
    # 2. each r behind the axis that it enlarges        -> (B, C, H, r, W, r)
    blocks = blocks.permute(0, 1, 4, 2, 5, 3)
    # 3. join                                           -> (B, C, r * H, r * W)
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
# A **PReLU** is a LeakyReLU whose slope below 0 is learnt.
#
# <details><summary>Hint</summary>Which padding keeps the size of a 3 × 3 convolution, and why must it be kept here?
# Does anything come after the sum? <code>nn.Conv2d</code>, <code>nn.BatchNorm2d</code>, <code>nn.PReLU</code>,
# <code>nn.Sequential</code>.</details>


# %% gap="g04_residual_block"
class ResidualBlock(nn.Module):
    """Convolution, batch norm, PReLU, convolution, batch norm, plus the input; all convolutions 3 x 3.

    x       (B, num_feat, H, W)
    returns (B, num_feat, H, W)
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
        # 2. what the layers add to x                   -> (B, num_feat, H, W)
        return x + self.block(x)
        ### END SOLUTION


# %% check="g04_residual_block"

# %% [markdown]
# The whole network. One thing is not in the paper: the bicubic enlargement is added at the end, and the last layer
# starts at 0. So the network has to learn only what bicubic lacks.
#
# *Predict:* the PSNR of this network before its first step.

# %%
from brainlab.models import count_parameters

pixel_shuffle = yours("g04_pixel_shuffle", pixel_shuffle)
ResidualBlock = yours("g04_residual_block", ResidualBlock)
my_psnr = "?"


class Generator(nn.Module):
    """SRResNet: small images (B, 1, h, w) to (B, 1, 4h, 4w), or to any `target_size` (H, W)."""

    def __init__(self, num_feat, num_block):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, num_feat, 9, padding=4), nn.PReLU())
        self.body = nn.Sequential(*(ResidualBlock(num_feat) for _ in range(num_block)))
        self.up = nn.ModuleList(nn.Conv2d(num_feat, 4 * num_feat, 3, padding=1) for _ in range(2))
        self.act = nn.PReLU()
        self.last = nn.Conv2d(num_feat, 1, 9, padding=4)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x, target_size=None):
        feat = self.first(x)  # (B, num_feat, h, w)
        feat = feat + self.body(feat)
        for conv in self.up:
            feat = self.act(pixel_shuffle(conv(feat), 2))  # (B, num_feat, 2h, 2w), then 4h, 4w
        out = self.last(resample(feat, target_size))  # (B, 1, H, W)
        return out + resample(x, out.shape[-2:])


torch.manual_seed(lab.seed)
srresnet = Generator(sizes.num_feat, sizes.num_block)
untrained = psnr(sr_recipe.enlarge(srresnet, lr, sizes.hr), hr).mean()
print(f"{count_parameters(srresnet):,} weights")
predicted("PSNR before the first step", my_psnr, untrained, ".2f")

# %% [markdown]
# First phase: small windows of many slices, the mean absolute difference of the pixels, half a cosine of learning
# rates. `train_psnr` is the loop.

# %%
from brainlab.training import train_psnr

phase_one = sr_recipe.psnr_settings(sizes, lab.device, lab.seed)
psnr_histories = {"SRResNet": train_psnr(srresnet, train_set, val_set, phase_one)}

# %%
made = {"bicubic": up, "SRResNet": sr_recipe.enlarge(srresnet, lr, sizes.hr)}  # (N, 1, H, W) each


def side_by_side(names):
    """Draw the chosen slice of some networks beside the small image and the truth."""
    images = {f"{sizes.lr} pixels": plane(lr)}
    for name in names:
        images[f"{name}\n{psnr(made[name], hr)[item]:.1f} dB"] = plane(made[name])
    return view.compare_images(images | {"truth": plane(hr)}, affine, centre, side)


gain = psnr(made["SRResNet"], hr) - psnr(up, hr)
print(f"gain over bicubic: {gain.mean():+.2f} dB; slices that gained: {(gain > 0).sum()} of {len(gain)}")
view.show(
    side_by_side(made), alt="The coarse slice, bicubic, SRResNet and the truth, with difference maps"
)

# %% [markdown]
# *Look:* sharper than bicubic, and still smoother than the truth. More training does not cure that. Why?
#
# <details><summary>Answer</summary>Many sharp images fit one coarse image: this edge here, or half a pixel further.
# The guess with the smallest error on average is the mean (or the median) of them all, and a mean of edges is a
# blur. It is the honest answer to the question that the loss asks.</details>
#
# **Believe:** a loss of pixels is paid for caution. What is not certain is left blurred, and that blur tells you
# something.

# %% [markdown]
# ## 7 · The game
#
# Who wants sharp images must punish blur. A GAN (Goodfellow et al. 2014) lets a second network do it: the
# **discriminator** learns to tell true images from made ones, the **generator** learns to pass.

# %% [markdown]
# ### Gap 5 · the discriminator's step
#
# The discriminator is an examiner who sees true images and made ones, and learns to tell them apart. Made
# images come from the generator, which must not learn here: it would learn to make the examiner's work easy.
#
# <details><summary>Hint</summary>Which tensor ties this loss to the generator's weights, and where would you
# cut it? What does the examiner learn if every image of the batch is a true one?
# <code>F.binary_cross_entropy_with_logits</code>, <code>torch.ones_like</code>.</details>


# %% gap="g04_discriminator_step"
def discriminator_step(generator, discriminator, optimizer, lr, hr):
    """Teach the discriminator once to tell true images from made ones; the generator learns nothing.

    generator      images (B, 1, h, w) to (B, 1, H, W)
    discriminator  images (B, 1, H, W) to logits (B, 1), above 0 for "true"; no sigmoid
    optimizer      over the weights of the discriminator
    lr, hr         small images (B, 1, h, w), and the true large ones (B, 1, H, W)
    returns        the loss before the step, a plain number: the mean cross-entropy of the true images
                   (answer 1) plus that of the made ones (answer 0)
    """
    ### BEGIN SOLUTION
    # 1. training mode: batch normalisation uses this batch
    discriminator.train()
    # 2. forget the gradients that the generator's step has left here
    optimizer.zero_grad()
    # 3. made images, with no way back into the generator        -> (B, 1, H, W)
    fake = generator(lr).detach()
    # 4. logits, each kind in a call of its own                  -> (B, 1), (B, 1)
    real_logits, fake_logits = discriminator(hr), discriminator(fake)
    # 5. cross-entropy of the logits: 1 for true plus 0 for made -> scalar
    loss = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    loss = loss + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    # 6. gradients, then the step; the number without its graph
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% check="g04_discriminator_step"

# %% [markdown]
# ### Gap 6 · the generator's step
#
# Now the generator learns, and the gradient comes to it *through* the discriminator. What it wants: to be
# close to the truth, pixel by pixel, and to be taken for true.
#
# <details><summary>Hint</summary>Which label says "taken for true"? What would a detach cut off here? The
# discriminator gets gradients too: who steps, and who clears them later?</details>


# %% gap="g04_generator_step"
def generator_step(generator, discriminator, optimizer, lr, hr, weight=1e-3):
    """Improve the generator once: close to the truth, and taken for true. The discriminator learns nothing.

    generator      images (B, 1, h, w) to (B, 1, H, W)
    discriminator  images (B, 1, H, W) to logits (B, 1), above 0 for "true"; no sigmoid
    optimizer      over the weights of the generator
    lr, hr         small images (B, 1, h, w), and the true large ones (B, 1, H, W)
    weight         of the adversarial term; SRGAN has 0.001
    returns        the loss before the step, a plain number: the mean squared error of the pixels plus
                   weight times the mean cross-entropy of the made images with the answer 1
    """
    ### BEGIN SOLUTION
    # 1. training mode: batch normalisation uses this batch
    generator.train()
    # 2. forget the gradients of the last step
    optimizer.zero_grad()
    # 3. made images, this time with the way back          -> (B, 1, H, W)
    sr = generator(lr)
    # 4. what the discriminator says of them                -> (B, 1)
    logits = discriminator(sr)
    # 5. error of the pixels, plus weight times "not taken for true" -> scalar
    adversarial = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    loss = F.mse_loss(sr, hr) + weight * adversarial
    # 6. gradients, then the step; the number without its graph
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% check="g04_generator_step"

# %% [markdown]
# A game in miniature, on four batches, twice: once only the discriminator learns, once both do. For the probability
# 1/2 a cross-entropy is log 2.
#
# *Predict:* the discriminator's loss at its first step, when it knows nothing. And in which game does it fall further:
# *only D learns* or *both learn*?

# %%
import copy

from torch.utils.data import DataLoader

discriminator_step = yours("g04_discriminator_step", discriminator_step)
generator_step = yours("g04_generator_step", generator_step)
my_first_loss, my_course = "?", "?"

torch.manual_seed(lab.seed)
batches = list(DataLoader(train_set, 8, shuffle=True))[:4]
courses = {}
for name in ("only D learns", "both learn"):
    player, judge = copy.deepcopy(srresnet).cpu(), sr_recipe.discriminator(sizes, lab.seed)
    of_d = torch.optim.Adam(judge.parameters(), lr=2e-4)
    of_g = torch.optim.Adam(player.parameters(), lr=2e-4)
    courses[name] = []
    for step in range(24):
        small, large = batches[step % len(batches)]
        courses[name].append(discriminator_step(player, judge, of_d, small, large))
        if name == "both learn":
            generator_step(player, judge, of_g, small, large, weight=0.1)
predicted("first loss of the discriminator, 2 log 2", my_first_loss, courses["both learn"][0], ".2f")
alone = courses["only D learns"][-1] < courses["both learn"][-1]
predicted("it falls further when", my_course, "only D learns" if alone else "both learn")

# %%
from brainlab.view import curves

picture = curves(range(1, 25), {"loss of the discriminator": courses}, "step")
picture.axes[0].axhline(2 * np.log(2), color="#888888", linestyle=":")
view.show(picture, alt="Loss of a discriminator that plays alone, and of one whose opponent learns too")

# %% [markdown]
# *Look:* a falling loss of the discriminator is bad news for the generator. In a healthy game neither loss goes to 0:
# these curves do not show progress, they show a balance.
#
# ### What should "close to the truth" mean?
#
# SRGAN does not compare pixels but what a trained network *sees* in both images (gap 10 says how). The paper takes
# VGG19, which has learnt from photographs. We take the encoder of a U-Net as in notebook 02, for one modality, trained
# to find tumours in sharp slices.
#
# And a second U-Net, the **reader**, begun with other weights. It has no part in any loss: it measures how alike two
# images are to a network's eye (all levels of its encoder), and later it reads the made images as a doctor would. Why
# not the first one? A generator that was paid to please an eye should be judged by another.

# %%
from brainlab.training import fit

unet_sets = sr_recipe.unet_sets(split, sizes)
readers = []
for seed in (lab.seed, lab.seed + 1):
    network = sr_recipe.unet(sizes, seed)
    unet_settings = sr_recipe.unet_settings(sizes, lab.device, seed)
    fit(network, *unet_sets, sr_recipe.tumour_loss, unet_settings)
    readers.append(network)
unet, reader = readers
after_relu, before_relu = sr_recipe.features(unet)  # for the losses
levels = sr_recipe.eyes(reader)  # to measure with

print("Dice of the reader on the sharp test slices")
for name, row in sr_recipe.dice_by_patient(reader, hr, test_set).items():
    print(name, "  ".join(f"{region} {value:.2f}" for region, value in row.items()))

# %% [markdown]
# In T1 with contrast oedema is hard to see, so do not expect much of WT. Now the game in earnest, from the network of
# the first phase: features of the U-Net, plus a small weight times "taken for true".
#
# *Predict:* PSNR during the game: *rises* or *falls*?

# %%
from brainlab.training import diagnose, srgan_game, train_gan

my_direction = "?"

games = {"SRGAN": srgan_game(after_relu)}
phase_two = {"SRGAN": sr_recipe.with_seed(sizes.srgan, lab.device, lab.seed)}
srgan = copy.deepcopy(srresnet)
opponent = sr_recipe.discriminator(sizes, lab.seed)
gan_histories = {"SRGAN": train_gan(srgan, opponent, games["SRGAN"], train_set, val_set, phase_two["SRGAN"])}
made["SRGAN"] = sr_recipe.enlarge(srgan, lr, sizes.hr)
change = (psnr(made["SRGAN"], hr) - psnr(made["SRResNet"], hr)).mean()
print(f"PSNR changed by {change:+.2f} dB")
predicted("during the game PSNR", my_direction, "falls" if change < 0 else "rises")
print("the monitor:", diagnose(gan_histories["SRGAN"]) or "nothing")

# %%
picture = view.gan_curves(gan_histories)
view.show(picture, alt="SRGAN by epoch: what the discriminator says, both losses, and PSNR")

# %%
view.show(
    side_by_side(made), alt="The coarse slice, bicubic, SRResNet, SRGAN and the truth, with differences"
)

# %% [markdown]
# *Look:* does SRGAN look more like the truth? Is it closer to it? Follow one fine line from SRGAN to the truth: is it
# in both?
#
#
# **Believe:** a GAN's losses show a balance, not progress. Watch D(real), D(generated) and PSNR, and look at the images.

# %% [markdown]
# ## 8 · ESRGAN
#
# Wang et al. 2018 changed four things: dense blocks without batch norm, a discriminator that compares, features
# before the activation, and a mixture of two networks at the end.

# %% [markdown]
# ### Gap 7 · the dense block of ESRGAN
#
# Five 3 × 3 convolutions. Each sees x *and* the outputs of all before it, side by side as channels, oldest first:
#
# ```
# x₁ = lrelu(conv₁([x]))   x₂ = lrelu(conv₂([x, x₁]))   ...   x₄ = lrelu(conv₄([x, x₁, x₂, x₃]))
# output = x + 0.2 · conv₅([x, x₁, x₂, x₃, x₄])
# ```
#
# The first four add `num_grow_ch` channels each, the fifth returns to `num_feat`. There is no batch norm, so the 0.2
# has to keep deep stacks in bounds.
#
# <details><summary>Hint</summary>How many channels does convolution number <em>i</em> get, if each before it has
# added <code>num_grow_ch</code>? Keep what has been seen in one tensor and let it grow by <code>torch.cat</code>.
# <code>nn.ModuleList</code> holds layers in a loop, <code>F.leaky_relu(y, 0.2)</code> is the activation.</details>


# %% gap="g04_dense_block"
class DenseBlock(nn.Module):
    """Five 3 x 3 convolutions; each sees the input and the outputs of all before it, oldest first.

    x       (B, num_feat, H, W)
    returns (B, num_feat, H, W): x + 0.2 times the fifth output; LeakyReLU (0.2) after the first four
    """

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. what goes into each: num_feat, then num_grow_ch more each time
        inputs = [num_feat + i * num_grow_ch for i in range(5)]
        # 2. what comes out: four times num_grow_ch, then num_feat
        outputs = [num_grow_ch] * 4 + [num_feat]
        # 3. the five convolutions, which keep the size
        self.convs = nn.ModuleList(nn.Conv2d(n, m, 3, padding=1) for n, m in zip(inputs, outputs))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        seen = x
        # 4. four times: convolve, activate, append to what has been seen   -> (B, num_feat + 4 num_grow_ch, H, W)
        for conv in self.convs[:4]:
            seen = torch.cat([seen, F.leaky_relu(conv(seen), 0.2)], dim=1)
        # 5. the fifth, scaled by 0.2, plus x           -> (B, num_feat, H, W)
        return x + 0.2 * self.convs[4](seen)
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
# Three dense blocks in a row are one large residual block: its output is scaled by 0.2 as well, and x is added.
# Hence the name, *residual in residual dense block*. ESRGAN stacks 23 of them.
#
# <details><summary>Hint</summary>Do three blocks in a list all have weights of their own? What comes out of the third
# one is scaled as a whole.</details>


# %% gap="g04_rrdb"
class RRDB(nn.Module):
    """Three dense blocks in a row, scaled by 0.2, plus the input.

    x       (B, num_feat, H, W)
    returns (B, num_feat, H, W)
    """

    def __init__(self, num_feat, num_grow_ch):
        super().__init__()
        ### BEGIN SOLUTION
        # 1. three dense blocks, each with weights of its own
        self.blocks = nn.Sequential(*(DenseBlock(num_feat, num_grow_ch) for _ in range(3)))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        # 2. one after the other, scaled by 0.2, plus x -> (B, num_feat, H, W)
        return x + 0.2 * self.blocks(x)
        ### END SOLUTION


# %% check="g04_rrdb"

# %% [markdown]
# ### Gap 9 · the relativistic average loss
#
# SRGAN's discriminator asks: is this image true? ESRGAN's asks: does it look *more real than the other kind
# does on average*? Both players get a loss from the same logits.
#
# <details><summary>Hint</summary>If all logits rise by 5, what should the two losses do? Which of the two
# batches is averaged when a true image is judged?</details>


# %% gap="g04_relativistic_loss"
def relativistic_loss(real_logits, fake_logits):
    """Relativistic average loss of both players: does an image look more real than the other kind on average?

    real_logits  (B, 1) of true images         fake_logits  (B', 1) of made ones; B' may differ from B
    returns      two scalars, the discriminator's loss and the generator's; each is the sum of two mean
                 cross-entropies, one over the true images and one over the made ones
    """
    ### BEGIN SOLUTION
    bce = F.binary_cross_entropy_with_logits
    # 1. each logit minus the mean of the *other* kind           -> (B, 1), (B', 1)
    real = real_logits - fake_logits.mean()
    fake = fake_logits - real_logits.mean()
    # 2. the discriminator's answers: 1 for true, 0 for made     -> scalar
    loss_d = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    # 3. the generator's wish: both the other way round          -> scalar
    loss_g = bce(real, torch.zeros_like(real)) + bce(fake, torch.ones_like(fake))
    return loss_d, loss_g
    ### END SOLUTION


# %% check="g04_relativistic_loss"

# %% [markdown]
# *Predict:* both players' losses if all logits are equal. And which generator learns something from *true* images:
# *SRGAN*'s, *ESRGAN*'s, *both* or *none*?

# %%
relativistic_loss = yours("g04_relativistic_loss", relativistic_loss)
my_losses, my_learner = "?", "?"

equal = torch.zeros(4, 1)
loss_d, loss_g = relativistic_loss(equal, equal)
print(f"equal logits: {loss_d:.3f} for the discriminator, {loss_g:.3f} for the generator")
predicted("each loss at equal logits, 2 log 2", my_losses, loss_d, ".2f")
real = torch.tensor([[3.0], [1.0]], requires_grad=True)
fake = torch.tensor([[0.0], [-1.0]], requires_grad=True)
relativistic_loss(real, fake)[1].backward()
for name, logits in {"true": real, "made": fake}.items():
    print(f"slope of the generator's loss at {name} images:", logits.grad.flatten().numpy().round(3))
predicted("learns from true images", my_learner, "ESRGAN")

# %% [markdown]
# ### Gap 10 · the perceptual loss
#
# Two images can differ in every pixel and look alike, or differ in few and look wrong. So a trained network
# looks at both, and its features are compared, before the ReLU that would set half of them to 0.
#
# <details><summary>Hint</summary>Which of the two images should the gradient reach? What may be forgotten
# about the other one? <code>torch.no_grad()</code>, <code>F.l1_loss</code>.</details>


# %% gap="g04_perceptual_loss"
def perceptual_loss(features, sr, hr):
    """Mean absolute difference of two images in the space of features.

    features  images (B, 1, H, W) to features (B, K, h, w) before their activation; frozen
    sr, hr    made and true images (B, 1, H, W); hr is a constant, no gradient goes into it
    returns   a scalar tensor, differentiable in sr
    """
    ### BEGIN SOLUTION
    # 1. features of the truth, without a gradient   -> (B, K, h, w)
    with torch.no_grad():
        truth = features(hr)
    # 2. features of the made image, with one        -> (B, K, h, w)
    made = features(sr)
    # 3. the mean absolute difference                -> scalar
    return F.l1_loss(made, truth)
    ### END SOLUTION


# %% check="g04_perceptual_loss"

# %% [markdown]
# The generator around your blocks, and the game of your losses. In `Game` each player is a function, so yours fit in.
# First the same number of steps for pixels, then the same number in the game as SRGAN had.
#
# *Predict:* which of the two GANs has the higher PSNR, which the smaller perceptual distance: *SRGAN* or *ESRGAN*?

# %%
from brainlab.training import Game
from brainlab.models import copy_weights

RRDB = yours("g04_rrdb", RRDB)
perceptual_loss = yours("g04_perceptual_loss", perceptual_loss)
my_higher_psnr, my_smaller_distance = "?", "?"

esrgan = sr_recipe.rrdbnet(sizes, lab.seed)
esrgan.body = nn.Sequential(*(RRDB(sizes.num_feat, sizes.num_grow_ch) for _ in range(sizes.rrdb_block)))
psnr_histories["RRDBNet"] = train_psnr(esrgan, train_set, val_set, phase_one)
psnr_state = copy_weights(esrgan)
made["RRDBNet"] = sr_recipe.enlarge(esrgan, lr, sizes.hr)


def wish(sr, hr, real_logits, fake_logits):
    """Return what ESRGAN's generator makes small: the total and its parts."""
    parts = {
        "perceptual": perceptual_loss(before_relu, sr, hr),
        "adversarial": relativistic_loss(real_logits, fake_logits)[1],
        "pixel": F.l1_loss(sr, hr),
    }
    total = sum(sr_recipe.ESRGAN_WEIGHTS[name] * part for name, part in parts.items())
    return {"total": total, **parts}


def examine(real_logits, fake_logits):
    """Return what its discriminator makes small."""
    return relativistic_loss(real_logits, fake_logits)[0]


games["ESRGAN"] = Game("ESRGAN", examine, wish, relativistic=True, features=before_relu)
opponent = sr_recipe.discriminator(sizes, lab.seed)
phase_two["ESRGAN"] = sr_recipe.with_seed(sizes.esrgan, lab.device, lab.seed)
gan_histories["ESRGAN"] = train_gan(
    esrgan, opponent, games["ESRGAN"], train_set, val_set, phase_two["ESRGAN"]
)
made["ESRGAN"] = sr_recipe.enlarge(esrgan, lr, sizes.hr)

# %% [markdown]
# **SRGAN against ESRGAN, at the same budget.** Stability and convergence first.

# %%
for name, history in gan_histories.items():
    found = [f"{finding.name} in epoch {finding.epoch}" for finding in diagnose(history)]
    print(f"{name}: the monitor says {', '.join(found) or 'nothing'}")
picture = view.gan_curves(gan_histories)
view.show(picture, alt="SRGAN and ESRGAN by epoch: what the discriminators say, the losses, and PSNR")

# %% [markdown]
# *Look:* whose discriminator pulls ahead? Its opponent still gets better in its eyes than it was, but learns less and
# less from it: a longer game would need a slower discriminator.
#
# Then what they make. *Distance* is how far the images are apart to the reader's eye, *detail* is the power outside the
# middle of k-space (a circle as wide as the square of section 4) over that of the truth, and *haze* is the mean grey
# value in thousandths where the truth is black: artefacts show there first.

# %%
histories = psnr_histories | gan_histories
table = {name: sr_recipe.scores(images, hr, levels) for name, images in made.items()}
print(f"{len(hr)} test slices    PSNR   SSIM  distance  detail   haze   weights  seconds of this phase")
networks = {"SRResNet": srresnet, "SRGAN": srgan, "RRDBNet": esrgan, "ESRGAN": esrgan}
for name, row in table.items():
    told = (
        f"{row['PSNR']:7.2f}{row['SSIM']:7.3f}{row['distance']:10.4f}{row['detail']:8.2f}{row['haze']:7.1f}"
    )
    if name in networks:
        told += f"{count_parameters(networks[name]):10,}{sum(histories[name].seconds):9.0f}"
    print(f"{name:14s}{told}")
gans = ("SRGAN", "ESRGAN")
predicted("higher PSNR", my_higher_psnr, max(gans, key=lambda name: table[name]["PSNR"]))
predicted("smaller distance", my_smaller_distance, min(gans, key=lambda name: table[name]["distance"]))
alt = "Coarse, bicubic, SRResNet, SRGAN, RRDBNet, ESRGAN and truth, with differences"
view.show(side_by_side(made), alt=alt, dpi=64)

# %% [markdown]
# *Look:* which is sharper, and which has more that is not in the truth: grain, rings, haze, a chessboard of 2 × 2
# pixels (which gap could bring that)? If *detail* were above 1, would that be sharper than the truth, or noisier?
#
# <details><summary>What is fair to say</summary>The budgets are equal in steps and in learning rates, not in weights
# or seconds, and the losses have other weights. This is one seed: <code>benchmarks/superres.py</code> repeats it with
# three, each with other first weights, and prints the spread.</details>

# %% [markdown]
# ### Gap 11 · between two networks
#
# The GAN went on from the network that was trained for PSNR, so each of its weights has a partner there.
# Between the two lies a family of networks, from faithful to sharp, without any further training.
#
# <details><summary>Hint</summary>What does <code>state_dict()</code> hand out, copies or the living tensors?
# Half of 60 batches and 100 batches: what would that mean? <code>is_floating_point()</code>,
# <code>clone()</code>.</details>


# %% gap="g04_interpolate"
def interpolate(psnr_state, gan_state, alpha):
    """Mix two networks weight by weight: (1 - alpha) * psnr + alpha * gan.

    psnr_state, gan_state  state dicts of one architecture, name to tensor; they stay as they are
    alpha                  0 is the PSNR network, 1 the GAN
    returns                a new state dict with tensors of its own: every entry of floating point is mixed;
                           whole numbers, such as batch norm's counter, are copied from gan_state
    """
    ### BEGIN SOLUTION
    mixture = {}
    for name, gan in gan_state.items():
        if gan.is_floating_point():
            # 1. a mixture of both
            mixture[name] = (1 - alpha) * psnr_state[name] + alpha * gan
        else:
            # 2. a copy: state_dict() hands out the living tensors
            mixture[name] = gan.clone()
    return mixture
    ### END SOLUTION


# %% check="g04_interpolate"

# %% [markdown]
# *Predict:* the PSNR of the network half-way between RRDBNet (0) and ESRGAN (1).

# %%
interpolate = yours("g04_interpolate", interpolate)
my_half_way = "?"

mixture, path = copy.deepcopy(esrgan), {}
gan_state = copy_weights(esrgan)
for alpha in (0.25, 0.5, 0.75):
    mixture.load_state_dict(interpolate(psnr_state, gan_state, alpha))
    row = sr_recipe.scores(sr_recipe.enlarge(mixture, lr, sizes.hr), hr, levels)
    path[f"{alpha:g}"] = row["PSNR"], row["distance"]
points = {name: (row["PSNR"], row["distance"]) for name, row in table.items()}
picture = view.perception_distortion(points, path)
predicted("PSNR half-way", my_half_way, path["0.5"][0], ".2f")
view.show(picture, alt="PSNR against perceptual distance: bicubic, four networks and a path of mixtures")

# %% [markdown]
# *Look:* is there any network that is best at both? Blau and Michaeli (2018) prove that there is a border which no
# method can cross: beyond some point, whoever looks more like the truth is further from it.
#
# Move the slider (or press the arrow keys on it): at which mixture would you stop?

# %%
from brainlab.view import NetworkMixer

NetworkMixer(esrgan, psnr_state, gan_state, lr[item], hr[item], affine, centre=tuple(centre), side=side)

# %% [markdown]
# ### Provoke it, and cure it
#
# Both games once more from their first phases, with learning rates thirty times as high. Then the rates are set right
# and the game goes on.
#
# *Predict:* which of the two makes the same image whatever goes in (**mode collapse**): *SRGAN*, which has batch norm,
# or *ESRGAN*, which has none? And do the right rates bring it back: *yes* or *no*?

# %%
from dataclasses import replace

my_collapse, my_recovery = "?", "?"



def variety(history):
    """Return how much images differed after the last epoch, over how much true ones do; 0 if there was none."""
    return history.scores.get("diversity", [0.0])[-1]


short = max(1, sizes.esrgan.epochs // 7)
ill, made_ill, wild = {}, {}, {}
for name, start in {"SRGAN": srresnet, "ESRGAN": psnr_state}.items():
    wild[name] = copy.deepcopy(srresnet if name == "SRGAN" else esrgan)
    wild[name].load_state_dict(start.state_dict() if name == "SRGAN" else start)
    opponent = sr_recipe.discriminator(sizes, lab.seed)
    rates = phase_two[name]
    fast = replace(rates, lr=30 * rates.lr, d_lr=30 * rates.d_lr, epochs=short, schedule="constant")
    ill[f"{name}, 30 times the rate"] = train_gan(
        wild[name], opponent, games[name], train_set, val_set, fast
    )
    made_ill[f"{name},\n30 times the rate"] = sr_recipe.enlarge(wild[name], lr, sizes.hr)
slow = replace(phase_two["ESRGAN"], epochs=short)
ill["ESRGAN, rate set right"] = train_gan(
    wild["ESRGAN"], opponent, games["ESRGAN"], train_set, val_set, slow
)
made_ill["ESRGAN,\nrate set right"] = sr_recipe.enlarge(wild["ESRGAN"], lr, sizes.hr)
for name, history in ill.items():
    told = ", ".join(f"{finding.name} (epoch {finding.epoch})" for finding in diagnose(history))
    print(f"{name}: {told or 'nothing'}; images differ {variety(history):.2f} times as much as true ones")
least = min(gans, key=lambda name: variety(ill[f"{name}, 30 times the rate"]))
predicted("makes the same image", my_collapse, least)
back = psnr(made_ill["ESRGAN,\nrate set right"], hr).mean() > psnr(up, hr).mean()
predicted("the right rates bring it back", my_recovery, "yes" if back else "no")

# %%
from matplotlib.figure import Figure

from brainlab.view import draw

other = int((labels == 0).sum(dim=(1, 2)).argmax())  # a slice that looks otherwise
picture = Figure(figsize=(9, 4.6), layout="constrained")
columns = made_ill | {"ESRGAN,\nfrom the first phase anew": made["ESRGAN"], "truth": hr}
for column, (name, images) in zip(picture.subplots(2, len(columns)).T, columns.items()):
    for ax, number, title in zip(column, (item, other), (name, "")):
        draw(ax, images[number, 0].numpy(), affine, title=title, window=(0, 1))
alt = "Two slices, a row each, as the ill games make them, after the attempt to cure it, and anew"
view.show(picture, alt=alt, dpi=64)

# %% [markdown]
# *Look:* two different slices, one picture: that is what collapse looks like. Batch norm scales every layer's output
# back, whatever the weights are, so SRGAN is spoilt, and comes back to its input. ESRGAN's authors took batch norm out
# because of its artefacts (the haze above); the price is a network that has to be trained gently.
#
# Why is lowering the rate no cure here, while the fourth column is fine?
#
# <details><summary>Answer</summary>The generator has forgotten what the first phase taught, and its opponent has
# become an expert for rubbish. Both are a bad place to start from. The cure is the weights of the first phase, a fresh
# discriminator and the lower rate. That is why checkpoints are kept.</details>
#
# **Believe:** sharp and faithful are two wishes. PSNR networks serve the one, GANs the other, mixtures choose between
# them. And a GAN needs a watchman: PSNR, D, and the diversity of its images.

# %% [markdown]
# ## 9 · A lesion that was never there
#
# A GAN has learnt what brains look like, and puts it where the coarse image leaves room. Where does that matter? Ask
# a reader who does not get tired: our second U-Net looks at the true slice and at the made one. Where its opinion
# changes most, averaged over 5 × 5 pixels so that a shifted border does not count, a lesion has appeared or vanished.
#
# *Predict:* of all pieces of tumour that the reader sees in the true slices, how many vanish in ESRGAN's? And which
# of the five invents most?

# %%
from brainlab.metrics import recall_of_pieces

my_vanished, my_inventor = "?", "?"

opinions = {name: sr_recipe.tumour_probability(reader, images) for name, images in made.items()}
opinion = sr_recipe.tumour_probability(reader, hr)  # (N, H, W)
seen = (opinion > 0.5).movedim(0, -1).numpy()  # (H, W, N)
number = (recall_of_pieces(seen, seen)[0] >= 10).sum()
print(f"of {number} pieces of 10 pixels or more   vanished    invented")
vanished, invented = {}, {}
for name, other in opinions.items():
    there = (other > 0.5).movedim(0, -1).numpy()
    for counts, guess, truth in ((vanished, there, seen), (invented, seen, there)):
        areas, found = recall_of_pieces(guess, truth)
        counts[name] = int(((areas >= 10) & (found == 0)).sum())
    print(f"{name:35s}{vanished[name]:9d}{invented[name]:12d}")
predicted("pieces that vanish in ESRGAN's images", my_vanished, vanished["ESRGAN"], ".0f")
predicted("invents most", my_inventor, max(invented, key=invented.get))

# %% [markdown]
# *Look:* two kinds of error. A blur makes the reader see tumour where there is none; a sharp guess makes pieces vanish.
# Which of the two would be noticed by the doctor?

# %%
change = F.avg_pool2d((opinions["ESRGAN"] - opinion)[:, None], 5, stride=1, padding=2)[:, 0]  # (N, H, W)
pairs, beliefs, affines, titles, places = [], [], [], [], []
for name, flat in (("appears", change.argmax()), ("vanishes", change.argmin())):
    number, *place = (int(k) for k in np.unravel_index(int(flat), change.shape))
    case = test_set.cached[test_set.index[number][0]]
    pairs.append((hr[number, 0].numpy(), made["ESRGAN"][number, 0].numpy()))
    beliefs.append((opinion[number].numpy(), opinions["ESRGAN"][number].numpy()))
    affines.append(case.affine)
    places.append(tuple(place))
    titles.append(f"truth: {name}")
    x, y = place
    expert = labels[number, max(x - 2, 0) : x + 3, max(y - 2, 0) : y + 3].unique().tolist()
    print(f"{name}: {case.id}; labels of the truth within 2 pixels: {expert}")
picture = view.prediction_differences(pairs, beliefs, affines, titles, side=5 * sizes.hr // 8, places=places)
alt = "Two slices, true and made, with the reader's outlines: a lesion appears, another vanishes"
view.show(picture, alt=alt, dpi=64)

# %% [markdown]
# *Look:* orange is what the reader calls tumour in the true slice, blue in the made one. Would you have noticed without
# the truth beside it? Nothing in the made image says "here I guessed".
#
# Leaf through a whole patient. The line in the middle wipes between bicubic (left) and ESRGAN (right):

# %%
from brainlab.view import SliceViewer

case = test_set.cached[0]
patient = data.SuperResSet([case], hr=sizes.hr, lr=sizes.lr, middle=1.0)
small = data.stack(patient)[0]  # (Z, 1, h, w)
volumes = [resample(small, sizes.hr).clamp(0, 1), sr_recipe.enlarge(esrgan, small, sizes.hr)]
volumes = [volume[:, 0].movedim(0, -1).numpy() for volume in volumes]  # (H, W, Z) each
pixel = max(case.image.shape[2:]) / sizes.hr  # voxels of the case
stretched = case.affine @ np.diag([pixel, pixel, 1, 1])
SliceViewer(volumes[0], after=volumes[1], affine=stretched, slice=len(patient) // 2)

# %% [markdown]
# **Believe:** an image that looks true is no evidence. Errors of a blur are seen to be errors; errors of a GAN look
# like anatomy.

# %% [markdown]
# ## 10 · Does it help the U-Net?
#
# Perhaps a doctor should not look at made images, but a network may? The reader was trained on sharp slices. It gets
# the test slices as bicubic, as each network makes them, and sharp.
#
# And a rival who needs no super-resolution: the same U-Net, trained on *bicubic* slices.
#
# *Predict:* the Dice of the tumour core that the reader has on bicubic slices, if it has about 0.7 on sharp ones. And
# who is best without the sharp slice: *bicubic*, *SRResNet*, *SRGAN*, *RRDBNet*, *ESRGAN* or the *rival*?

# %%
my_dice, my_helper = "?", "?"

rival = sr_recipe.unet(sizes, lab.seed + 1)
coarse_sets = sr_recipe.unet_sets(split, sizes, coarse=True)
fit(rival, *coarse_sets, sr_recipe.tumour_loss, unet_settings)
tasks = {name: (reader, images) for name, images in made.items()}
tasks |= {"rival on bicubic": (rival, up), "sharp": (reader, hr)}
rows = {name: sr_recipe.dice_by_patient(model, images, test_set) for name, (model, images) in tasks.items()}
cores = {name: np.mean([row["TC"] for row in patients.values()]) for name, patients in rows.items()}
print(f"mean of {len(test_set.cached)} patients    WT     TC     ET   TC, each patient")
for name, patients in rows.items():
    values = np.array([list(row.values()) for row in patients.values()])  # (patients, 3)
    each = " ".join(f"{value:.2f}" for value in values[:, 1])
    print(f"{name:20s}" + "".join(f"{value:7.3f}" for value in values.mean(axis=0)) + f"   {each}")
predicted("Dice of TC on bicubic", my_dice, cores["bicubic"], ".2f")
without = {name: dice for name, dice in cores.items() if name != "sharp"}
predicted("best without the sharp slice", my_helper, max(without, key=without.get))

# %% [markdown]
# *Look:* how much of the loss from *sharp* to *bicubic* does each network win back? And the rival?
#
# <details><summary>What may be concluded</summary>No function of the coarse image holds more about the patient than
# the coarse image itself. Super-resolution makes it look as the U-Net is used to; training on coarse images gets the
# U-Net used to them. If the rival is as good, that was all there was to gain.</details>
#
# **Believe:** measure super-resolution by the task, and against a rival that was trained on what there is.

# %% [markdown]
# ## 11 · As a scanner would: 28 to 128
#
# The reference study enlarges 28 × 28 pixels to 128 × 128, 4.57 times. Your generator makes 4 times and its features
# are resampled to the size that is asked for. And this time the small image is what a scanner gives: the middle of
# k-space, with noise.
#
# *Predict:* the network of section 6 has never seen ringing or noise. Does it beat bicubic here: *yes* or *no*?

# %%
from functools import partial

my_transfer = "?"

odd = 7 * sizes.lr // 8  # 28, or 14 in the quick budget
scanner = partial(data.kspace_crop, noise=0.02)
scan_train, scan_val, scan_test = sr_recipe.sr_sets(split, sizes, lr=odd, degradation=scanner)
scan_lr, scan_hr = data.stack(scan_test)
adapted = copy.deepcopy(srresnet)
# 128 is no multiple of 28, so whole slices train, fewer in a batch.
brief = replace(phase_one, epochs=max(1, sizes.psnr_epochs // 5), batch_size=4)
train_psnr(adapted, scan_train, scan_val, brief)
scans = {
    "bicubic": resample(scan_lr, sizes.hr).clamp(0, 1),
    "as it was": sr_recipe.enlarge(srresnet, scan_lr, sizes.hr),
    "trained on scans": sr_recipe.enlarge(adapted, scan_lr, sizes.hr),
}
images = {f"{odd} pixels": plane(scan_lr)}
for name, image in scans.items():
    print(f"{name:18s}{psnr(image, scan_hr).mean():6.2f} dB, SSIM {ssim(image, scan_hr).mean():.3f}")
    images[f"{name}\n{psnr(image, scan_hr)[item]:.1f} dB"] = plane(image)
gain = psnr(scans["as it was"], scan_hr).mean() - psnr(scans["bicubic"], scan_hr).mean()
predicted("as it was, it beats bicubic", my_transfer, "yes" if gain > 0 else "no")
picture = view.compare_images(images | {"truth": plane(scan_hr)}, affine, centre, side)
view.show(picture, alt="A noisy scan of 28 pixels, enlarged by bicubic and by two networks, and the truth")

# %% [markdown]
# *Look:* noise and ringing, sharpened? A network restores from what it was trained to restore from.
#
# **Believe:** a figure on bicubic images says little about scans. Ask how the small images of a paper were made.
#
# ### Keep your networks
#
# Two small files hold what this notebook has trained: kind, options and weights, no code. `make app` finds them there,
# enlarges and segments with them.

# %%
import os
import tempfile
from pathlib import Path

from demo.places import models_folder
from brainlab.models import load_model, save_model

grading = "NBGRADER_EXECUTION" in os.environ  # then nobody wants to keep them
models = Path(tempfile.mkdtemp()) if grading else models_folder()
twin = sr_recipe.library_twin(esrgan, sr_recipe.rrdbnet(sizes))
about = {"half": True, "size": sizes.hr, "axes": "xy"}
saved = [
    save_model(models / "esrgan.pt", twin, sr_recipe.rrdbnet_options(sizes), **about),
    save_model(models / "unet-t1c.pt", unet, sr_recipe.unet_options(sizes), **about),
]
again = sr_recipe.enlarge(load_model(saved[0]), lr, sizes.hr)
print(f"read again: at most {(again - made['ESRGAN']).abs().max():.4f} away, of a range of 1")
print(*(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB" for path in saved), sep=", ")

# %% [markdown]
# ## 12 · Explain
#
# A company offers ESRGAN for your scanner: "A quarter of the time. In a blinded study, radiologists could not tell
# our images from real ones, and PSNR is above bicubic."
#
# In two to four sentences, with your numbers of sections 8 to 10: what do both arguments show and what not, what can
# happen to a patient, and what would you demand before it is used?

# %% [markdown] explain="g04_explain"
# ### BEGIN SOLUTION
# That nobody can tell them apart is what a GAN is trained for, and it makes its errors harder to notice; PSNR is a
# mean over pixels, nearly all of them healthy, so a lesion of ten pixels does not change it. In our test slices
# pieces of tumour that the reader saw in the true images vanished in ESRGAN's and others appeared, with nothing in the
# image to show it: details that were not measured are invented. I would demand the misses and the inventions lesion by
# lesion, against sharp scans of the same patients, from this scanner (k-space, noise) and with rare findings, beside a
# baseline that reads the coarse images as they are.
#
# *Rubric, 6 points.* Two answers that earn each point, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: not to be told apart is not correct | "Fooling a judge is what the loss asks for; it does not make the image true." | "SRGAN and ESRGAN look sharper than SRResNet and have the lower PSNR." |
# | 1: PSNR does not see small lesions | "Ten pixels of 16,000 do not change a mean." | "Bicubic is a low bar, and black background counts." |
# | 1: a lesion that vanished or appeared | "Of the pieces the reader saw, some were gone in ESRGAN's." | "It outlined a spot in the made slice that is not in the true one." |
# | 1: nothing shows it | "The invented place looks like anatomy." | "A blur is seen to be a blur; here nobody knows where it guessed." |
# | 1: a demand that would find it | "Misses and inventions per lesion against sharp scans of the same patients." | "A study of diagnoses, not of likeness." |
# | 1: on the right data | "Real k-space with noise, from this scanner; section 11 shows what else happens." | "Rare findings and other hospitals, and a baseline that reads the coarse scan." |
#
# "More data" alone earns nothing.
# ### END SOLUTION

# %% [markdown]
# ## 13 · Summary
#
# - Resolution is how much of k-space was measured. What was not measured has to be guessed.
# - PSNR is paid for caution and gives a blur; a GAN punishes blur and gives guesses. A plot of both tells which you
#   have.
# - A step of D detaches the made image, a step of G does not. Losses show a balance; the monitor watches PSNR, D and
#   diversity.
# - ESRGAN: dense blocks, no batch norm, relative judgements, features before the activation, mixtures.
# - Look for lesions that appear or vanish, and measure the task.
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
# - Blau and Michaeli 2018, *The Perception-Distortion Tradeoff*, arXiv:1711.06077. Two pages of proof.
# - Cohen, Luck and Honari 2018, *Distribution Matching Losses Can Hallucinate Features in Medical Image Translation*,
#   arXiv:1805.08841. Tumours that a GAN adds and removes.
#
# **Before you hand in**
#
# {{checklist}}
