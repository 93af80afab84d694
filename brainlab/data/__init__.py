"""Brain MRI and images with masks: find and read, cache, cut into slices, split, augment, degrade.

Public names are those of `__all__`; they load on first use. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "augment": "Augment elastic_field warp",
    "cache": "cache_case cache_cases",
    "cached": "CachedCase balanced_weights label_counts select_slices slices_without zscore_in_brain",
    "case": "Case CaseList Problem",
    "degradations": "bicubic kspace_crop",
    "geometry": "labels_to_network to_network",
    "images": "CocoSet ImageDataset ImagePair PairList find_chest find_pairs read_coco split_chest",
    "intensity": "percentile_window rescale",
    "layouts": "find_cases",
    "profiles": "PROFILES relabel",
    "slices": "SliceDataset class_weights one_hot tumour_area",
    "split": "Split split_by_patient",
    "superres": "SlicesWithLabels SuperResSet labels_of stack",
    "volume": "VolumeError orientation save_nifti side_of_voxel voxel_to_mm",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
