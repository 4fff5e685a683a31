"""What looks at live answers have measured, as a series; and whether a model has decayed."""
