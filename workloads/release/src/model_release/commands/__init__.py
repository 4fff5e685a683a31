"""What the command `release` can do: a module for each."""
