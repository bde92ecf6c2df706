"""Taking over data from a lender's core system: documented CSV files, checked, all or nothing.

``columns`` says what the files hold, ``reading`` turns lines into values, ``checks`` looks across
files, ``takeover`` brings the accounts to what was delivered. docs/import.md is for the lender.
"""
