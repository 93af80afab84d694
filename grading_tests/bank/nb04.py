"""Right and wrong answers to the gaps of notebook 04, super-resolution."""

from grading_tests.bank import nb04_dense_block as dense_block
from grading_tests.bank import nb04_discriminator_step as discriminator_step
from grading_tests.bank import nb04_generator_step as generator_step
from grading_tests.bank import nb04_interpolate as interpolate
from grading_tests.bank import nb04_kspace_crop as kspace_crop
from grading_tests.bank import nb04_perceptual as perceptual
from grading_tests.bank import nb04_pixel_shuffle as pixel_shuffle
from grading_tests.bank import nb04_psnr as psnr
from grading_tests.bank import nb04_relativistic as relativistic
from grading_tests.bank import nb04_residual_block as residual_block
from grading_tests.bank import nb04_rrdb as rrdb

BANKS = {
    "g04_kspace_crop": kspace_crop,
    "g04_psnr": psnr,
    "g04_pixel_shuffle": pixel_shuffle,
    "g04_residual_block": residual_block,
    "g04_discriminator_step": discriminator_step,
    "g04_generator_step": generator_step,
    "g04_dense_block": dense_block,
    "g04_rrdb": rrdb,
    "g04_relativistic_loss": relativistic,
    "g04_perceptual_loss": perceptual,
    "g04_interpolate": interpolate,
}
RIGHT = {gap_id: bank.RIGHT for gap_id, bank in BANKS.items()}
WRONG = {gap_id: bank.WRONG for gap_id, bank in BANKS.items()}
