"""The history of the tables: one file for each change in ``versions``, run by ``finlit.db.schema``."""
