from benchmarks.properties import Tried, read

STATISTICS = """
tests/unit/test_fees.py::test_paying_later_never_costs_less:

  - during generate phase (1.35 seconds):
    - Typical runtimes: ~ 0-9 ms, of which ~ 0-5 ms in data generation
    - 199 passing, 1 failing, and 3 invalid test cases

  - Stopped because settings.max_examples=200


tests/unit/test_money.py::test_rounding:

  - during reuse phase (0.1 seconds):
    - 200 passing, 0 failing, and 0 invalid test cases
"""


def test_the_report_counts_cases_that_held_and_that_did_not():
    assert list(read(STATISTICS)) == [
        Tried("fees", "paying later never costs less", 199, 1),
        Tried("money", "rounding", 200, 0),
    ]
