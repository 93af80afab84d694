"""No answer stops a check or holds it up, whatever it is and whatever it returns; nothing odd passes."""

import itertools
import time
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from torch import nn

from courseware.proof.banks import banks
from grading_tests import check, grade, running, yours
from grading_tests.core import find_gap
from grading_tests.values import form, plain, same, same_form, unfit

GAPS = {gap_id: gap for gap_id, (gap, _) in banks().items()}


class EqualsEverything:
    """Pretends to be whatever it is compared with, for ever."""

    shape, dtype, ndim = (), float, 0

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = object.__hash__

    def __iter__(self):
        return itertools.repeat(self)

    def __len__(self):
        return 10**9

    def __getitem__(self, key):
        return self

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self

    def __array__(self, *_, **__):
        return np.zeros(())

    def __float__(self):
        return 0.0

    __int__ = __index__ = __bool__ = __abs__ = lambda self: 1

    def __sub__(self, other):
        return self

    __add__ = __mul__ = __truediv__ = __rsub__ = __radd__ = __rmul__ = __lt__ = __le__ = __gt__ = __sub__

    def __str__(self):
        while True:
            time.sleep(0.01)

    __repr__ = __str__


class EqualList(list):
    def __eq__(self, other):
        return True

    __hash__ = None


class OddTensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, *_, **__):
        return True


class OddText(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def endless():
    while True:
        yield 1.0


def raises(error):
    def value():
        raise error

    return value


def holds_itself():
    found = [1.0]
    found.append(found)
    return found


ODD = {
    "nothing": lambda: None,
    "true": lambda: True,
    "text": lambda: "left",
    "bytes": lambda: b"\xff",
    "a large number": lambda: 10**5000,
    "not a number": lambda: float("nan"),
    "infinity": lambda: np.inf,
    "complex": lambda: 1j,
    "a complex tensor": lambda: torch.ones(2, 3, dtype=torch.complex64).conj(),
    "a sparse tensor": lambda: torch.ones(2, 3).to_sparse(),
    "a csr tensor": lambda: torch.eye(3).to_sparse_csr(),
    "a nested tensor": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "a meta tensor": lambda: torch.ones(2, 3, device="meta"),
    "bfloat16": lambda: torch.ones(2, 3, dtype=torch.bfloat16),
    "half": lambda: torch.ones(2, 3, dtype=torch.half),
    "float8": lambda: torch.ones(4).to(torch.float8_e4m3fn),
    "quantised": lambda: torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.qint8),
    "with a gradient": lambda: torch.ones(2, 3, requires_grad=True) * 2,
    "a huge tensor": lambda: torch.ones(1).expand(10**12),
    "a huge array": lambda: np.broadcast_to(np.float64(1), (10**6, 10**6)),
    "an empty tensor": lambda: torch.ones(0, 3),
    "an array of objects": lambda: np.array([None, {}, "x"], dtype=object),
    "a structured array": lambda: np.zeros(3, dtype=[("a", float), ("b", int)]),
    "a masked array": lambda: np.ma.masked_all(3),
    "dates": lambda: np.array(["2024-01-01"], dtype="datetime64[D]"),
    "a ragged list": lambda: [[1, 2], [3]],
    "a list in itself": holds_itself,
    "a generator": endless,
    "an endless count": itertools.count,
    "endless in a list": lambda: [itertools.count(), endless()],
    "a map": lambda: map(float, "123"),
    "a set": lambda: {1, "a"},
    "a dictionary": lambda: {"a": endless()},
    "a class": lambda: nn.Module,
    "a module": lambda: nn.Identity(),
    "a mock": lambda: MagicMock(spec=torch.Tensor),
    "a mock of all": MagicMock,
    "equals everything": EqualsEverything,
    "a list of it": lambda: [EqualsEverything()] * 3,
    "a dictionary of it": lambda: dict.fromkeys(("recall", "precision"), EqualsEverything()),
    "an equal list": lambda: EqualList([1]),
    "an odd tensor": lambda: torch.ones(2).as_subclass(OddTensor),
    "an error without text": raises(OddText()),
    "exit": raises(SystemExit(1)),
    "the end of an iteration": raises(StopIteration()),
    "memory": raises(MemoryError()),
    "recursion": raises(RecursionError()),
}


