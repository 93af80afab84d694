"""Networks, one per file: images (B, C, H, W) to logits (B, num_classes, H', W').

`ALL` is the one table of networks; a new one is entered in `brainlab.models.networks`.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.home import models_folder
from brainlab.models.attention_unet import AttentionGate
from brainlab.models.blocks import (
    ConvBlock,
    UpBlock,
    centre_crop,
    crop_and_concat,
    output_size,
    valid_size,
)
from brainlab.models.checkpoint import (
    CheckpointError,
    copy_weights,
    load_checkpoint,
    load_weights,
    save_checkpoint,
)
from brainlab.models.esrgan import RRDB, DenseBlock, interpolate_networks
from brainlab.models.features import UNetFeatures, VGG19Features
from brainlab.models.networks import *  # noqa: F403  every class of the table: a new one needs no line here
from brainlab.models.networks import ALL, ENLARGING, SEGMENTING
from brainlab.models.resunetpp import ASPP
from brainlab.models.saved import SavedModel, SavedModelError, load_model, read_saved, save_model
from brainlab.models.sizes import conv_output_size, count_parameters, influence, receptive_field
from brainlab.models.srgan import Discriminator, ResidualBlock
from brainlab.models.unet import PyramidPooling
from brainlab.models.upscaling import resample

__all__ = [
    *ALL,
    "ALL",
    "ASPP",
    "ENLARGING",
    "RRDB",
    "SEGMENTING",
    "AttentionGate",
    "CheckpointError",
    "ConvBlock",
    "DenseBlock",
    "Discriminator",
    "PyramidPooling",
    "ResidualBlock",
    "SavedModel",
    "SavedModelError",
    "UNetFeatures",
    "UpBlock",
    "VGG19Features",
    "centre_crop",
    "conv_output_size",
    "copy_weights",
    "count_parameters",
    "crop_and_concat",
    "influence",
    "interpolate_networks",
    "load_checkpoint",
    "load_model",
    "load_weights",
    "models_folder",
    "output_size",
    "read_saved",
    "receptive_field",
    "resample",
    "save_checkpoint",
    "save_model",
    "valid_size",
]
