"""A slider between two networks: low distortion at one end, sharp detail at the other.

Source: Wang et al. 2018 (arXiv:1809.00219), section 3.4.
"""

import copy
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from traitlets import Float

from brainlab.inference import evaluating
from brainlab.metrics.images import high_frequency_ratio, psnr
from brainlab.models import interpolate_networks
from brainlab.view.colours import BLUE
from brainlab.view.slices import show_plane, window_around
from brainlab.view.widgets.panel import Panel


class NetworkMixer(Panel):
    """Interpolate the weights of two networks, and see the image, its error, PSNR and high-frequency ratio.

    Eleven interpolations are computed when it opens, so that the slider responds at once; others on demand.

    Parameters
    ----------
    model : nn.Module
        The architecture: (1, 1, h, w) and a size (H, W) to (1, 1, H, W). It is left unchanged.
    psnr_state, gan_state : state dicts
        See `brainlab.models.interpolate_networks`.
    lr, hr : Tensor (1, h, w), (1, H, W)
        The small image and the true one, 0..1.
    affine : ndarray (4, 4), optional
        Of the volume, for the radiological view; without it the rows run down.
    centre : (int, int), optional
        Pixel of `hr` in the middle of the enlarged window; by default its own middle.
    side : int, optional
        Pixels of `hr` along an edge of the window; by default half of it.
    **traits
        First values of the traits below.

    Attributes
    ----------
    alpha : float
        0 is the network trained for PSNR, 1 the GAN.

    Raises
    ------
    ValueError
        If the two networks differ, or the images are not (1, h, w) and (1, H, W).
    """

    alpha = Float(0.0, min=0.0, max=1.0).tag(label="alpha: PSNR 0, GAN 1", step=0.1)

    def __init__(
        self,
        model: nn.Module,
        psnr_state: Mapping[str, Tensor],
        gan_state: Mapping[str, Tensor],
        lr: Tensor,
        hr: Tensor,
        affine: np.ndarray | None = None,
        centre: tuple[int, int] | None = None,
        side: int | None = None,
        **traits: object,
    ) -> None:
        for name, image in (("lr", lr), ("hr", hr)):
            if image.ndim != 3 or len(image) != 1:
                raise ValueError(
                    f"{name} has shape {tuple(image.shape)}; expected (1, H, W): one image of a batch, "
                    f"{name}[0]?"
                )
        self._states = psnr_state, gan_state
        self._model = copy.deepcopy(model)
        self.lr, self.hr, self.affine = lr, hr.cpu(), affine
        self._window = window_around(hr.shape[-2:], centre, side or max(hr.shape[-2:]) // 2)
        self._images: dict[float, np.ndarray] = {}
        self.path = {float(a): self._scores(float(a)) for a in np.linspace(0, 1, 11).round(1)}
        super().__init__(**traits)
        self._open()

    def image(self, alpha: float | None = None) -> np.ndarray:
        """Return the output of the interpolated network, (H, W) in 0..1; by default at the trait `alpha`."""
        alpha = round(self.alpha if alpha is None else alpha, 3)
        if alpha not in self._images:
            self._model.load_state_dict(interpolate_networks(*self._states, alpha))
            device = next(self._model.parameters()).device
            with evaluating(self._model), torch.no_grad():
                output = self._model(self.lr[None].to(device), tuple(self.hr.shape[-2:]))  # (1, 1, H, W)
            self._images[alpha] = output[0, 0].clamp(0, 1).cpu().numpy()
        return self._images[alpha]

    def _scores(self, alpha: float) -> tuple[float, float]:
        image, true = torch.from_numpy(self.image(alpha))[None, None], self.hr[None]  # (1, 1, H, W) each
        return psnr(image, true).item(), high_frequency_ratio(image, true).item()

    def scores(self) -> dict[str, float]:
        """Return PSNR in dB and high-frequency ratio (`brainlab.metrics`) of the whole image."""
        return dict(zip(("PSNR", "HF ratio"), self._scores(self.alpha), strict=True))

    def to_figure(self) -> Figure:
        """Draw what is shown as a new Matplotlib figure."""
        image, true, scores = self.image(), self.hr[0].numpy(), self.scores()
        figure = Figure(figsize=(10, 2.9))
        places = {"left": 0.005, "right": 0.99, "bottom": 0.15, "top": 0.91, "wspace": 0.03, "hspace": 0.6}
        grid = figure.add_gridspec(2, 5, width_ratios=[1, 1, 1, 0.15, 0.9], **places)
        parts = {
            f"interpolated, alpha {self.alpha:.2g}": image,
            "truth": true,
            "|difference|, 0 to 0.3": np.abs(image - true) / 0.3,
        }
        for column, (title, plane) in enumerate(parts.items()):
            show_plane(figure.add_subplot(grid[:, column]), plane[self._window], self.affine, title)
        for row, title, value in zip((0, 1), ("PSNR in dB", "HF ratio"), scores.values(), strict=True):
            ax = figure.add_subplot(grid[row, 4])
            ax.plot(list(self.path), [both[row] for both in self.path.values()], ".-", color="#999999")
            ax.plot([self.alpha], [value], "o", color=BLUE, markersize=8)
            ax.set_title(f"{title}: {value:.2f}", fontsize=9)
            ax.tick_params(labelsize=8)
            ax.spines[["top", "right"]].set_visible(False)
        ax.axhline(1, color="#bbbbbb", linestyle=":", linewidth=1)
        ax.set_xlabel("alpha", fontsize=8)
        return figure

    def describe(self) -> str:
        """Return what is shown as alt text."""
        scores = self.scores()
        return (
            "A window of the output of an interpolated network, the truth, and their difference; alpha "
            f"{self.alpha:.2g}: PSNR {scores['PSNR']:.2f} dB, HF ratio {scores['HF ratio']:.2f}"
        )
