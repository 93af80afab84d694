"""What each tissue looks like on each modality, relative to healthy white matter = 1.

T1: fat-rich white matter is bright, fluid dark; how much grey and white differ depends on the sequence:
little in a spin echo, a lot in an MPRAGE. T1c: the same after gadolinium, which lights up vessels, plexus
and what leaks. T2: water is bright. FLAIR: T2 with the signal of free fluid nulled, so that oedema stands
out. The numbers are read off clinical images, and vary per subject.
"""

import numpy as np

from brainlab.data.phantom.fields import Fields
from brainlab.data.phantom.subject import Subject
from brainlab.labels import MODALITIES


def _t1(rng: np.random.Generator) -> dict[str, float]:
    """Draw a T1 contrast: `k` from 0, flat as in a spin echo, to 1, strong as in an MPRAGE."""
    k = rng.uniform()
    grey = 0.92 - 0.30 * k
    return {
        "fluid": 0.50 - 0.22 * k,
        "ventricle": 0.46 - 0.24 * k,
        "plexus": 0.70,
        "cortex": grey,
        "deep": grey + 0.08,
        "white": 1.0,
        "pallidum": 0.97,
        "stem": 0.95,
        "cerebellum": grey - 0.01,
        "cerebellar_white": 0.97,
    }


def _t2(rng: np.random.Generator) -> dict[str, float]:
    water = rng.uniform(3.0, 4.6)
    return {
        "fluid": 0.85 * water,
        "ventricle": water,
        "plexus": 0.72 * water,
        "cortex": 1.42,
        "deep": 1.18,
        "white": 1.0,
        "pallidum": 0.82,
        "stem": 1.1,
        "cerebellum": 1.36,
        "cerebellar_white": 1.05,
    }


def _flair(rng: np.random.Generator) -> dict[str, float]:
    grey = rng.uniform(1.12, 1.42)
    return {
        "fluid": 0.32,
        "ventricle": 0.27,
        "plexus": 0.80,
        "cortex": grey,
        "deep": 0.93 * grey,
        "white": 1.0,
        "pallidum": 0.95,
        "stem": 1.08,
        "cerebellum": 0.95 * grey,
        "cerebellar_white": 1.0,
    }


def healthy_contrast(fields: Fields) -> dict[str, dict[str, float]]:
    """Draw the brightness of each tissue per modality."""
    rng = fields.rng("contrast")
    before = _t1(rng)
    # T1 and T1c of one visit often come from different sequences. Gadolinium brightens grey matter a little.
    after = dict(before) if rng.random() < 0.5 else _t1(rng)
    after = {name: v * (1.06 if name in ("cortex", "deep", "cerebellum") else 1) for name, v in after.items()}
    tables = dict(zip(MODALITIES, (before, after, _t2(rng), _flair(rng)), strict=True))
    for table in tables.values():
        for name in table:
            if name != "white":
                table[name] *= float(
                    np.exp(rng.normal(0, 0.10 if name in ("fluid", "ventricle", "plexus") else 0.03))
                )
    return tables


def tumour_contrast(subject: Subject, fields: Fields) -> dict[str, dict[str, float]]:
    """Draw the brightness of oedema, enhancing tumour and necrosis per modality.

    A cyst is filled with fluid: brighter on T2 and darker on FLAIR than dead tissue. The core of a
    low-grade tumour is solid: it differs from its oedema by being brighter on T2 and darker on FLAIR, the
    "T2-FLAIR mismatch" (Patel et al. 2017, doi:10.1158/1078-0432.CCR-17-0560).
    """
    rng = fields.rng("tumour contrast")

    def near(value: float, spread: float) -> float:
        return float(value * np.exp(rng.normal(0, spread)))

    oedema = {
        "t1n": near(0.87, 0.04),
        "t1c": near(0.86, 0.05),
        "t2w": near(2.0, 0.12),
        "t2f": float(rng.uniform(1.6, 2.25)),
    }
    enhancing = {
        "t1n": near(0.90, 0.05),
        "t1c": max(1.5, near(1.85, 0.18)),
        "t2w": near(1.8, 0.10),
        "t2f": float(rng.uniform(1.25, 2.0)),
    }
    if subject.cystic:
        necrosis = {
            "t1n": near(0.60, 0.10),
            "t1c": near(0.56, 0.08),
            "t2w": near(3.1, 0.12),
            "t2f": near(0.95, 0.2),
        }
    else:
        necrosis = {
            "t1n": near(0.70, 0.08),
            "t1c": near(0.64, 0.08),
            "t2w": near(2.35, 0.12),
            "t2f": near(1.5, 0.2),
        }
    if subject.kind == "low-grade":
        factors = zip(MODALITIES, (0.85, 0.83, 1.35, 0.82), strict=True)
        necrosis = {modality: oedema[modality] * near(factor, 0.05) for modality, factor in factors}
    return {"oedema": oedema, "enhancing": enhancing, "necrosis": necrosis}
