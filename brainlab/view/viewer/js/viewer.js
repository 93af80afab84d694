// The viewer: the model's state, the actions on it, and the drawing.

const STATE = ["view", "slice", "voxel", "modality", "side_by_side", "three_views", "window", "level", "overlay", "alpha",
  "contour", "labels", "crosshair", "wipe", "playing", "fps"];
const HELP = [
  ["↑ ↓ → ←", "next, previous slice"], ["Page ↑ ↓", "ten slices"], ["Home End", "first, last slice"],
  ["Shift + arrows", "move the crosshair"], ["[ ] { }", "contrast, brightness"], ["- +", "opacity"],
  [", .", "wipe"], ["click", "crosshair"], ["drag", "window and level"], ["wheel", "slices"],
  ["touch", "one finger: slices, two: window and level"], ["Esc", "leave the viewer"],
];
// All displays of one viewer on the page. Only the first advances the slices: two would play twice as fast.
const displaysOf = new WeakMap();
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function render({ model, el }) {
  const about = model.get("about");
  const names = about.modalities.map((modality) => modality.name);
  const state = () => Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
  if (!displaysOf.has(about)) displaysOf.set(about, []);
  const displays = displaysOf.get(about);
  let frame = 0, timer = 0, idle = 0;

  // Change traits together: slice and voxel always agree.
  function set(changes) {
    const next = { ...state(), ...changes };
    const axis = sliceAxis(about, next.view);
    if ("voxel" in changes || "view" in changes) next.slice = next.voxel[axis];
    else if ("slice" in changes) next.voxel = next.voxel.map((v, i) => (i === axis ? next.slice : v));
    for (const name of STATE) if (String(next[name]) !== String(model.get(name))) model.set(name, next[name]);
    model.save_changes();
  }

  const act = {
    set,
    focus: () => stage.focus({ preventScroll: true }),
    goTo(index) {
      const last = about.shape[sliceAxis(about, model.get("view"))] - 1;
      const slice = clamp(index, 0, last);
      if (slice === model.get("slice")) return false;
      set({ slice });
      return true;
    },
    step: (by) => act.goTo(model.get("slice") + by),
    pointAt: ([column, row], view = model.get("view")) =>
      set({ view, voxel: planeOf(about, view, model.get("voxel")).voxelAt(column, row) }),
    moveCrosshair(right, down) {
      const { pixel, columns, rows } = planeOf(about, model.get("view"), model.get("voxel"));
      act.pointAt([clamp(pixel[0] + right, 0, columns - 1), clamp(pixel[1] + down, 0, rows - 1)]);
    },
    overlay(name) {
      const needed = { truth: ["truth"], prediction: ["prediction"] }[name] ?? ["truth", "prediction"];
      if (needed.every((one) => one in about.counts)) set({ overlay: name });
    },
    label(value, on) {
      const others = model.get("labels").filter((label) => label !== value);
      set({ labels: (on ? [...others, value] : others).sort() });
    },
    jump() {
      const { view, labels, overlay } = state();
      const name = overlay === "prediction" ? overlay : Object.keys(about.counts)[0];
      if (!name) return;
      const counts = about.counts[name][view];
      const totals = counts[0].map((_, i) => labels.reduce((sum, label) => sum + counts[label][i], 0));
      const most = Math.max(...totals);
      if (!most) return;
      set({ slice: totals.indexOf(most) });
      const volume = store.labels[name];
      const plane = planeOf(about, view, model.get("voxel"));
      if (volume) act.pointAt(middleOf(cut(volume, plane), labels, plane.columns));
    },
    sideBySide: () => set({ side_by_side: !model.get("side_by_side") && names.length > 1, three_views: false }),
    threeViews: () => set({ three_views: !model.get("three_views"), side_by_side: false }),
    contour: () => set({ contour: !model.get("contour") }),
    crosshair: () => set({ crosshair: !model.get("crosshair") }),
    play: () => set({ playing: !model.get("playing") }),
    opacity: (by) => set({ alpha: clamp(Number((model.get("alpha") + by).toFixed(2)), 0, 1) }),
    wipe: (by) => set({ wipe: clamp(model.get("wipe") + by, 0, 1) }),
    resetWindow: () => set({ window: 1, level: 0.5 }),
    contrast: (wider, higher) => set({
      window: clamp(model.get("window") + wider, 0.05, 4),
      level: clamp(model.get("level") + higher, -1, 2),
    }),
  };

  const store = makeStore(model, invalidate);
  const panels = [...about.modalities, ...VIEWS.map((view) => ({ view, title: view }))].map((one) => makePanel(about, one));
  const stage = h("div", { class: "bl-stage", tabindex: 0, role: "slider", "aria-orientation": "vertical",
    "aria-label": `${about.name} slice browser`.trim(), "aria-valuemin": 0 }, ...panels.map((panel) => panel.element));
  const controls = makeControls(about, act);
  const readout = h("div", { class: "bl-readout" });
  const live = h("div", { class: "bl-hidden", "aria-live": "polite" });
  const help = h("details", { class: "bl-help" }, h("summary", {}, "Keys and gestures"),
    h("dl", {}, ...HELP.flatMap(([keys, does]) => [h("dt", {}, keys), h("dd", {}, does)])));
  const root = h("div", { class: "brainlab-viewer", "data-lm-suppress-shortcuts": "true" },
    h("div", { class: "bl-body" }, stage, h("div", { class: "bl-side" }, readout, controls.element, help)), live);

  const partsOf = ({ side_by_side, three_views, modality }) =>
    (side_by_side && !three_views ? names : [modality]).flatMap((name) => (about.after ? [name, `${name}/after`] : [name]));

  function draw() {
    frame = 0;
    const now = state();
    const shown = about.labels.map((_, value) => now.labels.includes(value));
    const many = now.side_by_side || now.three_views, layers = {};
    for (const panel of panels) {
      const seen = panel.view ? now.three_views
        : !now.three_views && (now.side_by_side || panel.name === now.modality);
      panel.element.hidden = !seen;
      if (!seen) continue;
      const view = panel.view ?? now.view, name = panel.name ?? now.modality;
      const plane = planeOf(about, view, now.voxel);
      layers[view] ??= layersOf(about, store.labels, plane, { ...now, shown });
      const after = about.after ? store.part(`${name}/after`) : null;
      const own = { ...now, many, view, slice: now.voxel[sliceAxis(about, view)] };
      panel.draw(plane, store.part(name), after, own, layers[view]);
      panel.element.classList.toggle("bl-current", panel.view === now.view);
    }
    stage.classList.toggle("bl-many", many);
    controls.show(now);
    describe(now);
  }

  function describe(now) {
    const offset = offsetOf(about, now.voxel);
    const parts = [valuesAt(about, store, partsOf(now), now.voxel, offset), labelsAt(about, store, offset),
      placeInWords(about, now.voxel)];
    readout.textContent = [...store.problems(), ...parts].filter(Boolean).join(" · ");
    stage.setAttribute("aria-valuemax", about.shape[sliceAxis(about, now.view)] - 1);
    stage.setAttribute("aria-valuenow", now.slice);
    const words = sliceInWords(about, now.view, now.voxel);
    stage.setAttribute("aria-valuetext", [words, labelsInWords(about, now.view, now.slice)].filter(Boolean).join(". "));
  }

  // When the state has not changed for a moment: request exact values, and announce the position.
  function settle() {
    const now = state();
    if (now.playing) return;
    // A screen reader announces the focused slider by itself.
    if (![stage, controls.slice].includes(document.activeElement)) live.textContent = stage.getAttribute("aria-valuetext");
    const here = partsOf(now).filter(store.has);
    const question = String([now.voxel, here]);
    if (here.length && question !== asked) store.askValues(now.voxel, here);
    asked = question;
  }
  let asked = "";

  function invalidate() {
    frame ||= requestAnimationFrame(draw);
    clearTimeout(idle);
    idle = setTimeout(settle, 300);
  }

  function cine() {
    clearInterval(timer);
    if (!model.get("playing")) return;
    timer = setInterval(() => {
      if (displays[0] === root && !act.step(1)) act.goTo(0);
    }, 1000 / model.get("fps"));
  }

  const events = STATE.map((name) => `change:${name}`).join(" ");
  const retry = () => store.retryFailed();
  model.on(events, invalidate);
  model.on("change:playing change:fps", cine);
  model.on("change:modality", retry);
  listenToKeys(root, stage, about, act);
  panels.forEach((panel) => listenToPointer(panel, act));
  el.append(root);
  displays.push(root);
  keepLink(model).catch(() => {}); // pages without a widget manager need no workaround
  store.open();
  invalidate();
  cine();

  return () => {
    clearInterval(timer);
    clearTimeout(idle);
    cancelAnimationFrame(frame);
    model.off(events, invalidate);
    model.off("change:playing change:fps", cine);
    model.off("change:modality", retry);
    displays.splice(displays.indexOf(root), 1);
    store.close();
  };
}

// The centre of the pixels with the given labels.
function middleOf(codes, labels, columns) {
  let [n, x, y] = [0, 0, 0];
  codes.forEach((code, i) => {
    if (labels.includes(code)) { n++; x += i % columns; y += Math.floor(i / columns); }
  });
  return [Math.round(x / n), Math.round(y / n)];
}

export default { render };
