"""The trainings of the notebooks: `segmentation` (02 and 03), `images` (03), `superres` (04)."""
