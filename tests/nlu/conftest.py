from tests.integration.conftest import assistant, own_database  # noqa: F401
