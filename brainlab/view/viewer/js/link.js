// The link to the kernel, when the page was slow.
//
// anywidget (0.9 to 0.11) lets a widget hear the kernel only if its module was loaded within 2 s, which a page
// that opens on a loaded machine may miss; then every message is dropped for good. Its own handler tells by
// failing on a message that says nothing. Jupyter's handler, which it overrides, then takes its place, and the
// kernel tells once more what may have been missed.

async function keepLink(model) {
  const raw = await model.widget_manager?.get_model?.(model.get("key"));
  if (!raw?._handle_comm_msg || !raw.comm?.on_msg) return;
  try {
    await raw._handle_comm_msg({ content: { data: { method: "nothing" } } });
  } catch {
    let handle;
    for (let level = raw; level; level = Object.getPrototypeOf(level)) {
      if (Object.hasOwn(level, "_handle_comm_msg")) handle = level._handle_comm_msg;
    }
    raw.comm.on_msg(handle.bind(raw));
    model.send({ ask: "state" });
  }
}
