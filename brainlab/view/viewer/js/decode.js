// Voxels as the kernel sends them: gzipped, one byte each, the left-right axis fastest.

const bytesOf = (view) =>
  view ? new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength) : new Uint8Array(0);

async function inflate(view) {
  const stream = new Blob([bytesOf(view)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
