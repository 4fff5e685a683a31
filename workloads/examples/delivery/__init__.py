"""How many minutes a delivery of a made-up courier takes."""
