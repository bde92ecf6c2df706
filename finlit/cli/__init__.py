"""The command line: ``finlit ask | evaluate | train | validate | run | db``."""
