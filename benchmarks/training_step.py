"""Time one training step of our U-Net and of MONAI's BasicUNet, channels last and contiguous.

    python benchmarks/training_step.py

The networks alternate in one process for several rounds; ratios are between medians and, unlike absolute
times, are meaningful on a busy machine too. MONAI's network has the same widths and nearly as many
parameters.
"""

import argparse
import statistics
import time

import torch
from torch import nn

from brainlab.losses import cross_entropy
from brainlab.models import UNet, count_parameters
from brainlab.training import train_step


class Step:
    """A network, its optimizer, and a batch in one memory format."""

    def __init__(
        self, model: nn.Module, image: torch.Tensor, labels: torch.Tensor, channels_last: bool
    ) -> None:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = model.to(image.device, memory_format=layout).train()
        self.optimizer = torch.optim.Adam(model.parameters())
        self.batch = image.contiguous(memory_format=layout), labels

    def __call__(self) -> float:
        """Take one step and return its seconds."""
        start = time.perf_counter()
        train_step(self.model, self.batch, cross_entropy, self.optimizer)  # synchronous: reads the loss
        if self.batch[0].is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start


def basic_unet(width: int) -> nn.Module:
    """Return MONAI's U-Net of the same depth; the last entry is the width of the last decoder level."""
    from monai.networks.nets import BasicUNet

    features = (width, 2 * width, 4 * width, 8 * width, 16 * width, width)
    return BasicUNet(spatial_dims=2, in_channels=4, out_channels=4, features=features)


def main() -> None:
    """Print milliseconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()

    torch.manual_seed(0)
    image = torch.randn(options.batch, 4, options.size, options.size, device=options.device)
    labels = torch.randint(4, (options.batch, options.size, options.size), device=options.device)
    steps = {
        "ours, channels last": Step(UNet(width=options.width), image, labels, True),
        "ours, contiguous": Step(UNet(width=options.width), image, labels, False),
        "MONAI, contiguous": Step(basic_unet(options.width), image, labels, False),
        "MONAI, channels last": Step(basic_unet(options.width), image, labels, True),
    }
    for step in steps.values():
        step()  # the first step also allocates memory and selects algorithms
    seconds = {name: [] for name in steps}
    for _ in range(options.rounds):
        for name, step in steps.items():
            seconds[name].append(step())

    reference = statistics.median(seconds["ours, channels last"])
    shape = " x ".join(map(str, image.shape))
    print(f"{shape} on {options.device}, {torch.get_num_threads()} threads")
    print(f"{'':22}{'parameters':>12}{'ms':>8}{'ratio':>8}")
    for name, step in steps.items():
        median = statistics.median(seconds[name])
        parameters = count_parameters(step.model)
        print(f"{name:22}{parameters:>12,}{1000 * median:>8.0f}{median / reference:>8.2f}")


if __name__ == "__main__":
    main()