def answer_that_returns(value, gap):
    """Return an answer to a gap, a function or a network, that returns a value whatever it gets."""

    class Odd(nn.Module):
        def __init__(self, *_, **__):
            super().__init__()

        def forward(self, *_, **__):
            return value()

    return Odd if isinstance(gap.reference, type) else lambda *_, **__: value()


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(running, "LONGEST_SECONDS", 5.0)


def expect_harmless(gap, answer, capfd):
    started = time.process_time()
    assert check(gap.id, answer) is None
    out, err = capfd.readouterr()
    assert out.startswith("✗") or "empty" in out, out
    assert err == ""
    assert len(out.strip().split("\n")) <= 4
    points = grade(gap.id, answer)
    assert type(points) is float
    assert points < gap.points
    assert yours(gap.id, answer) is gap.reference
    assert time.process_time() - started < 5
    capfd.readouterr()


@pytest.mark.parametrize("name", ODD)
def test_no_odd_result_stops_a_check_or_passes(name, capfd):
    """A few gaps of all kinds; the slow test below takes all gaps."""
    for gap_id in ("g01_label_counts", "g01_side_of_voxel", "g03_soft_dice", "g04_psnr", "g04_rrdb"):
        if (gap_id, name) != ("g01_side_of_voxel", "text"):
            gap = GAPS[gap_id]
            expect_harmless(gap, answer_that_returns(ODD[name], gap), capfd)


@pytest.mark.slow
@pytest.mark.parametrize("gap_id", GAPS)
def test_no_odd_result_stops_any_check(gap_id, capfd):
    """Every ninth value, beginning elsewhere in each gap."""
    gap, first = GAPS[gap_id], list(GAPS).index(gap_id) % 9
    for value in list(ODD.values())[first::9]:
        expect_harmless(gap, answer_that_returns(value, gap), capfd)


@pytest.mark.parametrize("answer", [None, 3, "text", [], EqualsEverything(), nn.Identity, MagicMock(), type])
def test_no_odd_answer_stops_a_check(answer, capfd):
    for gap_id in ("g01_label_counts", "g03_soft_dice", "g04_rrdb"):
        expect_harmless(find_gap(gap_id), answer, capfd)


def test_torch_s_own_not_implemented_error_is_an_error(capfd):
    def unsupported(*_, **__):
        return torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4).to_sparse(), torch.ones(1, 1, 3, 3))

    class NoForward(nn.Module):
        def __init__(self, *_):
            super().__init__()

    for gap_id, answer in (("g04_psnr", unsupported), ("g04_rrdb", NoForward)):
        check(gap_id, answer)
        out = capfd.readouterr().out
        assert out.startswith("✗")
        assert "not filled in" not in out


def test_only_what_can_be_compared_is_converted():
    for name in ("a meta tensor", "a generator", "equals everything", "a mock", "a huge tensor"):
        assert plain(ODD[name]()) is None, name
        assert unfit(ODD[name]()) is not None, name
        assert not same(ODD[name](), 1.0), name
    assert plain(torch.ones(2, dtype=torch.bfloat16)).tolist() == [1, 1]
    assert not same({"a": EqualsEverything()}, {"a": 3})
    assert not same(EqualList([1]), ["a"])


def test_whole_numbers_are_compared_exactly():
    assert not same(100_001, 100_000)
    assert same(1.000001, 1.0)


def test_the_form_is_kind_shape_and_kind_of_number():
    scores = torch.ones(3)
    assert same_form(torch.zeros(3, dtype=torch.float64), scores)
    for other in (torch.ones(3, 1), [1.0, 1.0, 1.0], np.ones(3), torch.ones(3, dtype=torch.int64), 1.0):
        assert not same_form(other, scores), form(other)
    assert not same_form(torch.ones(()), torch.ones(1))
    assert same_form(torch.ones(()), torch.ones(1), shapes=((),))
    assert same_form(np.float32(1), 2.0)
    assert not same_form(np.ones(()), 2.0)
    assert same_form([1, torch.ones(2)], [3, torch.ones(2)])
    assert not same_form((1, 2), [1, 2])
