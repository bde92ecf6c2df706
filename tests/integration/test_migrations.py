"""The migrations give exactly the tables of the code; they can be run twice, at once, and taken back."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, create_engine, inspect
from sqlalchemy.exc import IntegrityError

from finlit.cli import main
from finlit.db import engine, schema, tables, types
from finlit.db.exclusive import DanglingRow, exclusive

pytestmark = pytest.mark.both_engines


@pytest.fixture
def target(settings):
    """The engine of an empty database."""
    opened = engine.engine_for(settings.database_url)
    yield opened
    opened.dispose()


def _index(found):
    """An index as comparable text; its condition is an object that prints its address."""
    options = {name: str(value) for name, value in (found.get("dialect_options") or {}).items()}
    return str({**found, "dialect_options": options})


def shape(target):
    """Everything that the database says about its tables, in one comparable value."""
    inspector = inspect(target)
    return {
        table: {
            "columns": [(each["name"], str(each["type"]), each["nullable"]) for each in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "uniques": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
            "indexes": sorted(map(_index, inspector.get_indexes(table))),
        }
        for table in inspector.get_table_names()
        if table != schema.VERSION_TABLE
    }


def test_there_is_one_newest_revision():
    assert ScriptDirectory.from_config(schema.config()).get_heads() == [schema.head()]


def test_migrating_an_empty_database_gives_the_tables_of_the_code(target):
    schema.migrate(target)
    migrated = shape(target)
    tables.Base.metadata.drop_all(target)
    tables.Base.metadata.create_all(target)
    assert migrated == shape(target)


def test_alembic_finds_nothing_left_to_change(target):
    schema.migrate(target)
    with target.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.Base.metadata) == []


def test_migrating_twice_changes_nothing(target, settings, capsys):
    assert main.main(["db", "migrate"]) == 0
    assert f"从 空库 升级到 {schema.head()}" in capsys.readouterr().out
    assert main.main(["db", "migrate"]) == 0
    assert "已经是最新" in capsys.readouterr().out


def test_every_revision_can_be_taken_back(target):
    schema.migrate(target)
    schema.downgrade(target, "base")
    assert shape(target) == {}
    schema.migrate(target)
    assert schema.revision_of(target) == schema.head()


def test_several_processes_may_migrate_at_once(target):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: schema.migrate(target), range(4)))
    assert schema.revision_of(target) == schema.head()


def test_a_migration_that_fails_leaves_nothing_behind(target, monkeypatch):
    upgrade = command.upgrade

    def and_then_fail(*arguments):
        upgrade(*arguments)
        raise RuntimeError("power cut")

    monkeypatch.setattr(command, "upgrade", and_then_fail)
    with pytest.raises(RuntimeError, match="power cut"):
        schema.migrate(target)
    assert inspect(target).get_table_names() == []
    monkeypatch.undo()
    schema.migrate(target)
    assert schema.revision_of(target) == schema.head()


def test_copying_a_table_keeps_the_rows_that_point_at_it(session, settings):
    target = engine.engine_for(settings.database_url)
    session.close()
    with target.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM loans").scalar()
    with exclusive(target, foreign_keys=False) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("customers") as batch:
            batch.alter_column("name", nullable=True)
    with target.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM loans").scalar() == before > 0


def test_a_migration_that_leaves_a_dangling_row_is_refused(settings):
    target = engine.engine_for(settings.database_url)
    schema.migrate(target)
    with pytest.raises((DanglingRow, IntegrityError)), exclusive(target, foreign_keys=False) as connection:
        connection.exec_driver_sql("INSERT INTO contact_points (customer_id, kind, value) VALUES ('x', 'email', 'y')")
    with target.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM contact_points").scalar() == 0


def test_no_name_is_too_long_for_postgresql():
    names = [
        str(each.name) for table in tables.Base.metadata.sorted_tables for each in [*table.constraints, *table.indexes]
    ]
    assert all(len(name) <= 63 and name != "None" for name in names)
    assert len(set(names)) == len(names)


def test_a_change_of_the_tables_becomes_a_revision(tmp_path, monkeypatch):
    copy = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, copy)
    monkeypatch.setattr(schema, "MIGRATIONS", copy)
    newest = schema.head()
    column = Column("shoe_size", types.Fen)
    tables.Customer.__table__.append_column(column)
    try:
        path = schema.write_revision("shoe_size")
    finally:
        tables.Customer.__table__._columns.remove(column)
    text = path.read_text(encoding="utf-8")
    assert f"down_revision = '{newest}'" in text
    assert "sa.Column('shoe_size', types.Fen(), nullable=True)" in text
    assert "from finlit.db import types" in text
    assert path.name.endswith("_shoe_size.py") and schema.head() == "shoe_size"


@pytest.mark.parametrize("name", ["Add", "增加", "a" * 33, "../x"])
def test_a_revision_needs_a_short_english_name(target, capsys, name):
    assert main.main(["db", "revision", name]) == 2
    assert "小写英文" in capsys.readouterr().err


def test_a_database_without_a_version_is_left_alone(settings, target, capsys):
    with create_engine(settings.database_url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (id VARCHAR(32) PRIMARY KEY)")
    assert main.main(["db", "migrate"]) == 2
    assert "没有版本号的旧表" in capsys.readouterr().err
    assert inspect(target).get_table_names() == ["customers"]
