"""Requests to the lender (hardship relief, complaints, handoffs): filed by customers, worked on by staff.

Plain Python on ``finlit.db``; the guided tasks file, the console and ``finlit queue`` read and answer.
"""
