"""The commands of `mlplatform`, one module each: `add_arguments` and `run`. `mlplatform.command` lists them."""
