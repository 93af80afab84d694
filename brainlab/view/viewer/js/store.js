// The voxels that are here. What is missing is asked of the kernel once, and drawn when it comes.

function makeStore(model, changed) {
  const parts = new Map(); // "t2f", "t2f/after" -> {codes, offset, step, black, white}, or {wanted: true}
  const labels = {};
  let exact = { voxel: null, values: {} };
  let problem = "";

  const open = async () => {
    parts.set(model.get("first").part, { wanted: true });
    parts.set(model.get("first").part, { ...model.get("first"), codes: await inflate(model.get("first_codes")) });
    changed();
    for (const name of ["truth", "prediction"]) {
      if (bytesOf(model.get(`${name}_codes`)).length) labels[name] = await inflate(model.get(`${name}_codes`));
    }
    changed();
  };

  const receive = async (message, buffers) => {
    if (message.kind === "part") {
      parts.set(message.part, { ...message, codes: await inflate(buffers[0]) });
      problem = "";
    } else if (message.kind === "values") {
      exact = message;
    } else if (message.kind === "problem") {
      problem = message.text;
      if (message.part) parts.delete(message.part);
    } else return;
    changed();
  };
  model.on("msg:custom", receive);

  return {
    labels,
    open,
    part(name) {
      if (problem) return parts.get(name)?.codes ? parts.get(name) : null; // ask no more until told to
      if (!parts.has(name)) {
        parts.set(name, { wanted: true });
        model.send({ ask: "part", part: name });
      }
      return parts.get(name).codes ? parts.get(name) : null;
    },
    askValues: (voxel) => model.send({ ask: "values", voxel }),
    // The intensity at a voxel: exact if the kernel told it, else as the byte says, which is rounded.
    value(name, voxel, offset) {
      if (String(exact.voxel) === String(voxel) && name in exact.values) {
        return { value: exact.values[name], exact: true };
      }
      const part = parts.get(name);
      if (!part?.codes) return null;
      const code = part.codes[offset];
      return { value: code ? part.offset + part.step * (code - 1) : 0, exact: code === 0 };
    },
    problem: () => problem,
    forgive: () => { problem = ""; },
    close: () => model.off("msg:custom", receive),
  };
}
