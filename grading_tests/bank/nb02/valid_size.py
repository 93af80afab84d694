"""Right and wrong answers to g02_valid_size."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from brainlab.models import output_size, valid_size
from grading_tests.bank.nb02._variants import variants
from grading_tests.gap import Mistake


def size_from_bottom(bottom, depth):
    """Climb from the entry of the lowest level: a pooling doubles, a block adds 4."""
    for _ in range(depth):
        bottom = 2 * bottom + 4
    return bottom


def by_climbing(size, depth=4):
    smallest = next(bottom for bottom in range(5, 10_000) if leaves_something(bottom, depth))
    sizes = [size_from_bottom(bottom, depth) for bottom in range(smallest, smallest + size)]
    below = [n for n in sizes if n <= size]
    above = [n for n in sizes if n >= size]
    return (below or above[:1])[-1], above[0]


def leaves_something(bottom, depth):
    size = bottom - 4
    for _ in range(depth):
        size = 2 * size - 4
    return size > 0


def fits(size, depth):
    try:
        output_size(size, depth)
    except ValueError:
        return False
    return True


def by_trying(size, depth=4):
    above = next(n for n in range(size, size + 10_000) if fits(n, depth))
    below = next((n for n in range(size, 0, -1) if fits(n, depth)), above)
    return [below, above]


def by_formula(size, depth=4):
    """All valid sizes are 2**depth * bottom + 4 * (2**depth - 1)."""
    block, offset = 2**depth, 4 * (2**depth - 1)
    low, high = (size - offset) // block, -((offset - size) // block)
    return low * block + offset, high * block + offset


def by_remainder(size, depth=4):
    """Sizes that fit are 2**depth apart; the remainder tells how far `size` is above one of them."""
    too_much = (size + 4) % 2**depth  # 4 * (2**depth - 1) has the remainder -4
    below = size - too_much
    return np.array([below, below + 2**depth * bool(too_much)])


def by_recursion(size, depth=4):
    """A level below needs sizes of its own; doubling and the block bring them up again."""
    if depth == 0:
        return math.floor(size), math.ceil(size)
    below, above = by_recursion((size - 4) / 2, depth - 1)
    return 2 * below + 4, 2 * above + 4


def by_pooling(size, depth=4):
    """Ask torch: would a pooling lose a row anywhere?"""

    def loses_nothing(n):
        for _ in range(depth):
            n = F.avg_pool1d(torch.ones(1, 1, n), 5, stride=1).shape[-1]  # two 3 x 3 convolutions
            if 2 * F.max_pool1d(torch.ones(1, 1, n), 2).shape[-1] != n:
                return False
            n //= 2
        return True

    below, above = size, size
    while not loses_nothing(below):
        below -= 1
    while not loses_nothing(above):
        above += 1
    return below, above


def pooled_first(size, depth):
    """Take the 4 pixels after the pooling instead of before."""
    for _ in range(depth):
        if size % 2:
            return False
        size = size // 2 - 4
    return size > 0


def survives(size, depth, loss=4, checked=None):
    """Walk down with `loss` pixels a block, and look at the first `checked` poolings only."""
    for level in range(depth):
        size -= loss
        if size <= 0 or (size % 2 and (checked is None or level < checked)):
            return False
        size //= 2
    return size - loss > 0


def search(test):
    def answer(size, depth=4):
        above = size
        while not test(above, depth):
            above += 1
        below = size
        while not test(below, depth):
            below -= 1
        return below, above

    return answer


def shifted(size, depth=4):
    """Look for neighbours only, never at the size itself."""
    below, above = valid_size(size - 1, depth)[0], valid_size(size + 1, depth)[1]
    return below, above


RIGHT = {
    "library": valid_size,
    "climbing from the bottom": by_climbing,
    "trying the network's arithmetic": by_trying,
    "formula": by_formula,
    "remainder": by_remainder,
    "recursion": by_recursion,
    "poolings of torch": by_pooling,
}


WRONG = [
    Mistake(
        "multiples of 2**depth",
        "jakeoung/Unet_pytorch#1, MIC-DKFZ/BraTS2017#28: true for a padded U-Net",
        "multiples of 2**depth fit a padded U-Net; here every block also takes 4 pixels before the pooling.",
        lambda size, depth=4: (size // 2**depth * 2**depth, -(-size // 2**depth) * 2**depth),
    ),
    Mistake(
        "first pooling only",
        "jvanvugt/pytorch-unet#5: 'pad your input with one column'",
        "an even size after the first block is not enough: it must be even before every pooling.",
        search(lambda size, depth: survives(size, depth, checked=1)),
    ),
    Mistake(
        "one convolution a block",
        "karolzak/keras-unet#40: 2 pixels are lost at each convolution",
        "a block has two convolutions, so it takes 4 pixels, not 2.",
        search(lambda size, depth: survives(size, depth, loss=2)),
    ),
    Mistake(
        "one pooling too few",
        "jvanvugt/pytorch-unet#2: multiples of 2**(depth - 1), where depth counts the levels",
        "`depth` counts the poolings, one less than the levels: you leave one out.",
        lambda size, depth=4: valid_size(size, depth - 1),
    ),
    Mistake(
        "one pooling too many",
        "jvanvugt/pytorch-unet#2: does depth count poolings or levels?",
        "`depth` counts the poolings; below the last one there is the bottom, which is not halved.",
        lambda size, depth=4: valid_size(size, depth + 1),
    ),
    Mistake(
        "pooling before the block",
        "jakeret/tf_unet#39: size -= 4 and the pooling, and in which order",
        "at each level the block comes first and takes 4 pixels; what is left is pooled.",
        search(pooled_first),
    ),
    Mistake(
        "above and below swapped",
        "docstring: below first",
        "the smaller size comes first.",
        lambda size, depth=4: valid_size(size, depth)[::-1],
    ),
    Mistake(
        "rounded up twice",
        "docstring: the largest up to size and the smallest from size on",
        "both of your sizes lie above; the first one is the largest that is not above `size`.",
        lambda size, depth=4: (valid_size(size, depth)[1], valid_size(size, depth)[1]),
    ),
    Mistake(
        "a valid size is moved",
        "docstring: both are `size` itself where it is valid",
        "start at `size` itself: where it fits, nothing has to change.",
        shifted,
    ),
    Mistake(
        "output size",
        "Ronneberger et al. 2015: 572 in, 388 out",
        "these are sizes of the output; the question is about the input.",
        lambda size, depth=4: tuple(output_size(n, depth) for n in valid_size(size, depth)),
    ),
]


WRONG += variants(
    "g02_valid_size",
    (
        "above is never the size itself",
        "a size that is valid already is its own nearest size: start the search at `size`.",
        2,
        "range(size, 2 * size)",
        "range(size + 1, 2 * size)",
    ),
    (
        "below is never the size itself",
        "a size that is valid already is its own nearest size: start the search at `size`.",
        2,
        "range(size, 0, -1)",
        "range(size - 1, 0, -1)",
    ),
    (
        "below only",
        "two sizes are asked for: (below, above).",
        2,
        "return below, above",
        "return below",
    ),
    (
        "above only",
        "two sizes are asked for: (below, above).",
        2,
        "return below, above",
        "return above",
    ),
    (
        "the nearest one only",
        "two sizes are asked for: (below, above), not the nearer of the two.",
        2,
        "return below, above",
        "return min((below, above), key=lambda n: abs(n - size))",
    ),
    (
        "depth of 4",
        "the number of poolings is the argument `depth`; yours is fixed at 4.",
        1,
        "range(depth)",
        "range(4)",
    ),
    (
        "8 pixels a block",
        "a block has two 3 x 3 convolutions, which remove 2 pixels each: 4 in total.",
        1,
        "n -= 4",
        "n -= 8",
    ),
    (
        "another default depth",
        "without the argument the depth is 4.",
        0,
        "depth=4",
        "depth=3",
    ),
    (
        "odd sizes wanted",
        "a size fits if it is even before the pooling; yours asks for odd ones.",
        1,
        "if n % 2:",
        "if n % 2 == 0:",
    ),
    (
        "odd sizes accepted",
        "a pooling would drop a row of an odd size: return False there.",
        1,
        "return False",
        "pass",
    ),
    (
        "search too short",
        "the next valid size can be further away than your search looks.",
        2,
        "range(size, 2 * size)",
        "range(size, size + 15)",
    ),
    (
        "search downwards too short",
        "the next valid size can be further away than your search looks.",
        2,
        "range(size, 0, -1)",
        "range(size, size - 15, -1)",
    ),
    (
        "bottom must be even",
        "the bottom is not pooled: its size may be odd.",
        1,
        "        return True",
        "        return n % 2 == 0",
    ),
    (
        "floats",
        "both sizes are whole numbers; yours are floats.",
        2,
        "return below, above",
        "return float(below), float(above)",
    ),
    (
        "texts",
        "both sizes are numbers; yours are texts.",
        2,
        "return below, above",
        "return str(below), str(above)",
    ),
    (
        "a dictionary",
        "two numbers are asked for: (below, above).",
        2,
        "return below, above",
        "return {'below': below, 'above': above}",
    ),
    (
        "a set",
        "a set has no order, and one element where both sizes are equal.",
        2,
        "return below, above",
        "return {below, above}",
    ),
    (
        "printed",
        "your function prints the sizes but returns nothing.",
        2,
        "return below, above",
        "print(below, above)",
    ),
    (
        "the pooled size",
        "both sizes are input sizes; yours are what is left at the bottom.",
        2,
        "return below, above",
        "return below // 2**depth, above // 2**depth",
    ),
)


WRONG += variants(
    "g02_valid_size",
    (
        "only the last level checked",
        "the size must be even before every pooling, not only before the last one.",
        1,
        "            if n % 2:\n                return False\n            n //= 2\n        return True",
        "            odd, n = n % 2, n // 2\n        return not odd",
    ),
    (
        "4 pixels once only",
        "the block of every level removes 4 pixels, not only that of the first.",
        1,
        "        for _ in range(depth):\n            n -= 4\n",
        "        n -= 4\n        for _ in range(depth):\n",
    ),
    (
        "distances",
        "the sizes themselves are asked for, not how far away they are.",
        2,
        "return below, above",
        "return size - below, above - size",
    ),
    (
        "a list up to 600",
        "any size can be asked for: the search must not end at a fixed number.",
        2,
        "    below = next(n for n in range(size, 0, -1) if fits(n))\n    above = next(n for n in "
        "range(size, 2 * size) if fits(n))",
        "    sizes = [n for n in range(1, 600) if fits(n)]\n    below = max(n for n in sizes if n "
        "<= size)\n    above = min(n for n in sizes if n >= size)",
    ),
    (
        "a list from 188",
        "with fewer poolings smaller sizes than 188 are valid, too.",
        2,
        "    below = next(n for n in range(size, 0, -1) if fits(n))\n    above = next(n for n in "
        "range(size, 2 * size) if fits(n))",
        "    sizes = [n for n in range(188, 3 * size) if fits(n)]\n    below = max(n for n in "
        "sizes if n <= size)\n    above = min(n for n in sizes if n >= size)",
    ),
    (
        "steps of 2",
        "the search goes in steps of 2 from `size`, which can be odd; valid sizes are even.",
        2,
        "range(size, 0, -1)",
        "range(size, 0, -2)",
        "range(size, 2 * size)",
        "range(size, 2 * size, 2)",
    ),
    (
        "16 pixels searched",
        "with more poolings, valid sizes lie further apart than 16 pixels: the search ends too early.",
        2,
        "range(size, 0, -1)",
        "range(size, size - 17, -1)",
        "range(size, 2 * size)",
        "range(size, size + 17)",
    ),
    (
        "100 pixels searched",
        "with more poolings, valid sizes lie further apart than 100 pixels: the search ends too early.",
        2,
        "range(size, 0, -1)",
        "range(size, size - 100, -1)",
        "range(size, 2 * size)",
        "range(size, size + 100)",
    ),
)
