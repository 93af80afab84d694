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
# 1. say, for any voxel of any file, where it lies in the patient in millimetres and on which side;
# 2. bring the intensities of two scanners to one scale, and the labels of two data sets to one meaning;
# 3. count what is in a data set: voxels of each class, slices without one, sizes of tumours, and choose the slices to
#    train on;
# 4. split by patient, and show with numbers what goes wrong otherwise.
#
# **The patient.** A glioma is a tumour of the brain's own supporting cells. Before an operation the patient gets an MRI
# with four *modalities*: the same head, the same minute, four different contrasts.
#
# | modality | also called | bright | what one looks for |
# |---|---|---|---|
# | T1 | t1n | white matter, fat | anatomy; tumour and water are dark |
# | T1 + contrast | t1c, T1Gd, t1ce | where the contrast agent leaks | the **enhancing tumour (ET)**, often a ring |
# | T2 | t2w | all water | oedema and cysts, but also the ventricles |
# | FLAIR | t2f | water in tissue; free water is made dark | the **oedema (ED)** around the tumour |
#
# Inside the ring lies the **necrotic core (NCR)**: dead tissue without blood. Radiologists drew these three by hand, voxel
# by voxel. To let a network do it, in notebook 02, we first have to know what it will be fed.

# %% [markdown]
# ## 2 · Setup
#
# Run the next cell once. Without your own data it uses a synthetic cohort that is made on your machine; the cells are the
# same for real BraTS cases.

# %% setup

# %% [markdown]
# ## 3 · See it first
#
# One patient, four modalities, and where there is one the segmentation. This is all that a network will ever see. Run the cell,
# then click into the picture: that is the **slice browser** of this course.

# %%
from brainlab import view
from brainlab.view import SliceViewer


def ring(case):
    """Return how many voxels of necrosis an enhancing tumour surrounds; 0 without a segmentation."""
    seg = case.seg() if case.has_seg else np.zeros(1)
    return (seg == 1).sum() * (seg == 3).any()


first = max(lab.open(patients=3), key=ring)
SliceViewer(first)

# %% [markdown]
# *Try:* **↑ ↓** or the wheel go through the slices, **j** back to the largest tumour. **1** to **4** change the modality,
# **0** shows all side by side. **n** takes the labels off, **t** puts them on, **f** draws them as contours. **c** and **s** look
# from the front and from the side, **v** shows all three views. A click asks one voxel: its value, its place and its label. Every
# button says its key.
#
# The slice with most tumour, on one sheet:

# %%
image, labels = first.image(), first.seg()  # (4, X, Y, Z) float32, (X, Y, Z) uint8 or None
picture = view.modalities(image, first.affine, labels, title=first.id)
view.show(picture, alt="A slice in T1, T1 with contrast, T2, FLAIR, and FLAIR with labels")

# %% [markdown]
# *Look:* in which modality is the border of the oedema clearest? In which would you look for the ring? Why can T2 alone not tell
# oedema from a ventricle?
#
# <details><summary>Answers</summary>FLAIR shows the oedema, T1 with contrast the ring. T2 shows all water bright, in oedema as
# in the ventricles; FLAIR makes the free water of the ventricles dark.</details>
#
# In the picture the patient looks at you: **L**, the patient's left, is on the right. This is how radiologists
# show heads. How the program knows is the first thing to learn. Now open all the cases:

# %%
from brainlab.data import find_cases
from brainlab.synth import make_cohort

cases = lab.cases
labelled = [case for case in cases if case.has_seg]
people = {case.patient for case in cases}
print(f"{len(cases)} cases of {len(people)} patients, {len(labelled)} with a segmentation")
if not labelled:
    print("None has a segmentation: the built-in cohort stands in where labels are needed.")
    labelled = list(find_cases(make_cohort(6, spacing=2)))

# %% [markdown]
# ## 4 · Where is this voxel?
#
# A file holds two things: an array of numbers, and an **affine**, a 4 × 4 matrix. The array does not know how large
# a voxel is, nor which end is the nose. The affine does:
#
# $$\begin{pmatrix}x\\y\\z\\1\end{pmatrix} = A \begin{pmatrix}i\\j\\k\\1\end{pmatrix},\qquad
# A=\begin{pmatrix}\cdot&\cdot&\cdot&t_x\\ \cdot&\cdot&\cdot&t_y\\ \cdot&\cdot&\cdot&t_z\\0&0&0&1\end{pmatrix}$$
#
# The first three columns say where one step along i, j and k leads, in mm. The last column is where voxel (0, 0, 0) lies.
# In NIfTI x grows to the patient's **r**ight, y to the front (**a**nterior), z up (**s**uperior): *RAS+*.

# %%
from brainlab.data import orientation

