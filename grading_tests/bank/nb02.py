"""Right and wrong answers to the gaps of notebook 02, the U-Net."""

from grading_tests.bank import nb02_attention as attention
from grading_tests.bank import nb02_best as best
from grading_tests.bank import nb02_conv_block as conv_block
from grading_tests.bank import nb02_crop as crop
from grading_tests.bank import nb02_decoding as decoding
from grading_tests.bank import nb02_loss as loss
from grading_tests.bank import nb02_sizes as sizes
from grading_tests.bank import nb02_step as step
from grading_tests.bank import nb02_unet as unet
from grading_tests.bank import nb02_up_block as up_block

RIGHT = {
    "g02_conv_output_size": sizes.RIGHT_CONV,
    "g02_conv_block": conv_block.RIGHT_BLOCK,
    "g02_crop_and_concat": crop.RIGHT_CROP,
    "g02_up_block": up_block.RIGHT_UP,
    "g02_valid_size": sizes.RIGHT_VALID,
    "g02_unet_forward": unet.RIGHT_UNET,
    "g02_cross_entropy": loss.RIGHT_LOSS,
    "g02_train_step": step.RIGHT_STEP,
    "g02_keep_best": best.RIGHT_BEST,
    "g02_false_positives": decoding.RIGHT,
    "g02_attention_gate": attention.RIGHT_GATE,
}

WRONG = {
    "g02_conv_output_size": sizes.WRONG_CONV,
    "g02_conv_block": conv_block.WRONG_BLOCK,
    "g02_crop_and_concat": crop.WRONG_CROP,
    "g02_up_block": up_block.WRONG_UP,
    "g02_valid_size": sizes.WRONG_VALID,
    "g02_unet_forward": unet.WRONG_UNET,
    "g02_cross_entropy": loss.WRONG_LOSS,
    "g02_train_step": step.WRONG_STEP,
    "g02_keep_best": best.WRONG_BEST,
    "g02_false_positives": decoding.WRONG,
    "g02_attention_gate": attention.WRONG_GATE,
}
