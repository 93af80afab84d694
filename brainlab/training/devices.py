"""Where a training runs: one process or several under `torchrun`, on which device, in which precision.

    torchrun --nproc_per_node=2 -m brainlab.train runs/unet

`torchrun` sets `WORLD_SIZE`, `RANK` and `LOCAL_RANK`. Tensors of GPUs are exchanged by NCCL, all else by
Gloo.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.amp import GradScaler

T = TypeVar("T")
NO_SCALER = GradScaler(enabled=False)


class ProcessGroup:
    """The processes of one training run; a single process needs no connection.

    Parameters
    ----------
    device : str, optional
        "cpu", "cuda", ...; by default the GPU if there is one. Several processes take one GPU each.

    Attributes
    ----------
    rank, size : int
        Number of this process, counted from 0, and of all.
    device : torch.device
        Where this process computes.
    """

    def __init__(self, device: str | None = None) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.rank, self.size = 0, int(os.environ.get("WORLD_SIZE", "1"))
        if self.size == 1:
            return
        self.rank, self.local_rank = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
        on_gpu = self.device.type == "cuda"
        if on_gpu:
            self.device = torch.device("cuda", self.local_rank)
            torch.cuda.set_device(self.device)
        if not dist.is_initialized():  # every part of a program may make a group of its own
            dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo")

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    @contextmanager
    def share(self, *models: nn.Module) -> Iterator[None]:
        """Give all processes the main one's weights, and average gradients over them within the block.

        Every gradient is averaged as soon as `backward` has summed it up, so clipping and loss scaling see
        the mean, as with `DistributedDataParallel`. Unlike there the model is not wrapped: the two steps of a
        GAN, with one of its networks frozen, need no special care. Small tensors are not sent together, which
        costs some speed.
        """
        handles = []
        if self.size > 1:
            for model in models:
                for value in model.state_dict().values():
                    dist.broadcast(value, src=0)
                weights = [weight for weight in model.parameters() if weight.requires_grad]
                handles += [weight.register_post_accumulate_grad_hook(_average_grad) for weight in weights]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def average_buffers(self, *models: nn.Module) -> None:
        """Average floating-point buffers (running statistics of batch normalisation) over the processes."""
        if self.size > 1:
            for model in models:
                for buffer in model.buffers():
                    if buffer.is_floating_point():
                        _average(buffer)

    def sum_of(self, *values: object) -> list:
        """Add up each of the numbers (or arrays) over the processes; the same result on all."""
        return [sum(shares) for shares in zip(*self.gather(values), strict=True)]

    def gather(self, value: object) -> list:
        """Return the `value` of every process, by rank. Tensors should be on the CPU."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values

    def from_main(self, value: T) -> T:
        """Return the main process's `value` on all."""
        values = [value]
        if self.size > 1:
            dist.broadcast_object_list(values, src=0)
        return values[0]

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """Let one process of each machine run the block, say to fill a cache, and the others after it."""
        if self.size > 1 and self.local_rank > 0:
            dist.barrier()
        yield
        if self.size > 1 and self.local_rank == 0:
            dist.barrier()

    def close(self) -> None:
        """Close the connection; at the end of the program."""
        if self.size > 1 and dist.is_initialized():
            dist.barrier()  # an early exit would abort the last collective
            dist.destroy_process_group()


def _average(value: Tensor) -> None:
    dist.all_reduce(value)
    value /= dist.get_world_size()


def _average_grad(weight: Tensor) -> None:
    assert weight.grad is not None  # the hook runs once it has been summed up
    _average(weight.grad)


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
