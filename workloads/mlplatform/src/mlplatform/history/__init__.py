"""What was done to make a model, written down so that it can be told, shown and done again years later."""
