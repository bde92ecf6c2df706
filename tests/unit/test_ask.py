"""``finlit ask`` works on a fresh machine: the embedded database is made for it."""

from sqlalchemy import func, select

from finlit.cli import ask
from finlit.db import engine, schema, tables
from finlit.settings import parse


def customers(url):
    with engine.engine_for(url).connect() as connection:
        return connection.scalar(select(func.count()).select_from(tables.Customer))


def test_a_missing_embedded_database_is_made_with_the_demo_customers(tmp_path):
    current = parse({"DATABASE_URL": f"sqlite:///{tmp_path}/finlit.db"})
    ask._prepare_embedded_database(current)
    assert schema.revision_of(engine.engine_for(current.database_url)) == schema.head()
    assert customers(current.database_url) > 10


def test_an_older_one_is_brought_up_to_date_and_nothing_is_put_in(tmp_path):
    current = parse({"DATABASE_URL": f"sqlite:///{tmp_path}/finlit.db"})
    schema.migrate(engine.engine_for(current.database_url), "first_tables")
    ask._prepare_embedded_database(current)
    assert schema.revision_of(engine.engine_for(current.database_url)) == schema.head()
    assert customers(current.database_url) == 0
