"""Synthetic chest X-rays with lung masks, close enough to real ones that a network learns from them.

The steps, one module each: draw the sizes of a chest and its position before the film (`patient`); measure
the path of each ray through soft tissue and lungs (`tissue`), bones and vessels (`clouds`); compute grey
values by Beer-Lambert's law, scatter and the film's characteristic curve (`film`). `draw_chest` makes one
X-ray, `make_chest_set` writes many (`draw`).
"""

from brainlab.synth.chest.draw import chest_names, draw_chest, make_chest_set

__all__ = ["chest_names", "draw_chest", "make_chest_set"]
