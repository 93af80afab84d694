"""Right and wrong answers to the gap about the image of the middle of k-space."""

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.data import kspace_crop
from grading_tests.bank.nb04 import SECOND, with_steps
from grading_tests.gap import Mistake, Survivor

HW = (-2, -1)


def ramp_of(hr, size):
    """The line that the gap gives: the phase that puts each new pixel over the old ones, (size, size)."""
    height, width = hr.shape[-2:]
    k = torch.arange(size) - size // 2
    return torch.exp(1j * torch.pi * (k[:, None] * (1 / size - 1 / height) + k * (1 / size - 1 / width)))


def centred(hr):
    return torch.fft.fftshift(torch.fft.fft2(hr), dim=HW)


def middle(kspace, size):
    top, left = (full // 2 - size // 2 for full in kspace.shape[-2:])
    return kspace[..., top : top + size, left : left + size]


def back(kept):
    return torch.fft.ifft2(torch.fft.ifftshift(kept, dim=HW))


def share(hr, size):
    return size**2 / (hr.shape[-2] * hr.shape[-1])


def low(hr, size):
    """The complex image, scaled."""
    return back(middle(centred(hr), size) * ramp_of(hr, size)) * share(hr, size)


# --- right answers


def forward_norm(hr, size):
    """Means instead of sums on the way there, nothing on the way back: no scale is left to think of."""
    kspace = torch.fft.fftshift(torch.fft.fft2(hr, norm="forward"), dim=HW)
    image = torch.fft.ifft2(
        torch.fft.ifftshift(middle(kspace, size) * ramp_of(hr, size), dim=HW), norm="forward"
    )
    return image.real.abs()


def by_numpy(hr, size):
    kspace = np.fft.fftshift(np.fft.fft2(hr.numpy()), axes=HW)
    kept = middle(kspace, size) * ramp_of(hr, size).numpy()
    return torch.from_numpy(np.abs(np.fft.ifft2(np.fft.ifftshift(kept, axes=HW))) * share(hr, size))


def by_matrices(hr, size):
    """Each wave measured and drawn again, without an FFT."""
    k = torch.arange(size) - size // 2

    def waves(pixels):
        return torch.exp(2j * torch.pi * k[:, None] * (torch.arange(pixels) + 0.5) / pixels)  # (size, pixels)

    rows, columns = (waves(size).T @ waves(full).conj() / full for full in hr.shape[-2:])
    return torch.einsum("yh,bchw,xw->bcyx", rows, hr + 0j, columns).abs()


def four_corners(hr, size):
    """Without fftshift the low frequencies lie in the four corners."""
    kspace = torch.fft.fft2(hr.double())
    kspace = torch.cat([kspace[..., : size - size // 2, :], kspace[..., -(size // 2) :, :]], dim=-2)
    kspace = torch.cat([kspace[..., : size - size // 2], kspace[..., -(size // 2) :]], dim=-1)
    phase = torch.fft.ifftshift(ramp_of(hr, size))
    return (torch.fft.ifft2(kspace * phase) * share(hr, size)).real.abs().clamp(max=1)


def one_axis_after_the_other(hr, size):
    image = hr
    for axis in HW:
        full = hr.shape[axis]
        k = torch.arange(size) - size // 2
        kept = torch.fft.fft(image, dim=axis).index_select(axis, k % full)
        phase = torch.exp(1j * torch.pi * k * (1 / size - 1 / full))
        kept = kept * (phase[:, None] if axis == -2 else phase)
        image = torch.fft.ifft(torch.fft.ifftshift(kept, dim=axis), dim=axis) * size / full
    return abs(image)


def without_ifftshift(hr, size):
    """A magnitude does not see it: shifting k-space only turns the phase."""
    return torch.fft.ifft2(middle(centred(hr), size) * ramp_of(hr, size)).abs() * share(hr, size)


def in_two_steps(hr, size):
    """First the phase for all of k-space, then negative borders that cut."""
    height, width = hr.shape[-2:]
    y, x = (torch.arange(n) - n // 2 for n in (height, width))
    phase = torch.exp(1j * torch.pi * (y[:, None] * (1 / size - 1 / height) + x * (1 / size - 1 / width)))
    top, left = height // 2 - size // 2, width // 2 - size // 2
    borders = (-left, left + size - width, -top, top + size - height)
    image = back(F.pad(centred(hr) * phase, borders))
    return torch.hypot(image.real, image.imag) / (height * width / size**2)


RIGHT = {
    "library": kspace_crop,
    "the middle of the shifted k-space": lambda hr, size: low(hr, size).abs(),
    "norm forward, magnitude of the real part": forward_norm,
    "NumPy": by_numpy,
    "waves as matrices": by_matrices,
    "the four corners, float64, clipped at 1": four_corners,
    "one axis after the other": one_axis_after_the_other,
    "no ifftshift before the magnitude": without_ifftshift,
    "negative padding": in_two_steps,
}

# --- wrong answers


def by_real(hr, size):
    return low(hr, size).real


def without_shift(hr, size):
    return (back(middle(torch.fft.fft2(hr), size) * ramp_of(hr, size)) * share(hr, size)).abs()


def corner_only(hr, size):
    kept = torch.fft.fft2(hr)[..., :size, :size] * torch.fft.ifftshift(ramp_of(hr, size))
    return (torch.fft.ifft2(kept) * share(hr, size)).abs()


def corner_of_the_shifted(hr, size):
    return (back(centred(hr)[..., :size, :size] * ramp_of(hr, size)) * share(hr, size)).abs()


def with_kspace(change):
    def crop(hr, size):
        return (back(middle(change(centred(hr)), size) * ramp_of(hr, size)) * share(hr, size)).abs()

    return crop


def border_halves(hr, size):
    kspace = centred(hr)
    top, left = ((full - size) // 2 for full in kspace.shape[-2:])
    kept = kspace[..., top : top + size, left : left + size]
    return (back(kept * ramp_of(hr, size)) * share(hr, size)).abs()


def real_without_ifftshift(hr, size):
    return by_shifts(hr, size, torch.fft.fftshift, lambda kept, dim: kept).real.abs()


def fftshift_twice(hr, size):
    return by_shifts(hr, size, torch.fft.fftshift, torch.fft.fftshift).real.abs()


def by_shifts(hr, size, there, home):
    kept = middle(there(torch.fft.fft2(hr), dim=HW), size) * ramp_of(hr, size)
    return torch.fft.ifft2(home(kept, dim=HW)) * share(hr, size)


def all_axes_shifted(hr, size):
    kspace = torch.fft.fftshift(torch.fft.fft2(hr))
    return (back(middle(kspace, size) * ramp_of(hr, size)) * share(hr, size)).abs()


def all_axes_transformed(hr, size):
    kspace = torch.fft.fftshift(torch.fft.fftn(hr), dim=HW)
    return (back(middle(kspace, size) * ramp_of(hr, size)) * share(hr, size)).abs()


def phase_forgotten(hr, size):
    return (back(middle(centred(hr), size)) * share(hr, size)).abs()


def phase_backwards(hr, size):
    return (back(middle(centred(hr), size) * ramp_of(hr, size).conj()) * share(hr, size)).abs()


def zero_filled(hr, size):
    kspace, mask = centred(hr), torch.zeros(hr.shape[-2:])
    middle(mask, size).fill_(1)
    return back(kspace * mask).abs()


def image_cropped(hr, size):
    return middle(hr, size)


def every_other_pixel(hr, size):
    return F.interpolate(hr, (size, size), mode="nearest")


def averaged(hr, size):
    return F.adaptive_avg_pool2d(hr, size)


WRONG = [
    Mistake(
        "no fftshift",
        "locuslab/pytorch_fft#9: how to centre the zero frequency",
        "fft2 puts frequency 0 into the corner, so the middle holds the highest ones: fftshift first.",
        without_shift,
    ),
    Mistake(
        "corner of k-space",
        "NumPy, fft.fft: the second half of the output holds the negative frequencies",
        "that corner has no negative frequencies; with fftshift both signs lie around the middle.",
        corner_only,
    ),
    Mistake(
        "corner of the shifted k-space",
        "mylyu/M4Raw#2: where is the centre of k-space?",
        "after fftshift frequency 0 lies at H // 2: cut around it, not from the corner.",
        corner_of_the_shifted,
    ),
    Mistake(
        "not scaled",
        "kymatio/kymatio#386, MTG/essentia#772: which transform divides?",
        "ifft2 divides by the new number of pixels, fft2 had added up the old one: times size² / (H W).",
        lambda hr, size: low(hr, size).abs() / share(hr, size),
    ),
    Mistake(
        "scaled by the square root",
        "INVOKERer/DeepRFT#17, michael-0brien/cryojax#239: norm='ortho'",
        "with norm='ortho', or size / H, half of the scale is left: there are two axes, so size² / (H W).",
        lambda hr, size: low(hr, size).abs() / share(hr, size) ** 0.5,
    ),
    Mistake(
        "scaled twice",
        "ismrmrd/ismrmrd-python-tools#1: which transform scales by what?",
        "that is scaled once too often: a flat image gets darker.",
        lambda hr, size: low(hr, size).abs() * share(hr, size),
    ),
    Mistake(
        "phase ramp forgotten",
        "ComputationalCryoEM/ASPIRE-Python#608: only even to even stays in place",
        "the picture moves by (H / size - 1) / 2 pixels: multiply what is kept by ramp.",
        phase_forgotten,
    ),
    Mistake(
        "phase ramp backwards",
        "bionanoimaging/FourierTools.jl#47: which way does a phase shift?",
        "the picture moves the wrong way: multiply by ramp, do not divide.",
        phase_backwards,
    ),
    Mistake(
        "magnitude before the crop",
        "h-walk/PySlice#20: absolute values before the inverse transform",
        "the magnitude of k-space has lost where things are: the magnitude comes last, of the image.",
        with_kspace(torch.abs),
    ),
    Mistake(
        "k-space made real",
        "ComputationalCryoEM/ASPIRE-Python#140: cast to real before the inverse transform",
        "half of k-space is in the imaginary part: without it the picture is mixed with its mirror image.",
        with_kspace(torch.real),
    ),
    Mistake(
        "ifftshift forgotten, real part",
        "tomrunia/PyTorchSteerablePyramid#1: fftshift and ifftshift",
        "ifft2 wants frequency 0 in the corner again: ifftshift what is kept.",
        real_without_ifftshift,
    ),
    Mistake(
        "fftshift twice",
        "teamtomo/teamtomo#109: fftshift and ifftshift differ for odd sizes",
        "the way back is ifftshift; fftshift does the same for even sizes only.",
        fftshift_twice,
    ),
    Mistake(
        "wrong middle of an odd size",
        "visionml/pytracking#184: (h - 1) // 2 or h // 2; ComputationalCryoEM/ASPIRE-Python#679",
        "frequency 0 lies at H // 2, and must come to size // 2: start at H // 2 - size // 2.",
        border_halves,
    ),
    Mistake(
        "all axes shifted",
        "pytorch/pytorch#70285: fftshift switches the colour channels",
        "fftshift without dim shifts the batch, too: dim=(-2, -1).",
        all_axes_shifted,
    ),
    Mistake(
        "all axes transformed",
        "CEA-COSMIC/pysap-mri#51: which axes are transformed?",
        "fftn transforms the batch as well; fft2 takes the last two axes.",
        all_axes_transformed,
    ),
    Mistake(
        "zero-filled",
        "lpcccc-cv/MC-CDic#13: is a masked k-space of the full size low resolution?",
        "the outer part is set to 0 but still there: cut it off, so that fewer pixels come back.",
        zero_filled,
    ),
    Mistake(
        "image cropped",
        "zaccharieramzi/fastmri-reproducible-benchmark#169: cropped before the transform",
        "you cut the image: the field of view shrinks, the pixels stay as fine. Cut k-space.",
        image_cropped,
    ),
    Mistake(
        "every r-th pixel",
        "brudfors/UniRes#20: interpolation='nearest' to make thick slices",
        "leaving pixels out folds the high frequencies into the low ones; no scanner does that.",
        every_other_pixel,
    ),
    Mistake(
        "blocks averaged",
        "zhiyuns/AFCM#3: a filter in image space instead of k-space",
        "that is an average over blocks of the image; a scanner measures the middle of k-space.",
        averaged,
    ),
    Mistake(
        "real part with its sign",
        "TorchIO-project/torchio#207: real part or magnitude?",
        "the real part rings below 0 beside an edge; scanners store the magnitude, which cannot.",
        by_real,
    ),
    Mistake(
        "negative values clipped",
        "laurencejackson/test_gitlab2#42: magnitude images fold what is negative upwards",
        "what rings below 0 is folded upwards by a magnitude, not set to 0.",
        lambda hr, size: low(hr, size).real.clamp(min=0),
    ),
    Mistake(
        "power",
        "misconception: |z|² for |z|",
        "that is the squared magnitude; the image is the magnitude.",
        lambda hr, size: low(hr, size).abs() ** 2,
    ),
]


def by_index(hr, size):
    """The rows and columns of the kept waves, without a shift of k-space."""
    height, width = hr.shape[-2:]
    k = torch.arange(size) - size // 2
    kept = torch.fft.fft2(hr)[..., (k % height)[:, None], k % width] * ramp_of(hr, size)
    low = torch.zeros_like(kept)
    low[..., (k % size)[:, None], k % size] = kept
    return (torch.fft.ifft2(low) * size**2 / (height * width)).abs()


def crop(hr, size, top=None, scale=None):
    """The right answer with another place of the crop, (height, width, size) -> (top, left), or scale."""
    height, width = hr.shape[-2:]
    top, left = (height // 2 - size // 2, width // 2 - size // 2) if top is None else top(height, width, size)
    kept = centred(hr)[..., top : top + size, left : left + size] * ramp_of(hr, size)
    low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=HW))
    return low.abs() * (size**2 / (height * width) if scale is None else scale(height, width, size))


def scaled_in_place(hr, size):
    hr *= size**2 / (hr.shape[-2] * hr.shape[-1])
    return crop(hr, size, scale=lambda *_: 1)


def rounded_middle(height, width, size):
    return round(height / 2 - size / 2), round(width / 2 - size / 2)


# --- a second bank, by people who saw the notebook only

RIGHT |= {
    "by index": by_index,
    "image by image": lambda hr, size: torch.stack([crop(one[None], size)[0] for one in hr]),
    "in float64": lambda hr, size: crop(hr.double(), size).float(),
}
WRONG += [
    Mistake(
        "an array",
        SECOND,
        "return a tensor: later cells call float() and resample it.",
        lambda hr, size: crop(hr, size).numpy(),
    ),
    Mistake(
        "channel axis squeezed",
        SECOND,
        "the result keeps the axis of the channel: (B, 1, size, size).",
        lambda hr, size: crop(hr, size).squeeze(1),
    ),
    Mistake(
        "all axes of length 1 squeezed",
        SECOND,
        "squeeze() also removes the batch axis of a single image.",
        lambda hr, size: crop(hr, size).squeeze(),
    ),
    Mistake(
        "a complex image",
        SECOND,
        "the result is complex: a scanner stores the magnitude.",
        lambda hr, size: (
            torch.fft.ifft2(torch.fft.ifftshift(middle(centred(hr), size) * ramp_of(hr, size), dim=HW))
            * share(hr, size)
        ),
    ),
    Mistake(
        "scaled in place",
        SECOND,
        "hr is scaled in place: the true images of later cells become darker.",
        scaled_in_place,
    ),
    Mistake(
        "left from the height",
        SECOND,
        "the middle of the columns comes from the width, not from the height.",
        lambda hr, size: crop(hr, size, lambda h, w, s: (h // 2 - s // 2, h // 2 - s // 2)),
    ),
    Mistake(
        "half of the difference, rounded",
        SECOND,
        "frequency 0 has index n // 2 before the crop and after it; rounding a half moves it.",
        lambda hr, size: crop(hr, size, rounded_middle),
    ),
    Mistake(
        "scaled by the height alone",
        SECOND,
        "the factor is size * size over H * W: the width counts too.",
        lambda hr, size: crop(hr, size, scale=lambda h, w, s: s**2 / h**2),
    ),
    Mistake(
        "always a quarter of the width",
        SECOND,
        "the size is an argument: 28 of 128 pixels is no quarter.",
        lambda hr, size: crop(hr, hr.shape[-1] // 4),
    ),
    Mistake(
        "brightness from the mean",
        SECOND,
        "the mean of the batch is restored, not each image; the factor is known: size * size over H * W.",
        lambda hr, size: (lambda low: low * hr.mean() / low.mean())(crop(hr, size)),
    ),
]

# The numbered step of the gap in which each mistake is.
STEPS = {
    2: (
        "corner of k-space",
        "corner of the shifted k-space",
        "left from the height",
        "half of the difference, rounded",
        "always a quarter of the width",
    ),
    3: ("phase ramp forgotten", "phase ramp backwards"),
    4: (
        "not scaled",
        "scaled by the square root",
        "scaled twice",
        "scaled by the height alone",
        "brightness from the mean",
    ),
    5: ("power", "real part with its sign", "negative values clipped", "a complex image"),
}
WRONG = with_steps(WRONG, STEPS)

SURVIVORS = [
    Survivor(
        "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-2, -1))) * size**2 / (height * width)",
        [
            "low = torch.fft.ifft2(kept) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.fftshift(kept, dim=(-2, -1))) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-1,))) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-2,))) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-3, -1))) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-1, -1))) * size**2 / (height * width)",
            "low = torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(-2, -2))) * size**2 / (height * width)",
        ],
        "a shift in k-space changes the phase of the image, and step 5 takes the magnitude",
    ),
]
