"""The bank of notebook 01: right answers in many forms, and known wrong ones with their sources."""

from grading_tests.bank import (
    nb01_counts,
    nb01_defects,
    nb01_intensity,
    nb01_labels,
    nb01_position,
    nb01_selection,
    nb01_split,
)

RIGHT = {
    "g01_voxel_to_mm": nb01_position.RIGHT_MM,
    "g01_side_of_voxel": nb01_position.RIGHT_SIDE,
    "g01_zscore": nb01_intensity.RIGHT_ZSCORE,
    "g01_relabel": nb01_labels.RIGHT_RELABEL,
    "g01_blend": nb01_intensity.RIGHT_BLEND,
    "g01_label_counts": nb01_counts.RIGHT_COUNTS,
    "g01_slices_without": nb01_counts.RIGHT_WITHOUT,
    "g01_select_slices": nb01_selection.RIGHT_SELECT,
    "g01_class_weights": nb01_selection.RIGHT_WEIGHTS,
    "g01_split": nb01_split.RIGHT_SPLIT,
    "g01_diagnose": nb01_defects.RIGHT,
}

WRONG = {
    "g01_voxel_to_mm": nb01_position.WRONG_MM,
    "g01_side_of_voxel": nb01_position.WRONG_SIDE,
    "g01_zscore": nb01_intensity.WRONG_ZSCORE,
    "g01_relabel": nb01_labels.WRONG_RELABEL,
    "g01_blend": nb01_intensity.WRONG_BLEND,
    "g01_label_counts": nb01_counts.WRONG_COUNTS,
    "g01_slices_without": nb01_counts.WRONG_WITHOUT,
    "g01_select_slices": nb01_selection.WRONG_SELECT,
    "g01_class_weights": nb01_selection.WRONG_WEIGHTS,
    "g01_split": nb01_split.WRONG_SPLIT,
    "g01_diagnose": nb01_defects.WRONG,
}
