"""Networks, one per file: images (B, C, H, W) to logits (B, num_classes, H', W').

`ALL` is the one table of networks; a new one is entered in `brainlab.models.networks`.

Public names are those of `__all__`; all but the networks load on first use. The modules inside are internal.
"""

from brainlab.home import models_folder
from brainlab.lazy import lazy_names
from brainlab.models.networks import *  # noqa: F403  every class of the table: a new one needs no line here
from brainlab.models.networks import ALL, ENLARGING, SEGMENTING

_HOMES = {
    "attention_unet": "AttentionGate",
    "blocks": "ConvBlock UpBlock centre_crop crop_and_concat output_size valid_size",
    "esrgan": "DenseBlock RRDB copy_weights interpolate_networks",
    "features": "UNetFeatures VGG19Features",
    "resunetpp": "ASPP",
    "saved": "SavedModel SavedModelError load_model read_saved save_model",
    "sizes": "conv_output_size count_parameters influence receptive_field",
    "srgan": "Discriminator ResidualBlock",
    "unet": "PyramidPooling",
    "upscaling": "mean_of_four resample",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
__all__ += [*ALL, "ALL", "ENLARGING", "SEGMENTING", "models_folder"]
