"""Pictures with masks as a data set of image and labels, for `torch.utils.data.DataLoader`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch.utils.data import Dataset

from brainlab.data.images.coco import CocoImage
from brainlab.data.images.pairs import THREADS, ImagePair
from brainlab.data.images.picture import inner_box, square_image, square_mask
from brainlab.data.intensity import percentile_window, rescale

WINDOW = (0.5, 99.5)  # percentiles that become 0 and 1


class ImageDataset(Dataset):
    """Pictures of one size with labels 0 (outside) and 1 (inside the mask).

    **Intensities are 0 to 1**: the 0.5th percentile of a picture becomes 0, the 99.5th 1, and what lies
    beyond is clipped. So 8 and 16 bit, and scanners of different brightness, look alike, and a burnt-in
    white letter does not darken the lungs. The padding around the picture is 0, black, and so is what an
    augmentation brings in from beyond the edge.

    Parameters
    ----------
    pairs : sequence of ImagePair or CocoImage
        All with a mask.
    size : int
        Edge of the square in pixels; see `brainlab.data.images.picture`.
    channels : int
        1 grey, 3 colour.
    augment : callable, optional
        Called as `augment(image, labels, rng)`, such as `brainlab.data.augment.Augment`. As in
        `SliceDataset`, left to right runs along H *for the augmentation*: the picture is transposed for it
        and back, so that `flip` mirrors left and right and keeps images upright.
    seed : int
        With `set_epoch`: the augmentation follows from seed, epoch and item, however many workers there are.
        Without: from torch's generator, as in `SliceDataset`.

    Raises
    ------
    ValueError
        If there is no pair, one has no mask, or size or channels cannot be. PictureError when a file that
        cannot be read is asked for.

    Examples
    --------
    `image, labels = ImageDataset(pairs)[0]`: image (1, 256, 256) float32, labels (256, 256) int64.
    """

    def __init__(
        self,
        pairs: Sequence[ImagePair | CocoImage],
        size: int = 256,
        channels: int = 1,
        augment: Callable[..., tuple[torch.Tensor, torch.Tensor]] | None = None,
        seed: int = 0,
    ) -> None:
        self.pairs = list(pairs)
        if not self.pairs:
            raise ValueError("there is no pair; expected an image with mask or more: see the list's report()")
        bare = [pair.id for pair in self.pairs if not pair.has_mask]
        if bare:
            detail = (
                f"{bare[0]} and {len(bare) - 1} more of {len(self.pairs)} have no mask; expected one each"
            )
            raise ValueError(f"{detail}: pass [pair for pair in pairs if pair.has_mask]")
        if size < 1 or channels not in (1, 3):
            raise ValueError(f"size={size}, channels={channels}; expected size from 1 and channels 1 or 3")
        self.size, self.channels, self.augment, self.seed = size, channels, augment, seed
        self.epoch: int | None = None
        self._memory: list[tuple[torch.Tensor, torch.Tensor]] | None = None

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, item: int) -> tuple[torch.Tensor, torch.Tensor]:
        image, labels = self._memory[item] if self._memory else self._read(item)
        labels = labels.long()  # (H, W)
        if self.augment is None:
            return image.clone(), labels
        draw = [torch.randint(2**62, ()).item()] if self.epoch is None else [self.epoch, item % len(self)]
        rng = np.random.default_rng([self.seed, *draw])
        image, labels = self.augment(image.transpose(1, 2), labels.T, rng)  # (C, W, H), (W, H)
        return image.transpose(1, 2).contiguous(), labels.T.contiguous()

    def set_epoch(self, epoch: int) -> None:
        """Draw the augmentations of this epoch from now on; `fit` calls it."""
        self.epoch = epoch

    def preload(self) -> "ImageDataset":
        """Read all pictures into memory and return self: 0.3 MB for one of 256 x 256 and one channel."""
        with ThreadPoolExecutor(THREADS) as pool:
            self._memory = list(pool.map(self._read, range(len(self))))
        return self

    def _read(self, item: int) -> tuple[torch.Tensor, torch.Tensor]:
        pair = self.pairs[item]
        raw, mask = pair.load_image(self.channels), pair.load_mask()  # (C, h, w), (h, w)
        if raw.shape[1:] != mask.shape:
            raise ValueError(
                f"{pair.id}: image has {raw.shape[1:]} pixels, mask {mask.shape}; expected the same: was one "
                "of them resized alone? find_pairs leaves such pairs out"
            )
        image = square_image(raw, self.size)
        top, left, height, width = inner_box(mask.shape[0], mask.shape[1], self.size)
        inside = (slice(None), slice(top, top + height), slice(left, left + width))
        image[inside] = window(image[inside])
        return torch.from_numpy(image), torch.from_numpy(square_mask(mask, self.size).astype(np.uint8))


def window(image: np.ndarray) -> np.ndarray:
    """Scale intensities to 0 and 1 between two percentiles of all pixels; a constant image becomes 0."""
    return rescale(image, *percentile_window(image, WINDOW, zero_is_background=False))
