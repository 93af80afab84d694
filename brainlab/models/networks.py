"""The one table of networks. To add a network, write it in a file of its own and enter its class here.

`brainlab.models`, saving and loading (`brainlab.models.saved`), `brainlab.train`, the studies, the demo and
the tests of all networks read this table. Every argument of a network's constructor has a default, and one
of them is `in_channels`.
"""

from torch import nn

from brainlab.models.attention_unet import AttentionUNet
from brainlab.models.esrgan import RRDBNet
from brainlab.models.resunetpp import ResUNetPlusPlus
from brainlab.models.srgan import SRResNet
from brainlab.models.unet import UNet
from brainlab.models.unet3plus import UNet3Plus

Networks = dict[str, type[nn.Module]]  # name to class

# Images (B, in_channels, H, W) to logits (B, num_classes, H, W).
SEGMENTING: Networks = {c.__name__: c for c in (UNet, AttentionUNet, UNet3Plus, ResUNetPlusPlus)}
# Images (B, in_channels, h, w) to images (B, in_channels, scale * h, scale * w).
ENLARGING: Networks = {c.__name__: c for c in (SRResNet, RRDBNet)}
ALL: Networks = SEGMENTING | ENLARGING
