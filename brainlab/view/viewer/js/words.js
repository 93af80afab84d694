// What is shown as text: for the line below the picture and for screen readers.

const number = (value) => {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
};

const signed = (value) => value.toFixed(1).replace("-0.0", "0.0").replace("-", "\u2212");

// Which side of the patient, from the middle of the head: x = 0 may lie anywhere, in BraTS at the volume's edge.
function sideInWords(about, mm) {
  const across = mm[0] - toMillimetres(about, about.middle)[0];
  return Math.abs(across) < 1 ? "midline" : across < 0 ? "left" : "right";
}

function placeInWords(about, voxel) {
  const mm = toMillimetres(about, voxel);
  const where = `voxel ${voxel.join(", ")}`;
  if (!mm) return where;
  const [x, y, z] = mm.map(signed);
  return `${sideInWords(about, mm)} · x ${x}  y ${y}  z ${z} mm (RAS+) · ${where}`;
}

function labelsAt(about, store, offset) {
  return Object.entries(store.labels)
    .map(([name, codes]) => `${name}: ${about.labels[codes[offset]].name}`)
    .join(" · ");
}

function valuesAt(about, store, names, voxel, offset) {
  const titles = Object.fromEntries(about.modalities.map((m) => [m.name, m.title]));
  return names
    .map((name) => {
      const found = store.value(name, voxel, offset);
      const [modality, second] = name.split("/");
      const title = titles[modality] + (about.after ? `, ${about.captions[second ? 1 : 0]}` : "");
      return found ? `${title} ${found.exact ? "" : "≈ "}${number(found.value)}` : `${title} …`;
    })
    .join(" · ");
}

// The area of each label in one slice, and its volume in the case.
function labelsInWords(about, view, index) {
  const sizes = [0, 1, 2].filter((d) => d !== NORMAL[view]).map((d) => about.spacing[d]);
  const area = (sizes[0] * sizes[1]) / 100; // cm2 of a pixel
  return Object.keys(about.counts).map((name) => {
    const areas = about.labels.slice(1).map((label, k) => {
      const here = about.counts[name][view][k + 1][index] * area;
      return `${label.name} ${here.toFixed(1)} cm² in this slice, ${about.volumes[name][k + 1].toFixed(1)} cm³ in total`;
    });
    return `${name}: ${areas.join("; ")}`;
  }).join(". ");
}

function sliceInWords(about, view, voxel) {
  const axis = sliceAxis(about, view);
  const mm = toMillimetres(about, voxel);
  const d = NORMAL[view];
  const place = mm ? `, ${"xyz"[d]} ${signed(mm[d])} mm${d ? "" : `, ${sideInWords(about, mm)}`}` : "";
  return `${view} slice ${voxel[axis]} of 0 to ${about.shape[axis] - 1}${place}`;
}
