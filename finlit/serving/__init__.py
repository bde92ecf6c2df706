"""The process behind ``finlit run``, and who watches it."""
