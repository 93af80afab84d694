"""Networks, one per file: images (B, C, H, W) in, logits (B, num_classes, H', W') out."""

from brainlab.models.attention_unet import AttentionUNet
from brainlab.models.blocks import AttentionGate, ConvBlock, UpBlock, centre_crop, crop_and_concat
from brainlab.models.esrgan import RRDBNet, interpolate_networks
from brainlab.models.pyramid import ASPP, PyramidPooling
from brainlab.models.resunetpp import ResUNetPlusPlus
from brainlab.models.sizes import count_parameters, output_size, receptive_field, valid_size
from brainlab.models.srgan import Discriminator, SRResNet
from brainlab.models.unet import UNet
from brainlab.models.unet3plus import UNet3Plus
from brainlab.models.unet_features import UNetFeatures
from brainlab.models.vgg import VGG19Features

__all__ = [
    "ASPP",
    "AttentionGate",
    "AttentionUNet",
    "ConvBlock",
    "Discriminator",
    "PyramidPooling",
    "RRDBNet",
    "ResUNetPlusPlus",
    "SRResNet",
    "UNet",
    "UNet3Plus",
    "UNetFeatures",
    "UpBlock",
    "VGG19Features",
    "centre_crop",
    "count_parameters",
    "crop_and_concat",
    "interpolate_networks",
    "output_size",
    "receptive_field",
    "valid_size",
]
