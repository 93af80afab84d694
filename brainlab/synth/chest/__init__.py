"""Synthetic chest X-rays with lung masks, near enough to real ones that a network learns from them.

How one comes about, one module per step: the sizes of a chest are drawn (patient), and how it stands before
the film (view); each ray's way through soft tissue (body), lungs (lungs), bones (bones) and vessels (vessels)
is measured; Beer-Lambert's law, scattered rays and the curve of the film make grey values of that (film).
`draw_chest` goes the whole way for one X-ray (draw); `make_chest_set` writes many (files).
"""

from brainlab.synth.chest.draw import chest_names, draw_chest, make_chest_set

__all__ = ["chest_names", "draw_chest", "make_chest_set"]
