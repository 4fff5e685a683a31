"""Packages of a model's own: what it asks for, whether this image has it, and how it is built where it has not."""
