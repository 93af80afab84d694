"""Are a picture and its mask sound, and do they fit each other?"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from brainlab.data.caselist import Problem
from brainlab.data.images.pairs import ImagePair
from brainlab.data.images.picture import PictureError, picture_size

THREADS = 4  # Pillow decodes without holding Python's lock


def examine(
    pairs: Sequence[ImagePair], look: Callable[[ImagePair], str]
) -> tuple[list[ImagePair], list[Problem], list[Problem]]:
    """Return the pairs that can be read, the problems of the others, and notes on what looks odd."""
    good, problems, notes = [], [], []

    def outcome(pair: ImagePair) -> tuple[bool, str]:
        try:
            return True, look(pair)
        except PictureError as error:
            return False, str(error)

    with ThreadPoolExecutor(THREADS) as pool:
        for pair, (sound, told) in zip(pairs, pool.map(outcome, pairs), strict=True):
            if sound:
                good.append(pair)
            if told:
                (notes if sound else problems).append(Problem(pair.id, pair.mask or pair.image, told))
    return good, problems, notes


def measure(pair: ImagePair) -> str:
    """Compare the sizes that the headers tell; raise PictureError if they differ."""
    size = picture_size(pair.image)
    if pair.mask is not None and (other := picture_size(pair.mask)) != size:
        raise PictureError(
            f"{pair.mask.name} has {other[0]} x {other[1]} pixels; expected {size[0]} x {size[1]} as "
            f"{pair.image.name}: was one of them resized or turned alone?"
        )
    return ""


def decode(pair: ImagePair) -> str:
    """Decode both files as well; return a note on a mask that is empty or full."""
    measure(pair)
    pair.load_image()
    if pair.mask is None:
        return ""
    mask = pair.load_mask()
    if mask.any() and not mask.all():
        return ""
    return f"{pair.mask.name} is all {int(mask.any())}; expected some of both: an object missed?"