# One with all classes, if there is one.
example = next((case for case in labelled if len(np.unique(case.seg())) == 4), labelled[0])
print(example.id, "· shape", example.shape, "· voxel", example.spacing, "mm")
print(example.affine)
print("its axes lead to", orientation(example.affine))

# %% [markdown]
# `LPS` reads: the first index grows towards the patient's Left, the second to Posterior (the back of the head), the third
# to Superior. So the minus signs in the first two columns are not a mistake.
#
# *Predict:* `plt.imshow(flair[:, :, k])` draws the first index downwards and the second to the right. Where will the
# nose point: up, down, left or right? Write it into `my_guess` between the quotes, then run. There are no points for
# predictions; the line that begins with ▸ keeps yours beside what came.

# %%
my_guess = "?"

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
nose = {"P": "left", "A": "right"}.get(orientation(example.affine)[1], "up or down")
predicted("the nose points", my_guess, nose)
view.show(fig, alt="Axial, coronal and sagittal plane as the array holds them, none upright")

# %% [markdown]
# The three ways to slice a volume are **axial** (k fixed), **coronal** (j fixed) and **sagittal** (i fixed). Drawn as they
# lie in memory, none is the right way up; in the first one, of a file stored LPS, the nose points to the left. From here on
# we draw with the affine.
#
# ### Gap 1 · from voxel to millimetres
#
# <details><summary>Hint</summary>What has to be put behind i, j, k so that the last column of the affine is added? Look at
# <code>np.append</code> and <code>@</code>.</details>


# %% gap="g01_voxel_to_mm"
def voxel_to_mm(voxel, affine):
    """Return where the centre of a voxel lies.

    voxel   (3,) indices i, j, k; they need not be whole numbers
    affine  (4, 4) voxel to mm
    returns (3,) x, y, z in mm (RAS+)
    """
    ### BEGIN SOLUTION
    # 1. put a 1 behind the voxel                  -> (4,)
    homogeneous = np.append(voxel, 1)
    # 2. multiply by the affine, drop the last one -> (3,)
    return (affine @ homogeneous)[:3]
    ### END SOLUTION


# %% check="g01_voxel_to_mm"

# %%
voxel_to_mm = yours("g01_voxel_to_mm", voxel_to_mm)
corner, middle = np.zeros(3), (np.array(example.shape) - 1) / 2
print("voxel (0, 0, 0) lies at     ", voxel_to_mm(corner, example.affine), "mm")
print("the middle of the volume at ", voxel_to_mm(middle, example.affine), "mm")

# %% [markdown]
# *Look:* is x = 0 in the middle of the head? In BraTS files it is not: the whole image has x ≤ 0. Who asks `x < 0` to find
# the left side gets "left" for every voxel.
#
# ### Gap 2 · left or right?
#
# <details><summary>Hint</summary>Left of what? Which point of the volume can stand for the midline of the head, and in which
# unit may you compare it with your voxel? Use the function of gap 1 twice.</details>


# %% gap="g01_side_of_voxel"
def side_of_voxel(voxel, affine, shape):
    """Return the side of the patient on which a voxel lies, seen from the middle of the volume.

    voxel   (3,) indices i, j, k
    affine  (4, 4) voxel to mm (RAS+)
    shape   (X, Y, Z) of the volume
    returns "left" or "right"
    """
    ### BEGIN SOLUTION
    # 1. x of the voxel in mm
    x = (affine @ np.append(voxel, 1))[0]
    # 2. x of the middle of the volume in mm
    middle = (np.array(shape) - 1) / 2
    x_middle = (affine @ np.append(middle, 1))[0]
    # 3. compare: where does x grow to?
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
view.show(picture, alt="FLAIR slices with labels; each title says on which side the tumour is")

# %% [markdown]
# *Look:* does every title agree with the L and R in the picture? They are computed independently.
#
# **Believe:** left and right live in the affine, not in the array and not in the picture.

# %% [markdown]
# ## 5 · Numbers without a unit
#
# A CT measures in Hounsfield units. MR intensities have no unit: the same tissue can be 300 on one scanner and 1500 on the
# next. And most of a volume is not even brain.
#
# *Predict:* which share of the voxels of a skull-stripped volume is exactly 0? And how far apart are the medians of the brain
# in FLAIR between patients: a factor of 1.1, 2, or more?

# %%
my_share, my_factor = "?", "?"

sample = cases[:5]
volumes = [case.modality("t2f") for case in sample]  # each (X, Y, Z)
medians = [np.median(volume[volume != 0]) for volume in volumes]
zeros = np.mean([np.mean(volume == 0) for volume in volumes])
predicted("share of zeros", my_share, zeros, ".0%")
print("median of the brain:", " ".join(f"{median:.0f}" for median in medians))
predicted("largest / smallest median", my_factor, max(medians) / min(medians), ".1f")

