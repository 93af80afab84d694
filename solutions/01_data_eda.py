# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # 01 · Know your data
#
# {{badge}}
#
# {{table}}

# %% [markdown]
# ## 1 · What you will be able to do
#
# At the end of this notebook you can
#
# 1. compute where any voxel of any file lies in the patient, in millimetres, and on which side;
# 2. bring the intensities of two scanners to one scale, and the labels of two data sets to one convention;
# 3. describe a data set with numbers (voxels per class, slices that lack a class, tumour sizes) and choose the
#    slices to train on;
# 4. split a data set by patient, and show with numbers what goes wrong otherwise.
#
# **The patient.** A glioma is a brain tumour that arises from glial cells, the supporting cells of the brain.
# Before an operation the patient is scanned with MRI in four *modalities*: the same head, in the same session, with
# four different contrasts.
#
# | modality | also called | bright | used to see |
# |---|---|---|---|
# | T1 | t1n | white matter | the anatomy; most tumours and all water are darker |
# | T1 + contrast | t1c, T1Gd, t1ce | vessels, and tissue into which the contrast agent leaks | the **enhancing tumour (ET)**, often a ring |
# | T2 | t2w | all water | oedema and cysts, but the ventricles are bright too |
# | FLAIR | t2f | water in tissue; free water is suppressed | the **oedema (ED)** around the tumour, which tumour cells have infiltrated too |
#
# Inside a ring lies the **necrotic core (NCR)**: dead tissue. In BraTS data until 2021 its label is NCR/NET, necrosis
# *and* tumour that does not enhance; since 2023 it is NCR, in 2024 NETC (non-enhancing tumour core). The regions were
# outlined by raters, or by an automatic segmentation that raters corrected, and approved by neuroradiologists. A
# network will segment them in notebook 02; first we have to know its data.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. Without your own data, it generates a synthetic cohort on your machine. The cells below
# are the same for real BraTS cases; the numbers that they print differ.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# One patient with four modalities and, where there is one, the segmentation. A network gets nothing else. Run the
# cell, then click into the picture: it is the **slice browser** of this course.

# %%
from scipy.ndimage import binary_dilation

from brainlab import view
from brainlab.view import SliceViewer


def closed_ring(case):
    """Return the share of the surface of the core (label 1) that is enhancing; 0 for a core below 1 cm³."""
    core = case.seg() == 1 if case.has_seg else np.zeros((1, 1, 1), bool)
    if core.sum() * np.prod(case.spacing) < 1000:
        return 0
    surface = binary_dilation(core) & ~core
    return (case.seg()[surface] == 3).mean()


first = max(lab.open(patients=3), key=closed_ring)
SliceViewer(first)

# %% [markdown]
# *Try:* **↑ ↓** or the mouse wheel scroll through the slices, and **j** jumps back to the slice with the largest
# tumour. **1** to **4** select a modality, **0** shows all of them side by side. **n** hides the labels, **t**
# shows them, and **f** draws them as contours. **c** and **s** switch to the coronal and the sagittal plane, **v**
# shows all three planes. Click on a voxel to read its value, its position and its label. Each button names its key.
#
# The next figure shows the slice with the largest tumour area:

# %%
image, labels = first.image(), first.seg()  # (4, X, Y, Z) float32, (X, Y, Z) uint8 or None
picture = view.modalities(image, first.affine, labels, title=first.id)
view.show(picture, alt="A slice in T1, T1 with contrast, T2, FLAIR, and FLAIR with labels")

# %% [markdown]
# *Look:* in which modality is the border of the oedema clearest? In which one would you look for the ring? Why can
# T2 alone not distinguish oedema from a ventricle?
#
# <details><summary>Answers</summary>Oedema is usually clearest in FLAIR, and a ring in T1 with contrast. In T2 all
# water is bright, in the oedema and in the ventricles alike; FLAIR suppresses the free water of the
# ventricles.</details>
#
# You see an axial slice from the feet: the patient's left side, **L**, is on the right of the picture. This
# is the *radiological convention*. How the program knows which side is left is the first topic. Now open all cases:

# %%
from brainlab.data import find_cases
from brainlab.synth import make_cohort

cases = lab.cases
labelled = [case for case in cases if case.has_seg]
patient_ids = {case.patient for case in cases}
print(f"{len(cases)} cases of {len(patient_ids)} patients, {len(labelled)} with a segmentation")
if not labelled:
    print("No case has a segmentation: the built-in synthetic cohort is used where labels are needed.")
    labelled = list(find_cases(make_cohort(6, spacing=2)))

# %% [markdown]
# ## 4 · Where is this voxel?
#
# An image file holds two things: an array of numbers, and an **affine**, a 4 × 4 matrix. The array alone does not
# say how large a voxel is, nor at which end of an axis the nose is. The affine does:
#
# $$\begin{pmatrix}x\\y\\z\\1\end{pmatrix} = A \begin{pmatrix}i\\j\\k\\1\end{pmatrix},\qquad
# A=\begin{pmatrix}\cdot&\cdot&\cdot&t_x\\ \cdot&\cdot&\cdot&t_y\\ \cdot&\cdot&\cdot&t_z\\0&0&0&1\end{pmatrix}$$
#
# The first three columns are the displacements, in mm, of one step along i, j and k. The last column is the
# position of voxel (0, 0, 0). In NIfTI, x increases towards the patient's **r**ight, y towards the front
# (**a**nterior) and z upwards (**s**uperior). This is called *RAS+*.

# %%
from brainlab.data import orientation

# A case with all classes, if there is one: the first patient, where possible.
candidates = [case for case in (first, *labelled) if case.has_seg]
example = next((case for case in candidates if len(np.unique(case.seg())) == 4), labelled[0])
print(example.id, "· shape", example.shape, "· voxel", example.spacing, "mm")
print(example.affine)
print("its axes point to", orientation(example.affine))

# %% [markdown]
# `LPS`, as in BraTS files, means that the first index increases towards the patient's Left, the second towards
# Posterior (the back of the head) and the third towards Superior. The minus signs in the first two columns are
# therefore correct.
#
# *Predict:* `plt.imshow(flair[:, :, k])` draws the first index downwards and the second one to the right. Where
# will the nose point: up, down, left or right? Write your answer between the quotes of `my_guess`, then run both
# cells. Predictions earn no points; the line with ▸ shows yours next to the result.

