"""A trained network in one small file: its class, the arguments it was built with, and its weights.

The file is a dict, written by `torch.save`:

    {"kind": "UNet", "options": {"width": 16}, "state": state_dict, "about": {"pixel_mm": 2.0}}

`options` are keyword arguments of the class `kind`, one of `brainlab.models.ALL`; `about` holds plain values
of the writer's choice. The file is read with `weights_only=True`, and the network is built without memory
until its weights are known to fit: an untrusted file can neither run code nor ask for more memory than it
brings weights.
"""

import inspect
import pickle
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from brainlab.home import replace_file
from brainlab.models.networks import ALL

LARGEST_OPTION = 4096  # channels, blocks: a network of this course has 1024 at most


class SavedModelError(ValueError):
    """A file that holds no network of this course, or whose parts do not fit each other."""


@dataclass(frozen=True)
class SavedModel:
    """The checked content of a file: the weights fit the network of that kind with those options.

    Attributes
    ----------
    kind : str
        A key of `brainlab.models.ALL`.
    options : dict
        Keyword arguments of its class.
    state : dict of str to Tensor
        Floating-point weights as float32, even if the file stores float16.
    about : dict
        Plain values that the writer added.
    """

    kind: str
    options: dict
    state: dict[str, Tensor]
    about: dict = field(default_factory=dict)

    def build(self) -> nn.Module:
        """Return the network in evaluation mode, on the CPU."""
        model = ALL[self.kind](**self.options)
        model.load_state_dict(self.state)
        return model.eval()


def save_model(
    path: Path | str, model: nn.Module, options: dict, half: bool = False, **about: object
) -> Path:
    """Write a network as one file.

    Parameters
    ----------
    path : Path or str
    model : nn.Module
        Of a class in `brainlab.models.ALL`.
    options : dict
        The keyword arguments that it was built with; defaults may be left out.
    half : bool
        Store float16: half the size, and about three digits of each weight.
    **about : plain values
        What a reader should know, such as `pixel_mm=2.0`.

    Raises
    ------
    SavedModelError
        If the class is another one, the options are not those of this network, or a weight is not finite,
        also as float16.

    Examples
    --------
    >>> from brainlab.models import UNet, load_model, save_model
    >>> path = save_model("/tmp/unet.pt", UNet(width=8), {"width": 8}, pixel_mm=2.0)
    >>> model = load_model(path)
    """
    path = Path(path)
    state = {name: _stored(name, value, half) for name, value in model.state_dict().items()}
    content = {"kind": type(model).__name__, "options": dict(options), "state": state, "about": about}
    check_saved(content, path)
    replace_file(path, lambda temporary: torch.save(content, temporary))
    return path


def load_model(path: Path | str) -> nn.Module:
    """Return the network of a file, in evaluation mode, on the CPU; errors as in `read_saved`."""
    return read_saved(path).build()


def read_saved(path: Path | str) -> SavedModel:
    """Read a file of `save_model` without building the network.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SavedModelError
        If the file was not written by `save_model`, is damaged, or does not fit a network of this course.
    """
    return check_saved(read_content(path), Path(path))


def read_content(path: Path | str) -> object:
    """Read a file of `torch.save` that holds tensors and plain values only; errors as in `read_saved`."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no network at {path}: was it trained, and saved with save_model?")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SavedModelError(
            f"{path} holds more than tensors and plain values, or was not written by torch; expected a "
            "file of save_model: did it come from another program?"
        ) from error
    except (RuntimeError, EOFError, KeyError, OSError, ValueError) as error:
        raise SavedModelError(
            f"{path} ({path.stat().st_size} bytes) cannot be read; expected a whole file of save_model: was "
            "a copy or download interrupted?"
        ) from error


def check_saved(content: object, path: Path) -> SavedModel:
    """Return the network that the content of a file describes; `path` is for the message.

    Raises
    ------
    SavedModelError
        If its kind, options and weights do not fit each other; gives the first difference.
    """
    wanted = {"kind": str, "options": dict, "state": dict}
    if not isinstance(content, dict) or not all(isinstance(content.get(k), t) for k, t in wanted.items()):
        what = f"keys {list(content)[:4]}" if isinstance(content, dict) else f"a {type(content).__name__}"
        raise SavedModelError(
            f"{path} holds {what}; expected kind, options and state: is it a bare state dict or a "
            "checkpoint? Write it with save_model"
        )
    kind, options, state = content["kind"], content["options"], content["state"]
    _check_options(kind, options, path)
    try:
        with torch.device("meta"), _NoInit(3 * len(state) + 1000):  # shapes without memory
            expected = ALL[kind](**options).state_dict()
    except (TypeError, ValueError, RuntimeError) as error:
        raise SavedModelError(f"{path}: no {kind} can be made with {options}: {error}") from error
    for name in [*expected, *state]:
        there, here = (
            tuple(weights[name].shape) if isinstance(weights.get(name), Tensor) else "absent"
            for weights in (state, expected)
        )
        if there != here:
            raise SavedModelError(
                f"{path}: {name} is {there} in the file, {here} in {kind} with {options}: was an option "
                "left out?"
            )
        _check_weight(name, state[name], path)
    full = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    return SavedModel(kind, options, full, content.get("about") or {})


def _check_options(kind: str, options: dict, path: Path) -> None:
    if kind not in ALL:
        raise SavedModelError(f"{path} holds a {kind}; expected one of {', '.join(ALL)}")
    accepted = inspect.signature(ALL[kind]).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in accepted.values())  # then its class raises the error
    for name, value in options.items():
        if name not in accepted and not open_ended:
            raise SavedModelError(f"{path}: {kind} has no option {name!r}; it has {', '.join(accepted)}")
        if isinstance(value, int | float) and abs(value) > LARGEST_OPTION:
            raise SavedModelError(f"{path}: {name} is {value}; expected at most {LARGEST_OPTION}")


def _check_weight(name: str, value: Tensor, path: Path) -> None:
    """Raise a SavedModelError unless each number of `value` is in the file, and finite."""
    whole = value.layout is torch.strided and value.device.type == "cpu" and not value.is_quantized
    # A view can repeat one stored number: a few bytes would become the memory of a huge network.
    if not whole or value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise SavedModelError(
            f"{path}: {name} does not store every number; expected plain tensors of weights"
        )
    if not torch.isfinite(value).all():
        raise SavedModelError(f"{path}: {name} is not finite; expected numbers: did the training diverge?")


class _NoInit(TorchFunctionMode):
    """Skip random initialisation, which takes torch seconds even for tensors without memory.

    Stops after `most` of them: a file must not ask for a network of many more layers than it has weights.
    """

    def __init__(self, most: int):
        super().__init__()
        self.left = most

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("normal_", "uniform_"):
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("it has many more layers than the file has weights")
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def _stored(name: str, value: Tensor, half: bool) -> Tensor:
    """Return a copy of a weight on the CPU, as float16 if `half`."""
    value = value.detach().to("cpu", copy=True)
    if not (half and value.is_floating_point()):
        return value
    if torch.isfinite(value).all() and not torch.isfinite(value.half()).all():
        raise SavedModelError(
            f"{name} goes up to {value.abs().max():.3g}, float16 to 65504; expected half=False here"
        )
    return value.half()
