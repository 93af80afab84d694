"""Synthetic cases, from random fields to images; test_phantom_cohort.py tests the files on disk."""

import math

import numpy as np
import pytest
import torch

from brainlab.labels import MODALITIES
from brainlab.synth.phantom import generate
from brainlab.synth.phantom.generate import SHAPES, affine_of
from brainlab.synth.phantom.scanner import Acquisition, record
from brainlab.synth.phantom.subject import PLAN, Fields, draw_subject, refine, sample, slices_of
from brainlab.synth.phantom.template import push_away
from brainlab.synth.phantom.tumour import enhancing_part, spread

SMALL = PLAN.crop(np.array([20, 20, 20]), np.array([50, 52, 46]), 2)


@pytest.fixture(scope="module")
def cases() -> list[dict]:
    return [generate(0, index, spacing=2) for index in range(4)]


# Random fields


def test_a_field_is_standard_normal_and_smooth():
    field = Fields(3, 0).smooth("any", 6, PLAN)
    assert abs(field.mean()) < 0.05
    assert abs(field.std() - 1) < 0.05
    step = (field[1:] - field[:-1]).std()
    assert step < 0.6  # independent voxels differ by sqrt(2)


def test_a_field_depends_on_positions_not_on_voxels():
    fields = Fields(3, 0)
    whole = fields.smooth("any", 9, PLAN)
    torch.testing.assert_close(fields.smooth("any", 9, SMALL), whole[slices_of(SMALL)])
    fine = PLAN.crop(np.array([20, 20, 20]), np.array([50, 52, 46]), 1)
    halved = torch.nn.functional.avg_pool3d(fields.smooth("any", 9, fine)[None], 2)[0]
    assert (halved - whole[slices_of(SMALL)]).abs().max() < 0.05


def test_streams_are_named_and_independent():
    fields = Fields(3, 0)
    first = fields.smooth("a", 20, SMALL)
    assert not torch.equal(first, fields.smooth("b", 20, SMALL))
    torch.testing.assert_close(first, fields.smooth("a", 20, SMALL))
    assert not torch.equal(first, Fields(3, 1).smooth("a", 20, SMALL))


def test_refine_keeps_a_linear_function_of_the_position():
    fine = PLAN.crop(np.array([20, 20, 20]), np.array([30, 32, 34]), 1)
    inner = (slice(None), *[slice(1, -1)] * 3)  # at the border there is no neighbour to interpolate with
    torch.testing.assert_close(refine(PLAN.positions(), fine)[inner], fine.positions()[inner])


def test_sample_reads_voxels_and_gives_zero_outside():
    volume = torch.arange(24.0).view(1, 2, 3, 4)
    voxels = torch.tensor([[1.0, 0, 9], [2, 0, 0], [3, 0.5, 0]]).view(3, 3, 1, 1)
    torch.testing.assert_close(sample(volume, voxels).flatten(), torch.tensor([23.0, 0.5, 0]))


# The patient


def test_planned_volumes_and_shares_are_those_of_brats():
    subjects = [draw_subject(Fields(7, index)) for index in range(600)]
    whole = np.array([s.whole for s in subjects])
    core = whole * [s.core_share for s in subjects]
    enhancing = core * [s.ring_share for s in subjects]
    shares = np.array([core - enhancing, whole - core, enhancing]).sum(1) / whole.sum()
    np.testing.assert_allclose(shares, [0.147, 0.665, 0.188], atol=0.05)
    np.testing.assert_allclose(np.percentile(whole, [10, 50, 90]) / 1000, [40, 90, 150], rtol=0.15)
    kinds = {s.kind for s in subjects}
    assert kinds == {"ring", "solid", "low-grade"}
    assert {len(s.foci) for s in subjects} == {1, 2, 3}


@pytest.mark.parametrize("seed", range(5))
def test_a_small_cohort_is_balanced_too(seed):
    subjects = [draw_subject(Fields(seed, index)) for index in range(24)]
    whole = [s.whole / 1000 for s in subjects]
    np.testing.assert_allclose(np.percentile(whole, [10, 50, 90]), [40, 90, 150], rtol=0.2)
    assert 1 <= sum(s.kind == "low-grade" for s in subjects) <= 5


