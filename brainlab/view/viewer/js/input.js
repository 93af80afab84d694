// Keyboard, mouse, wheel and touch input, translated to actions.

function keyMap(about, act) {
  const keys = {
    ArrowUp: () => act.step(1), ArrowRight: () => act.step(1),
    ArrowDown: () => act.step(-1), ArrowLeft: () => act.step(-1),
    PageUp: () => act.step(10), PageDown: () => act.step(-10),
    Home: () => act.goTo(0), End: () => act.goTo(Infinity),
    a: () => act.set({ view: "axial" }), c: () => act.set({ view: "coronal" }), s: () => act.set({ view: "sagittal" }),
    v: act.threeViews, 0: act.sideBySide, n: () => act.set({ overlay: "none" }), t: () => act.overlay("truth"),
    p: () => act.overlay("prediction"), b: () => act.overlay("both"), e: () => act.overlay("errors"),
    f: act.contour, x: act.crosshair, j: act.jump, " ": act.play, r: act.resetWindow,
    "-": () => act.opacity(-0.1), "+": () => act.opacity(0.1), "=": () => act.opacity(0.1),
    "[": () => act.contrast(0.1, 0), "]": () => act.contrast(-0.1, 0),
    "{": () => act.contrast(0, 0.05), "}": () => act.contrast(0, -0.05),
    ",": () => act.wipe(-0.05), ".": () => act.wipe(0.05),
  };
  about.modalities.slice(0, 9).forEach(({ name }, i) => {
    keys[i + 1] = () => act.set({ modality: name, side_by_side: false });
  });
  return keys;
}

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const OWN = /^(Arrow|Page|Home|End| $|Enter|Tab)/; // keys that sliders, buttons and check boxes handle themselves

function listenToKeys(root, stage, about, act) {
  const keys = keyMap(about, act);
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { document.activeElement?.blur(); return; } // the notebook handles Escape too
    event.stopPropagation(); // JupyterLab and the classic notebook have shortcuts for most letters
    if (event.target !== stage && OWN.test(event.key)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.shiftKey && key in ARROWS) act.moveCrosshair(...ARROWS[key]);
    else if (key in keys) keys[key]();
    else return;
    event.preventDefault();
  });
}

const CLICK = 4; // CSS pixels that the pointer may move during a click

// Mouse: a click sets the crosshair, a drag window and level, a drag with Shift the crosshair, the wheel slices.
// Touch: a tap sets the crosshair, one finger up and down moves through slices, two fingers window and level.
function listenToPointer(panel, act) {
  const surface = panel.element.firstChild;
  const down = new Map(); // pointer id -> {x, y, moved, wipes}
  const take = () => { if (panel.view) act.set({ view: panel.view }); }; // keys act on the view touched last
  const point = (event) => act.pointAt(panel.pixelAt(event), panel.view);

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture?.(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY, moved: 0, rest: 0,
      wipes: panel.wipe.contains(event.target) });
    take();
    act.focus();
    event.preventDefault();
  });
  surface.addEventListener("pointermove", (event) => {
    const start = down.get(event.pointerId);
    if (!start) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    start.moved += Math.hypot(dx, dy);
    if (start.moved < CLICK && !start.wipes) return;
    [start.x, start.y] = [event.clientX, event.clientY];
    if (start.wipes) act.set({ wipe: panel.shareAt(event) });
    else if (event.shiftKey) point(event);
    else if (event.pointerType === "touch" && down.size === 1) {
      start.rest -= dy / 6;
      const steps = Math.trunc(start.rest);
      start.rest -= steps;
      if (steps) act.step(steps);
    } else act.contrast(dx / 200 / down.size, dy / 300 / down.size);
  });
  surface.addEventListener("pointerup", (event) => {
    const start = down.get(event.pointerId);
    down.delete(event.pointerId);
    if (start && start.moved < CLICK && !start.wipes) point(event);
  });
  surface.addEventListener("pointercancel", (event) => down.delete(event.pointerId));

  let rest = 0; // fraction of a slice left over from a touchpad's small steps
  surface.addEventListener("wheel", (event) => {
    if (event.ctrlKey) return; // the browser zooms the page
    const unit = event.deltaMode === 0 ? 50 : 1;
    rest -= event.deltaY / unit;
    const steps = Math.trunc(rest);
    rest -= steps;
    if (steps) take();
    if (!steps || act.step(steps)) event.preventDefault(); // at the last slice the page scrolls on
  }, { passive: false });
}