# %%
my_guess = "?"

# %%
flair, seg = example.modality("t2f"), example.seg()
i, j, k = np.array(seg.shape) // 2
planes = {
    "flair[:, :, k]": flair[:, :, k],
    "flair[:, j, :]": flair[:, j, :],
    "flair[i, :, :]": flair[i, :, :],
}
fig, axes = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
for ax, (name, plane) in zip(axes, planes.items()):
    ax.imshow(plane, cmap="gray")
    ax.set(title=name, xticks=[], yticks=[])
plt.close(fig)
points_to = {(0, "A"): "down", (0, "P"): "up", (1, "A"): "right", (1, "P"): "left"}  # (axis, its end) -> nose
nose = next((points_to[end] for end in enumerate(orientation(example.affine)[:2]) if end in points_to), "none")
predicted("the nose points", my_guess, nose, options=("up", "down", "left", "right"))
view.show(fig, alt="Axial, coronal and sagittal plane drawn as they are stored in the array")

# %% [markdown]
# In a file stored as LPS, a volume can be cut into **axial** (k fixed), **coronal** (j fixed) and **sagittal** (i
# fixed) slices. Drawn as they are stored, none of them is upright. From here on, all figures use the affine to draw
# the head upright.
#
# ### Gap 1 · from voxel to millimetres
#
# <details><summary>Hint</summary>Which number has to follow i, j, k so that the last column of the affine is added?
# Look at <code>np.append</code> and <code>@</code>.</details>


# %% gap="g01_voxel_to_mm"
def voxel_to_mm(voxel, affine):
    """Return the position of the centre of a voxel.

    voxel   (3,) array, indices i, j, k: integers, or floats for a point between voxels
    affine  (4, 4) array, voxel to mm; the head may be tilted. No input may be modified.
    returns (3,) array, list or tuple: x, y, z in mm (RAS+), not rounded
    """
    ### BEGIN SOLUTION
    # 1. append a 1 to the voxel                   -> (4,)
    homogeneous = np.append(voxel, 1)
    # 2. multiply by the affine, drop the last one -> (3,)
    return (affine @ homogeneous)[:3]
    ### END SOLUTION


# %% check="g01_voxel_to_mm"

# %%
voxel_to_mm = yours("g01_voxel_to_mm", voxel_to_mm)
corner, middle = np.zeros(3), (np.array(example.shape) - 1) / 2
print("voxel (0, 0, 0) lies at           ", voxel_to_mm(corner, example.affine), "mm")
print("the centre of the volume lies at  ", voxel_to_mm(middle, example.affine), "mm")

# %% [markdown]
# *Look:* in BraTS files x = 0 is not in the middle of the head: the whole image has x ≤ 0. A program that
# tests `x < 0` to find the left side answers "left" for nearly every voxel.
#
# ### Gap 2 · left or right?
#
# <details><summary>Hint</summary>Left of what? Which point of the volume can stand for the midline of the head, and
# in which unit should it be compared with your voxel? Use the function of gap 1 twice.</details>


# %% gap="g01_side_of_voxel"
def side_of_voxel(voxel, affine, shape):
    """Return the side of the patient on which a voxel lies, relative to the centre of the volume.

    The centre lies half-way between the centres of the first and of the last voxel of each axis.

    voxel   (3,) array, indices i, j, k: integers, or floats for a point between voxels
    affine  (4, 4) array, voxel to mm (RAS+); the head may be tilted. No input may be modified.
    shape   tuple (X, Y, Z) of the volume
    returns "left" or "right", spelled like this; either word if x is exactly that of the centre
    """
    ### BEGIN SOLUTION
    # 1. x of the voxel in mm
    x = (affine @ np.append(voxel, 1))[0]
    # 2. x of the centre of the volume in mm
    middle = (np.array(shape) - 1) / 2
    x_middle = (affine @ np.append(middle, 1))[0]
    # 3. compare: in which direction does x increase?
    return "left" if x < x_middle else "right"
    ### END SOLUTION


# %% check="g01_side_of_voxel"

# %%
side_of_voxel = yours("g01_side_of_voxel", side_of_voxel)
planes, masks, titles = [], [], []
for case in labelled[:4]:
    truth = case.seg()
    height = view.largest_slice(truth)
    planes.append(case.modality("t2f")[:, :, height])
    masks.append(truth[:, :, height])
    centre = [np.mean(index) for index in np.nonzero(truth)] if truth.any() else np.zeros(3)
    titles.append(f"{case.id[-9:]}: {side_of_voxel(np.array(centre), case.affine, case.shape)}")
picture = view.mosaic(planes, [case.affine for case in labelled[:4]], masks, titles)
view.show(picture, alt="FLAIR slices with labels; each title names the side of the tumour")

# %% [markdown]
# *Look:* does every title agree with the L and R in the picture? The title comes from your function, the
# letters from other code. (The title is about the centre of all tumour voxels, also where there is tumour on both
# sides.)
#
# > **Key point:** left and right are defined by the affine, not by the array or by the way it happens to be drawn.

# %% [markdown]
# ## 5 · Intensities without a unit
#
# CT values are given in Hounsfield units. MR intensities have no unit: the value of a tissue depends on the
# scanner and its settings. Besides, many voxels of a volume are not brain at all.
#
# *Predict:* what share of the voxels of a skull-stripped volume is exactly 0? And by what factor does the median
# FLAIR intensity of the brain differ between the largest and the smallest of the first five patients?

# %%
my_share, my_factor = "?", "?"

# %%
sample = cases[:5]
volumes = [case.modality("t2f") for case in sample]  # each (X, Y, Z)
medians = [np.median(volume[volume != 0]) for volume in volumes]
zeros = np.mean([np.mean(volume == 0) for volume in volumes])
predicted("share of zeros", my_share, zeros, ".0%")
print("median of the brain:", " ".join(f"{median:.0f}" for median in medians))
predicted("factor between the medians", my_factor, max(medians) / min(medians), ".1f")

