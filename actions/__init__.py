"""Custom actions: read slots, call finlit, send a named response."""
