// Send files to the kernel in chunks. The kernel asks for each chunk, so that it can refuse early.

const CHUNK = 512 * 1024; // bytes

function render({ model, el }) {
  el.classList.add("bl-upload");
  const input = document.createElement("input");
  const drop = document.createElement("label");
  const line = document.createElement("div");
  const bar = document.createElement("progress");
  Object.assign(input, { type: "file", multiple: true, accept: ".nii,.gz,.zip,.png,.jpg,.jpeg" });
  input.setAttribute("aria-label", "Files to upload");
  drop.className = "bl-drop";
  drop.append("Drop files here, or click to choose", input);
  line.setAttribute("role", "status");
  bar.max = 1;
  bar.hidden = true;
  el.append(drop, bar, line);

  let waiting = null; // resolves with the kernel's next answer
  const ask = (message, chunk) =>
    new Promise((done) => {
      waiting = done;
      model.send(message, undefined, chunk ? [chunk] : []);
    });
  const hear = (answer) => {
    const done = waiting;
    waiting = null;
    done?.(answer);
  };
  model.on("msg:custom", hear);

  async function sendOne(file) {
    let answer = await ask({ kind: "begin", name: file.name, size: file.size });
    for (let at = 0; answer.kind === "more" && at < file.size; at += CHUNK) {
      const chunk = await file.slice(at, at + CHUNK).arrayBuffer();
      answer = await ask({ kind: "chunk" }, chunk);
      bar.value = Math.min(1, (at + CHUNK) / file.size);
    }
    if (answer.kind === "more") {
      line.textContent = `Reading ${file.name} ...`;
      await ask({ kind: "end" });
    }
  }

  let busy = false;
  async function sendAll(files) {
    if (busy || !files.length) return;
    busy = input.disabled = true;
    bar.hidden = false;
    await ask({ kind: "batch" });
    for (const file of files) {
      line.textContent = `Sending ${file.name} ...`;
      bar.value = 0;
      await sendOne(file).catch((error) => { line.textContent = `${file.name} could not be read: ${error}`; });
    }
    busy = input.disabled = false;
    bar.hidden = true;
    line.textContent = "";
    input.value = ""; // so that the same file can be chosen again
  }

  input.addEventListener("change", () => sendAll([...input.files]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("bl-over", name === "dragover");
      if (name === "drop") sendAll([...event.dataTransfer.files]);
    });
  }
  return () => model.off("msg:custom", hear);
}

export default { render };
