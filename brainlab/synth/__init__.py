"""Everything that draws patients: the cohort of brain tumours, the chest X-rays, and toy masks.

Public names are those of `__all__`; they load on first use. The modules inside are internal.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "chest": "chest_names draw_chest make_chest_set",
    "phantom": "generate make_cohort",
    "toys": "bar false_pixels spot sure touching_cells",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
