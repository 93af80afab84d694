"""One process or many: what a training loop needs to know about its companions.

A single process uses plain torch and does not import accelerate. Under `torchrun` (which sets `WORLD_SIZE`)
accelerate opens the connection, chooses the GPU of each process and averages the gradients. `accelerate
launch --cpu` may start one process only without a word; use `torchrun`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Team:
    """The processes of one training run.

    Parameters
    ----------
    device : str, optional
        "cpu", "cuda", ...; by default the GPU if there is one.

    Attributes
    ----------
    rank, size : int
        Number of this process, counted from 0, and of all.
    device : torch.device
        Where this process computes.
    """

    def __init__(self, device: str | None = None) -> None:
        self.rank, self.size = 0, int(os.environ.get("WORLD_SIZE", "1"))
        self.accelerator = None
        if self.size == 1:
            self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
            return
        from accelerate import Accelerator

        self.accelerator = Accelerator(cpu=device == "cpu")
        self.rank, self.size = self.accelerator.process_index, self.accelerator.num_processes
        self.device = self.accelerator.device

    @property
    def is_main(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    def share(self, model: nn.Module) -> nn.Module:
        """Return a model with the main process's weights whose gradients are averaged over all processes."""
        return self.accelerator.prepare_model(model) if self.accelerator else model

    def sum_of(self, *values: object) -> list:
        """Add up each of the numbers (or arrays) over the processes; the same result on all."""
        return [sum(shares) for shares in zip(*self.gather(values), strict=True)]

    def average_buffers(self, model: nn.Module) -> None:
        """Average floating-point buffers (batch-norm statistics) over the processes."""
        if self.accelerator:
            for buffer in model.buffers():
                if buffer.is_floating_point():
                    buffer.copy_(self.accelerator.reduce(buffer, reduction="mean"))

    def from_main(self, value: object) -> object:
        """Return the main process's `value` on all."""
        if not self.accelerator:
            return value
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]

    def gather(self, value: object) -> list:
        """Return the `value` of every process, by rank."""
        if not self.accelerator:
            return [value]
        from accelerate.utils import gather_object

        return gather_object([value])

    @contextmanager
    def main_first(self) -> Iterator[None]:
        """Let one process of each machine run the block, say to fill a cache, and the others after it."""
        if self.accelerator:
            with self.accelerator.local_main_process_first():
                yield
        else:
            yield

    def close(self) -> None:
        """Close the connection; at the end of the program."""
        if self.accelerator and torch.distributed.is_initialized():
            self.accelerator.wait_for_everyone()  # who leaves first would break the others' last exchange
            # A model that still held the group would end its threads as Python shuts down, and may abort it.
            self.accelerator.free_memory()
            torch.distributed.destroy_process_group()
