"""Synthetic images: a cohort of brain-tumour MRI, a set of chest X-rays, and toy masks for the losses.

`__all__` lists the public names; each is imported when it is first used. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "chest": "chest_names draw_chest make_chest_set",
    "phantom": "generate make_cohort",
    "toys": "bar false_pixels spot sure touching_cells",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
