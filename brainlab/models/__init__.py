"""Networks, one per file: images (B, C, H, W) in, logits (B, num_classes, H', W') out."""

from brainlab.models.attention_unet import AttentionUNet
from brainlab.models.blocks import AttentionGate, ConvBlock, UpBlock, centre_crop, crop_and_concat
from brainlab.models.pyramid import ASPP, PyramidPooling
from brainlab.models.resunetpp import ResUNetPlusPlus
from brainlab.models.sizes import count_parameters, output_size, receptive_field, valid_size
from brainlab.models.unet import UNet
from brainlab.models.unet3plus import UNet3Plus

__all__ = [
    "ASPP",
    "AttentionGate",
    "AttentionUNet",
    "ConvBlock",
    "PyramidPooling",
    "ResUNetPlusPlus",
    "UNet",
    "UNet3Plus",
    "UpBlock",
    "centre_crop",
    "count_parameters",
    "crop_and_concat",
    "output_size",
    "receptive_field",
    "valid_size",
]
