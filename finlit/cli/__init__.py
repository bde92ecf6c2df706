"""The command line: ``finlit ask | evaluate | test-conversations | train | validate | run | db``."""
