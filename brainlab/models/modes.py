"""How a network runs: in evaluation mode, with its weights frozen, or in mixed precision."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.amp import GradScaler

NO_SCALER = GradScaler(enabled=False)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Put `model` into evaluation mode without gradients, and restore the mode of every module afterwards.

    In evaluation mode batch normalisation uses its running statistics and dropout does nothing. Modes are
    remembered module by module, because some may be in evaluation mode for good while the others train.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Compute no gradient for the weights of `model` within the block; it still flows through the network."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


class Autocast(nn.Module):
    """A network whose forward pass runs in half precision where that is safe; its output is float32."""

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.model, self.dtype = model, dtype

    def forward(self, x: Tensor, *others: object) -> Tensor:
        with torch.autocast(x.device.type, self.dtype):
            return self.model(x, *others).float()


def half_type(device: torch.device) -> torch.dtype | None:
    """Return bfloat16 for a GPU that computes with it, float16 for an older one, None for all else."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def mixed_precision(model: nn.Module, device: torch.device, amp: bool) -> tuple[nn.Module, GradScaler]:
    """Return the network to call in training, which shares its weights with `model`, and its loss scaler.

    Losses stay in float32. Only float16 needs the scaler: bfloat16 has the range of float32.
    """
    dtype = half_type(device) if amp else None
    return Autocast(model, dtype) if dtype else model, GradScaler(device.type, enabled=dtype is torch.float16)
