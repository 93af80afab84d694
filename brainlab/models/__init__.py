"""Networks, one per file: images (B, C, H, W) in, logits (B, num_classes, H', W') out.

Public names are those of `__all__`; the modules inside are internal.
"""

from brainlab.home import models_folder
from brainlab.models.attention_unet import AttentionUNet
from brainlab.models.blocks import AttentionGate, ConvBlock, UpBlock, centre_crop, crop_and_concat
from brainlab.models.checkpoint import (
    CheckpointError,
    copy_weights,
    load_checkpoint,
    load_weights,
    save_checkpoint,
)
from brainlab.models.esrgan import RRDB, DenseBlock, RRDBNet, interpolate_networks
from brainlab.models.features import UNetFeatures, VGG19Features
from brainlab.models.pyramid import ASPP, PyramidPooling
from brainlab.models.resunetpp import ResUNetPlusPlus
from brainlab.models.saved import SavedModel, SavedModelError, load_model, read_saved, save_model
from brainlab.models.sizes import (
    conv_output_size,
    count_parameters,
    influence,
    output_size,
    receptive_field,
    valid_size,
)
from brainlab.models.srgan import Discriminator, ResidualBlock, SRResNet
from brainlab.models.unet import UNet
from brainlab.models.unet3plus import UNet3Plus
from brainlab.models.upscaling import resample

__all__ = [
    "ASPP",
    "RRDB",
    "AttentionGate",
    "AttentionUNet",
    "CheckpointError",
    "ConvBlock",
    "DenseBlock",
    "Discriminator",
    "PyramidPooling",
    "RRDBNet",
    "ResUNetPlusPlus",
    "ResidualBlock",
    "SRResNet",
    "SavedModel",
    "SavedModelError",
    "UNet",
    "UNet3Plus",
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