# %% [markdown]
# The remedy is the **z-score**: subtract the mean, then divide by the standard deviation. But of which voxels? If
# the zeros around the brain are included, they dominate both. So the z-score is computed inside the brain only, for
# each modality separately, and the background is set to 0. Three problems of real files: the brain mask can differ
# between modalities; resampling can leave *negative* voxels inside the brain; a modality can be constant.
#
# ### Gap 3 · z-score inside the brain
#
# <details><summary>Hint</summary>How do you find the brain of one modality if some of its voxels may be negative?
# What is the z-score of a modality in which all values are equal, and how can you recognise it? A Boolean mask
# can be used as an index, and <code>np.zeros(image.shape)</code> gives an array to write into.</details>


# %% gap="g01_zscore"
def zscore_in_brain(image):
    """Scale each modality to mean 0 and standard deviation 1 inside its own brain mask.

    image   (C, ...) array, one or more modalities of one case, volumes or slices; integers or floats
            of any size and sign (a million, or a standard deviation of 1e-9), 0 outside the brain;
            must not be modified
    returns (C, ...) array of float32 or float64, not rounded, 0 outside the brain. A modality without
            brain becomes 0, and so does one that is constant in the brain. For floats compare its
            minimum and maximum: after rounding, the standard deviation of equal values may be 1e-17.
            Divide by n or by n - 1.
    """
    ### BEGIN SOLUTION
    scored = np.zeros(image.shape, dtype=np.float32)
    for c in range(len(image)):
        # 1. the brain of this modality: where it is not 0         -> (...) bool
        brain = image[c] != 0
        # 2. its voxels, and their mean and standard deviation     -> (voxels,)
        values = image[c][brain].astype(np.float64)
        # 3. leave a constant modality at 0, and one without brain
        if values.size and values.min() < values.max():
            # 4. write the z-scores into the brain; the background stays 0
            scored[c][brain] = (values - values.mean()) / values.std()
    return scored
    ### END SOLUTION


# %% check="g01_zscore"

# %%
zscore_in_brain = yours("g01_zscore", zscore_in_brain)
steps = {
    "as stored": [volume[volume != 0] for volume in volumes],
    "z-score of the whole volume": [((v - v.mean()) / v.std())[v != 0] for v in volumes],
    "z-score inside the brain": [zscore_in_brain(v[None])[0][v != 0] for v in volumes],
}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained")
for ax, (name, brains) in zip(axes, steps.items()):
    top = max(np.percentile(brain, 99.5) for brain in brains)
    bottom = min(np.percentile(brain, 0.5) for brain in brains)
    for brain in brains:
        ax.hist(brain, bins=80, range=(bottom, top), histtype="step", density=True)
    ax.set(title=name, yticks=[], xlabel="FLAIR intensity in the brain")
    ax.spines[["top", "right", "left"]].set_visible(False)
plt.close(fig)
view.show(fig, alt="FLAIR histograms of several cases: as stored, and after two kinds of z-score")

# %% [markdown]
# *Look:* in which panels do the curves overlap? What does the value 2 mean in the last panel, and why does it
# have no such meaning in the first one?
#
# <details><summary>Answer</summary>They should overlap in the second and the third panel. In the last one, 2 means "two
# standard deviations above the mean of this brain", whatever the scanner; in the first panel it is a value of one
# scanner only. In the middle panel they overlap only while all images contain about the same share of background:
# crop one image more tightly and its curve shifts.</details>
#
# > **Key point:** a z-score is only as good as the mask in which it is computed.

# %% [markdown]
# ## 6 · What do the numbers in a mask mean?
#
# A segmentation is a volume of small whole numbers, the labels. Every data set has its own table of their meanings.
# In this course the labels are always 0 background, 1 necrotic core (NCR; NCR/NET where the data set counts
# non-enhancing tumour with it), 2 oedema (ED) and 3 enhancing tumour (ET). The next cell shows what other data sets
# store, and what each label becomes here:

# %%
from brainlab.data import PROFILES
from brainlab.labels import LABELS

short = {label.value: label.short for label in LABELS}
for name in ("brats2020", "brats2023", "brats2024-gli", "msd"):
    meaning = [f"{old} = {short[new]}" for old, new in PROFILES[name].labels.items()]
    print(f"{name:14s}", "  ".join(meaning))
print("profile used for these cases:", ", ".join(sorted({case.profile for case in labelled})))

# %% [markdown]
# Label 4 is the *enhancing tumour* up to BraTS 2021, but the *resection cavity* in BraTS 2024 (no tumour, so it
# becomes background here). In the Medical Segmentation Decathlon (`msd`), labels 1 and 2 are swapped. The rule
# "replace 4 by 3" is needed for one of these four tables, and gives wrong labels in two.
#
# *Predict:* a mask of the Decathlon is read with the table of BraTS 2023. Which of the Dice scores against the
# truth fall below 1: whole tumour (WT; labels 1, 2, 3), tumour core (TC; labels 1, 3) or enhancing tumour (ET;
# label 3)? (Dice is 1 where two masks are equal, 0 where they share no voxel; section 7 uses it too.)

# %%
my_regions = "?"

# %% [markdown]
# ### Gap 4 · relabel with a table
#
# <details><summary>Hint</summary>If you replace 1 by 2 and then 2 by 1 in the same array, what happens to the
# voxels that were 1? Read from one array and write to another. A file may store 0.99999997 instead of 1;
# <code>np.rint</code> rounds.</details>


# %% gap="g01_relabel"
def relabel(seg, table):
    """Translate the labels of a segmentation.

    seg     array of any shape; whole numbers of up to six digits, possibly stored as floats (0.9999999
            for 1)
    table   dict: label in the file -> new label (0 to 3), in any order. It has an entry for 0 as well,
            and may have labels that seg lacks. No input may be modified.
    returns array of an integer type, of the same shape (axes of length 1 too)
    raises  ValueError (not KeyError) if seg holds a label that is not in the table
    """
    ### BEGIN SOLUTION
    # 1. round to whole numbers
    whole = np.rint(seg).astype(int)
    # 2. refuse labels that are not in the table, rather than guess their meaning
    unknown = set(np.unique(whole).tolist()) - set(table)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)} are not in the table {table}")
    # 3. fill a new array, one entry of the table after another
    labels = np.zeros(seg.shape, dtype=np.uint8)
    for old, new in table.items():
        labels[whole == old] = new
    return labels
    ### END SOLUTION


# %% check="g01_relabel"

