// The volumes received so far. A missing one is requested from the kernel once, and drawn when it arrives.

function makeStore(model, changed) {
  const parts = new Map(); // "t2f", "t2f/after" -> {codes, offset, step, black, white}, {} while requested, or {problem}
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
    // Request the exact intensities of the parts received.
    askValues: (voxel, names) => model.send({ ask: "values", voxel, parts: names }),
    // The intensity at a voxel: exact if the kernel has sent it, else rounded, from the code.
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
    // Forget failed requests, so that they are made again.
    retryFailed: () => parts.forEach((part, name) => { if (part.problem) parts.delete(name); }),
    close: () => model.off("msg:custom", receive),
  };
}
