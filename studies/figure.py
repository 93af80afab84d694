"""Figure of all experiments from best to worst, with the spread over seeds and the published score."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from studies.table import Summary, ranked

OURS, STUDY = "#0072B2", "#D55E00"


def ranking(
    summaries: Sequence[Summary],
    published: Mapping[int, Mapping[str, float]],
    score: str = "f1",
    label: str = "F1, mean of the four classes",
) -> Figure:
    """Draw one line per experiment: seeds as dots, their mean as a bar, the published score as a diamond.

    A published score is crossed out where the fifth channel of the study was drawn from the true mask.

    Parameters
    ----------
    summaries : sequence of Summary
        See `studies.table.summarise`.
    published : mapping
        Number of the experiment -> score -> value.
    score : str
        Column of the table to rank by.
    label : str
        Label of the axis.
    """
    order = ranked(summaries, score)
    fig = Figure(figsize=(7.5, 0.27 * len(order) + 1.3), layout="constrained")
    ax = fig.subplots()
    for y, summary in enumerate(order):
        values = summary.scores[score]
        ax.plot([values.min(), values.max()], [y, y], color=OURS, linewidth=1.5, alpha=0.5)
        ax.plot(values, [y] * len(values), "o", color=OURS, markersize=4, alpha=0.6)
        ax.plot([values.mean()], [y], "|", color=OURS, markersize=13, markeredgewidth=2.5)
        theirs = published.get(summary.experiment.number, {}).get(score)
        if theirs is not None:
            leaks = summary.experiment.inputs == "edges"
            ax.plot([theirs], [y], "X" if leaks else "D", color=STUDY, markerfacecolor="white", markersize=5)
    ax.set_yticks(
        range(len(order)), [f"{one.experiment.name}  ({one.experiment.number})" for one in order], fontsize=8
    )
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.set_xlabel(label)
    ax.grid(axis="y", color="#eeeeee")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    handles = [
        ax.plot([], [], "o", color=OURS, markersize=4, alpha=0.6, label="ours, one seed")[0],
        ax.plot([], [], "|", color=OURS, markersize=11, markeredgewidth=2.5, label="ours, mean")[0],
        ax.plot([], [], "D", color=STUDY, markerfacecolor="white", markersize=5, label="the study")[0],
        ax.plot([], [], "X", color=STUDY, markerfacecolor="white", markersize=5,
                label="the study, true mask in its input")[0],
    ]  # fmt: skip
    fig.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=8)
    return fig
