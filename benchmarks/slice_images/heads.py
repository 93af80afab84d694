"""Simulated heads around skull-stripped brains, so that a network trained on a cohort works on whole heads.

The cohort shows brains only; a clinical picture also shows bone, skin, eyes, face and neck, some of them
brighter than any tumour. `WithHead` draws them crudely; no real picture is used. The labels become three
classes: a network that segments the brain can restrict its tumours to it (`TumourInBrain`).
"""

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn

from brainlab.data.augment import Augment

OUTSIDE, BRAIN, TUMOUR = 0, 1, 2


class WithHead:
    """Augmentation: draw bone, skin, face and neck around a brain, then deform and rotate the picture.

    All lengths scale with the size of the picture. The brain gets another contrast, bright vessels and a
    brighter tumour, because contrast agent enhances real tumours more than those of the cohort.

    Parameters
    ----------
    size : int
        Edge of the pictures in pixels.
    bare : float
        Fraction of the brains that are left unchanged.
    cavities : float
        Fraction of the others that get a resection cavity, labelled tumour; the cohort has none.
    """

    def __init__(self, size: int, bare: float = 0.1, cavities: float = 0.2) -> None:
        self.size, self.bare, self.cavities = size, bare, cavities
        self.augment = Augment(rotation=180.0, shift=0.12, zoom=0.25, shear=0.1, elastic=10 * size / 512)

    def __call__(self, image: Tensor, labels: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return a head (1, H, W) and labels (H, W): 0 outside the brain, 1 brain, 2 tumour.

        Parameters
        ----------
        image : Tensor (1, H, W)
            A skull-stripped brain, 0 outside it and at most 1.
        labels : Tensor (H, W)
            1 in the tumour.
        rng : numpy.random.Generator
        """
        grey, tumour = image[0].numpy(), labels.numpy() == 1  # (H, W)
        brain = ndimage.binary_fill_holes(ndimage.binary_opening(grey > 0.02, iterations=2) | tumour)
        if brain.any() and rng.random() >= self.bare:
            grey = self._enhance(grey, brain, tumour, rng)
            if rng.random() < self.cavities:
                grey, tumour = self._cavity(grey, brain, tumour, rng)
            grey = np.where(brain, grey, self._around(brain, rng))
            grey = ndimage.gaussian_filter(grey, rng.uniform(0.3, 0.6)) * self._coil(rng)
        head = torch.from_numpy(np.clip(grey, 0, 1).astype(np.float32))[None]  # (1, H, W)
        classes = torch.from_numpy(np.where(tumour, TUMOUR, np.where(brain, BRAIN, OUTSIDE)))
        return self.augment(head, classes, rng)

    def _enhance(
        self, grey: np.ndarray, brain: np.ndarray, tumour: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return a brain darker than fat, with vessels and a bright tumour."""
        middle = np.median(grey[brain])
        contrast = np.where(tumour & (grey > middle), rng.uniform(1, 2.5), rng.uniform(0.3, 1.1))
        level = rng.uniform(0.2, 0.5)
        grey = level / max(middle, 0.1) * (middle + contrast * (grey - middle))
        if rng.random() < 0.4:  # solid and patchy; the cohort has mostly rings
            patchy = level * rng.uniform(1.3, 2.5) + 0.15 * _noise(rng, self.size, 1.5)
            grey = np.where(tumour, np.maximum(grey, patchy), grey)
        # Lines where smooth noise changes its sign, interrupted by a second noise.
        lines = np.abs(_noise(rng, self.size, self.size / 20)) < 0.08
        visible = _noise(rng, self.size, self.size / 30) > rng.uniform(0.8, 2)
        return np.where(brain & lines & visible & ~tumour, level + rng.uniform(0.1, 0.6), grey) * brain

    def _cavity(
        self, grey: np.ndarray, brain: np.ndarray, tumour: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a brain with a resection cavity of fluid and air, and the tumour label including it."""
        y, x = rng.choice(np.argwhere(brain))
        down, right = np.mgrid[: self.size, : self.size]
        down, right = down - y, right - x
        radius = np.hypot(down, right) / self.size + 0.025 * _noise(rng, self.size, self.size / 25)
        hole = brain & (radius < rng.uniform(0.05, 0.17))
        angle = rng.uniform(0, 2 * np.pi)
        up = (down * np.sin(angle) + right * np.cos(angle)) / self.size
        fluid = np.median(grey[brain]) * rng.uniform(0.3, 0.85)
        filling = np.where(up > rng.uniform(0, 0.2), rng.uniform(0, 0.05), fluid)
        return np.where(hole, filling, grey), tumour | hole

    def _around(self, brain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the surroundings of the brain, (H, W): bone, skin, face and neck on black."""
        size = self.size
        away = ndimage.distance_transform_edt(~brain)  # pixels from the brain
        away = away + _noise(rng, size, size / 12) * rng.uniform(0, 0.008) * size
        bone = rng.uniform(0.01, 0.04) * size
        skin = bone + rng.uniform(0.01, 0.06) * size
        grey = np.abs(0.02 * rng.normal(size=brain.shape))  # air with noise
        # Face and neck: on one side of the centre, with striped muscles.
        if rng.random() < 0.8:
            angle = rng.uniform(0, 2 * np.pi)
            y, x = np.nonzero(brain)
            down, right = np.mgrid[:size, :size].astype(float)
            down, right = down - y.mean(), right - x.mean()
            front = down * np.sin(angle) + right * np.cos(angle)
            side = np.abs(down * np.cos(angle) - right * np.sin(angle))
            base = rng.uniform(-0.05, 0.2) * size
            flesh = (front > base) & (side < rng.uniform(0.2, 0.5) * size)
            flesh &= away < rng.uniform(0.15, 0.7) * size
            grey = np.where(flesh, self._flesh(rng), grey)
            rim = ndimage.distance_transform_edt(flesh) < rng.uniform(0.01, 0.04) * size
            grey = np.where(flesh & rim, rng.uniform(0.5, 1), grey)
            if rng.random() < 0.4:
                grey = self._eye(grey, flesh & (away > bone), rng)
        else:
            flesh = np.zeros_like(brain)
        fat = rng.uniform(0.5, 1) + 0.15 * _noise(rng, size, 2)
        grey = np.where(~flesh & (away <= skin), fat, grey)
        marrow = rng.uniform(0, 0.5) * (np.abs(away - bone / 2) < bone / 5)
        thin = bone * np.where(flesh, rng.uniform(0.2, 1), 1)  # the base of the skull
        grey = np.where(away <= thin, rng.uniform(0, 0.12) + marrow, grey)
        sinuses = _noise(rng, size, size / 30) > rng.uniform(1.5, 2.5)  # veins of the dura
        return np.where((away <= 0.04 * size) & sinuses, rng.uniform(0.5, 1), grey)

    def _flesh(self, rng: np.random.Generator) -> np.ndarray:
        """Return muscles, fat, bone and air in patches, (H, W)."""
        size = self.size
        stretched = (rng.uniform(1, 3), rng.uniform(2, 6))
        pattern = _noise(rng, size, stretched) + _noise(rng, size, size / 16)
        levels = np.array([0.03, rng.uniform(0.2, 0.4), rng.uniform(0.3, 0.6), rng.uniform(0.6, 1)])
        patches = levels[np.digitize(pattern, [rng.uniform(-3, -1), 0, rng.uniform(0.8, 2)])]
        return patches + 0.06 * _noise(rng, size, 1)

    def _eye(self, grey: np.ndarray, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw an eye: a dark ball in a bright ring."""
        places = np.argwhere(where)
        if not len(places):
            return grey
        y, x = rng.choice(places)
        down, right = np.mgrid[: self.size, : self.size]
        radius = np.hypot(down - y, right - x) / self.size
        ball = rng.uniform(0.03, 0.06)
        grey = np.where(where & (radius < ball * 1.6), rng.uniform(0.5, 1), grey)
        return np.where(where & (radius < ball), rng.uniform(0.1, 0.3), grey)

    def _coil(self, rng: np.random.Generator) -> np.ndarray:
        """Return the sensitivity of a coil: brighter towards one side."""
        across = np.linspace(-1, 1, self.size)
        slopes = rng.uniform(-0.25, 0.25, 2)
        return 1 + slopes[0] * across[:, None] + slopes[1] * across


class TumourInBrain(nn.Module):
    """Make a tumour network of one for three classes: tumour only in the largest component of the brain.

    Parameters
    ----------
    model : nn.Module
        Images (B, 1, H, W) to logits (B, 3, H, W), trained on `WithHead`.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        """Return the tumour logit (B, 1, H, W), -100 outside the brain."""
        logits = self.model(image)  # (B, 3, H, W)
        inside = np.stack([_largest(mask) for mask in (logits.argmax(1) != OUTSIDE).cpu().numpy()])
        tumour = logits[:, TUMOUR] - logits[:, :TUMOUR].amax(1)  # (B, H, W)
        return tumour.masked_fill(~torch.from_numpy(inside).to(image.device), -100.0)[:, None]


def _largest(mask: np.ndarray) -> np.ndarray:
    """Return the largest connected component of a mask (H, W), with its holes filled."""
    components, count = ndimage.label(mask)
    if count == 0:
        return mask
    return ndimage.binary_fill_holes(components == 1 + np.bincount(components.ravel())[1:].argmax())


def _noise(rng: np.random.Generator, size: int, sigma: float | tuple[float, float]) -> np.ndarray:
    """Return smooth noise (size, size) with mean 0 and standard deviation 1."""
    noise = ndimage.gaussian_filter(rng.normal(size=(size, size)), sigma)
    return (noise - noise.mean()) / noise.std()