def test_the_mass_effect_displaces_outwards_and_leaves_the_skull_in_place():
    subject = draw_subject(Fields(0, 1))
    where = torch.zeros(3, *PLAN.shape)
    centre = torch.tensor([120.0, 120, 80])
    depth = torch.full(PLAN.shape, 30.0)
    moved = push_away(where, subject, centre, 15.0, depth, share=1.0)
    away = PLAN.positions() - centre.view(3, 1, 1, 1)
    # A backward warp: what is shown beside the tumour comes from nearer to its centre.
    assert ((moved * away).sum(0) <= 1e-4).all()
    distance = away.square().sum(0).sqrt()
    size = moved.square().sum(0).sqrt()
    assert size[distance < 2].mean() < size[(distance > 14) & (distance < 18)].mean()
    assert push_away(where, subject, centre, 15.0, torch.zeros(PLAN.shape), share=1.0).abs().max() == 0


def test_the_enhancing_part_is_an_outer_shell_of_the_planned_size():
    fields = Fields(0, 1)
    subject = draw_subject(fields)
    assert subject.kind == "ring"
    away = SMALL.positions() - torch.tensor([105.0, 90, 65]).view(3, 1, 1, 1)
    depth = (18 - away.square().sum(0).sqrt()).clamp(min=0)
    shell, core = enhancing_part(subject, depth, fields, SMALL), depth > 0
    assert not (shell & ~core).any()
    assert shell.sum() / core.sum() == pytest.approx(subject.ring_share, abs=0.01)
    assert depth[shell].mean() < depth[core & ~shell].mean()


def test_oedema_spreads_along_white_matter():
    core = torch.zeros(31, 31, 31)
    core[13:18, 13:18, 13:18] = 1
    conductivity = torch.full_like(core, 0.015)
    conductivity[15:] = 1  # white matter on one side
    density = spread(core, conductivity, steps=40)
    assert density.min() >= 0
    assert density.max() <= 1
    assert density[22, 15, 15] > 10 * density[8, 15, 15]
    torch.testing.assert_close(density, density.flip(1))


def test_growth_without_diffusion_follows_the_logistic_equation():
    """Without diffusion, Fisher-KPP is u' = rho u (1 - u), whose solution is known."""
    density = spread(torch.full((3, 3, 3), 0.1), torch.ones(3, 3, 3), steps=50)
    expected = 1 / (1 + 9 * math.exp(-0.04 * 50))
    torch.testing.assert_close(density, torch.full((3, 3, 3), expected), atol=0.01, rtol=0)


# The scanner


def scanner(**changes) -> Acquisition:
    return Acquisition(
        **{"thickness": 1, "axis": 2, "blur": 0.0, "snr": 1e6, "bias": 0.0, "scale": 1.0} | changes
    )


def test_noise_is_rician():
    """The magnitude of pure noise has the mean sigma sqrt(pi / 2)."""
    nothing = record(torch.zeros(SMALL.shape), scanner(snr=20), Fields(0, 0), "t1n", SMALL)
    assert nothing.min() >= 0
    assert nothing.mean() == pytest.approx(math.sqrt(math.pi / 2) / 20, rel=0.02)


def test_thick_slices_blur_across_slices_only():
    image = torch.zeros(SMALL.shape)
    image[::4] = 1
    image[..., ::4] += 1
    thin = record(image, scanner(), Fields(0, 0), "t2w", SMALL)
    thick = record(image, scanner(thickness=6), Fields(0, 0), "t2w", SMALL)

    def contrast(volume, axis):
        return (volume.narrow(axis, 4, 1) - volume.narrow(axis, 6, 1)).abs().mean()

    assert contrast(thick, 2) < 0.4 * contrast(thin, 2)
    assert contrast(thick, 0) > 0.8 * contrast(thin, 0)


# A case


def test_a_case_has_the_form_of_brats(cases):
    for case in cases:
        brain = case["t1n"] > 0
        for modality in MODALITIES:
            assert case[modality].shape == SHAPES[2] == (120, 120, 78)
            assert case[modality].dtype == np.int16
            assert ((case[modality] > 0) == brain).all()
        assert case["seg"].dtype == np.uint8
        assert set(np.unique(case["seg"])) <= {0, 1, 2, 3}
        assert not case["seg"][~brain].any()
        assert 900 < case["meta"]["volume_cm3"]["brain"] < 2000


