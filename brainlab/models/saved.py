"""A trained network in one small file: what it is, how it was built, and its weights.

The file is a dict, written by `torch.save`:

    {"kind": "UNet", "options": {"width": 16}, "state": state_dict, "about": {"pixel_mm": 2.0}}

`options` are the keyword arguments of the class `kind`; `about` is free for plain values. It is read with
`weights_only=True`, and the network is built without memory until its weights fit: a file from a stranger can
run no code, and cannot ask for a network that it does not hold.
"""

import inspect
import pickle
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from brainlab.home import replace_file
from brainlab.models.attention_unet import AttentionUNet
from brainlab.models.esrgan import RRDBNet
from brainlab.models.resunetpp import ResUNetPlusPlus
from brainlab.models.srgan import SRResNet
from brainlab.models.unet import UNet
from brainlab.models.unet3plus import UNet3Plus

SEGMENTING = {c.__name__: c for c in (UNet, AttentionUNet, UNet3Plus, ResUNetPlusPlus)}
ENLARGING = {c.__name__: c for c in (SRResNet, RRDBNet)}
KINDS = {**SEGMENTING, **ENLARGING}
LARGEST_OPTION = 4096  # channels, blocks: a network of this course has 1024 at most


class SavedModelError(ValueError):
    """A file that holds no network of this course, or one that does not fit itself."""


@dataclass(frozen=True)
class SavedModel:
    """What a file holds, checked: the weights fit the network of that kind with those options.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    options : dict
        Keyword arguments of its class.
    state : dict of str to Tensor
        Floating point numbers as float32, also where the file has float16.
    about : dict
        Plain values that the writer added.
    """

    kind: str
    options: dict
    state: dict[str, Tensor]
    about: dict = field(default_factory=dict)

    def build(self) -> nn.Module:
        """Return the network in evaluation mode, on the CPU."""
        model = KINDS[self.kind](**self.options)
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
        Of a class in `KINDS`.
    options : dict
        The keyword arguments that it was made with; defaults may be left out.
    half : bool
        Store float16: half the size, and about three digits of each weight.
    **about : plain values
        What a reader should know, such as `pixel_mm=2.0`.

    Raises
    ------
    SavedModelError
        If the class is another one, the options are not those of this network, or a weight is not finite,
        also as float16.
    """
    path = Path(path)
    state = {name: _stored(name, value, half) for name, value in model.state_dict().items()}
    content = {"kind": type(model).__name__, "options": dict(options), "state": state, "about": about}
    check_saved(content, path)
    replace_file(path, lambda temporary: torch.save(content, temporary))
    return path


def load_model(path: Path | str) -> nn.Module:
    """Return the network of a file, in evaluation mode, on the CPU.

    Raises
    ------
    FileNotFoundError, SavedModelError
        As `read_saved`.
    """
    return read_saved(path).build()


def read_saved(path: Path | str) -> SavedModel:
    """Read a file of `save_model` without building the network.

    Raises
    ------
    FileNotFoundError, SavedModelError
        As `read_content` and `check_saved`.
    """
    return check_saved(read_content(path), Path(path))


def read_content(path: Path | str) -> object:
    """Read what a file of torch holds, if that is tensors and plain values only.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SavedModelError
        If the file was not written by torch, is damaged, or holds Python objects.
    """
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
        If its kind, options and weights do not fit each other; names the first difference.
    """
    wanted = {"kind": str, "options": dict, "state": dict}
    fits = isinstance(content, dict) and all(isinstance(content.get(k), t) for k, t in wanted.items())
    if not fits:
        what = f"keys {list(content)[:4]}" if isinstance(content, dict) else f"a {type(content).__name__}"
        raise SavedModelError(
            f"{path} holds {what}; expected kind, options and state: is it a bare state dict or a "
            "checkpoint? Write it with save_model"
        )
    kind, options, state = content["kind"], content["options"], content["state"]
    if kind not in KINDS:
        raise SavedModelError(f"{path} holds a {kind}; expected one of {', '.join(KINDS)}")
    accepted = inspect.signature(KINDS[kind]).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in accepted.values())  # then its class says so itself
    for name, value in options.items():
        if name not in accepted and not open_ended:
            raise SavedModelError(f"{path}: {kind} has no option {name!r}; it has {', '.join(accepted)}")
        if isinstance(value, int | float) and abs(value) > LARGEST_OPTION:
            raise SavedModelError(f"{path}: {name} is {value}; expected at most {LARGEST_OPTION}")
    try:
        with torch.device("meta"), _NoDraws():  # shapes without memory
            expected = KINDS[kind](**options).state_dict()
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
        if not torch.isfinite(state[name]).all():
            raise SavedModelError(
                f"{path}: {name} is not finite; expected numbers: did the training diverge?"
            )
    full = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    return SavedModel(kind, options, full, content.get("about") or {})


class _NoDraws(TorchFunctionMode):
    """Leave random weights undrawn: where there is no memory, torch takes seconds to draw nothing."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") in ("normal_", "uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def _stored(name: str, value: Tensor, half: bool) -> Tensor:
    """Return a copy of a weight on the CPU, of float16 if it is to be small."""
    value = value.detach().to("cpu", copy=True)
    if not (half and value.is_floating_point()):
        return value
    if torch.isfinite(value).all() and not torch.isfinite(value.half()).all():
        raise SavedModelError(
            f"{name} goes up to {value.abs().max():.3g}, float16 to 65504; expected half=False here"
        )
    return value.half()