# %% [markdown]
# The remedy is a **z-score**: subtract the mean, divide by the standard deviation. Which mean? If the zeros around
# the brain take part, they *are* most of the statistics. So: inside the brain only, each modality by itself, and 0 outside.
# Three traps from real files: masks differ between modalities; resampling leaves *negative* voxels inside the brain; and
# a modality can be flat.
#
# ### Gap 3 · z-score inside the brain
#
# <details><summary>Hint</summary>How do you recognise the brain of one modality, if a voxel of it may be negative? What is the
# z-score of a modality whose standard deviation is 0? Useful: a Boolean mask as index, and
# <code>np.zeros(image.shape)</code> to write into.</details>


# %% gap="g01_zscore"
def zscore_in_brain(image):
    """Scale each modality to mean 0 and standard deviation 1 inside its own brain mask.

    image   (C, ...) modalities of one case, volumes or slices; any scale, 0 outside the brain;
            not to be changed
    returns (C, ...) float, 0 outside the brain; a modality that is flat in the brain becomes 0
    """
    ### BEGIN SOLUTION
    scored = np.zeros(image.shape, dtype=np.float32)
    for c in range(len(image)):
        # 1. the brain of this modality: where it is not 0         -> (...) bool
        brain = image[c] != 0
        # 2. the voxels in it, and their mean and std              -> (voxels,)
        values = image[c][brain].astype(np.float64)
        # 3. leave a flat modality at 0
        if values.size and values.std() > 0:
            # 4. write the z-scores into the brain; outside stays 0
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
view.show(fig, alt="FLAIR histograms of some cases: as stored, and after two kinds of z-score")

# %% [markdown]
# *Look:* in which panel do the curves lie over each other? What does the number 2 mean in the last panel, and why has it no such
# meaning in the first?
#
# <details><summary>Answer</summary>Best in the last. There 2 is "two standard deviations brighter than this brain's mean", for
# every scanner; in the first it is a number of that scanner only. The middle comes close, but only while all images hold
# equally much air: crop one tighter and its curve moves.</details>
#
# **Believe:** a z-score is as good as the mask it is computed in.

# %% [markdown]
# ## 6 · What do the numbers in a mask mean?
#
# A segmentation is a volume of small whole numbers. Every data set has its own table of what they mean. In this course
# labels are always 0 background, 1 necrotic core (NCR), 2 oedema (ED), 3 enhancing tumour (ET). Here is what
# others store, and what it becomes:

# %%
from brainlab.data import PROFILES
from brainlab.labels import LABELS

short = {label.value: label.short for label in LABELS}
for name in ("brats2020", "brats2023", "brats2024-gli", "msd"):
    meaning = [f"{old} = {short[new]}" for old, new in PROFILES[name].labels.items()]
    print(f"{name:14s}", "  ".join(meaning))
print("these cases are read as:", ", ".join(sorted({case.profile for case in labelled})))

# %% [markdown]
# The number 4 is the *enhancing tumour* until 2021, and the *cavity that the surgeon left* in 2024 (no tumour, so background
# here). In the Medical Segmentation Decathlon (`msd`) 1 and 2 are exchanged. "Replace 4 by 3" is
# right for one of these four tables.
#
# *Predict:* you read a mask of the Decathlon with the table of BraTS 2023. Which Dice scores against the truth fall below 1:
# whole tumour (1, 2, 3), tumour core (1, 3), enhancing tumour (3)?
#
# ### Gap 4 · relabel by a table
#
# <details><summary>Hint</summary>If you turn 1 into 2 and then 2 into 1 in the same array, where do the first ones go? Read from one
# array and write to another. A file may hold 0.99999997 for 1: <code>np.rint</code>.</details>


# %% gap="g01_relabel"
def relabel(seg, table):
    """Translate the numbers of a segmentation.

    seg     any shape, whole numbers, perhaps stored as floats; not to be changed
    table   dict: the file's number -> the label here, 0 included
    returns whole numbers, of the same shape
    raises  ValueError if seg holds a number that is not in the table
    """
    ### BEGIN SOLUTION
    # 1. round to whole numbers
    whole = np.rint(seg).astype(int)
    # 2. refuse what the table does not know: nobody should guess
    unknown = set(np.unique(whole).tolist()) - set(table)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)} are not in the table {table}")
    # 3. fill a new array, one entry of the table after the other
    labels = np.zeros(seg.shape, dtype=np.uint8)
    for old, new in table.items():
        labels[whole == old] = new
    return labels
    ### END SOLUTION


# %% check="g01_relabel"

# %%
from brainlab.metrics import region_scores

relabel = yours("g01_relabel", relabel)
my_regions = "?"