# %%
from brainlab.metrics import region_scores

relabel = yours("g01_relabel", relabel)
tables = {name: {0: 0, **PROFILES[name].labels} for name in ("brats2020", "brats2023", "msd")}
print("stored as    read as      WT    TC    ET")
for stored, read in [("msd", "msd"), ("msd", "brats2023"), ("brats2020", "brats2023")]:
    as_stored = relabel(seg, {here: there for there, here in tables[stored].items()})
    try:
        dice = {region: s["dice"] for region, s in region_scores(relabel(as_stored, tables[read]), seg).items()}
        print(f"{stored:12s} {read:10s} " + "".join(f"{value:6.2f}" for value in dice.values()))
    except ValueError as error:
        print(f"{stored:12s} {read:12s} refused: {error}")
        continue
    if stored != read:
        lowered = " and ".join(region for region, value in dice.items() if value < 1) or "none"
        predicted("msd read as brats2023, below 1", my_regions, lowered, options=("WT", "TC", "ET", "none"))

# %% [markdown]
# *Look:* which of the three scores reveals the mistake? Swapped labels can hide behind perfect scores of other regions.
# An unknown label is refused, so that mistake cannot go unnoticed; a swap can. On the image it is easy to see. Here
# it is as an error map, which you will use later for the predictions of networks.

# %%
as_stored = relabel(seg, {here: there for there, here in tables["msd"].items()})
misread = relabel(as_stored, tables["brats2023"])
SliceViewer(example, pred=misread, overlay="errors")

# %% [markdown]
# *Try:* **t** shows the truth, **p** the misread labels, **e** the errors again. Which colour does the ring of the
# enhancing tumour have in each view, and why is no voxel *missed* and none a *false positive*?
#
# <details><summary>Answer</summary>The ring has the same colour in truth and prediction and none among the errors,
# because 3 means enhancing tumour in both tables. Necrotic core and oedema are swapped, so every tumour voxel is
# still labelled as tumour, only with the wrong class.</details>
#
# ### Gap 5 · overlay the labels on the image
#
# A mask is best judged on top of its image. Blending is a weighted sum for each pixel,
# `(1 - alpha) * grey + alpha * colour`, but only where there is a label.
#
# <details><summary>Hint</summary>What is <code>palette[labels]</code> if palette has one row per label? How do you
# prevent the background from being darkened by a blend with black? Use <code>np.where</code> or a mask of zeros and
# ones.</details>


# %% gap="g01_blend"
def blend(grey, labels, alpha, palette):
    """Overlay coloured labels on a slice.

    grey    (H, W) array of floats in [0, 1]
    labels  (H, W) array of integers 0 to 3; some of them may be absent
    alpha   0 (only image) to 1 (only colour)
    palette (4, 3) array: red, green, blue in [0, 1], one row per label; rows may be black, or equal.
            No input may be modified.
    returns (H, W, 3) array of floats, not rounded; pixels with label 0 keep their grey value
    """
    ### BEGIN SOLUTION
    # 1. the slice as red = green = blue                -> (H, W, 3)
    rgb = np.stack([grey, grey, grey], axis=-1)
    # 2. the opacity: alpha where there is a label      -> (H, W, 1)
    opacity = alpha * (labels > 0)[..., None]
    # 3. the weighted sum with the colour of each label -> (H, W, 3)
    return (1 - opacity) * rgb + opacity * palette[labels]
    ### END SOLUTION


# %% check="g01_blend"

# %%
from brainlab.view import PALETTE, head_box, oriented, to_grey

