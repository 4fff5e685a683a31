"""Which customers of a made-up telephone company leave within a month."""
