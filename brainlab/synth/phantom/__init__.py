"""The built-in cohort: synthetic brain tumours, enough like BraTS to learn on, made on a laptop.

How a case comes about, one module per step: a patient is drawn (subject), an averaged head (template) is
bent to the patient's head (deform) and gets sulci (anatomy); a tumour core grows (tumour) and oedema
spreads from it (oedema); what is bright but no tumour is added (confounders); each tissue gets its
brightness (contrast), all is mixed (render) and recorded (scanner). `generate` goes the whole way for one
case; `make_cohort` writes many (cohort), if wanted with defects (defects).
"""

from brainlab.synth.phantom.cohort import make_cohort
from brainlab.synth.phantom.generate import generate

__all__ = ["generate", "make_cohort"]
