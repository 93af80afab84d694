"""Small widgets, each for one idea; they are reached as `brainlab.view.ReceptiveField` and so on."""
