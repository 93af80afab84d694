"""Results in HTML: volumes in cm3, Dice where the truth is known, and files to download."""

import base64
import html
import io

import numpy as np
from PIL import Image

from brainlab.data.case import Case
from brainlab.labels import LABELS, NUM_CLASSES, REGION_NAMES, REGIONS
from brainlab.metrics import dice
from demo.enlarge import Enlarged
from demo.networks import Network
from demo.segment import volumes_cm3


def case_report(case: Case, network: Network, labels: np.ndarray, file: tuple[str, bytes]) -> str:
    """Return the table of a segmented case, a warning if the network was trained on it, and its file."""
    truth = case.seg()
    if truth is None:
        table = result_table(volumes_cm3(labels, case.affine))
    else:
        table = result_table(
            volumes_cm3(labels, case.affine), volumes_cm3(truth, case.affine), scores(labels, truth)
        )
    seen = case.id in network.saved.about.get("learnt_from", ())
    warning = "<p><b>The network was trained on this case: Dice is too optimistic.</b></p>" if seen else ""
    link = download(*file, "application/gzip", "Download the segmentation (NIfTI)")
    return f"{table}{warning}<p>{link}</p>"


def picture_report(labels: np.ndarray, num_classes: int) -> str:
    """Return a table of the fraction of a picture (H, W) that each label covers; one row for two classes."""
    names = [label.name for label in LABELS[1:]] if num_classes == NUM_CLASSES else ["marked"]
    rows = [
        f'<tr><th><i style="background:{label.colour}"></i>{name}</th>'
        f"<td>{(labels == label.value).mean():.1%}</td></tr>"
        for label, name in zip(LABELS[1:], names, strict=False)
    ]
    head = "<thead><tr><th></th><th>of the picture</th></tr></thead>"
    return f'<table class="bl-volumes">{head}<tbody>{"".join(rows)}</tbody></table>'


def scores(labels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return the Dice of each region: name -> 0 to 1."""
    return {
        REGION_NAMES[region]: dice(np.isin(labels, values), np.isin(truth, values))
        for region, values in REGIONS.items()
    }


def result_table(
    volumes: dict[str, float], truth: dict[str, float] | None = None, overlap: dict[str, float] | None = None
) -> str:
    """Return volumes in cm3 as an HTML table, optionally with those of the truth and Dice."""
    colours = {label.name: label.colour for label in LABELS}
    head = "<th></th><th>cm³</th>"
    if truth is not None:
        head += "<th>truth</th><th>Dice</th>"
    rows = []
    for name, volume in volumes.items():
        swatch = f'<i style="background:{colours[name]}"></i>' if name in colours else ""
        cells = f"<th>{swatch}{html.escape(name)}</th><td>{volume:.1f}</td>"
        if truth is not None:
            value = (overlap or {}).get(name)
            cells += f"<td>{truth[name]:.1f}</td><td>{'' if value is None else f'{value:.2f}'}</td>"
        rows.append(f"<tr>{cells}</tr>")
    return f'<table class="bl-volumes"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def enlarged_report(made: Enlarged) -> str:
    """Return the PSNR of an enlarged slice, and its file."""
    numbers = f"PSNR {made.psnr[0]:.2f} dB bicubic, {made.psnr[1]:.2f} dB network." if made.psnr else ""
    buffer = io.BytesIO()
    Image.fromarray(np.rint(255 * made.network.T).astype(np.uint8)).save(buffer, "png")
    link = download("enlarged.png", buffer.getvalue(), "image/png", "Download the slice (PNG)")
    return f"<p>{numbers}</p><p>{link}</p>"


def download(name: str, content: bytes, kind: str, text: str) -> str:
    """Return a download link with the file embedded as a data URL, so that the server stores nothing."""
    data = base64.b64encode(content).decode()
    return f'<a download="{html.escape(name)}" href="data:{kind};base64,{data}">{text}</a>'
