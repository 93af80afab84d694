// Workaround for lost messages on slow pages.
//
// anywidget (0.9 to 0.11) delivers messages of the kernel only if the module was loaded within 2 s. On a slow page
// that fails, and every later message is dropped. The failure is detected by sending anywidget's handler an empty
// message: it throws. Then Jupyter's own handler, which anywidget overrides, is used instead, and the kernel is
// asked to send its state again.

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
