"""The command line: ``finlit <command>``; the commands are those of ``main.COMMANDS``."""
