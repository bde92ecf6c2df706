"""The project's database: engine, tables, demo data."""
