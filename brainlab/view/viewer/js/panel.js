// One picture: a canvas with one pixel per voxel, scaled to true proportions, with marks, crosshair and wipe.

const LONGEST = 440; // CSS pixels of the longest side of the head
const LONGEST_OF_MANY = 230;

// Shows one modality `name` in the current view, or the current modality in one `view`.
function makePanel(about, { name, view, title }) {
  const canvas = h("canvas", { class: "bl-canvas", ...(view ? { "data-view": view } : { "data-modality": name }) });
  const marks = ["left", "right", "top", "bottom"].map((side) => h("span", { class: `bl-mark bl-${side}` }));
  const lines = [h("div", { class: "bl-line bl-across" }), h("div", { class: "bl-line bl-along" })];
  const wipe = h("div", { class: "bl-wipe" }, ...about.captions.map((text) => h("span", {}, text)));
  const caption = h("figcaption", {}, title);
  const inner = h("div", { class: "bl-inner" }, canvas, ...lines, wipe);
  const frame = h("div", { class: "bl-frame" }, inner, ...marks);
  const element = h("figure", { class: "bl-panel" }, frame, caption);
  const pen = canvas.getContext("2d");
  const [left, back, up] = about.spacing;
  const extent = Math.max(...VIEWS.map((view) => {
    const [top, bottom, first, last] = about.boxes[view];
    return Math.max((bottom - top) * (view === "axial" ? back : up), (last - first) * (view === "sagittal" ? back : left));
  }));

  function draw(plane, part, after, state, layers) {
    const { columns, rows, mm } = plane;
    if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
    const scale = (state.many ? LONGEST_OF_MANY : LONGEST) / extent;
    const [top, bottom, first, last] = about.boxes[state.view]; // the part of the canvas inside the frame
    const [width, height] = [last - first, bottom - top];
    frame.style.width = `${width * mm[0] * scale}px`;
    frame.style.aspectRatio = `${width * mm[0]} / ${height * mm[1]}`;
    Object.assign(inner.style, { width: `${(100 * columns) / width}%`, height: `${(100 * rows) / height}%`,
      left: `${(-100 * first) / width}%`, top: `${(-100 * top) / height}%` });
    [...(about.marks[state.view] || "    ")].forEach((letter, i) => { marks[i].textContent = letter.trim(); });
    caption.textContent = part.codes ? title : part.problem ? `${title}: cannot be read` : `${title}: loading`;
    const [column, row] = plane.pixel;
    lines[0].style.top = `${(100 * (row + 0.5)) / rows}%`;
    lines[1].style.left = `${(100 * (column + 0.5)) / columns}%`;
    lines.forEach((line) => { line.hidden = !state.crosshair; });
    wipe.hidden = !about.after;
    wipe.style.left = `${100 * state.wipe}%`;
    if (!part.codes) return;
    const image = pen.createImageData(columns, rows);
    const second = after?.codes && {
      codes: cut(after.codes, plane),
      table: greyTable(after, state.window, state.level, part),
      column: Math.round(state.wipe * columns),
    };
    paint(image.data, plane, cut(part.codes, plane), greyTable(part, state.window, state.level), layers, second);
    pen.putImageData(image, 0, 0);
    canvas.dataset.drawn = `${state.view} ${state.slice}`;
  }

  // The pixel under the pointer, clamped to the picture.
  function pixelAt(event) {
    const box = canvas.getBoundingClientRect();
    const inside = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return [
      inside((event.clientX - box.left) / box.width, canvas.width),
      inside((event.clientY - box.top) / box.height, canvas.height),
    ];
  }

  const shareAt = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };

  return { name, view, element, canvas, wipe, draw, pixelAt, shareAt };
}