tables = {name: {0: 0, **PROFILES[name].labels} for name in ("brats2020", "brats2023", "msd")}
print("stored as    read as      WT    TC    ET")
for stored, read in [("msd", "msd"), ("msd", "brats2023"), ("brats2020", "brats2023")]:
    as_stored = relabel(seg, {here: there for there, here in tables[stored].items()})
    try:
        scores = region_scores(relabel(as_stored, tables[read]), seg)
        told = "".join(f"{score['dice']:6.2f}" for score in scores.values())
        print(f"{stored:12s} {read:10s} {told}")
    except ValueError as error:
        print(f"{stored:12s} {read:12s} refused: {error}")
predicted("msd read as brats2023, below 1", my_regions, "TC")

# %% [markdown]
# *Look:* whole tumour and enhancing tumour stay at 1.00, only the core tells. An exchange of labels hides behind a perfect
# whole-tumour score; a table that refuses what it does not know cannot fool you. On the image nobody would overlook it: here is
# the same mistake as a map of errors, as you will later see those of a network.

# %%
as_stored = relabel(seg, {here: there for there, here in tables["msd"].items()})
misread = relabel(as_stored, tables["brats2023"])
SliceViewer(example, pred=misread, overlay="errors")

# %% [markdown]
# *Try:* **t** shows the truth, **p** the other reading, **e** the errors again. Which colour is the ring of the enhancing tumour in
# each, and why is nothing *missed* and nothing *false*?
#
# <details><summary>Answer</summary>The ring keeps its colour and is no error: 3 means 3 in both tables. Core and oedema change
# places, so every voxel of tumour is still called tumour, only by the wrong name.</details>
#
# ### Gap 5 · lay the labels over the image
#
# A mask is best judged on its image. Blending is a weighted sum, pixel by pixel: `(1 - alpha) * grey + alpha * colour`,
# but only where there is a label.
#
# <details><summary>Hint</summary>What is <code>palette[labels]</code>, if palette has one row for each label? How do you keep the
# background from being darkened by black? <code>np.where</code> or a mask of zeros and ones.</details>


