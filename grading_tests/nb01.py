"""The gaps of notebook 01, data and EDA, in the order of the notebook."""

from grading_tests.gap import Gap
from grading_tests.nb01_counts import LABEL_COUNTS, SLICES_WITHOUT
from grading_tests.nb01_defects import DIAGNOSE
from grading_tests.nb01_intensity import BLEND, ZSCORE
from grading_tests.nb01_labels import RELABEL
from grading_tests.nb01_position import SIDE_OF_VOXEL, VOXEL_TO_MM
from grading_tests.nb01_selection import CLASS_WEIGHTS, SELECT_SLICES
from grading_tests.nb01_split import SPLIT

EXPLAIN = Gap("g01_explain", "", minutes=8, points=4)

GAPS = [
    VOXEL_TO_MM,
    SIDE_OF_VOXEL,
    ZSCORE,
    RELABEL,
    BLEND,
    LABEL_COUNTS,
    SLICES_WITHOUT,
    SELECT_SLICES,
    CLASS_WEIGHTS,
    SPLIT,
    DIAGNOSE,
    EXPLAIN,
]
