"""Clean the outputs of a cell for readers: no stderr, no progress bars, no blank widgets."""

import re
from html import escape

from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
# As tqdm draws it:  Caching slices:  33%|███▎      | 1/3 [00:03<00:07,  3.52s/case]
PROGRESS = re.compile(r"\d+%\|.*\| *\d+/\d+ \[|^[^|]*\d+it \[\d+:\d+")


def tidy(cell: NotebookNode) -> None:
    """Tidy the outputs of a code cell in place, and join neighbouring pieces of printed text."""
    kept: list[NotebookNode] = []
    for output in cell.outputs:
        if not presentable(output):
            continue
        describe(output)
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        else:
            kept.append(output)
    for output in kept:
        if output.output_type == "stream":
            output.text = as_on_screen(output.text)
    cell.outputs = [output for output in kept if output.get("text", "text")]


def presentable(output: NotebookNode) -> bool:
    """Return whether to keep an output; of a widget only its picture is kept (in place)."""
    if output.output_type == "stream":
        return output.name != "stderr"
    data = output.get("data", {})
    if WIDGET not in data:
        return True
    # Without a running kernel a widget is blank; some widgets add a picture of themselves.
    del data[WIDGET]
    return "image/png" in data


def describe(output: NotebookNode) -> None:
    """Turn a PNG into an HTML image with alt text, in place: nbconvert and GitHub show no other alt text.

    The alt text is that of the picture's metadata, or else its text/plain form.
    """
    data = output.get("data", {})
    if "image/png" not in data:
        return
    png, metadata = data.pop("image/png"), output.metadata.pop("image/png", {})
    if "<img" not in data.get("text/html", ""):
        alt = (
            metadata.get("alt") or data.get("text/plain", "").strip("<>") or "a picture without a description"
        )
        source = f"data:image/png;base64,{''.join(png.split())}"
        data["text/html"] = f'<img alt="{escape(alt)}" style="max-width:100%" src="{source}">'


def as_on_screen(text: str) -> str:
    """Return printed text as a terminal shows it in the end, without progress bars."""
    lines = []
    for line in text.split("\n"):
        pieces = [piece for piece in line.split("\r") if piece.strip() and not PROGRESS.search(piece)]
        if pieces or "\r" not in line:
            # Text after a carriage return overwrites the text before it.
            lines.append(pieces[-1] if "\r" in line else line)
    lines = [line for line in lines if not PROGRESS.search(line)]
    return "\n".join(lines) if any(line.strip() for line in lines) else ""
