"""The ablation study: 22 configurations of a published study, reproduced on the course's own data.

`study` lists the configurations and the published scores, `parts` builds network, loss and data of a run,
`run` trains and tests one, `table` and `ranking` summarise the results. The command is `python -m studies`.
"""
