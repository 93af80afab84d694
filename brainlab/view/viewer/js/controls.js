// The controls below the picture. Each displays a part of the model's state and calls an action when used.

function makeControls(about, act) {
  const pressable = []; // [button, state => whether it is pressed]
  const toggle = (text, key, title, press, pressed) => {
    const made = button(text, key, title, press);
    pressable.push([made, pressed]);
    return made;
  };
  const has = (name) => name in about.counts;

  const views = VIEWS.map((view) =>
    toggle(view, view[0], `${view} view`, () => act.set({ view }), (s) => s.view === view));
  views.push(toggle("three views", "v", "all three views, linked", act.threeViews, (s) => s.three_views));

  const modalities = about.modalities.map(({ name, title }, i) =>
    toggle(title, `${i + 1}`, `show ${title}`, () => act.set({ modality: name, side_by_side: false }),
      (s) => s.modality === name && (s.three_views || !s.side_by_side)));
  if (modalities.length > 1) {
    modalities.push(toggle("all", "0", "all side by side", act.sideBySide,
      (s) => s.side_by_side && !s.three_views));
  }

  const overlays = ["none", "truth", "prediction", "both", "errors"]
    .filter((name) => name === "none" || has(name) || (has("truth") && has("prediction")))
    .map((overlay) => toggle(overlay, overlay[0], `overlay: ${overlay}`, () => act.set({ overlay }),
      (s) => s.overlay === overlay));
  const contour = toggle("contour", "f", "contours instead of filled areas", act.contour, (s) => s.contour);
  const alpha = range("opacity of the overlay", 0, 1, 0.05, (value) => act.set({ alpha: value }));

  const boxes = about.labels.slice(1).map((label, k) => {
    const box = h("input", { type: "checkbox", "data-label": k + 1, onchange: () => act.label(k + 1, box.checked) });
    const size = h("span", { class: "bl-size" });
    return { box, size, element: h("label", { class: "bl-label" }, box,
      h("span", { class: "bl-swatch", style: `background:${label.colour}` }), label.name, size) };
  });
  const errors = h("div", { class: "bl-legend" }, ...about.errors.slice(1).map((error, k) =>
    h("span", { class: "bl-label" }, h("span", { class: "bl-swatch", style: `background:${error.colour}` }),
      `${error.name} ${(about.volumes.errors?.[k + 1] ?? 0).toFixed(1)} cm³`)));

  const slice = range("slice", 0, 1, 1, (value) => act.goTo(value));
  slice.classList.add("bl-slice");
  const where = h("output", { class: "bl-where" });
  const profile = h("canvas", { class: "bl-profile", "aria-hidden": "true", height: 16 });
  const play = toggle("play", "Space", "play the slices", act.play, (s) => s.playing);
  const jump = button("largest tumour", "j", "go to the slice with the largest tumour area", act.jump);
  const cross = toggle("crosshair", "x", "show the crosshair", act.crosshair, (s) => s.crosshair);
  const reset = button("reset window", "r", "default window and level", act.resetWindow);
  const wipe = range(`wipe between ${about.captions.join(" and ")}`, 0, 1, 0.01, (value) => act.set({ wipe: value }));

  const drawn = has("truth") || has("prediction");
  const element = h("div", { class: "bl-controls" },
    h("div", { class: "bl-travel" }, slice, ...(drawn ? [profile] : [])),
    group("slice", where, play, ...(drawn ? [jump] : [])),
    group("view", ...views, cross, reset),
    group("modality", ...modalities),
    ...(drawn ? [group("overlay", ...overlays, contour, h("label", { class: "bl-label" }, "opacity", alpha)),
      group("labels", ...boxes.map((one) => one.element), errors)] : []),
    ...(about.after ? [group("wipe", h("label", { class: "bl-label" }, about.captions.join(" / "), wipe))] : []));

  // The area of each shown label in every slice, as stacked bars above the slider.
  function drawProfile(state, counts) {
    const length = counts[0].length, pen = profile.getContext("2d");
    profile.width = length;
    const total = (i) => state.labels.reduce((sum, label) => sum + counts[label][i], 0);
    const most = Math.max(1, ...Array.from({ length }, (_, i) => total(i)));
    for (let i = 0; i < length; i++) {
      let bottom = 16;
      for (const label of state.labels) {
        const height = (16 * counts[label][i]) / most;
        pen.fillStyle = about.labels[label].colour;
        pen.fillRect(i, bottom - height, 1, height);
        bottom -= height;
      }
    }
  }

  let profiled = "";
  function show(state) {
    for (const [made, pressed] of pressable) made.setAttribute("aria-pressed", String(pressed(state)));
    const axis = sliceAxis(about, state.view);
    slice.max = about.shape[axis] - 1;
    slice.value = state.slice;
    slice.setAttribute("aria-valuetext", sliceInWords(about, state.view, state.voxel));
    where.textContent = sliceInWords(about, state.view, state.voxel);
    alpha.value = state.alpha;
    wipe.value = state.wipe;
    const counted = state.overlay === "prediction" ? "prediction" : Object.keys(about.counts)[0];
    boxes.forEach(({ box, size }, k) => {
      box.checked = state.labels.includes(k + 1);
      size.textContent = drawn ? ` ${about.volumes[counted][k + 1].toFixed(1)} cm³` : "";
    });
    errors.hidden = state.overlay !== "errors";
    const key = [counted, state.view, state.labels].join();
    if (drawn && key !== profiled) drawProfile(state, about.counts[counted][state.view]);
    profiled = key;
  }

  return { element, slice, show };
}
