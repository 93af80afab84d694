"""Right and wrong answers to the gaps of notebook 02, the U-Net."""

from grading_tests.bank import nb02_blocks as blocks
from grading_tests.bank import nb02_decoding as decoding
from grading_tests.bank import nb02_learning as learning
from grading_tests.bank import nb02_networks as networks
from grading_tests.bank import nb02_sizes as sizes

RIGHT = {
    "g02_conv_output_size": sizes.RIGHT_CONV,
    "g02_conv_block": blocks.RIGHT_BLOCK,
    "g02_crop_and_concat": blocks.RIGHT_CROP,
    "g02_up_block": blocks.RIGHT_UP,
    "g02_valid_size": sizes.RIGHT_VALID,
    "g02_unet_forward": networks.RIGHT_UNET,
    "g02_cross_entropy": learning.RIGHT_LOSS,
    "g02_train_step": learning.RIGHT_STEP,
    "g02_keep_best": learning.RIGHT_BEST,
    "g02_false_positives": decoding.RIGHT,
    "g02_attention_gate": networks.RIGHT_GATE,
}

WRONG = {
    "g02_conv_output_size": sizes.WRONG_CONV,
    "g02_conv_block": blocks.WRONG_BLOCK,
    "g02_crop_and_concat": blocks.WRONG_CROP,
    "g02_up_block": blocks.WRONG_UP,
    "g02_valid_size": sizes.WRONG_VALID,
    "g02_unet_forward": networks.WRONG_UNET,
    "g02_cross_entropy": learning.WRONG_LOSS,
    "g02_train_step": learning.WRONG_STEP,
    "g02_keep_best": learning.WRONG_BEST,
    "g02_false_positives": decoding.WRONG,
    "g02_attention_gate": networks.WRONG_GATE,
}