# %% gap="g01_blend"
def blend(grey, labels, alpha, palette):
    """Lay colours over a slice.

    grey    (H, W) in [0, 1]                labels  (H, W) whole numbers 0 to 3
    alpha   0 (only image) to 1 (only colour)
    palette (4, 3) red, green, blue in [0, 1], one row for each label
    returns (H, W, 3); pixels with label 0 keep their grey
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
    ax.text(0.02, 0.5, "R", color="white", transform=ax.transAxes)
    ax.text(0.92, 0.5, "L", color="white", transform=ax.transAxes)
plt.close(fig)
view.show(fig, alt="A FLAIR slice with labels at four opacities, from invisible to opaque")

# %% [markdown]
# Never trust one case. Look at **random** slices of random patients, each time you get data:

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
view.show(picture, alt="Random tumour slices: T1 with contrast and the labels over it")

# %% [markdown]
# *Look:* does the enhancing rim of the label follow the bright rim in T1 + contrast? Is there a tumour without a ring?
#
# **Believe:** a label is a number *and* a table, and both are judged on the image.

# %% [markdown]
# ## 7 · Count before you train
#
# From here on we need thousands of slices. A `.nii.gz` must be inflated from its start for each of them, so the library
# stores every case once as slices, cropped to the brain: `case.image` is (Z, 4, x, y), `case.labels` (Z, x, y).

# %%
from brainlab.data import cache_cases

cached = cache_cases(labelled)
print(len(cached), "cases in the cache; the first has labels of shape", cached[0].labels.shape)

# %% [markdown]
# *Predict:* which share of the voxels in these brain boxes is tumour of any kind? Which of the three classes is the rarest?

# %%
my_share, my_rarest = "?", "?"

# %% [markdown]
# ### Gap 6 · voxels per slice and class
#
# <details><summary>Hint</summary>How many columns must a row have if a class is missing from its slice? Compare with 0, 1, 2, 3
# and sum, or give <code>np.bincount</code> a <code>minlength</code>.</details>


# %% gap="g01_label_counts"
def label_counts(labels):
    """Count the voxels of every class in every slice.

    labels  (Z, X, Y) whole numbers 0 to 3, slices first
    returns (Z, 4): row z, column c: voxels of class c in slice z
    """
    ### BEGIN SOLUTION
    # 1. for each class, where is it?        -> (Z, X, Y) bool, four times
    # 2. sum over the two axes of the slice  -> (Z,), four times
    per_class = [(labels == c).sum(axis=(1, 2)) for c in range(4)]
    # 3. classes side by side                -> (Z, 4)
    return np.stack(per_class, axis=1)
    ### END SOLUTION


# %% check="g01_label_counts"

# %%
label_counts = yours("g01_label_counts", label_counts)
counts = [label_counts(np.asarray(case.labels)) for case in cached]  # one (Z, 4) for each case
total = np.concatenate(counts).sum(axis=0)  # (4,)
predicted("tumour voxels", my_share, total[1:].sum() / total.sum(), ".1%")
predicted("rarest class", my_rarest, short[1 + int(total[1:].argmin())])
print(f"accuracy of a network that always says 'background': {total[0] / total.sum():.1%}")
picture = view.label_histogram(total)
view.show(picture, alt="Voxels of each label on a logarithmic axis: nearly all are background")

# %% [markdown]
# ### Gap 7 · slices without a class
#
# <details><summary>Hint</summary>Which column belongs to the class? <code>np.flatnonzero</code> turns a condition into
# numbers.</details>


# %% gap="g01_slices_without"
def slices_without(counts, label):
    """Return the numbers of the slices that have no voxel of a class, in rising order.

    counts  (Z, 4) from gap 6           label  0 to 3
    returns (N,) whole numbers; empty if the class is in every slice
    """
    ### BEGIN SOLUTION
    # 1. where is the column of this class 0?
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
print("cases without any ET:", sum(not c[:, 3].any() for c in counts))

# %% [markdown]
# *Think:* a slice without ET has a Dice of 0/0 for ET. Whoever sets it to 1 rewards doing nothing, whoever sets it to 0 punishes
# being right. So always read how a paper treats the empty class.
#
# How large are the tumours?

# %%
volumes_cm3 = [c[:, 1:].sum() * np.prod(case.spacing) / 1000 for c, case in zip(counts, cached)]
picture = view.histogram(volumes_cm3, "whole tumour in cm³", "Tumour volume", bins=12)
view.show(picture, alt="Histogram of the volume of the whole tumour, with its median")

# %% [markdown]
# Nearly all of a large tumour lies in its middle slices. At its two ends a slice holds a few pixels of it. Do such slices teach
# well? Take the *true* mask, move it by a single voxel, and compute the Dice score between the two, slice by slice.
#
# *Predict:* the Dice score that is left in slices of less than 100 mm² of tumour (a spot of 11 mm).

# %%
my_dice = "?"

from brainlab.metrics import dice as dice_score

areas, left_over = [], []
for case in cached[:12]:
    for plane in np.asarray(case.labels)[::2] > 0:
        if plane.any():
            areas.append(plane.sum() * case.spacing[0] * case.spacing[1])
            left_over.append(dice_score(np.roll(plane, 1, axis=0), plane))
areas, left_over = np.array(areas), np.array(left_over)
small, large = left_over[areas < 100], left_over[areas > 1000]
if small.size and large.size:
    predicted("Dice of slices below 100 mm2", my_dice, small.mean(), ".2f")
    print(f"Dice of slices above 1000 mm2: {large.mean():.2f}")
fig, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
ax.scatter(areas, left_over, s=6, alpha=0.5)
ax.set(xscale="log", xlabel="whole tumour in the slice in mm²", ylabel="Dice, moved one voxel")
ax.spines[["top", "right"]].set_visible(False)
plt.close(fig)
view.show(fig, alt="Dice of a mask moved one voxel: high for large areas, low for small")

# %% [markdown]
# An error of one voxel is nothing in a large slice and a catastrophe in a small one. A loss that averages over slices then
# listens to the ends, where even radiologists disagree. So one trains on slices with a smallest area, in mm², not in
# pixels: a pixel is not the same size in every file. (One *tests* on all slices: a patient comes with all of them.)
#
# ### Gap 8 · slices with enough tumour
#
# <details><summary>Hint</summary>How many mm² has one pixel of an axial slice? Which labels make the whole tumour?</details>


# %% gap="g01_select_slices"
def select_slices(labels, spacing, min_area):
    """Return the numbers of the slices with at least `min_area` mm2 of whole tumour.

    labels  (Z, X, Y) whole numbers 0 to 3, slices first
    spacing (3,) size of a voxel along x, y, z in mm
    returns (N,) whole numbers, in rising order
    """
    ### BEGIN SOLUTION
    # 1. pixels of any tumour label in each slice -> (Z,)
    pixels = (labels > 0).sum(axis=(1, 2))
    # 2. times the area of one pixel in mm2       -> (Z,)
    area = pixels * spacing[0] * spacing[1]
    # 3. the numbers of those with enough         -> (N,)
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
# *Look:* how many slices does 300 mm² cost, and how much tumour? What would 1000 mm² do to a patient with a small tumour?
#
# ### Gap 9 · class weights
#
# Even in the slices that stay, background outnumbers the rest. A weight for each class in the loss can balance that:
#
# $$w_c = \frac{\text{all voxels}}{4 \cdot \text{voxels of class } c},\qquad w_c = 0 \text{ for a class that does not occur}$$
#
# <details><summary>Hint</summary>What are the weights if all classes are equally frequent? Over which axis do slices become one total?
# A division by 0 can be avoided with <code>np.maximum</code>.</details>


# %% gap="g01_class_weights"
def class_weights(counts):
    """Return one weight for each class, so that all classes weigh the same in a loss.

    counts  (Z, 4) voxels of each class in each slice, of one case or of many
    returns (4,) float
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
print("weight x voxels / all:", (weights * total / total.sum()).round(2))

