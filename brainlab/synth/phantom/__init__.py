"""The built-in cohort: synthetic brain-tumour MRI, close enough to BraTS to learn on, made on a laptop.

The steps of a case, one module each: draw the parameters of a patient and its random fields (`subject`);
deform an averaged head to the shape of the patient's (`template`); divide it into tissues, with sulci,
vessels and other bright structures (`anatomy`); grow a tumour core and spread oedema from it (`tumour`); add
small lesions apart from it (`nodules`); give each tissue its brightness per modality and mix the images
(`render`); simulate the scanner (`scanner`). `generate` makes one case; `make_cohort` writes many to disk,
optionally with defective ones (`cohort`).
"""

from brainlab.synth.phantom.cohort import make_cohort
from brainlab.synth.phantom.generate import generate

__all__ = ["generate", "make_cohort"]
