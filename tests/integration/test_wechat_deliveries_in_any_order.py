"""The same random orders as in the unit test, on PostgreSQL, whose locks are others than SQLite's."""

from contextlib import ExitStack

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.postgresql import empty_postgresql
from tests.unit.test_deliveries_in_any_order import Store


def test_every_order_of_deliveries_and_deaths_keeps_the_promises_on_postgresql(postgresql):
    class StoreOnPostgreSQL(Store):
        def database(self):
            self.opened = ExitStack()
            return self.opened.enter_context(empty_postgresql(postgresql))

        def teardown(self):
            try:
                super().teardown()
            finally:
                if hasattr(self, "opened"):
                    self.opened.close()

    run_state_machine_as_test(StoreOnPostgreSQL, settings=settings(Store.TestCase.settings, max_examples=6))
