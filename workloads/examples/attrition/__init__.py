"""Which employees of a made-up company resign within a year, and why the model thinks so."""
