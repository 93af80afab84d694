"""Who is drawn: the parameters of one synthetic patient, before any voxel is computed.

The distributions are chosen so that a cohort has the label shares and tumour volumes that are published for
BraTS (NCR .147, ED .665, ET .188; whole tumour about 40, 90 and 150 cm³ at the 10th, 50th and 90th
percentile).
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from brainlab.synth.phantom.fields import Fields

# Share of patients per kind: glioblastoma with a necrotic centre, solidly enhancing, low grade (nothing
# enhances).
KINDS = {"ring": 0.80, "solid": 0.08, "low-grade": 0.12}


@dataclass(frozen=True)
class Subject:
    """Parameters of one patient. Lengths in mm, volumes in mm³, angles in radians."""

    age: float
    rotation: tuple[float, float, float]
    scale: tuple[float, float, float]
    shift: tuple[float, float, float]
    torque: float  # how far the left half of the brain lies behind the right one
    ventricles: float  # how far the ventricle wall is moved outwards
    sulci: float  # added to the fraction of fluid: wider sulci in old age
    lesions: float  # load of white-matter lesions of small vessels, 0 to 2.4
    strip: float  # level at which the skull stripping cuts, of 1 well inside the brain
    kind: str
    whole: float  # volume of the whole tumour
    core_share: float  # of the whole tumour
    ring_share: float  # enhancing part of the core
    foci: tuple[float, ...]  # share of each focus in the core
    mass: float  # strength of the mass effect
    infiltration: float  # how much the oedema fades towards its border, 0 to 1
    halo: float  # brightness of the infiltrated zone that the rater left out, 0 to 1
    cystic: bool
    bleeding: bool


def draw_subject(fields: Fields) -> Subject:
    """Draw one patient."""
    rng = fields.rng("subject")
    age = float(np.clip(rng.normal(56, 14), 20, 88))
    old = (age - 25) / 55  # 0 in a young adult, about 1 at 80
    kind = list(KINDS)[int(np.searchsorted(np.cumsum(list(KINDS.values())), fields.even("kind", 2**0.5)))]
    low_grade = kind == "low-grade"
    number = 1 if low_grade else int(rng.choice([1, 2, 3], p=[0.80, 0.14, 0.06]))
    foci = np.clip(np.sort(rng.dirichlet(np.full(number, 1.2)))[::-1], 0.08, None)
    if low_grade:
        core_share = np.clip(rng.beta(2.2, 3.4), 0.15, 0.8)
    else:
        core_share = np.clip(rng.beta(2.3, 5.0), 0.06, 0.7)
    ring_share = {"ring": np.clip(rng.beta(4.8, 2.7), 0.2, 0.93), "solid": 1.0, "low-grade": 0.0}[kind]
    # A normal distribution, cut off at small and huge tumours, has the published percentiles.
    size_cm3 = float(np.clip(NormalDist(95, 43).inv_cdf(fields.even("size", 5**0.5)), 14, 215))
    head = 0.945 * np.exp(rng.normal(0, 0.025))  # the template is larger than the brains in BraTS space
    return Subject(
        age=age,
        rotation=tuple(np.deg2rad(rng.normal(0, [3.5, 2.5, 3.0])).tolist()),
        scale=tuple((head * np.exp(rng.normal(0, [0.035, 0.035, 0.03])) * [0.98, 1.03, 0.97]).tolist()),
        shift=tuple(rng.normal(0, [1.5, 2, 2]).tolist()),
        torque=float(rng.normal(2.5, 1.5)),
        ventricles=float(np.clip(rng.normal(-0.8 + 2.2 * old, 0.8), -1.2, 3.0)),
        sulci=float(np.clip(rng.normal(-0.08 + 0.10 * old, 0.03), -0.11, 0.08)),
        lesions=float(np.clip(rng.gamma(1.4, 0.5) * (0.35 + 1.4 * old), 0, 2.4)),
        strip=float(rng.uniform(0.35, 0.6)),
        kind=kind,
        whole=1000 * size_cm3 * (0.85 if low_grade else 1),
        core_share=float(core_share),
        ring_share=float(ring_share),
        foci=tuple((foci / foci.sum()).tolist()),
        mass=float(rng.uniform(0.25, 0.8) * (0.6 if low_grade else 1)),
        infiltration=float(rng.uniform(0.10, 0.35)),
        halo=float(rng.uniform(0.05, 0.28)),
        cystic=bool(rng.random() < 0.4),
        bleeding=bool(rng.random() < 0.2) and not low_grade,
    )
