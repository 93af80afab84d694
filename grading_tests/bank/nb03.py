"""Right and wrong answers to the gaps of notebook 03, losses."""

from grading_tests.bank import nb03_batch_dice as batch_dice
from grading_tests.bank import nb03_borders as borders
from grading_tests.bank import nb03_combined as combined
from grading_tests.bank import nb03_elastic as elastic
from grading_tests.bank import nb03_exp_log as exp_log
from grading_tests.bank import nb03_focal as focal
from grading_tests.bank import nb03_hunt as hunt
from grading_tests.bank import nb03_scores as scores
from grading_tests.bank import nb03_soft_dice as soft_dice
from grading_tests.bank import nb03_tversky as tversky
from grading_tests.bank import nb03_weighted_cross_entropy as weighted_cross_entropy

BANKS = {
    "g03_weighted_cross_entropy": weighted_cross_entropy,
    "g03_focal": focal,
    "g03_soft_dice": soft_dice,
    "g03_batch_dice": batch_dice,
    "g03_tversky": tversky,
    "g03_bce_dice": combined,
    "g03_exp_log": exp_log,
    "g03_border_weight_map": borders,
    "g03_scores": scores,
    "g03_elastic_field": elastic,
    "g03_bug_hunt": hunt,
}
RIGHT = {gap_id: bank.RIGHT for gap_id, bank in BANKS.items()}
WRONG = {gap_id: bank.WRONG for gap_id, bank in BANKS.items()}