# %% [markdown]
# *Look:* a voxel of the rarest class weighs as much as how many of background? Notebook 03 asks whether that is too much.
#
# **Believe:** accuracy says nothing here; what is counted, where, and in which unit decides what is learnt.

# %% [markdown]
# ## 8 · Patients, not slices
#
# A network is tested on cases that it has not seen. Is the slice next to a training slice "not seen"? Measure how
# alike slices are:

# %%
def alike(case, z, other, other_z):
    """Return the correlation of two FLAIR slices, after cutting both to the smaller size."""
    a, b = case.slice(z)[3], other.slice(other_z)[3]
    x, y = np.minimum(a.shape, b.shape)
    return np.corrcoef(a[:x, :y].ravel(), b[:x, :y].ravel())[0, 1]


one, another = cached[0], cached[-1]
z = len(one) // 2
step = max(1, round(1 / one.spacing[2]))
for distance in (1, 2, 4, 8):
    mm, near = distance * step * one.spacing[2], alike(one, z, one, z + distance * step)
    print(f"same patient, {mm:2.0f} mm apart: {near:.2f}")
print(f"another patient, same height: {alike(one, z, another, len(another) // 2):.2f}")

# %% [markdown]
# Now a "network" that learns nothing at all. Its only skill is **memory**: for a test slice it looks up the most
# similar slice of the training set, and copies that slice's labels.
#
# *Predict:* its mean Dice for the whole tumour, if (a) slices are shuffled and a fifth is held out, and (b) on the same test
# slices, if the test patient's own slices are taken out of its memory.

# %%
my_a, my_b = "?", "?"

from scipy.spatial.distance import cdist

from brainlab.data import SliceDataset

pixel = max(1, round(2 / cached[0].spacing[0]))  # pixels of 2 mm: enough to recognise a slice
memory_cases = cached[:8]
slices = SliceDataset(memory_cases, size=112, pixel=pixel, min_area=300)
owner = np.array([memory_cases[number].patient for number, _ in slices.index])  # of every slice
images, masks = zip(*[slices[item] for item in range(len(slices))])
looks = torch.nn.functional.avg_pool2d(torch.stack(images), 4).flatten(1).numpy()  # (N, 3136)
truths = torch.stack(masks).numpy() > 0  # (N, 112, 112)

