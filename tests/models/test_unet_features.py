"""Features of a U-Net's encoder: its own numbers, frozen, and what one channel becomes among four."""

import pytest
import torch
import torch.nn.functional as F

from brainlab.models import UNet
from brainlab.models.features import UNetFeatures


def unet(channels=4, **options):
    torch.manual_seed(0)
    net = UNet(channels, width=4, depth=3, **options)
    net(torch.randn(4, channels, 32, 32))  # batch norm has seen something
    return net


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("convs", [2, 3])
def test_features_are_those_of_the_encoder(layer, convs):
    net, x = unet(convs=convs), torch.rand(2, 1, 21, 18) * 0.9 + 0.1  # all tissue
    after = UNetFeatures(net, layer, before_activation=False, channel=1, mean=0.5, std=0.2)
    before = UNetFeatures(net, layer, channel=1, mean=0.5, std=0.2)
    net.eval()
    y = torch.zeros(2, 4, 21, 18)
    y[:, 1:2] = (x - 0.5) / 0.2
    for level in range(layer + 1):
        y = net.down[level](F.max_pool2d(y, 2) if level else y)
    torch.testing.assert_close(after(x), y)
    torch.testing.assert_close(before(x).relu(), y)
    assert (before(x) < 0).any()


def test_a_network_of_one_channel_sees_the_image_as_it_is():
    net, x = unet(1), torch.rand(1, 1, 16, 16)
    features = UNetFeatures(net, 0, before_activation=False)
    torch.testing.assert_close(features(x), net.eval().down[0](x))


def test_background_is_nothing_to_the_network():
    """What is 0 in the image is 0 to the network, whatever the mean; faint noise there stays faint."""
    net = unet()
    features = UNetFeatures(net, 0, channel=0, mean=0.5, std=0.1)
    black = torch.zeros(1, 1, 16, 16)
    torch.testing.assert_close(features(black), UNetFeatures(net, 0, channel=0)(black))
    image = torch.full((1, 1, 16, 16), 0.6)
    image[..., :8] = 0
    haze = image + 0.02 * torch.rand(image.shape)
    darker = image * 0.9
    near, far = ((features(other) - features(image)).abs().mean() for other in (haze, darker))
    assert near < far


def test_the_unet_stays_trainable_and_the_copy_does_not_follow():
    net, x = unet(), torch.rand(1, 1, 16, 16)
    features = UNetFeatures(net, 1, channel=0)
    before = features(x)
    assert all(p.requires_grad for p in net.parameters())
    assert not any(p.requires_grad for p in features.parameters())
    for p in net.parameters():
        p.data += 1
    assert torch.equal(features(x), before)


def test_batch_norm_stays_as_trained():
    features = UNetFeatures(unet(), 1, channel=0)
    whole = torch.nn.ModuleList([features]).train()
    assert not any(m.training for m in features.modules())
    x = torch.rand(3, 1, 16, 16)
    torch.testing.assert_close(whole[0](x)[:1], features(x[:1]))


def test_a_gradient_reaches_the_image():
    x = torch.rand(1, 1, 16, 16, requires_grad=True)
    UNetFeatures(unet(), 2, channel=3)(x).square().mean().backward()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: UNetFeatures(unet(), 3, channel=0), "layer is 3; expected 0 to 2"),
        (lambda: UNetFeatures(unet()), r"4 channels and the images have one; expected channel.*MODALITIES"),
        (lambda: UNetFeatures(unet(), channel=4), "channel is 4; expected 0 to 3"),
        (lambda: UNetFeatures(unet(), channel=0, std=0), "std is 0; expected more than 0"),
        (lambda: UNetFeatures(UNet(1, width=2, padded=False)), "is unpadded; expected a padded one"),
        (lambda: UNetFeatures(unet(1))(torch.rand(1, 4, 16, 16)), r"expected \(B, 1, H, W\)"),
        (
            lambda: UNetFeatures(unet(1))(torch.rand(1, 1, 3, 16)),
            "along H it has 3 pixels; expected 4 or more",
        ),
    ],
)
def test_errors_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
