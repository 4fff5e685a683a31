"""Compares what models are asked with what they were trained on."""