held_out = np.random.default_rng(lab.seed).permutation(len(slices))[: len(slices) // 5]
memory = np.setdiff1d(np.arange(len(slices)), held_out)
distances = cdist(looks[held_out], looks[memory])  # (test, memory)
same_patient = owner[held_out][:, None] == owner[memory]


def dice_of_memory(distances):
    """Return the mean Dice of copying the labels of the nearest slice."""
    nearest = memory[distances.argmin(axis=1)]
    return np.mean([dice_score(truths[a], truths[b]) for a, b in zip(nearest, held_out)])


if same_patient.all():
    print("All slices are of one patient: there is nobody else to compare with.")
else:
    others_only = np.where(same_patient, np.inf, distances)
    predicted("(a) Dice, slices shuffled", my_a, dice_of_memory(distances), ".2f")
    predicted("(b) Dice, the patient left out", my_b, dice_of_memory(others_only), ".2f")
    print(f"patients: {len(memory_cases)}, test slices: {len(held_out)}, the same in (a) and (b)")

# %% [markdown]
# *Look:* the same method, the same test slices. What differs is only whether slices of the same head were in its memory.
# Number (a) is what a paper with this **leak** reports; (b) is what the next patient gets. A real network does better
# than (b), because it also learns what tumours look like; but its (a) is raised by memory too, and nobody can tell by how much.
# The same holds for two visits of one patient.
#
# ### Gap 10 · split by patient
#
# <details><summary>Hint</summary>What should you shuffle: items, or names? When you know the part of each patient, how do you get the
# part of each item? Useful: <code>sorted(set(...))</code>, <code>np.random.default_rng(seed).permutation</code>,
# <code>round</code>.</details>


# %% gap="g01_split"
def split_items(patients, val=0.2, test=0.2, seed=0):
    """Split items (slices, visits) so that no patient is in two parts.

    patients  list of str: the patient of each item
    val, test shares of the *patients*, rounded, at least one patient each
    seed      the same seed gives the same split, another seed another one
    returns   (train, val, test): three lists of item numbers, together every item once
    """
    ### BEGIN SOLUTION
    # 1. every patient once, in a fixed order
    names = sorted(set(patients))
    # 2. shuffle them, with a generator made from the seed
    names = np.random.default_rng(seed).permutation(names).tolist()
    # 3. how many patients go to val and to test
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
    people = [{patients[item] for item in part} for part in parts]
    shared = len(people[0] & (people[1] | people[2]))
    print(f"{name}: {shared} of {len(set(patients))} patients are on both sides")

# %% [markdown]
# **Believe:** a score on held-out *slices* measures memory; only held-out *patients* measure skill.

# %% [markdown]
# ## 9 · Put it together
#
# All of the above in one card, the thing to write before any network is trained. The library's `split_by_patient`,
# `SliceDataset` and `class_weights` do what you have just written, and notebook 02 starts from here.

# %%
from brainlab import data as library
from brainlab.data import Split, split_by_patient

enough = len({case.patient for case in cached}) >= 3
split = split_by_patient(cached, seed=lab.seed) if enough else Split(cached, [], [])
print(f"{'part':8s}{'patients':>9s}{'slices':>8s}{'with 300 mm2':>14s}{'WT cm3 (median)':>17s}")
for name, part in zip(split._fields, split):
    people = {case.patient for case in part}
    chosen = sum((library.tumour_area(case) >= 300).sum() for case in part)
    sizes = [case.label_counts[:, 1:].sum() * np.prod(case.spacing) / 1000 for case in part]
    median = f"{np.median(sizes):.0f}" if part else "-"
    print(f"{name:8s}{len(people):9d}{sum(map(len, part)):8d}{chosen:14d}{median:>17s}")
if not enough:
    print("Fewer than three patients with labels: all of them train, and nothing can be measured.")

train = SliceDataset(split.train, size=112, pixel=pixel, min_area=300)
picture, target = train[0]
print("one item:", tuple(picture.shape), picture.dtype, "and", tuple(target.shape), target.dtype)
print("class weights of the training part:", library.class_weights(split.train).numpy().round(2))

# %% [markdown]
# *Look:* is the validation part like the training part? With few patients a single large tumour shifts everything. A second seed
# shows how much.

# %% [markdown]
# ## 10 · Break it: the hunt for quiet defects
#
# Real data sets are full of broken cases. The loud ones stop your program: a missing file, a download that was cut. The
# **quiet** ones train on. The next cell makes ten defective cases, each with one defect that was met in published
# data. First, let the library look:

# %%
ward = make_cohort(0, spacing=2, defects=True)
found = find_cases(ward)
print("The loud ones, found from names and headers alone:")
for problem in found.problems:
    print(" ", problem.case_id, "·", problem.message.split("found ")[-1])

# %% [markdown]
# Five of the others are yours. Nothing stops when you open them. Below is the evidence; `brainlab` stays out of it and
# shows the files as they are.
#
# | name of a defect | what it is |
# |---|---|
# | `mirrored_images` | the images are flipped left to right, the mask is not |
# | `shifted_segmentation` | the mask was moved |
# | `wrong_affine` | the affine says other directions than the voxels have |
# | `label_four` | enhancing tumour is 4, in a data set where it should be 3 |
# | `float_labels` | 1 is stored as 0.99999994 |
# | `empty_segmentation` | the mask is 0 everywhere |
# | `constant_modality` | a modality has one value in the whole brain |
# | `missing_modality` | a file is not there |
# | `segmentation_of_other_shape` | mask and image have different shapes |
# | `truncated_file` | a file ends too early |

# %%
import nibabel as nib

suspects = (90900, 90902, 90903, 90907, 90908)
planes, affines, masks, titles = [], [], [], []
print("case   axes  shape of image   shape of mask    labels   FLAIR: min, median, max")
for number in suspects:
    folder = ward / f"BraTS-GLI-{number}-000"
    flair_file = nib.load(folder / f"{folder.name}-t2f.nii.gz")
    volume = np.asarray(flair_file.dataobj)
    mask = np.asarray(nib.load(folder / f"{folder.name}-seg.nii.gz").dataobj)
    brain = volume[volume != 0]
    axes_of_file = "".join(nib.aff2axcodes(flair_file.affine))
    told = " ".join(f"{value:.8g}" for value in np.unique(mask))
    row = f"{number}  {axes_of_file}   {volume.shape}   {mask.shape}   {told:8s}"
    print(row, f"{brain.min()}, {np.median(brain):.0f}, {brain.max()}")
    height = view.largest_slice(mask)
    planes.append(volume[:, :, height])
    affines.append(flair_file.affine)
    masks.append(np.clip(np.rint(mask[:, :, height]), 0, 3).astype(int))  # drawn as if sound
    titles.append(str(number))
picture = view.mosaic(planes, affines, masks, titles, columns=5, alpha=0.35)
view.show(picture, alt="FLAIR of the five suspects with masks, drawn by each file's affine")

# %% [markdown]
# ### Gap 11 · name the five
#
# <details><summary>Hint</summary>Does the coloured area lie on the bright area? If not: on the other side of the midline, or just
# elsewhere? If it does: is the head itself the right way up? Which row of the table is unlike the others?</details>


# %% gap="g01_diagnose"
def diagnose():
    """Return the name of the defect of each of the five cases.

    returns dict: case number -> a name from the list above, as {90900: "truncated_file", ...}
    """
    ### BEGIN SOLUTION
    # 1. one entry for each case: number and name
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
# Which of the five would the library have told you about? It reads every voxel now, and says what it repaired or found odd:

# %%
for case in found:
    if any(str(number) in case.id for number in suspects):
        try:
            case.image(), case.seg()
            said = "; ".join(case.warnings) or "nothing"
        except ValueError as error:
            said = "refused: " + str(error).split("found ")[-1]
        print(f"{case.id}: {said}\n")

# %% [markdown]
# *Look:* a mirrored or a moved mask passes: every file is sound by itself, only image and mask do not fit. Your eyes saw it
# in a second. This is why one looks at random overlays every time.

# %% [markdown]
# ## 11 · Explain
#
# A colleague writes: "We cut the scans of 20 patients into 2 800 slices, kept those with tumour, shuffled them, trained on
# 80 % and reached a whole-tumour Dice of 0.94 on the other 20 %."
#
# In two to four sentences: why can this number not be trusted for the next patient, which experiment would show it, and what
# else in the sentence makes the number look better than it is?

# %% [markdown] explain="g01_explain"
# ### BEGIN SOLUTION
# Neighbouring slices of one head are nearly the same image, and after shuffling nearly every patient has slices on both
# sides, so the network can score by remembering heads instead of recognising tumours. Split the same slices by patient,
# train again with everything else unchanged, and compare: the drop is the leak. Besides, slices without tumour were left out of
# the test, so false alarms in healthy slices cost nothing; a new patient comes with all slices.
#
# *Rubric, 4 points.* Two answers that earn each point, in students' words:
#
# | point | for example | or |
# |---|---|---|
# | 1: one patient is on both sides | "Shuffling slices puts slice 70 of a head into training and 71 into the test." | "The 20 % are not new patients, every one of them was trained on." |
# | 1: why that helps | "Neighbours are nearly the same picture, so it can copy the label." | "Memory of the head is enough; it need not know what a tumour is." |
# | 1: an experiment that changes only this | "Same slices and network, split by patient; see how far the Dice falls." | "Take the test patient's other slices out of training and test on the same slices." |
# | 1: another reason to doubt the number | "Without empty slices no false alarm is ever counted." | "20 patients from one place, and no spread between them is given." |
#
# No point for "overfitting" or "more data is needed" without saying to what, or why.
# ### END SOLUTION

# %% [markdown]
# ## 12 · Summary
#
# - Position, side and size come from the affine. An array alone is not a head.
# - Intensities mean something after a z-score inside the brain, per modality.
# - A label is a number and a table. Refuse what the table does not know.
# - Count first: nearly everything is background, some slices lack a class, and small ends shout loudest.
# - Split by patient. Look at random overlays. Quiet defects stop no program.
#
# **Papers**
#
# - Menze et al. 2015, *The Multimodal Brain Tumor Image Segmentation Benchmark (BRATS)*, doi:10.1109/TMI.2014.2377694.
#   What the challenge asks, and how much radiologists differ.
# - Bakas et al. 2017, *Advancing The Cancer Genome Atlas glioma MRI collections with expert segmentation labels and radiomic
#   features*, doi:10.1038/sdata.2017.117. Where the labels come from.
# - Bakas et al. 2018, *Identifying the Best Machine Learning Algorithms for Brain Tumor Segmentation …*, arXiv:1811.02629.
# - Baid et al. 2021, *The RSNA-ASNR-MICCAI BraTS 2021 Benchmark …*, arXiv:2107.02314. Data, preprocessing, labels.
# - Antonelli et al. 2022, *The Medical Segmentation Decathlon*, doi:10.1038/s41467-022-30695-9.
# - Isensee et al. 2021, *nnU-Net*, doi:10.1038/s41592-020-01008-z. What to normalise, and inside which mask.
# - Yagis et al. 2021, *Effect of data leakage in brain MRI classification using 2D convolutional neural networks*,
#   doi:10.1038/s41598-021-01681-w. The leak of section 8 in classification: 30 to 55 points of accuracy too many.
#
# **Before you hand in**
#
# {{checklist}}
