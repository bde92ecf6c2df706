from sqlalchemy import text

from finlit.db import engine


def test_an_address_has_one_engine_until_it_is_disposed_of(tmp_path):
    url = f"sqlite:///{tmp_path / 'one.db'}"
    first = engine.engine_for(url)
    with first.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert engine.engine_for(url) is first
    engine.dispose(url)
    assert engine.engine_for(url) is not first
    engine.dispose(url)
    engine.dispose(url)  # a second time does nothing
