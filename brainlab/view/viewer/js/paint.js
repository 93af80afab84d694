// A plane as pixels: grey by window and level, then the overlays. Must match paint.py.

const rgbOf = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Grey value of each of the 256 codes of a part. Window and level are shares of the default range of `whole`: the
// part itself, or the image that it is compared with.
function greyTable(part, window, level, whole = part) {
  const range = whole.white - whole.black;
  const black = whole.black + (level - window / 2) * range;
  const table = new Uint8ClampedArray(256); // code 0 is outside the head: black
  for (let code = 1; code < 256; code++) {
    table[code] = (255 * (part.offset + part.step * (code - 1) - black)) / Math.max(window * range, 1e-6);
  }
  return table;
}

// Whether the pixel has a 4-neighbour of another code, or lies at the border of the picture.
function isEdge(codes, i, columns, rows) {
  const column = i % columns, code = codes[i];
  return column === 0 || column === columns - 1 || i < columns || i >= columns * (rows - 1) ||
    codes[i - 1] !== code || codes[i + 1] !== code || codes[i - columns] !== code || codes[i + columns] !== code;
}

// 0 where truth and prediction agree, 1 missed, 2 false positive, 3 wrong class.
function errorCodes(truth, prediction, shown) {
  return truth.map((t, i) => {
    const p = prediction[i];
    if (t === p || !(shown[t] || shown[p])) return 0;
    return p === 0 ? 1 : t === 0 ? 2 : 3;
  });
}

// Layers from the lowest to the highest: {codes, colours, opacity, contour}. Code 0 is transparent.
function layersOf(about, labels, plane, { overlay, shown, alpha, contour }) {
  const colours = about.labels.map((label) => rgbOf(label.colour));
  const line = Math.min(1, 2 * alpha), opacity = contour ? line : alpha;
  const seen = (name) => cut(labels[name], plane).map((code) => (shown[code] ? code : 0));
  const layer = (name, o, c) => ({ codes: seen(name), colours, opacity: o, contour: c });
  if (overlay === "errors" && labels.truth && labels.prediction) {
    const codes = errorCodes(cut(labels.truth, plane), cut(labels.prediction, plane), shown);
    return [{ codes, colours: about.errors.map((e) => rgbOf(e.colour)), opacity, contour }];
  }
  if (overlay === "both" && labels.truth && labels.prediction) {
    return [layer("truth", alpha, false), layer("prediction", line, true)];
  }
  return labels[overlay] ? [layer(overlay, opacity, contour)] : [];
}

// Paint codes into RGBA bytes. `after`: {codes, table, column}, a second image from that column on.
function paint(data, plane, codes, table, layers, after) {
  const { columns, rows } = plane;
  for (let i = 0; i < codes.length; i++) {
    const second = after && i % columns >= after.column;
    const grey = second ? after.table[after.codes[i]] : table[codes[i]];
    data[4 * i] = data[4 * i + 1] = data[4 * i + 2] = grey;
    data[4 * i + 3] = 255;
  }
  for (const layer of layers) {
    for (let i = 0; i < codes.length; i++) {
      const code = layer.codes[i];
      if (!code || (layer.contour && !isEdge(layer.codes, i, columns, rows))) continue;
      for (let k = 0; k < 3; k++) {
        data[4 * i + k] += (layer.colours[code][k] - data[4 * i + k]) * layer.opacity;
      }
    }
  }
}
