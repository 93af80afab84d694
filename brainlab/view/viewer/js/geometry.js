// Conversion between array voxels and picture pixels. Display axes: 0 to the patient's left, 1 to the back, 2 to
// the top. `about` comes from Python (canvas.py, data/display.py): `axes` is the array axis of each display axis,
// `flipped` its direction.

const NORMAL = { sagittal: 0, coronal: 1, axial: 2 };
const VIEWS = ["axial", "coronal", "sagittal"];

const lengthOf = (about, display) => about.shape[about.axes[display]];
const sliceAxis = (about, view) => about.axes[NORMAL[view]];

function toDisplay(about, voxel) {
  return about.axes.map((axis, d) => (about.flipped[d] ? lengthOf(about, d) - 1 - voxel[axis] : voxel[axis]));
}

function toArray(about, point) {
  const voxel = [0, 0, 0];
  about.axes.forEach((axis, d) => {
    voxel[axis] = about.flipped[d] ? lengthOf(about, d) - 1 - point[d] : point[d];
  });
  return voxel;
}

// One plane of the stored volume: the offset of its first pixel, and the strides to the next column and row.
function planeOf(about, view, voxel) {
  const [X, Y, Z] = [0, 1, 2].map((d) => lengthOf(about, d));
  const [left, back, up] = about.spacing;
  const at = toDisplay(about, voxel);
  const top = (Z - 1) * X * Y;
  if (view === "axial") {
    return { columns: X, rows: Y, start: at[2] * X * Y, right: 1, down: X, mm: [left, back],
      pixel: [at[0], at[1]], voxelAt: (c, r) => toArray(about, [c, r, at[2]]) };
  }
  if (view === "coronal") {
    return { columns: X, rows: Z, start: top + at[1] * X, right: 1, down: -X * Y, mm: [left, up],
      pixel: [at[0], Z - 1 - at[2]], voxelAt: (c, r) => toArray(about, [c, at[1], Z - 1 - r]) };
  }
  return { columns: Y, rows: Z, start: top + at[0], right: X, down: -X * Y, mm: [back, up],
    pixel: [at[1], Z - 1 - at[2]], voxelAt: (c, r) => toArray(about, [at[0], c, Z - 1 - r]) };
}

function offsetOf(about, voxel) {
  const [x, y, z] = toDisplay(about, voxel);
  return (z * lengthOf(about, 1) + y) * lengthOf(about, 0) + x;
}

// The codes of a plane, row by row.
function cut(volume, plane) {
  const { columns, rows, start, right, down } = plane;
  const codes = new Uint8Array(columns * rows);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0, at = start + r * down; c < columns; c++, at += right) codes[i++] = volume[at];
  }
  return codes;
}

// Position in mm in RAS+ by the affine; null without one.
function toMillimetres(about, voxel) {
  if (!about.affine) return null;
  return [0, 1, 2].map((row) =>
    about.affine[row][3] + voxel.reduce((sum, v, axis) => sum + about.affine[row][axis] * v, 0));
}