def test_volumes_are_recorded(cases):
    for case in cases:
        for value, name in enumerate(("NCR", "ED", "ET"), start=1):
            assert case["meta"]["volume_cm3"][name] == pytest.approx((case["seg"] == value).sum() * 8 / 1000)


def test_the_brain_is_positioned_as_in_brats(cases):
    """The lowest slices show cerebellum and brain stem only, behind the centre of the brain."""
    for case in cases:
        brain = np.argwhere(case["t1n"] > 0)
        lowest = brain[brain[:, 2] < brain[:, 2].min() + 6]
        assert lowest[:, 1].mean() > brain[:, 1].mean() + 3
        assert np.abs(brain.mean(0) * 2 - [119, 121, 76]).max() < 12


def test_modalities_show_what_they_should(cases):
    rings = [case for case in cases if case["meta"]["kind"] == "ring"]
    assert rings
    for case in rings:
        necrosis, oedema, enhancing = (case["seg"] == value for value in (1, 2, 3))
        healthy = (case["t1n"] > 0) & (case["seg"] == 0)
        median = {
            name: [np.median(case[name][part]) for part in (healthy, necrosis, oedema, enhancing)]
            for name in MODALITIES
        }
        assert median["t2f"][2] > 1.15 * median["t2f"][0]  # oedema is bright on FLAIR
        assert median["t2w"][2] > median["t2w"][0]  # and on T2, where grey matter and fluid are bright too
        assert median["t1c"][3] > 1.2 * median["t1c"][1]  # the rim enhances, the necrosis does not
        assert median["t1c"][3] > 1.2 * median["t1c"][2]


def test_a_flair_threshold_finds_only_part_of_the_tumours(cases):
    """The cohort must be neither trivial nor impossible to segment by a z-score above 1.5."""
    scores = []
    for case in cases:
        brain = case["t2f"] > 0
        flair = (case["t2f"] - case["t2f"][brain].mean()) / case["t2f"][brain].std()
        found, tumour = brain & (flair > 1.5), case["seg"] > 0
        scores.append(2 * (found & tumour).sum() / (found.sum() + tumour.sum()))
    assert 0.5 < np.mean(scores) < 0.88


def test_a_case_is_the_same_on_any_number_of_threads(cases):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        again = generate(0, 1, spacing=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    for name in (*MODALITIES, "seg"):
        np.testing.assert_array_equal(again[name], cases[1][name])
    assert again["meta"] == cases[1]["meta"]


def test_cases_and_seeds_differ(cases):
    assert (cases[0]["seg"] != cases[1]["seg"]).any()
    assert draw_subject(Fields(0, 0)) != draw_subject(Fields(1, 0))


@pytest.mark.slow
def test_one_millimetre_shows_the_same_patient(cases):
    fine = generate(0, 1, spacing=1)
    assert fine["seg"].shape == (240, 240, 155)
    padded = np.pad(fine["seg"], ((0, 0), (0, 0), (0, 1)))
    share = (padded > 0).reshape(120, 2, 120, 2, 78, 2).mean((1, 3, 5))
    ours, theirs = share >= 0.5, cases[1]["seg"] > 0
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.85
    assert fine["meta"]["kind"] == cases[1]["meta"]["kind"]
    assert fine["meta"]["centres_mm"] == cases[1]["meta"]["centres_mm"]


def test_the_affine_is_that_of_brats_and_keeps_the_corner():
    np.testing.assert_array_equal(affine_of(1), [[-1, 0, 0, 0], [0, -1, 0, 239], [0, 0, 1, 0], [0, 0, 0, 1]])
    corner = np.array([-0.5, -0.5, -0.5, 1])
    np.testing.assert_allclose(affine_of(1) @ corner, affine_of(2) @ corner)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0, 0, 3), "spacing is 3; expected 1 or 2"), ((0, -1), "index -1; expected integers of at least 0")],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(*arguments)
