"""The commands, one module each: `define_flags()` and `main(arguments) -> exit status`."""
