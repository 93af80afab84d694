"""The side of the patient that a voxel is on: side_of_voxel(voxel, affine, shape)."""

from collections.abc import Callable

import numpy as np

from brainlab import data
from brainlab.data import voxel_to_mm
from grading_tests.checks.nb01.contract import Cases, called_again, kind_of, unchanged
from grading_tests.checks.nb01.voxel_to_mm import TURNED, tilted
from grading_tests.gap import Gap, Property, Wrong, expect

# The affine of BraTS files: the first index runs to the patient's left, the second to the back.
BRATS = np.array([[-1.0, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])
MNI = np.array([[2.0, 0, 0, -90], [0, 2, 0, -126], [0, 0, 2, -72], [0, 0, 0, 1]])
WORDS = ("left", "right")


def side_of_voxel(voxel: np.ndarray, affine: np.ndarray, shape: tuple[int, ...]) -> str:
    """Return "left" or "right"; the library also says "middle", for voxels near the middle."""
    side = data.side_of_voxel(voxel, affine, shape)
    middle = (np.array(shape) - 1) / 2
    away = voxel_to_mm(np.asarray(voxel), affine)[0] - voxel_to_mm(middle, affine)[0]
    return side if side in WORDS else WORDS[int(away > 0)]


def word(said: object) -> str:
    """Return a side however it is spelled; `sides_form` looks at the spelling."""
    text = str(said).strip().lower()
    return {"l": "left", "r": "right"}.get(text[:1], text)


def said(got: object) -> str:
    """Return the side that an answer returned; raise `Wrong` if it is no word at all."""
    if not isinstance(got, str | np.ndarray):
        raise Wrong("the type of the result", "the word alone", kind_of(got))
    return word(got)


def sides(answer, affine: np.ndarray, shape: tuple, voxels: list, tried: str) -> None:
    sides_in(answer, [(affine, shape, voxels)], tried)


def sides_in(answer, volumes: list[tuple], tried: str) -> None:
    """Compare the sides of voxels in several volumes at once: a mistake shows in which ones are wrong."""
    asked = [(np.array(voxel), affine, shape) for affine, shape, voxels in volumes for voxel in voxels]
    expected = [side_of_voxel(*arguments) for arguments in asked]
    got = [said(answer(voxel.copy(), affine.copy(), shape)) for voxel, affine, shape in asked]
    if got != expected:
        alike = [
            words
            for words, other in INEXACT.items()
            if got == [by_x(*other(*arguments)) for arguments in asked]
        ]
        if alike:
            raise Wrong(tried, "the exact positions compared", f"sides as if {alike[0]}")
    expect(got, expected, tried)


def x_of(voxel: object, affine: np.ndarray) -> float:
    return float(voxel_to_mm(np.asarray(voxel, float), affine)[0])


def by_x(first: float, second: float) -> str:
    return WORDS[int(first >= second)]


def against(centre: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[float, float]]:
    """Return a comparison of x with that of another centre."""
    return lambda voxel, affine, shape: (x_of(voxel, affine), x_of(centre(np.array(shape)), affine))


def changed(change: Callable, of_mm: bool = False) -> Callable[..., tuple[float, float]]:
    """Return a comparison with the voxel changed, or with both positions in mm changed."""

    def pair(voxel: np.ndarray, affine: np.ndarray, shape: tuple) -> tuple[float, float]:
        point = voxel if of_mm else change(voxel)
        both = x_of(point, affine), x_of((np.array(shape) - 1) / 2, affine)
        return tuple(map(change, both)) if of_mm else both

    return pair


# Comparisons that are nearly right, by what they do.
INEXACT = {
    "the centre were shape / 2": against(lambda shape: shape / 2),
    "the centre were shape / 2 - 1": against(lambda shape: shape / 2 - 1),
    "the centre were (shape + 1) / 2": against(lambda shape: (shape + 1) / 2),
    "the centre were half of the shape, cut to whole voxels": against(lambda shape: shape // 2),
    "the centre were cut to whole voxels": against(lambda shape: (shape - 1) // 2),
    "the voxel were cut to whole numbers": changed(np.trunc),
    "the voxel were rounded up": changed(np.ceil),
    "the voxel were rounded": changed(np.rint),
    "the positions in mm were cut to whole numbers": changed(np.trunc, of_mm=True),
    "the positions in mm were rounded": changed(np.rint, of_mm=True),
}


def brats_sides(answer, rng: np.random.Generator) -> None:
    voxels = [(i, *rng.integers(30, 120, 2)) for i in (20, 90, 150, 220)]
    tried = "a BraTS volume of 240 voxels, i = 20, 90, 150, 220 (the affine has x = -i)"
    sides(answer, BRATS, (240, 240, 155), voxels, tried)


def mni_sides(answer, rng: np.random.Generator) -> None:
    voxels = [(i, *rng.integers(10, 80, 2)) for i in (10, 40, 50, 80)]
    tried = "a volume of 91 voxels stored the other way, i = 10, 40, 50, 80 (x = 2 i - 90)"
    sides(answer, MNI, (91, 109, 91), voxels, tried)


def turned_sides(answer, rng: np.random.Generator) -> None:
    places = (10, 60, 100, 150, 30, 125, 75, 85)
    voxels = [(rng.integers(5, 95), j, rng.integers(2, 38)) for j in places]
    tried = f"a volume whose second axis runs to the left, j = {', '.join(map(str, places))}"
    sides(answer, TURNED, (100, 160, 40), voxels, tried)


def far_sides(answer, rng: np.random.Generator) -> None:
    affine = MNI.copy()
    affine[0, 3] = rng.integers(200, 400)
    sides(answer, affine, (60, 109, 91), [(5, 9, 9), (50, 80, 80)], "a head far from the origin")


def tilted_sides(answer, rng: np.random.Generator) -> None:
    """Voxels whose first index lies on one side of the middle, and whose x lies on the other."""
    affine = tilted((-70, -120, -60), 0.4, (1.0, 1.0, 1.0))
    voxels = [(105, 20, 74), (105, 220, 74), (75, 20, 76), (75, 220, 76), (100, 125, 10), (78, 115, 140)]
    sides(answer, affine, (180, 240, 150), voxels, "a tilted head, voxels far up, down, in front and behind")


def close_sides(answer, rng: np.random.Generator) -> None:
    """The centre of the volume is (shape - 1) / 2; positions need not be whole."""
    near = []
    for affine, size in ((BRATS, 240), (BRATS, 239), (MNI, 91)):
        steps = (-2.3, -0.3, -0.01, 0.01, 0.3, 0.7, 2.3)
        voxels = [((size - 1) / 2 + step, *rng.uniform(30, 60, 2)) for step in steps]
        near.append((affine, (size, 109, 91), voxels))
    sides_in(answer, near, "0.01 to 2.3 voxels from the middle, of 240, of 239 and of 91 voxels")


def volumes(rng: np.random.Generator) -> Cases:
    """Return a voxel of three volumes, its position as floats and as whole numbers."""
    given = [(BRATS, (240, 240, 155), (20, 90, 60)), (MNI, (91, 109, 91), (80, 50, 60))]
    given += [(TURNED, (100, 160, 40), (20, 10, 20)), (BRATS, (80, 90, 40), (60, 30, 20))]
    return [
        (f"a voxel of type {kind}", (np.array(voxel, kind), affine.copy(), shape))
        for affine, shape, voxel in given
        for kind in ("float64", "int64")
    ]


def compare(got: object, arguments: tuple, tried: str) -> None:
    expect(word(got), side_of_voxel(*arguments), tried)


def sides_form(answer, rng: np.random.Generator) -> None:
    for _, arguments in volumes(rng):
        got = answer(*arguments)
        if not isinstance(got, str | np.ndarray) or str(got) not in WORDS:
            found = repr(str(got)) if isinstance(got, str | np.ndarray) else kind_of(got)
            raise Wrong("the word itself", '"left" or "right", spelled like this', found)


def centre_sides(answer, rng: np.random.Generator) -> None:
    """Exactly at the centre either word is right, and nothing else."""
    for affine, shape in ((BRATS, (240, 239, 155)), (MNI, (91, 109, 91)), (TURNED, (100, 160, 41))):
        centre = (np.array(shape) - 1) / 2
        try:
            got = answer(centre, affine.copy(), shape)
        except (ArithmeticError, LookupError, ValueError, AssertionError) as error:
            if isinstance(error, Wrong):
                raise
            raise Wrong("exactly at the centre", "either word", "an error") from None
        if not isinstance(got, str | np.ndarray) or word(got) not in WORDS:
            found = "another word" if isinstance(got, str | np.ndarray) else kind_of(got)
            raise Wrong("exactly at the centre", "either word", found)


GAP = Gap(
    "g01_side_of_voxel",
    "side_of_voxel",
    minutes=8,
    points=3,
    reference=side_of_voxel,
    shortcuts=(data.side_of_voxel,),
    properties=[
        Property("a BraTS volume, where every x is negative", brats_sides),
        Property("a volume stored the other way round", mni_sides),
        Property("axes in another order", turned_sides),
        Property("a head far from the origin", far_sides),
        Property("a tilted head", tilted_sides),
        Property("close to the middle", close_sides, share=0.5),
        Property("at the centre", centre_sides, share=0.5),
        Property("the two words", sides_form, share=0.5),
        Property("inputs unchanged", unchanged(volumes, ("voxel", "affine", "shape")), share=0.5),
        Property("another call", called_again(volumes, compare), share=0.5),
    ],
)
