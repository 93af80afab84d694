// The voxels that are here. What is missing is asked of the kernel once, and drawn when it comes.

function makeStore(model, changed) {
  const parts = new Map(); // "t2f", "t2f/after" -> {codes, offset, step, black, white}, {} while awaited, or {problem}
  const labels = {};
  let exact = { voxel: null, values: {} };

  const open = async () => {
    parts.set(model.get("first").part, {});
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
    } else if (message.kind === "values") {
      exact = message;
    } else if (message.kind === "problem") {
      parts.set(message.part ?? "values", { problem: message.text });
    } else return;
    changed();
  };
  model.on("msg:custom", receive);

  return {
    labels,
    open,
    part(name) {
      if (!parts.has(name)) {
        parts.set(name, {});
        model.send({ ask: "part", part: name });
      }
      return parts.get(name);
    },
    has: (name) => Boolean(parts.get(name)?.codes),
    // The exact intensities of parts that are here.
    askValues: (voxel, names) => model.send({ ask: "values", voxel, parts: names }),
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
    problems: () => [...parts.values()].map((part) => part.problem).filter(Boolean),
    // What could not be read may be asked for again.
    forgive: () => parts.forEach((part, name) => { if (part.problem) parts.delete(name); }),
    close: () => model.off("msg:custom", receive),
  };
}
