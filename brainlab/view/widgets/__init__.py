"""Small widgets for one idea each. Use them as `brainlab.view.ReceptiveField` and so on; a new one is entered
in `brainlab.view.WIDGETS`."""