blend = yours("g01_blend", blend)
height = view.largest_slice(seg)
plane, mask = flair[:, :, height], seg[:, :, height]
left, right, bottom, top = head_box(oriented(plane, example.affine))
fig, axes = plt.subplots(1, 4, figsize=(9, 2.5), layout="constrained")
for ax, alpha in zip(axes, (0, 0.25, 0.5, 1)):
    rgb = blend(to_grey(plane), mask, alpha, PALETTE)
    ax.imshow(oriented(rgb, example.affine))
    ax.set(title=f"alpha = {alpha}", xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
    for side, x in (("R", 0.06), ("L", 0.94)):
        ax.text(x, 0.5, side, color="white", weight="bold", ha="center", va="center", transform=ax.transAxes)
plt.close(fig)
view.show(fig, alt="A FLAIR slice with labels at four opacities, from invisible to opaque")

# %% [markdown]
# One case proves little. Whenever you receive data, look at **random** slices of random patients:

# %%
rng = np.random.default_rng(lab.seed)
planes, affines, masks, titles = [], [], [], []
for number in rng.permutation(np.resize(np.arange(len(labelled)), 8)):
    case = labelled[number]
    truth = case.seg()
    tumour = np.flatnonzero(truth.any(axis=(0, 1)))
    z = int(rng.choice(tumour)) if tumour.size else case.shape[2] // 2
    planes.append(case.modality("t1c")[:, :, z])
    affines.append(case.affine)
    masks.append(truth[:, :, z])
    titles.append(f"{case.id[-9:]}, slice {z}")
picture = view.mosaic(planes, affines, masks, titles)
view.show(picture, alt="Random tumour slices: T1 with contrast and the labels on top of it")

# %% [markdown]
# *Look:* does the enhancing rim of the labels follow the bright rim in T1 with contrast? Which slices show tumour
# without a ring?
#
# > **Key point:** a label means nothing without its table, and both are checked on the image.

# %% [markdown]
# ## 7 · Count before you train
#
# From here on we need many single slices. A compressed `.nii.gz` file would have to be decompressed from its
# beginning for each of them. The library therefore stores every case once as uncompressed slices, cropped to the
# brain: `case.image` has shape (Z, 4, x, y) and `case.labels` has shape (Z, x, y).

# %%
from brainlab.data import cache_cases

cached = cache_cases(labelled)
print(len(cached), "cases in the cache; the first has labels of shape", cached[0].labels.shape)

# %% [markdown]
# *Predict:* what share of the voxels in these brain bounding boxes is tumour of any class? Which of the three
# classes is the rarest?

# %%
my_share, my_rarest = "?", "?"

# %% [markdown]
# ### Gap 6 · voxels per slice and class
#
# <details><summary>Hint</summary>How many columns must a row have if a class is missing from its slice? Compare
# with 0, 1, 2, 3 and sum, or give <code>np.bincount</code> a <code>minlength</code>.</details>


# %% gap="g01_label_counts"
def label_counts(labels):
    """Count the voxels of every class in every slice.

    labels  (Z, X, Y) array of integers 0 to 3, slices first, one or more; must not be modified
    returns (Z, 4) array, of integers or of floats: row z, column c: voxels of class c in slice z
    """
    ### BEGIN SOLUTION
    # 1. for each class, which voxels have it? -> (Z, X, Y) bool, four times
    # 2. sum over the two axes of the slice    -> (Z,), four times
    per_class = [(labels == c).sum(axis=(1, 2)) for c in range(4)]
    # 3. stack the classes as columns          -> (Z, 4)
    return np.stack(per_class, axis=1)
    ### END SOLUTION


# %% check="g01_label_counts"

# %%
label_counts = yours("g01_label_counts", label_counts)
counts = [label_counts(np.asarray(case.labels)) for case in cached]  # one (Z, 4) for each case
total = np.concatenate(counts).sum(axis=0)  # (4,)
predicted("tumour voxels", my_share, total[1:].sum() / total.sum(), ".1%")
predicted("rarest class", my_rarest, short[1 + int(total[1:].argmin())], options=("NCR", "ED", "ET"))
print(f"accuracy of a network that predicts background everywhere: {total[0] / total.sum():.1%}")
picture = view.label_histogram(total)
view.show(picture, alt="Voxels per label on a logarithmic axis, with the share of each label")

# %% [markdown]
# ### Gap 7 · slices without a class
#
# <details><summary>Hint</summary>Which column belongs to the class? <code>np.flatnonzero</code> returns the
# positions at which a condition holds.</details>


# %% gap="g01_slices_without"
def slices_without(counts, label):
    """Return the indices of the slices that have no voxel of a class, in ascending order.

    counts  (Z, 4) array from gap 6, one or more slices; must not be modified
    label   0 to 3
    returns (N,) array, list or tuple of integers; empty (of any type) if the class is in every slice
    """
    ### BEGIN SOLUTION
    # 1. in which rows is the column of this class 0?
    return np.flatnonzero(counts[:, label] == 0)
    ### END SOLUTION


# %% check="g01_slices_without"

# %%
slices_without = yours("g01_slices_without", slices_without)
rows = np.concatenate(counts)  # all slices of all cases
with_tumour = rows[rows[:, 1:].any(axis=1)]
print(f"{len(rows)} slices, {len(rows) - len(with_tumour)} of them without tumour")
for label in (1, 2, 3):
    share = len(slices_without(with_tumour, label)) / max(len(with_tumour), 1)
    print(f"of {len(with_tumour)} slices with tumour, {share:.0%} have no {short[label]}")
print("cases without ET:", sum(not c[:, 3].any() for c in counts))

# %% [markdown]
# *Think:* in a slice without ET, an empty prediction gives ET a Dice of 0/0. If this is counted as 1, predicting
# nothing is rewarded; if it is counted as 0, a correct prediction is punished. Always check how a paper treats
# absent classes.
#
# How large are the tumours?

# %%
volumes_cm3 = [c[:, 1:].sum() * np.prod(case.spacing) / 1000 for c, case in zip(counts, cached)]
picture = view.histogram(volumes_cm3, "whole tumour in cm³", "Tumour volume", bins=12)
view.show(picture, alt="Histogram of the volume of the whole tumour, with its median")

# %% [markdown]
# Most of the volume of a large tumour lies in its middle slices; a slice at either end contains only a few tumour
# pixels. Are such slices useful for training? Take the *true* mask A, shift it by a single voxel to get B, and
# compute for every slice the **Dice score**, the overlap relative to the mean size of the two masks:
#
# $$\mathrm{Dice}(A, B) = \frac{2\,|A \cap B|}{|A| + |B|}$$
#
# Two discs of 100 pixels that share 80 have a Dice of 2 · 80 / 200 = 0.8.
#
# *Predict:* what is the mean Dice score in slices with less than 100 mm² of tumour (a disc 11 mm in diameter)?

# %%
my_dice = "?"

# %%
from brainlab.metrics import dice as dice_score

areas, shifted_dice = [], []
for case in cached[:12]:
    for plane in np.asarray(case.labels)[::2] > 0:
        if plane.any():
            areas.append(plane.sum() * case.spacing[0] * case.spacing[1])
            shifted_dice.append(dice_score(np.roll(plane, 1, axis=0), plane))
areas, shifted_dice = np.array(areas), np.array(shifted_dice)
small, large = shifted_dice[areas < 100], shifted_dice[areas > 1000]
if small.size and large.size:
    predicted("Dice of slices below 100 mm2", my_dice, small.mean(), ".2f")
    print(f"Dice of slices above 1000 mm2: {large.mean():.2f}")
fig, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
ax.scatter(areas, shifted_dice, s=6, alpha=0.5)
ax.set(xscale="log", xlabel="whole tumour in the slice in mm²", ylabel="Dice after a shift of one voxel")
ax.spines[["top", "right"]].set_visible(False)
plt.close(fig)
view.show(fig, alt="Dice of a mask shifted by one voxel against the tumour area of the slice")

# %% [markdown]
# The same shift costs a small area much more Dice than a large one, because the border is a larger share of it. A
# Dice loss that averages over slices gives a slice at the end of the tumour as much weight as one in its middle. One
# may therefore train only on slices above a minimum area, in mm² and not in pixels, because pixels differ in size
# between files. (*Testing* uses all slices, because a patient comes with all of them.)
#
# ### Gap 8 · slices with enough tumour
#
# <details><summary>Hint</summary>What is the area of one pixel of an axial slice in mm²? Which labels make up the
# whole tumour?</details>


# %% gap="g01_select_slices"
def select_slices(labels, spacing, min_area):
    """Return the indices of the slices with at least `min_area` mm2 of whole tumour.

    labels  (Z, X, Y) array of integers 0 to 3, slices first, one or more
    spacing (3,) array, list or tuple: size of a voxel along x, y, z in mm. No input may be modified.
    returns (N,) array or list (no tuple) of integers, in ascending order, which can be used as an index
            also if it is empty (`np.array([])` holds floats, and cannot)
    """
    ### BEGIN SOLUTION
    # 1. pixels of any tumour label in each slice -> (Z,)
    pixels = (labels > 0).sum(axis=(1, 2))
    # 2. times the area of one pixel in mm2       -> (Z,)
    area = pixels * spacing[0] * spacing[1]
    # 3. the indices of the slices with enough    -> (N,)
    return np.flatnonzero(area >= min_area)
    ### END SOLUTION


# %% check="g01_select_slices"

# %%
select_slices = yours("g01_select_slices", select_slices)
print("at least   slices kept   tumour voxels kept")
for min_area in (1, 100, 300, 1000):
    kept = [select_slices(np.asarray(case.labels), case.spacing, min_area) for case in cached]
    slices = sum(len(numbers) for numbers in kept) / max(len(with_tumour), 1)
    voxels = sum(c[numbers, 1:].sum() for c, numbers in zip(counts, kept)) / max(total[1:].sum(), 1)
    print(f"{min_area:5d} mm2 {slices:12.0%} {voxels:18.1%}")

# %% [markdown]
# *Look:* how many of the slices with tumour are lost with a minimum of 300 mm², and how much tumour? What would
# 1000 mm² mean for a patient with a small tumour?
#
# ### Gap 9 · class weights
#
# Even in the remaining slices, background pixels far outnumber the others. Class weights in the loss can compensate
# for this:
#
# $$w_c = \frac{\text{all voxels}}{4 \cdot \text{voxels of class } c},\qquad w_c = 0 \text{ for a class that does not occur}$$
#
# <details><summary>Hint</summary>What are the weights if all classes are equally frequent? Over which axis do you
# sum to get one total per class? <code>np.maximum</code> can prevent a division by 0.</details>


# %% gap="g01_class_weights"
def class_weights(counts):
    """Return one weight per class, such that all classes contribute equally to a loss.

    counts  (Z, 4) array, voxels of each class in each slice, of one or more cases; must not be modified
    returns (4,) NumPy array of float32 or float64, not rounded
    """
    ### BEGIN SOLUTION
    # 1. voxels of each class, over all slices      -> (4,)
    total = counts.sum(axis=0)
    # 2. the formula, without dividing by 0         -> (4,)
    weights = total.sum() / (4 * np.maximum(total, 1))
    # 3. 0 for a class that does not occur          -> (4,)
    return np.where(total > 0, weights, 0)
    ### END SOLUTION


# %% check="g01_class_weights"

# %%
class_weights = yours("g01_class_weights", class_weights)
weights = class_weights(np.concatenate(counts))
print("weights:", "  ".join(f"{short[c]} {w:.2f}" for c, w in enumerate(weights)))
print("weight x share of voxels:", (weights * total / total.sum()).round(2))

# %% [markdown]
# *Look:* how many background voxels weigh as much as one voxel of the rarest class? Notebook 03 asks whether that
# is too much.
#
# > **Key point:** accuracy is not informative here. Which slices are used, and how each class is weighted, affects
# what a network learns.

# %% [markdown]
# ## 8 · Patients, not slices
#
# A network must be tested on data that it has not seen. Has it "not seen" a slice if the neighbouring slice was
# used for training? The next cell measures how similar slices are:

# %%
def slice_correlation(case, z, other, other_z):
    """Return the correlation of two FLAIR slices, both cropped to the smaller size around their centres."""
    planes, crops = (case.slice(z)[3], other.slice(other_z)[3]), []
    size = np.minimum(planes[0].shape, planes[1].shape)
    for plane in planes:
        x, y = (plane.shape - size) // 2
        crops.append(plane[x : x + size[0], y : y + size[1]].ravel())
    return np.corrcoef(crops)[0, 1]


case_a, case_b = cached[0], cached[-1]
z = len(case_a) // 2
step = max(1, round(1 / case_a.spacing[2]))
for distance in (1, 2, 4, 8):
    mm = distance * step * case_a.spacing[2]
    similarity = slice_correlation(case_a, z, case_a, z + distance * step)
    print(f"same patient, {mm:2.0f} mm apart: {similarity:.2f}")
similarity = slice_correlation(case_a, z, case_b, len(case_b) // 2)
print(f"another patient, middle slice: {similarity:.2f}")

# %% [markdown]
# Now consider a method that learns nothing about tumours: **nearest-neighbour copying**. For each test slice it
# finds the most similar slice of the training set and returns that slice's labels.
#
# *Predict:* what is its mean Dice for the whole tumour (a) if slices are shuffled and a fifth of them is held out,
# and (b) on the same test slices, if the other slices of the test patient are removed from the training set?

# %%
my_a, my_b = "?", "?"

# %%
from scipy.spatial.distance import cdist

from brainlab.data import SliceDataset

pixel = max(1, round(2 / cached[0].spacing[0]))  # downsample to about 2 mm: enough to compare slices
copy_cases = cached[:8]
slices = SliceDataset(copy_cases, size=112, pixel=pixel, min_area=300)
patient_of = np.array([copy_cases[number].patient for number, _ in slices.index])  # of every slice
images, masks = zip(*[slices[item] for item in range(len(slices))])
features = torch.nn.functional.avg_pool2d(torch.stack(images), 4).flatten(1).numpy()  # (N, 3136)
truths = torch.stack(masks).numpy() > 0  # (N, 112, 112)

held_out = np.random.default_rng(lab.seed).permutation(len(slices))[: len(slices) // 5]
training = np.setdiff1d(np.arange(len(slices)), held_out)
distances = cdist(features[held_out], features[training])  # (held out, training)
same_patient = patient_of[held_out][:, None] == patient_of[training]


def dice_of_copying(distances):
    """Return the mean Dice if each held-out slice gets the labels of its nearest training slice."""
    nearest = training[distances.argmin(axis=1)]
    return np.mean([dice_score(truths[a], truths[b]) for a, b in zip(nearest, held_out)])


if same_patient.all():
    print("All slices come from one patient, so there is no other patient to compare with.")
else:
    others_only = np.where(same_patient, np.inf, distances)
    predicted("(a) Dice, slices shuffled", my_a, dice_of_copying(distances), ".2f")
    predicted("(b) Dice, the patient left out", my_b, dice_of_copying(others_only), ".2f")
    print(f"patients: {len(copy_cases)}, test slices: {len(held_out)}, the same in (a) and (b)")

# %% [markdown]
# *Look:* method and test slices are the same. The only difference is whether slices of the same head were in the
# training set. Number (a) is what a study with this **data leak** reports; (b) is the better estimate for a new
# patient. A real network can do better than (b), because it also learns what tumours look like; but the leak
# can inflate its (a) too, and only a test on other patients shows by how much. Two scans of one patient leak in the
# same way.
#
# ### Gap 10 · split by patient
#
# <details><summary>Hint</summary>What should be shuffled: items or patients? Once each patient is assigned to a
# part, how do you find the part of each item? Useful: <code>sorted(set(...))</code>,
# <code>np.random.default_rng(seed).permutation</code>, <code>round</code>.</details>


# %% gap="g01_split"
def split_items(patients, val=0.2, test=0.2, seed=0):
    """Split items (slices, scans) so that no patient is in two parts.

    patients  list of str: the patient of each item, in any order; must not be modified
    val, test shares of the *patients*, above 0; their numbers are rounded to the nearest whole number
              (0.5 up or down), at least one patient each
    seed      the same seed gives the same split in every session, a different seed a different one. In
              another session a set of texts has another order, also where a sort leaves ties; `hash`
              gives other numbers and must not be used.
    returns   (train, val, test): three lists, tuples or arrays of item indices, in any order; every item
              occurs exactly once
    """
    ### BEGIN SOLUTION
    # 1. every patient once, in a fixed order
    names = sorted(set(patients))
    # 2. shuffle the patients, with a generator made from the seed
    names = np.random.default_rng(seed).permutation(names).tolist()
    # 3. how many patients go into val and into test
    n_val, n_test = max(1, round(val * len(names))), max(1, round(test * len(names)))
    groups = names[n_val + n_test :], names[:n_val], names[n_val : n_val + n_test]
    # 4. the items of the patients of each part
    return tuple([item for item, name in enumerate(patients) if name in group] for group in groups)
    ### END SOLUTION


# %% check="g01_split"

# %%
split_items = yours("g01_split", split_items)
patients = [case.patient for case, c in zip(cached, counts) for _ in c]  # of every slice
order = np.random.default_rng(lab.seed).permutation(len(patients))
cut = np.split(order, [int(0.6 * len(order)), int(0.8 * len(order))])
ways = {"slices shuffled": cut}
if len(set(patients)) >= 3:
    ways["split by patient"] = split_items(patients, seed=lab.seed)
for name, parts in ways.items():
    patients_of_part = [{patients[item] for item in part} for part in parts]
    shared = len(patients_of_part[0] & (patients_of_part[1] | patients_of_part[2]))
    print(f"{name}: {shared} of {len(set(patients))} patients are in training and in validation or test")

# %% [markdown]
# > **Key point:** a score on held-out *slices* may only reward memorised heads; held-out *patients* are needed to
# measure how well a network generalises.

# %% [markdown]
# ## 9 · Put it together
#
# One table summarises the data set. Make such a table before you train any network. The library's
# `split_by_patient`, `SliceDataset` and `class_weights` do what you have just written, and notebook 02 starts from
# them.

# %%
from brainlab.data import Split, split_by_patient

enough = len({case.patient for case in cached}) >= 3
split = split_by_patient(cached, seed=lab.seed) if enough else Split(cached, [], [])
print(f"{'part':8s}{'patients':>9s}{'slices':>8s}{'with 300 mm2':>14s}{'WT cm3 (median)':>17s}")
for name, part in zip(split._fields, split):
    patient_ids = {case.patient for case in part}
    chosen = sum((brainlab.data.tumour_area(case) >= 300).sum() for case in part)
    sizes = [case.label_counts[:, 1:].sum() * np.prod(case.spacing) / 1000 for case in part]
    median = f"{np.median(sizes):.0f}" if part else "-"
    print(f"{name:8s}{len(patient_ids):9d}{sum(map(len, part)):8d}{chosen:14d}{median:>17s}")
if not enough:
    print("Fewer than three patients have labels: all are used for training, so nothing can be tested.")

train = SliceDataset(split.train, size=112, pixel=pixel, min_area=300)
picture, target = train[0]
print("one item:", tuple(picture.shape), picture.dtype, "and", tuple(target.shape), target.dtype)
print("class weights of the training part:", brainlab.data.class_weights(split.train).numpy().round(2))

# %% [markdown]
# *Look:* does the validation part resemble the training part? With few patients, that depends on chance. Replace
# `seed=lab.seed` in the cell by other seeds to see how much the numbers change.

# %% [markdown]
# ## 10 · Break it: find the silent defects
#
# Real data sets contain defective cases. Some defects stop your program: a missing file, an incomplete download.
# **Silent** defects do not: training continues with wrong data. The next cell generates ten defective cases, each
# with one defect of a kind that occurs in real data. First, let the library search for them:

# %%
defective = make_cohort(0, spacing=2, defects=True)
found = find_cases(defective)
print("Defects found from file names, headers and lengths alone:")
for problem in found.problems:
    print(" ", problem.case_id, "·", problem.message.split("found ")[-1])

# %% [markdown]
# Five of the remaining cases are for you to diagnose. All five open without an error. The next cell shows the
# evidence. It reads the files with nibabel and without `brainlab`, so that nothing is corrected.
#
# | name of a defect | what it is |
# |---|---|
# | `mirrored_images` | the images are flipped left to right, the mask is not |
# | `shifted_segmentation` | the mask is shifted |
# | `wrong_affine` | the affine gives other directions than the voxels have |
# | `label_four` | enhancing tumour is 4, in a data set where it should be 3 |
# | `float_labels` | 1 is stored as 0.99999994 |
# | `empty_segmentation` | the mask is 0 everywhere |
# | `constant_modality` | a modality has a single value in the whole brain |
# | `missing_modality` | a file is not there |
# | `segmentation_of_other_shape` | mask and image have different shapes |
# | `truncated_file` | a file ends too early |

# %%
import nibabel as nib

suspects = (90900, 90902, 90903, 90907, 90908)
planes, affines, masks, titles = [], [], [], []
print("case   axes  shape of image   shape of mask    labels   FLAIR: min, median, max")
for number in suspects:
    folder = defective / f"BraTS-GLI-{number}-000"
    flair_file = nib.load(folder / f"{folder.name}-t2f.nii.gz")
    volume = np.asarray(flair_file.dataobj)
    mask = np.asarray(nib.load(folder / f"{folder.name}-seg.nii.gz").dataobj)
    brain = volume[volume != 0]
    axes_of_file = "".join(nib.aff2axcodes(flair_file.affine))
    labels_found = " ".join(f"{value:.8g}" for value in np.unique(mask))
    row = f"{number}  {axes_of_file}   {volume.shape}   {mask.shape}   {labels_found:8s}"
    print(row, f"{brain.min()}, {np.median(brain):.0f}, {brain.max()}")
    height = view.largest_slice(mask)
    planes.append(volume[:, :, height])
    affines.append(flair_file.affine)
    masks.append(np.clip(np.rint(mask[:, :, height]), 0, 3).astype(int))  # drawn as if valid
    titles.append(str(number))
picture = view.mosaic(planes, affines, masks, titles, columns=5, alpha=0.35)
view.show(picture, alt="FLAIR of the five suspect cases with masks, drawn with the affine of each file")

# %% [markdown]
# ### Gap 11 · name the five defects
#
# <details><summary>Hint</summary>Does the coloured region lie on the bright region? If not: is it on the other side
# of the midline, or only displaced? If it does: is the head upright? Which row of the table differs from the
# others?</details>


# %% gap="g01_diagnose"
def diagnose():
    """Return the name of the defect of each of the five cases.

    returns dict with exactly five entries: case number (a whole number, no text) -> a name from the table
            above, such as {90900: "truncated_file", ...}; capitals, spaces and hyphens in a name do not
            matter
    """
    ### BEGIN SOLUTION
    # 1. one entry per case: its number and the name of its defect
    return {
        90900: "mirrored_images",
        90902: "label_four",
        90903: "shifted_segmentation",
        90907: "constant_modality",
        90908: "wrong_affine",
    }
    ### END SOLUTION


# %% check="g01_diagnose"

# %% [markdown]
# Which of the five would the library have reported? It now reads every voxel, and reports what it corrected or
# found unusual:

# %%
for case in found:
    if any(str(number) in case.id for number in suspects):
        try:
            case.image(), case.seg()
            report = "; ".join(case.warnings) or "nothing"
        except ValueError as error:
            report = "refused: " + str(error).split("found ")[-1]
        print(f"{case.id}: {report}\n")

# %% [markdown]
# *Look:* why are three of them not reported? With mirrored images or a shifted mask each file is valid; only image
# and mask do not match. The library notices a constant modality only when it caches the case. In the figure these
# defects are visible at a glance. Always look at random overlays of a new data set.

# %% [markdown]
# ## 11 · Explain
#
# A colleague writes: "We cut the scans of 20 patients into 2 800 slices, kept those with tumour, shuffled them,
# trained on 80 % and reached a whole-tumour Dice of 0.94 on the other 20 %."
#
# In two to four sentences: why can this number not be trusted for the next patient, which experiment would show it,
# and what else in the sentence makes the result look better than it is?

# %% [markdown] explain="g01_explain"
# ### BEGIN SOLUTION
# Neighbouring slices of one head are nearly identical, and after shuffling nearly every patient has slices on both
# sides, so the network can score well by remembering heads instead of recognising tumours. Split the same slices by
# patient, train again with everything else unchanged, and compare: the drop in Dice is the effect of the leak.
# Besides, slices without tumour were left out of the test, so false positives in healthy slices cost nothing; for a
# new patient, all slices have to be segmented.
#
# *Rubric, 4 points.* For each point, two examples of answers that earn it, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: one patient is on both sides | "Shuffling slices puts slice 70 of a head into training and 71 into the test." | "The 20 % are not new patients, every one of them was trained on." |
# | 1: why that helps | "Neighbours are nearly the same picture, so it can copy the label." | "Remembering the head is enough; it need not know what a tumour is." |
# | 1: an experiment that changes only this | "Same slices and network, split by patient; see how far the Dice falls." | "Take the test patient's other slices out of training and test on the same slices." |
# | 1: another reason to doubt the number | "Without empty slices no false positive is ever counted." | "Only 20 patients, and no spread between them is given." |
#
# "Overfitting" or "more data is needed" earns no point unless the answer says to what, or why.
# ### END SOLUTION

# %% [markdown]
# ## 12 · Summary
#
# - Position, side and size come from the affine. An array alone has no anatomical orientation.
# - Intensities become comparable after a z-score inside the brain, for each modality separately.
# - A label has a meaning only together with its table. Refuse labels that are not in the table.
# - Count before you train: nearly all voxels are background, some slices lack a class, and slices with little
#   tumour have unstable Dice scores.
# - Split by patient, and look at random overlays. Silent defects raise no error.
#
# **Papers**
#
# - Menze et al. 2015, *The Multimodal Brain Tumor Image Segmentation Benchmark (BRATS)*, doi:10.1109/TMI.2014.2377694.
#   The task of the challenge, and how much radiologists disagree.
# - Bakas et al. 2017, *Advancing The Cancer Genome Atlas glioma MRI collections with expert segmentation labels and radiomic
#   features*, doi:10.1038/sdata.2017.117. The origin of the labels.
# - Bakas et al. 2018, *Identifying the Best Machine Learning Algorithms for Brain Tumor Segmentation …*, arXiv:1811.02629.
# - Baid et al. 2021, *The RSNA-ASNR-MICCAI BraTS 2021 Benchmark …*, arXiv:2107.02314. Data, preprocessing, labels.
# - Antonelli et al. 2022, *The Medical Segmentation Decathlon*, doi:10.1038/s41467-022-30695-9.
# - Isensee et al. 2021, *nnU-Net*, doi:10.1038/s41592-020-01008-z. What to normalise, and inside which mask.
# - Yagis et al. 2021, *Effect of data leakage in brain MRI classification using 2D convolutional neural networks*,
#   doi:10.1038/s41598-021-01681-w. The leak of section 8 in classification: accuracy overestimated by 29 to 55
#   percentage points.
#
# **Before you hand in**
#
# {{checklist}}
