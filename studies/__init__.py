"""The ablation study: 22 configurations of a published study, reproduced on the course's own data.

`study` lists the configurations and the published scores, `parts` builds network, loss and data of a run,
`run` trains and tests one, `table` and `figure` summarise the results,
`networks` draws the three architectures. The command is `python -m studies`.
Beside it, `ring` trains a GAN on points whose modes can be counted.
`__all__` lists the public names, which notebooks 03 and 04 use; each is imported when it is first used.
"""

from brainlab.lazy import lazy_names

_HOMES = {
    "figure": "ranking",
    "networks": "connections",
    "ring": "ring_modes ring_networks ring_points train_ring",
    "study": "published",
    "table": "QUESTIONS contrast effects read_table summarise",
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOMES)
