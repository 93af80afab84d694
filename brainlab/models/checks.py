"""What a network says when its input does not fit: one wording for all of them."""

from collections.abc import Callable

from torch import Tensor


def check_input(x: Tensor, in_channels: int, output_size: Callable[[int], int]) -> None:
    """Raise an error that names the cause where `x` is not a batch of images (B, in_channels, H, W).

    Parameters
    ----------
    x : Tensor
    in_channels : int
    output_size : callable
        Of the network: size of the output for a size of the input, along one axis; it raises a ValueError for
        a size that does not fit.

    Raises
    ------
    TypeError
        If `x` is not a tensor.
    ValueError
        If its shape, its type or its size does not fit.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"input is a {type(x).__name__}; expected a tensor: convert with torch.from_numpy")
    shape = tuple(x.shape)
    if x.ndim != 4:
        single = "a single image? Add a batch axis with x[None]"
        hint = single if x.ndim == 3 else "is an axis missing or one too many?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if shape[1] != in_channels:
        last = shape[-1] == in_channels
        hint = "are the channels last?" if last else "which modalities were stacked?"
        raise ValueError(f"input has shape {shape}; expected (B, {in_channels}, H, W): {hint}")
    if not x.is_floating_point():
        raise ValueError(
            f"input is {x.dtype}; expected floating point: was it z-scored? Convert with x.float()"
        )
    for axis, size in zip("HW", shape[2:], strict=True):
        try:
            output_size(size)
        except ValueError as error:
            raise ValueError(f"input has shape {shape}, and along {axis} {error}") from None


def check_counts(**counts: int) -> None:
    """Raise a ValueError that names the first of `counts` that is below 1."""
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; expected 1 or more")
