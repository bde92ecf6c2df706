"""Measuring the understanding: scores, and a report that shows every wrong row."""
